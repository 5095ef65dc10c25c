import { adcTransfer } from "../array/adc.js";
import type { AdcTransfer, ArrayProgram, ArrayRead, DummyColumns } from "../array/types.js";
import type { DeviceSpec, HardwareSpec } from "../hardware/types.js";
import { offsetOf, sliceLevel, slicesPerWeight } from "../mapping/encoding.js";
import {
  arrayCount,
  type DrivenRow,
  drivenTogether,
  partnerGroup,
  subtractedArrays,
} from "../mapping/table.js";
import type { ArrayTable, MatrixPlacement, WeightEncoding } from "../mapping/types.js";
import { type BranchGains, branchGains } from "./branch-gains.js";

/** Uneven levels are rounded to this grid (a relative error below 10⁻⁶), so that sums are exact in any order. */
const levelGrid = 2 ** -20;

/**
 * [2^cellBits] What a driven cell adds to its column, in level steps above the lowest level. The current of the
 * lowest level flows in every driven cell and is removed with the column's reference. Ideal cells give 0, 1, 2 ...
 */
export function cellLevels(device: DeviceSpec, cellBits: number): Float64Array {
  const count = 2 ** cellBits;
  if (device.cellModel === "ideal") return Float64Array.from({ length: count }, (_, code) => code);
  const g_S = device.levels_ohm.map((r_ohm) => 1 / r_ohm);
  const step_S = (g_S[count - 1]! - g_S[0]!) / (count - 1);
  return Float64Array.from(g_S, (g) => Math.round((g - g_S[0]!) / step_S / levelGrid) * levelGrid);
}

/** A matrix's arrays as a program of reads, for a kernel of array/. */
export function arrayProgram(
  matrix: MatrixPlacement,
  hardware: HardwareSpec,
  inputBits: number,
  range: { readonly low: number; readonly high: number } | null,
): ArrayProgram {
  const { encoding } = matrix;
  const adc: AdcTransfer | null =
    hardware.adc.bits === null || range === null
      ? null
      : adcTransfer(hardware.adc.bits, range.low, range.high);
  return {
    rows: matrix.rows,
    inputBits,
    inputSliceBits: hardware.array.inputSliceBits,
    outputs: matrix.columns,
    reads: arrayReads(matrix, {
      levels: cellLevels(hardware.device, encoding.cellBits),
      gains: branchGains(matrix, hardware.encoding, hardware.array.columns),
    }),
    adc,
    digitalOffset: encoding.offsetBy === "digital" ? offsetOf(encoding) : 0,
  };
}

/** What the cells and the branches of a chip are like. */
interface Analog {
  readonly levels: Float64Array;
  /** null: ideal branches. */
  readonly gains: BranchGains | null;
}

function arrayReads(matrix: MatrixPlacement, analog: Analog): ArrayRead[] {
  const { arrays: t } = matrix;
  const subtracted = subtractedArrays(t);
  const reads: ArrayRead[] = [];
  for (let a = 0; a < arrayCount(t); a++) {
    if (subtracted.has(a)) continue;
    for (let g = t.groupStart[a]!; g < t.groupStart[a + 1]!; g++) reads.push(arrayRead(matrix, analog, a, g));
  }
  return reads;
}

/** One row group of array a, and of the array that it subtracts; a row may be driven in either or in both. */
function arrayRead(matrix: MatrixPlacement, { levels, gains }: Analog, a: number, g: number): ArrayRead {
  const { arrays: t, encoding, codes } = matrix;
  const partner = partnerGroup(t, a, g);
  const driven = drivenTogether(t, g, partner);
  const inputs = Int32Array.from(driven, ({ row }) => row);
  const slots = t.output.subarray(t.slotStart[g], t.slotStart[g + 1]);
  const n = inputs.length;
  const ideal = conversionsOf(encoding, t.polarity[a]!, t.partner[a]! >= 0, levels);
  const branches = gains && slotBranches(matrix, gains, a, g, partner);
  // A weight whose sign has no cell in this read counts as zero.
  const codeOf = ({ row, own, subtracted }: DrivenRow, slot: number): number => {
    const code = codes[row * matrix.columns + slot]!;
    if (t.partner[a]! < 0) return code;
    return (code > 0 ? own : subtracted) ? code : 0;
  };
  const columns = slots.length * ideal.length;
  const cells = isInteger(levels) && !gains ? new Int16Array(columns * n) : new Float64Array(columns * n);
  const output = new Int32Array(columns);
  const gain = new Float64Array(columns);
  let column = 0;
  for (const [s, slot] of slots.entries()) {
    const conversions = branches
      ? conversionsOf(encoding, t.polarity[a]!, t.partner[a]! >= 0, levels, branches(s))
      : ideal;
    for (const conversion of conversions) {
      output[column] = slot;
      gain[column] = conversion.gain;
      for (let i = 0; i < n; i++) {
        cells[column * n + i] = conversion.cell(codeOf(driven[i]!, slot));
      }
      column++;
    }
  }
  const dummy =
    t.reference[a]! >= 0
      ? dummyColumns(encoding, gains && treeOf(gains, encoding, a, t.reference[a]!))
      : null;
  return { inputs, columns, cells, output, gain, served: Int32Array.from(new Set(slots)), dummy };
}

const isInteger = (levels: Float64Array): boolean => levels.every(Number.isInteger);

interface Conversion {
  readonly gain: number;
  /** What the converted column holds, per driven line, for a weight code. */
  readonly cell: (code: number) => number;
}

/** [slices] The gains of the branches of one composition tree. */
type Tree = Float64Array;

/** The gains of a tree whose first branch stands behind that bit line. */
const treeOf = (gains: BranchGains, encoding: WeightEncoding, array: number, firstBitLine: number): Tree =>
  Float64Array.from({ length: slicesPerWeight(encoding) }, (_, k) => gains.of(array, firstBitLine + k));

/** The trees of a weight slot: that of what counts up, and of what is subtracted from it before conversion. */
interface SlotBranches {
  readonly positive: Tree;
  readonly negative: Tree;
}

/** The trees of each slot of row group g of array a, by its place in the group. */
function slotBranches(
  { arrays: t, encoding }: MatrixPlacement,
  gains: BranchGains,
  a: number,
  g: number,
  partner: number,
): (slot: number) => SlotBranches {
  const below = partner < 0 ? new Map<number, number>() : bitLinesOf(t, partner);
  return (slot) => {
    const bit = t.bit[t.slotStart[g]! + slot]!;
    const positive = treeOf(gains, encoding, a, bit);
    if (encoding.sign === "pairedColumns")
      return { positive, negative: treeOf(gains, encoding, a, bit + slicesPerWeight(encoding)) };
    const subtracted = below.get(t.output[t.slotStart[g]! + slot]!);
    const negative = subtracted === undefined ? positive : treeOf(gains, encoding, t.partner[a]!, subtracted);
    return { positive, negative };
  };
}

/** First bit line of each output that a row group serves. */
function bitLinesOf(t: ArrayTable, g: number): Map<number, number> {
  const lines = new Map<number, number>();
  for (let s = t.slotStart[g]!; s < t.slotStart[g + 1]!; s++) lines.set(t.output[s]!, t.bit[s]!);
  return lines;
}

/**
 * What a composed column adds per line is rounded to this part of its full scale, which is as fine as uneven levels
 * are and leaves sums within four small digits (array/simd/digits.ts).
 */
const composedGrid = (encoding: WeightEncoding): number =>
  levelGrid * 2 ** (slicesPerWeight(encoding) * encoding.cellBits);

const onGrid = (value: number, grid: number): number => Math.round(value / grid) * grid;

/** The conversions of one weight slot: one per cell slice, or one for all slices composed in analog. */
function conversionsOf(
  encoding: WeightEncoding,
  polarity: number,
  subtracts: boolean,
  levels: Float64Array,
  branches: SlotBranches | null = null,
): Conversion[] {
  const { cellBits } = encoding;
  const slices = slicesPerWeight(encoding);
  const part = signPart(encoding, polarity, subtracts);
  const level = (code: number, k: number): number => {
    const { positive, negative } = part(code);
    return levels[sliceLevel(positive, k, cellBits)]! - levels[sliceLevel(negative, k, cellBits)]!;
  };
  // An array of negative parts that nothing subtracts in analog is subtracted digitally.
  const sign = polarity < 0 ? -1 : 1;
  const base = 2 ** cellBits;
  if (encoding.compose === "digital") {
    return Array.from({ length: slices }, (_, k) => ({
      gain: sign * base ** k,
      cell: (code) => level(code, k),
    }));
  }
  const composed = (code: number): number => {
    let sum = 0;
    for (let k = 0; k < slices; k++) sum += base ** k * level(code, k);
    return sum;
  };
  if (!branches) return [{ gain: sign, cell: composed }];
  const grid = composedGrid(encoding);
  const throughBranches = (code: number): number => {
    const { positive, negative } = part(code);
    let sum = 0;
    for (let k = 0; k < slices; k++) {
      const above = branches.positive[k]! * levels[sliceLevel(positive, k, cellBits)]!;
      const below = branches.negative[k]! * levels[sliceLevel(negative, k, cellBits)]!;
      sum += base ** k * (above - below);
    }
    return onGrid(sum, grid);
  };
  return [{ gain: sign, cell: throughBranches }];
}

/** Which non-negative integers stand in the cells that a conversion adds and subtracts. */
function signPart(encoding: WeightEncoding, polarity: number, subtracts: boolean) {
  const offset = offsetOf(encoding);
  if (encoding.sign === "offset") return (code: number) => ({ positive: code + offset, negative: 0 });
  if (encoding.sign === "pairedColumns" || subtracts)
    return (code: number) => ({ positive: Math.max(0, code), negative: Math.max(0, -code) });
  return (code: number) => ({ positive: Math.max(0, polarity * code), negative: 0 });
}

/** Dummy cells of one value in every slice: v · Σ base^k = offset (1.4 for 4 bits in 2-bit cells, spec 4.1). */
function dummyColumns(encoding: WeightEncoding, tree: Tree | null): DummyColumns {
  const slices = slicesPerWeight(encoding);
  const gains = Float64Array.from({ length: slices }, (_, k) => 2 ** (k * encoding.cellBits));
  const offset = offsetOf(encoding);
  const total = gains.reduce((a, b) => a + b, 0);
  if (tree) {
    const composed = gains.reduce((sum, gain, k) => sum + gain * tree[k]! * (offset / total), 0);
    const cell = onGrid(composed, composedGrid(encoding));
    return { cell, gain: Float64Array.of(1), idealPerLine: cell };
  }
  const gain = encoding.compose === "analog" ? Float64Array.of(1) : gains;
  const cell = encoding.compose === "analog" ? offset : offset / total;
  return { cell, gain, idealPerLine: offset };
}

/**
 * The largest sum that `rows` lines can form in one converted column, for the full-scale range rule.
 * @param topLevel the highest level of a line
 */
export function fullScale(
  encoding: WeightEncoding,
  rows: number,
  topLevel = 1,
): { low: number; high: number } {
  const base = 2 ** encoding.cellBits;
  const perLine = encoding.compose === "analog" ? base ** slicesPerWeight(encoding) - 1 : base - 1;
  const signed = encoding.sign !== "offset";
  const high = perLine * rows * topLevel;
  return { low: signed ? -high : 0, high };
}

/**
 * Bits of the narrowest converter with a code for every sum that `rows` lines can form in one converted column at any
 * levels of its cells: 13 for 32 rows of four 2-bit cells composed in analog, whose sums go to 32 · 3 · 85 = 8,160 (spec
 * of Lin et al., section 4), and one more where a negative part is subtracted first.
 * @param topLevel the highest level of a line
 */
export function losslessBits(encoding: WeightEncoding, rows: number, topLevel = 1): number {
  const { low, high } = fullScale(encoding, rows, topLevel);
  return Math.ceil(Math.log2(high - low + 1));
}
