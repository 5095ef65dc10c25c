import type { ColumnExchange, Room, Weights } from "../../../mapping/column-exchange/index.js";

/** A matrix of a network as column exchange sees it: its weights, and what an array has room for. */
export interface CrossbarMatrix {
  readonly name: string;
  /** The node that it belongs to; the matrices of a grouped convolution have one in common. */
  readonly layer: string;
  /** [rows × columns] row-major */
  readonly weights: Weights;
  readonly rows: number;
  readonly columns: number;
  readonly room: Room;
  /** 2: each sign has arrays of its own. */
  readonly planes: 1 | 2;
}

/** The same with an order of its columns. */
export interface OrderedMatrix extends CrossbarMatrix {
  readonly exchange: ColumnExchange;
}

export const pruningModes = ["literal", "remainder-aware"] as const;

/**
 * What is taken first: the row segments of least saliency, wherever they are (Lin et al. 2019, section IV); or always
 * those whose loss frees an array at the least saliency.
 */
export type PruningMode = (typeof pruningModes)[number];

export interface SegmentPruning {
  readonly mode: PruningMode;
  /** Of the row segments that are left ("literal"), or of the arrays ("remainder-aware"); rounded, at least one. */
  readonly share: number;
  /** "layer": saliencies in units of their layer's mean, so that layers of small weights are not emptied first. */
  readonly normalize: "none" | "layer";
}

/** Weights that are not zero, the row segments that they are in, and the arrays that those take. */
export interface CrossbarUse {
  readonly weights: number;
  readonly segments: number;
  readonly arrays: number;
}
