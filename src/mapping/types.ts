import type { CompressedModel } from "../graph/types.js";
import type { HardwareSpec } from "../hardware/types.js";

export interface WeightEncoding {
  /** Bits of the signed weight; codes lie in ±(2^(bits−1) − 1). */
  readonly bits: number;
  readonly cellBits: number;
  readonly sign: "offset" | "splitArrays" | "pairedColumns";
  /** One conversion per cell column, or per weight column. */
  readonly compose: "digital" | "analog";
  readonly offsetBy: "digital" | "dummyColumn";
}

/**
 * CSR over arrays → row groups (lines driven together, read one group after another) → word lines and weight
 * slots. A weight slot is the run of bit lines that holds one matrix column's cells in that row group.
 */
export interface ArrayTable {
  /** [arrays] 0 both signs; +1 / −1: stores max(0, ±code). */
  readonly polarity: Int8Array;
  /** [arrays] The array subtracted from this one before conversion; −1 none. */
  readonly partner: Int32Array;
  /** [arrays] First bit line of the dummy column; −1 none. */
  readonly reference: Int32Array;
  /** [arrays + 1] */
  readonly groupStart: Int32Array;
  /** [groups + 1] */
  readonly wordStart: Int32Array;
  /** [words] Physical word line. */
  readonly word: Uint16Array;
  /** [words] Matrix row that drives it. */
  readonly input: Int32Array;
  /** [groups + 1] */
  readonly slotStart: Int32Array;
  /** [slots] First physical bit line of the weight. */
  readonly bit: Uint16Array;
  /** [slots] Matrix column that it serves. */
  readonly output: Int32Array;
}

export interface ExchangeBlocks {
  /** First matrix row of each row block. */
  readonly blockStarts: readonly number[];
  /** Rows and columns of a block at most, all-zero ones aside. */
  readonly blockRows: number;
  readonly blockColumns: number;
  /** Whether both signs have one order of columns, or an order each. */
  readonly signs: "shared" | "independent";
}

/** One stored matrix: a layer, one gate and direction of an LSTM, or the transposed copy that training needs. */
export interface MatrixPlacement {
  readonly matrix: string;
  readonly role: "forward" | "transposed";
  readonly rows: number;
  readonly columns: number;
  /** [rows × columns] signed integer weights, row-major: the only copy. */
  readonly codes: Int16Array;
  readonly encoding: WeightEncoding;
  /** Rows of one prunable group, or null where the layer has no groups. */
  readonly groupRows: number | null;
  /** The index memory that is paid for. */
  readonly routing: "fixed" | "bitmap" | "explicit";
  /** Where columns were exchanged: the blocks within which they were, for the index memory. */
  readonly exchange?: ExchangeBlocks;
  /** Identical copies of all arrays of this matrix, each serving other output positions. */
  readonly copies: number;
  readonly arrays: ArrayTable;
}

export interface Placement {
  readonly model: CompressedModel;
  readonly hardware: HardwareSpec;
  readonly matrices: readonly MatrixPlacement[];
}

/** What an inference did to one matrix's word lines; it depends on the network and the data, not on the placement. */
export interface MatrixActivity {
  readonly matrix: string;
  /** Products of the matrix with an input vector, per image (the output positions of a convolution). */
  readonly positions: number;
  readonly inputBits: number;
  /** [inputBits × rows] Share of products in which matrix row r is driven with bit z set: ones[z · rows + r]. */
  readonly ones: Float64Array;
}

export interface Activity {
  readonly images: number;
  readonly matrices: readonly MatrixActivity[];
}
