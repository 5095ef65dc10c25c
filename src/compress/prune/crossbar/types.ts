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

export const segmentUnits = ["none", "layer-mean", "layer-total"] as const;

/**
 * What saliencies are divided by before layers are compared: nothing; the mean of the layer's row segments; or their sum,
 * so that each counts as a share of what its layer has.
 */
export type SegmentUnit = (typeof segmentUnits)[number];

export interface SegmentPruning {
  readonly mode: PruningMode;
  /** Of the row segments that are left ("literal"), or of the arrays ("remainder-aware"); rounded, at least one. */
  readonly share: number;
  readonly normalize: SegmentUnit;
}

/** Weights that are not zero, the row segments that they are in, and the arrays that those take. */
export interface CrossbarUse {
  readonly weights: number;
  readonly segments: number;
  readonly arrays: number;
}
