/**
 * What the arrays of one matrix do, in the terms of circuits: rows that are driven together, columns that are
 * converted, converters, shifts and adds. Nothing here knows of layers or networks.
 */
export interface ArrayProgram {
  /** Word-line inputs of one product, as unsigned integers of `inputBits` bits. */
  readonly rows: number;
  readonly inputBits: number;
  /** Bits that are applied together, as one of 2^bits levels of a word line: lowest first, one conversion each time. */
  readonly inputSliceBits: number;
  readonly outputs: number;
  readonly reads: readonly ArrayRead[];
  /** null: an ideal converter, which returns the sum itself. */
  readonly adc: AdcTransfer | null;
  /** Removed digitally from an output for every unit of input that its row groups saw; 0 for none. */
  readonly digitalOffset: number;
}

/** One row group of one array: its lines are driven together, all its columns are converted. */
export interface ArrayRead {
  /** [n] Rows of the input vector that drive its word lines. */
  readonly inputs: Int32Array;
  /** Converted columns. */
  readonly columns: number;
  /**
   * [columns × n] What a cell adds to its column per level of its input, in units of one level step. A column that is converted
   * as a difference (paired columns, subtracted arrays) holds differences; a column composed in analog holds the
   * weighted sum of its slices. Integers unless the cells' conductances are uneven.
   */
  readonly cells: Int16Array | Float64Array;
  /** [columns] Output that the converted value is added to, times `gain` and 2^(first bit of the input slice). */
  readonly output: Int32Array;
  readonly gain: Float64Array;
  /** Outputs that this read serves, once each: the digital offset is theirs. */
  readonly served: Int32Array;
  readonly dummy: DummyColumns | null;
}

/**
 * Dummy columns (one per cell slice) whose cells all hold `cell`; each is converted like the others, and its value
 * times its gain is subtracted from every output of the read, which removes the offset in analog.
 */
export interface DummyColumns {
  readonly cell: number;
  readonly gain: Float64Array;
  /** What an ideal converter makes of all of them together, per line and level: Σ gain · cell, exact. */
  readonly idealPerLine: number;
}

/** code = clamp(round((P − low) / step), 0, 2^bits − 1), ties to even; value = low + code · step (spec section 5). */
export interface AdcTransfer {
  readonly bits: number;
  readonly low: number;
  readonly step: number;
}

/** How often each column sum occurred, over all conversions of a program: counts[i] for sums near low + i · width. */
export interface SumHistogram {
  readonly low: number;
  readonly width: number;
  /** Counts a sum (gain · 2^(first bit of the input slice))² times: as much as its error counts in the square of the output's. */
  readonly weighted?: boolean;
  readonly counts: Float64Array;
}

/** Conversions whose sum lay beyond the first or the last code, so that it was cut off; of how many. */
export interface Saturation {
  below: number;
  above: number;
  conversions: number;
}

export interface MultiplyOptions {
  /** Counts every sum before conversion (dummy columns aside). */
  readonly histogram?: SumHistogram;
  /** Counts conversions (dummy columns aside) and those of them that saturate, on top of what it holds. */
  readonly saturation?: Saturation;
}

/**
 * Multiplies input vectors with what the arrays hold.
 * @returns [outputs × positions] shift-added values in units of (input code × weight code)
 */
export interface ArrayKernel {
  readonly name: string;
  /** @param inputs [rows × positions] unsigned input codes, row after row */
  multiply(
    program: ArrayProgram,
    inputs: Uint8Array,
    positions: number,
    options?: MultiplyOptions,
  ): Float64Array;
}
