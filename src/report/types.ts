import type { CrossbarPruningReport } from "../compress/prune/crossbar/index.js";
import type { EqualAreaVariant } from "../cost/index.js";
import type { ArraySpec } from "../hardware/types.js";
import type { TrainingCurve } from "../train/stage.js";
import type { PairedInterval } from "./paired.js";

/** `result.json`, version 1: every figure of a run and the data behind every plot of its report. Fractions, SI. */
export interface Result {
  readonly version: 1;
  /** The recipe with every default resolved. */
  readonly recipe: Readonly<Record<string, unknown>>;
  readonly seed: number;
  /** Fractions of images classified correctly; null where a stage did not run. */
  readonly accuracy: {
    readonly fp32: number | null;
    readonly quantized: number | null;
    readonly pruned: number | null;
    readonly hardware: number | null;
  };
  /** Test images behind each of the accuracies above. */
  readonly softwareImages: number;
  readonly hardwareImages: number;
  /** Zero groups over all groups of the layers that carry groups; null where none does. */
  readonly groupSparsity: number | null;
  /** The same, each group weighted by the reads it would cost per image. */
  readonly readWeightedSparsity: number | null;
  readonly compression: { readonly paper: number; readonly parameters: number; readonly honest: number };
  readonly arrays: number;
  readonly cells: CellUse;
  readonly indexMemory: { readonly bitmap_bit: number; readonly explicit_bit: number };
  readonly cost: CostSummary;
  /** Unpruned, read in full columns (spec 6.3 a). */
  readonly baseline: CostSummary;
  /** Unpruned, read in the same row groups (spec 6.3 b). */
  readonly baselineSameBands: CostSummary;
  readonly data: ResultData;
}

/** Cells of weights; beside them in used columns; nowhere near; and of dummy columns, which hold no weight but work. */
export interface CellUse {
  readonly used: number;
  readonly wasted: number;
  readonly empty: number;
  readonly reference: number;
}

export interface CostTriple {
  readonly energy_J: number;
  readonly latency_s: number;
  readonly area_m2: number;
}

export interface CostSummary extends CostTriple {
  readonly breakdown: Readonly<Record<string, CostTriple>>;
  /** Totals under other readings of an ambiguous source, by name. */
  readonly alternatives: readonly AlternativeCost[];
  readonly notes: readonly string[];
}

export interface AlternativeCost extends Partial<CostTriple> {
  readonly name: string;
  /** What this reading takes the source to say. */
  readonly assumption?: string;
  /** The reading behind the totals themselves. */
  readonly chosen?: boolean;
}

export interface ResultData {
  readonly model: { readonly name: string; readonly parameters: number; readonly macs: number };
  readonly hardware: {
    readonly name: string;
    readonly source: string;
    readonly array: ArraySpec;
    readonly adcBits: number | null;
    readonly adcRange: string;
    readonly encoding: Readonly<Record<string, string | number>>;
  };
  /** FP32 → the network after each stage → ideal converter → converters of the sweep, each with its images. */
  readonly ladder: readonly { readonly name: string; readonly accuracy: number; readonly images: number }[];
  /** Hardware accuracy by converter width on the same images; null bits: ideal. */
  readonly adcSweep: readonly {
    readonly bits: number | null;
    readonly accuracy: number;
    readonly images: number;
  }[];
  /** Integer network against the float fake-quantised one, on the hardware images. */
  readonly integerVersusFloat: {
    readonly images: number;
    readonly predictionsThatDiffer: number;
    readonly codesThatDiffer: number;
    readonly codes: number;
  } | null;
  /** The curves of every stage that trained, in order; empty where nothing was trained. */
  readonly training: readonly TrainingCurve[];
  /** null where no layer carries groups. */
  readonly pruning: PruningData | null;
  /** What each stage of crossbar-grained pruning did; absent where there was none. */
  readonly crossbarPruning?: readonly CrossbarPruningReport[];
  /** Where single weights were pruned. */
  readonly sparsity?: SparsityData;
  /** Accuracy after each stage of the recipe, in order. */
  readonly stages: readonly StageAccuracy[];
  /** Accuracy of the chip by converter width minus that of the same network in software, on the same images. */
  readonly paired?: readonly PairedDifference[];
  readonly layers: readonly LayerData[];
  /** Where columns were exchanged: beside dense chips of the same components on the same area. */
  readonly equalArea?: EqualAreaData;
}

/** `compareEqualArea` in short. */
export interface EqualAreaData {
  readonly node_m: number;
  readonly baseline: string;
  readonly budget_m2: number;
  readonly budgetFrom: "baseline" | "given";
  readonly designs: readonly EqualAreaChip[];
  readonly variants: readonly EqualAreaVariant[];
  readonly notes: readonly string[];
}

export interface EqualAreaChip extends CostTriple {
  readonly name: string;
  readonly hardware: string;
  readonly rows: number;
  readonly columns: number;
  readonly cellBits: number;
  readonly compose: string;
  /** Converters that are charged, those that lose nothing, and the same for arrays that are converted alone. */
  readonly converter_bits: number;
  readonly lossless_bits: number;
  readonly losslessAlone_bits: number;
  /** Of one copy of every layer, as are energy, latency, area and the time between images. */
  readonly arrays: number;
  readonly interval_s: number;
  readonly breakdown: Readonly<Record<string, CostTriple>>;
  /** Copies by layer on the area; null where it does not hold one of each. */
  readonly pipelined: {
    readonly copies: readonly number[];
    readonly interval_s: number;
    readonly area_m2: number;
  } | null;
  readonly serial: {
    readonly copies: readonly number[];
    readonly latency_s: number;
    readonly area_m2: number;
  } | null;
}

export interface AccuracyOnImages {
  readonly accuracy: number;
  readonly images: number;
}

export interface StageAccuracy {
  /** The stage's name in the recipe. */
  readonly name: string;
  /** Its kind in the recipe. */
  readonly kind: string;
  /** On images held out of the training set; null where none were. */
  readonly validation: AccuracyOnImages | null;
  /** On test images, which are looked at once, when all training is done; null where they were not. */
  readonly test: AccuracyOnImages | null;
}

export interface PairedDifference extends PairedInterval {
  /** Converter width; null: ideal. */
  readonly bits: number | null;
}

/** The pruned groups of a network and how unevenly they lie over the positions (spec of Meng et al., 4.3). */
export interface PruningData {
  readonly layers: readonly PrunedLayer[];
  /** Zero groups over all groups of the layers that count in it; null where none does. */
  readonly groupSparsity: number | null;
  /** The same, each group weighted by the reads it would cost per image. */
  readonly readWeightedSparsity: number | null;
  /** Cells beside a shorter position over all cells of used columns. */
  readonly wastedFraction: number;
  readonly mismatchColumns: MismatchColumns;
}

/** Zero weights of a network whose single weights were pruned (spec of Lin et al., Table I). */
export interface SparsityData extends Omit<SparsityLayer, "layer"> {
  readonly layers: readonly SparsityLayer[];
}

export interface SparsityLayer {
  /** The node's name. */
  readonly layer: string;
  readonly weights: number;
  /** Float weights that are exactly 0, as the network was given and behind all training. */
  readonly zerosBefore: number;
  readonly zeros: number;
  /** Codes that are 0 on the arrays: those weights, and others that the quantiser rounds to 0. */
  readonly zeroCodes: number;
}

/** Physical columns by which the fullest position exceeds the emptiest. */
export interface MismatchColumns {
  /** Survivors counted over each whole layer (the paper's figure 5). */
  readonly layer: number;
  /** Counted chunk by chunk, as arrays are: never less. */
  readonly chunks: number;
}

export interface PrunedLayer {
  readonly matrix: string;
  readonly groupRows: number;
  /** Whether its groups count in the group sparsity; those of a dense layer pruned by whole neurons may not. */
  readonly inGroupSparsity: boolean;
  /** Groups at each position, the topmost of a column first. */
  readonly positions: readonly { readonly groups: number; readonly zeroGroups: number }[];
  readonly mismatchColumns: MismatchColumns;
  readonly wastedCells: number;
  /** Cells of all used columns, wasted ones included. */
  readonly usedColumnCells: number;
  /** Reads of its groups per image: if all were there, and those that zero groups spare. */
  readonly reads: { readonly all: number; readonly spared: number };
}

export interface LayerData {
  readonly matrix: string;
  readonly rows: number;
  readonly columns: number;
  readonly positions: number;
  readonly weightBits: number;
  readonly inputBits: number;
  readonly groupRows: number | null;
  readonly groups: number;
  readonly zeroGroups: number;
  readonly arrays: number;
  /** Row groups of all its arrays: reads per product and input bit. */
  readonly rowGroups: number;
  readonly cells: CellUse;
  /** Share of driven word lines, over positions, rows and input bits. */
  readonly activity: number;
  readonly adcRange: { readonly low: number; readonly high: number } | null;
  /** Under analog composition: bits of a converter that would lose no sum. */
  readonly losslessBits?: number;
  readonly cost: CostTriple & { readonly breakdown: Readonly<Record<string, CostTriple>> };
  readonly mismatchColumns: number | null;
  /** Where columns were exchanged. */
  readonly exchange?: ExchangeData;
  /** The same layer in the baseline (unpruned, full columns), where it was estimated. */
  readonly baseline?: CostTriple & { readonly arrays: number };
  readonly drawing: ArrayDrawing;
}

/** What an exchange of a layer's columns costs in memory, and how full it leaves the arrays. */
export interface ExchangeData {
  /** Which output each column is added to. */
  readonly index_bit: number;
  /** The order in which inputs are fetched, which the paper does not count (spec of Lin et al., 2.6). */
  readonly inputSchedule_bit: number;
  /** [20] Arrays by the share of their weights that is not zero, 5 % a bin: placed dense, and exchanged. */
  readonly utilization: { readonly dense: readonly number[]; readonly exchanged: readonly number[] };
}

/**
 * Where the cells of a layer's first arrays are: occupied; wasted (a used column, a word line that the matrix has a
 * row for, but no weight); or empty.
 */
export interface ArrayDrawing {
  readonly arraysShown: number;
  readonly arraysTotal: number;
  readonly rows: number;
  readonly columns: number;
  /**
   * Per array its row groups: [first word line, word lines, bit lines with weights from 0 up]. 0 bit lines: the
   * matrix has rows on these word lines, but all their groups are pruned here. Word lines in no entry are empty.
   */
  readonly arrays: readonly (readonly (readonly [number, number, number])[])[];
}
