import type { ArrayProgram, ArrayRead } from "../types.js";

/** Cells at uneven conductances stand on this grid (simulate/program.ts), which makes their sums exact integers. */
const grid = 2 ** -20;

/**
 * How the sums of a program are held. Four driven cells add an integer multiple of `unit` to a column; it is split
 * into `digits` of base 2^radixBits, each a byte of its own table.
 */
export interface Digits {
  readonly unit: number;
  readonly digits: 1 | 2 | 4;
  readonly radixBits: number;
  /** Digits from −base/2 to base/2 − 1, for cells that can be negative. */
  readonly balanced: boolean;
  /** What a byte begins with, so that it never falls below 0. */
  readonly start: 0 | 128;
  /** Largest sum of four cells, in units. */
  readonly quadHigh: number;
  /** Least and largest sum of any column, in units. */
  readonly low: number;
  readonly high: number;
}

interface Extent {
  /** Sums of four rows. */
  readonly quadLow: number;
  readonly quadHigh: number;
  readonly low: number;
  readonly high: number;
}

/** null: cells off the grid, or sums that four bytes do not hold. */
export function digitsOf(program: ArrayProgram): Digits | null {
  const unit = unitOf(program.reads);
  if (unit === null) return null;
  const extent = extentOf(program.reads, unit);
  const balanced = extent.quadLow < 0;
  const quads = Math.ceil(program.reads.reduce((n, read) => Math.max(n, read.inputs.length), 0) / 4);
  const { quadHigh, low, high } = extent;
  const common = { unit, balanced, start: balanced ? 128 : 0, quadHigh, low, high } as const;
  const fitsByte = balanced ? extent.quadLow >= -128 && quadHigh <= 127 : quadHigh <= 255;
  if (fitsByte && extent.high - extent.low <= 32767) return { ...common, digits: 1, radixBits: 8 };
  for (const digits of [2, 4] as const) {
    for (const radixBits of [5, 6, 7, 8]) {
      if (!holds(extent, digits, radixBits, balanced)) continue;
      // A byte starts at 128 once per chunk, and a digit's sum over all quads has to fit sixteen bits with that.
      if (quads * 2 ** radixBits + 256 > 65535) continue;
      return { ...common, digits, radixBits };
    }
  }
  return null;
}

/** The largest power of two, at most 1, that all cells are multiples of; null where the grid's does not do. */
function unitOf(reads: readonly ArrayRead[]): number | null {
  let unit = 1;
  let largest = 0;
  for (const { cells } of reads) {
    if (cells instanceof Int16Array) continue;
    for (const cell of cells) {
      while (!Number.isInteger(cell / unit) && unit >= grid) unit /= 2;
      if (unit < grid) return null;
      largest = Math.max(largest, Math.abs(cell));
    }
  }
  // Four cells are added in 32 bits.
  return largest / unit > 2 ** 29 ? null : unit;
}

function extentOf(reads: readonly ArrayRead[], unit: number): Extent {
  let [quadLow, quadHigh, low, high] = [0, 0, 0, 0];
  for (const { inputs, columns, cells } of reads) {
    const n = inputs.length;
    for (let c = 0; c < columns; c++) {
      let [negative, positive] = [0, 0];
      for (let first = 0; first < n; first += 4) {
        let [below, above] = [0, 0];
        for (let i = c * n + first, end = c * n + Math.min(first + 4, n); i < end; i++) {
          const cell = cells[i]!;
          if (cell < 0) below += cell;
          else above += cell;
        }
        if (below < quadLow) quadLow = below;
        if (above > quadHigh) quadHigh = above;
        negative += below;
        positive += above;
      }
      if (negative < low) low = negative;
      if (positive > high) high = positive;
    }
  }
  return { quadLow: quadLow / unit, quadHigh: quadHigh / unit, low: low / unit, high: high / unit };
}

/** Whether every sum of four rows has a form in so many digits. */
function holds({ quadLow, quadHigh }: Extent, digits: number, radixBits: number, balanced: boolean): boolean {
  const base = 2 ** radixBits;
  const ones = (base ** digits - 1) / (base - 1);
  return balanced
    ? quadLow >= -(base / 2) * ones && quadHigh <= (base / 2 - 1) * ones
    : quadHigh <= (base - 1) * ones;
}
