import type { MatrixCounts } from "./counts.js";
import type { ReferenceAreas } from "./reference/chip-area.js";

/** What something takes: silicon, time and energy together. */
export interface Cost {
  readonly energy_J: number;
  readonly latency_s: number;
  readonly area_m2: number;
}

/** The components that a report tells apart, in the order in which it adds them. */
export const componentNames = [
  "array",
  "switchMatrix",
  "adc",
  "shiftAddInput",
  "shiftAddWeight",
  "demux",
  "adderTree",
  "buffer",
  "relu",
] as const;

/** The components that computed circuits and some tables tell apart, added after the others. */
export const computedComponents = [
  "sourceLineSwitch",
  "columnMux",
  "columnDecoder",
  "sampleHold",
  "analogComposition",
  "wordLevelShifter",
  "bitLevelShifter",
  "sourceLevelShifter",
  "control",
  "pooling",
  "residualAdder",
  "tileBuffer",
  "indexMemory",
  "interconnect",
  "leakage",
] as const;

export type ComponentName = (typeof componentNames)[number];
export type ComputedComponent = (typeof computedComponents)[number];
export type Breakdown = Readonly<Record<ComponentName, Cost> & Partial<Record<ComputedComponent, Cost>>>;

/** All components in the order in which they are added; a breakdown from a table may have the first ones only. */
export const allComponents = [...componentNames, ...computedComponents] as const;
export type AnyComponent = (typeof allComponents)[number];

/**
 * Where a conversion's energy takes its column current from. "table": the driven rows over those of the printed
 * table. "measured": the conductance of the stored cells times how often the images drove their word lines.
 */
export type AdcLoad = "table" | "measured";

/** Counts of one image through one matrix; a copy of its arrays more does not add to them, except in `Totals`. */
export interface LayerCounts extends MatrixCounts {
  readonly copies: number;
  /** Products of the matrix with an input vector. */
  readonly positions: number;
  readonly inputBits: number;
  /** Slices of an input: reads of a row group for one product. */
  readonly inputSlices: number;
  /** Reads of a row group, all arrays together: of one product, and of the image. */
  readonly readsPerProduct: number;
  readonly reads: number;
  /** Reads that follow one another in the array that is read most, per product. */
  readonly sequentialReads: number;
  readonly conversions: number;
}

export interface LayerCost extends Cost {
  readonly matrix: string;
  readonly counts: LayerCounts;
  readonly breakdown: Breakdown;
}

/** Sums over all matrices, copies included. */
export interface Totals {
  readonly arrays: number;
  readonly arraysOfOneCopy: number;
  readonly rowGroups: number;
  readonly reads: number;
  readonly conversions: number;
  readonly demuxes: number;
  readonly cells: MatrixCounts["cells"];
  readonly mismatchBitLines: MatrixCounts["mismatchBitLines"];
  readonly unusedBitLines: number;
}

/** The totals under another reading of the published table; the one that was chosen is among them. */
export interface Alternative {
  readonly name: string;
  readonly assumption: string;
  readonly chosen: boolean;
  readonly energy_J: number;
  readonly latency_s: number;
}

/** Widths of a chip's converters beside what its sums need. */
export interface ConverterWidths {
  readonly charged_bits: number;
  /** The fewest that tell all sums apart, differences of two arrays included where such are converted. */
  readonly lossless_bits: number;
  /** The same for an array that is converted alone, and its largest sum. */
  readonly losslessAlone_bits: number;
  readonly largestSum: number;
}

/**
 * What one image costs. Every total is the sum of its parts in the order of `componentNames`, and a component the
 * sum over `layers` in their order and then `shared`, so that adding up again gives the same bits.
 */
export interface CostReport extends Cost {
  readonly hardware: string;
  readonly adcLoad: AdcLoad;
  readonly breakdown: Breakdown;
  readonly layers: readonly LayerCost[];
  /** What serves all layers: area of adder trees, buffer, ReLU units; pooling, and sums of shortcuts with their operands. */
  readonly shared: Breakdown;
  readonly counts: Totals;
  /** Both forms of the index memory; tables price neither, computed circuits the explicit one. */
  readonly indexMemory_bit: { readonly bitmap: number; readonly explicit: number };
  /** Where costs are parametric: the order of inputs, were it stored; and how wide converters are. */
  readonly inputSchedule_bit?: number;
  readonly converters?: ConverterWidths;
  readonly alternatives: readonly Alternative[];
  /** Of computed circuits: what all of them leak, and storing the weights once. */
  readonly leakage_W?: number;
  readonly programming?: {
    readonly counts: { readonly cells: number };
    readonly energy_J: number;
    readonly latency_s: number;
  };
  /** Of computed circuits and parametric costs: how far apart finished images are where layers work on different ones. */
  readonly interval_s?: number;
  /** With the floor plan "kernel" or the rule "squareParts": areas of the chip as the reference estimator lays it out. */
  readonly referenceChip?: ReferenceAreas;
  /** What a reader has to know: extrapolated entries, what is not priced. */
  readonly notes: readonly string[];
}
