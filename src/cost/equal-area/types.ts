import type { ArraySpec, EncodingSpec } from "../../hardware/types.js";
import type { ConverterWidths, CostReport } from "../types.js";

/**
 * The chips that are compared: the placement itself; the same weights dense on the baseline's arrays; and dense on the
 * placement's own arrays, so that array and cells do not change at once, with its composition and with digital.
 */
export const designNames = ["exchanged", "baseline", "dense", "denseDigital"] as const;
export type DesignName = (typeof designNames)[number];
export type OtherDesign = Exclude<DesignName, "exchanged">;

/** Copies of a chip's layers that fit into the area, and what an image then costs. */
export interface EqualAreaPlan {
  /** In the order of the layers of `cost`. */
  readonly copies: readonly number[];
  readonly cost: CostReport;
}

export interface EqualAreaDesign {
  readonly name: DesignName;
  readonly hardware: string;
  readonly array: ArraySpec;
  readonly encoding: EncodingSpec;
  readonly converters: ConverterWidths;
  /** One copy of every layer. */
  readonly cost: CostReport;
  /** Copies for layers that work on different images, and for layers one after another; null: not even one of each fits. */
  readonly pipelined: EqualAreaPlan | null;
  readonly serial: EqualAreaPlan | null;
}

/** What the placement gains over another chip: that one's figure over its own; null where there is none. */
export interface EqualAreaGain {
  readonly energy: number | null;
  /** Time between images with layers pipelined, and time of an image with one layer after another; null: one of them does not fit. */
  readonly pipelined: number | null;
  readonly serial: number | null;
}

/** The comparison under another assumption. */
export interface EqualAreaVariant {
  readonly name: VariantName;
  readonly assumption: string;
  readonly chosen: boolean;
  readonly budget_m2: number;
  readonly gains: Readonly<Record<OtherDesign, EqualAreaGain>>;
}

export const variantNames = [
  "asConfigured",
  "noInputSchedule",
  "noIndex",
  "sameConverters",
  "losslessConverters",
  "convertersPerArray",
  "bareFormula",
] as const;
export type VariantName = (typeof variantNames)[number];

/** A placement with exchanged columns beside dense ones, all of the same components, on the same area. */
export interface EqualArea {
  /** The node of all components. */
  readonly node_m: number;
  readonly baseline: string;
  readonly budget_m2: number;
  /** Whether the budget is the area of the baseline, or was given. */
  readonly budgetFrom: "baseline" | "given";
  readonly designs: readonly EqualAreaDesign[];
  readonly variants: readonly EqualAreaVariant[];
  readonly notes: readonly string[];
}
