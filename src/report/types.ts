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
    readonly array: { readonly rows: number; readonly columns: number; readonly activeRows: number };
    readonly adcBits: number | null;
    readonly adcRange: string;
    readonly encoding: Readonly<Record<string, string | number>>;
  };
  /** FP32 → quantised → ideal converter → converters of the sweep, each with its images. */
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
  readonly layers: readonly LayerData[];
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
  readonly cost: CostTriple & { readonly breakdown: Readonly<Record<string, CostTriple>> };
  readonly mismatchColumns: number | null;
  /** The same layer in the baseline (unpruned, full columns), where it was estimated. */
  readonly baseline?: CostTriple & { readonly arrays: number };
  readonly drawing: ArrayDrawing;
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
