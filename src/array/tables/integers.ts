import { type InputSlice, topInputLevel } from "../../hardware/input-slices.js";
import { adcCode, countConversion, sumBounds } from "../adc.js";
import type { AdcTransfer, ArrayProgram, ArrayRead, MultiplyOptions, SumHistogram } from "../types.js";
import { addBits, addCount, importance, slicesOf } from "./slices.js";

interface Bounds {
  readonly top: number;
  readonly low: number;
  readonly high: number;
}

const boundsCache = new WeakMap<ArrayRead, Bounds>();

function boundsOf({ inputBits, inputSliceBits }: ArrayProgram, read: ArrayRead): Bounds {
  const top = topInputLevel(inputBits, inputSliceBits);
  let bounds = boundsCache.get(read);
  if (bounds?.top !== top) {
    bounds = { top, ...sumBounds(read, top) };
    boundsCache.set(read, bounds);
  }
  return bounds;
}

/** Two such columns can share a 32-bit sum. */
export function fitsSixteenBits(program: ArrayProgram, read: ArrayRead): boolean {
  const { low, high } = boundsOf(program, read);
  return low >= -32768 && high <= 32767;
}

/** What converting an integer sum gives, by [sum − low]: the code, or the sum itself from an ideal converter. */
function conversionTable(adc: AdcTransfer | null, low: number, high: number): Int32Array {
  const table = new Int32Array(high - low + 1);
  for (let i = 0; i < table.length; i++) table[i] = adc ? adcCode(adc, low + i) : low + i;
  return table;
}

/** Tables that are looked up per pass over the sums. */
const tablesPerPass = 3;

/** Two integer columns share one 32-bit sum, sixteen bits each. */
export function addIntegerColumns(
  program: ArrayProgram,
  read: ArrayRead,
  cells: Int16Array,
  lines: readonly Uint8Array[],
  positions: number,
  out: Float64Array,
  options: MultiplyOptions,
): void {
  const n = read.inputs.length;
  const count = program.inputBits * positions;
  const slices = slicesOf(program);
  const { low, high } = boundsOf(program, read);
  const convert = conversionTable(program.adc, low, high);
  const sums = new Int32Array(count);
  const tables = [0, 1, 2].map(() => new Int32Array(256));
  for (let column = 0; column < read.columns; column += 2) {
    const pair = column + 1 < read.columns;
    sums.fill(0);
    for (let block = 0; block < lines.length; block += tablesPerPass) {
      for (let t = 0; t < tablesPerPass; t++) {
        const first = column * n + (block + t) * 8;
        const rows = Math.max(0, Math.min(8, n - (block + t) * 8));
        fillPairTable(tables[t]!, cells, first, pair ? first + n : -1, rows);
      }
      // Behind the last block the tables are zero, whatever byte looks into them.
      const [a, b, c] = [0, 1, 2].map((t) => lines[Math.min(block + t, lines.length - 1)]!);
      addLookups(sums, tables[0]!, tables[1]!, tables[2]!, a!, b!, c!);
    }
    addBits(slices, sums, positions);
    if (options.histogram) countSums(slices, options.histogram, sums, read.gain, column, positions);
    if (options.saturation) {
      for (let i = 0; i < slices.length * positions; i++) {
        countConversion(options.saturation, program.adc, lowHalf(sums[i]!));
        if (pair) countConversion(options.saturation, program.adc, highHalf(sums[i]!));
      }
    }
    addConverted(slices, read, column, pair, sums, positions, convert, low, out);
  }
}

function addLookups(
  sums: Int32Array,
  ta: Int32Array,
  tb: Int32Array,
  tc: Int32Array,
  a: Uint8Array,
  b: Uint8Array,
  c: Uint8Array,
): void {
  const count = sums.length;
  for (let i = 0; i < count; i++) sums[i] = (sums[i]! + ta[a[i]!]! + tb[b[i]!]! + tc[c[i]!]!) | 0;
}

/** table[byte] = the sum of the driven cells: one column in the low half, its neighbour in the high half. */
function fillPairTable(table: Int32Array, cells: Int16Array, a: number, b: number, rows: number): void {
  table[0] = 0;
  for (let i = 0; i < 8; i++) {
    const cell = i >= rows ? 0 : b < 0 ? cells[a + i]! : cells[a + i]! + (cells[b + i]! << 16);
    const half = 1 << i;
    for (let j = 0; j < half; j++) table[half + j] = (table[j]! + cell) | 0;
  }
}

const lowHalf = (sum: number): number => (sum << 16) >> 16;
const highHalf = (sum: number): number => (sum - lowHalf(sum)) >> 16;

/** out += gain · Σ 2^first · converted(sum of the slice), for one column or for both that share the sums. */
function addConverted(
  slices: readonly InputSlice[],
  read: ArrayRead,
  column: number,
  pair: boolean,
  sums: Int32Array,
  positions: number,
  convert: Int32Array,
  low: number,
  out: Float64Array,
): void {
  const shifts = Int32Array.from(slices, ({ first }) => first);
  const first = read.output[column]! * positions;
  const second = pair ? read.output[column + 1]! * positions : -1;
  const gain = read.gain[column]!;
  const gain2 = pair ? read.gain[column + 1]! : 0;
  for (let p = 0; p < positions; p++) {
    let value = 0;
    let value2 = 0;
    for (let k = 0, at = p; k < shifts.length; k++, at += positions) {
      const sum = sums[at]!;
      const shift = shifts[k]!;
      const lower = (sum << 16) >> 16;
      // Sixteen bits of sum and eight input bits fit 32-bit integers.
      value = (value + (convert[lower - low]! << shift)) | 0;
      if (pair) value2 = (value2 + (convert[((sum - lower) >> 16) - low]! << shift)) | 0;
    }
    out[first + p]! += gain * value;
    if (pair) out[second + p]! += gain2 * value2;
  }
}

/** Counts one column's sums, or those of it and its neighbour. @param sums [slices × positions] */
function countSums(
  slices: readonly InputSlice[],
  histogram: SumHistogram,
  sums: Int32Array,
  gain: Float64Array,
  column: number,
  positions: number,
): void {
  const pair = column + 1 < gain.length;
  for (const [k, { first }] of slices.entries()) {
    const times = importance(histogram, gain[column]!, first);
    const times2 = pair ? importance(histogram, gain[column + 1]!, first) : 0;
    const at = k * positions;
    for (let i = at; i < at + positions; i++) {
      addCount(histogram, lowHalf(sums[i]!), times);
      if (pair) addCount(histogram, highHalf(sums[i]!), times2);
    }
  }
}
