import type { EncodingSpec } from "../hardware/types.js";
import type { WeightEncoding } from "./types.js";

/** The encoding of weights of that many bits on a chip; what its branches err by belongs to no weight. */
export const encodingOf = (
  bits: number,
  { cellBits, sign, compose, offsetBy }: EncodingSpec,
): WeightEncoding => ({ bits, cellBits, sign, compose, offsetBy });

/** Largest magnitude of a code: the weight quantiser is symmetric, so −2^(bits−1) is never used (spec of Meng et al., 2.6). */
export const maxCode = (encoding: WeightEncoding): number => 2 ** (encoding.bits - 1) - 1;

/** What offset encoding adds to a code before it is sliced into cells: u = code + offset ≥ 0. Zero for differential encodings. */
export const offsetOf = (encoding: WeightEncoding): number =>
  encoding.sign === "offset" ? maxCode(encoding) : 0;

/** Bits that one stored magnitude needs: all of them with an offset, one less where the sign stands elsewhere. */
export const storedBits = (encoding: WeightEncoding): number =>
  encoding.sign === "offset" ? encoding.bits : Math.max(1, encoding.bits - 1);

/** Cells that one magnitude is sliced into, least significant first. */
export const slicesPerWeight = (encoding: WeightEncoding): number =>
  Math.ceil(storedBits(encoding) / encoding.cellBits);

/** Physical bit lines of one weight in one array. Paired columns: all slices of the positive part, then of the negative. */
export const bitLinesPerWeight = (encoding: WeightEncoding): number =>
  slicesPerWeight(encoding) * (encoding.sign === "pairedColumns" ? 2 : 1);

/** Conversions that one weight slot of a read costs. A pair of columns is subtracted before its one conversion. */
export const conversionsPerWeight = (encoding: WeightEncoding): number =>
  encoding.compose === "analog" ? 1 : slicesPerWeight(encoding);

/** Bit lines of the dummy column that removes the offset in the array, one per slice. */
export const dummyBitLines = (encoding: WeightEncoding): number =>
  encoding.sign === "offset" && encoding.offsetBy === "dummyColumn" ? slicesPerWeight(encoding) : 0;

/** Weights that fit side by side on the bit lines of one array. */
export const weightsAcross = (encoding: WeightEncoding, columns: number): number =>
  Math.floor((columns - dummyBitLines(encoding)) / bitLinesPerWeight(encoding));

/** The level of cell slice k of a non-negative integer. */
export const sliceLevel = (value: number, slice: number, cellBits: number): number =>
  Math.floor(value / 2 ** (slice * cellBits)) % 2 ** cellBits;
