import type { SumHistogram } from "../array/types.js";
import { InputError } from "../errors.js";
import type { AdcSpec, HardwareSpec } from "../hardware/types.js";
import type { MatrixPlacement, Placement } from "../mapping/types.js";
import { fullScale } from "./program.js";

/** The converter range of one matrix, the same for all its columns, and the sums it was taken from. */
export interface MatrixRange {
  readonly matrix: string;
  readonly low: number;
  readonly high: number;
}

/** What `calibrate` returns and `simulate` demands: ranges frozen before any evaluated image is seen. */
export interface AdcRanges {
  readonly rule: AdcSpec["range"];
  /** Images that were looked at; 0 for "fullscale", which needs none. */
  readonly images: number;
  readonly matrices: readonly MatrixRange[];
}

/** Rows of the tallest row group of a matrix. */
export function tallestGroup(matrix: MatrixPlacement): number {
  const { wordStart } = matrix.arrays;
  let rows = 0;
  for (let g = 1; g < wordStart.length; g++) rows = Math.max(rows, wordStart[g]! - wordStart[g - 1]!);
  return rows;
}

/** A histogram that any sum of the matrix falls into; integers get a bin each. */
export function emptyHistogram(matrix: MatrixPlacement, hardware: HardwareSpec): SumHistogram {
  const { low, high } = fullScale(matrix.encoding, Math.max(1, tallestGroup(matrix)));
  const width = hardware.device.cellModel === "ideal" ? 1 : 1 / 8;
  return { low, width, counts: new Float64Array(Math.round((high - low) / width) + 1) };
}

export function fullScaleRanges(placed: Placement): AdcRanges {
  const matrices = placed.matrices.map((matrix) => ({
    matrix: matrix.matrix,
    ...fullScale(matrix.encoding, Math.max(1, tallestGroup(matrix))),
  }));
  return { rule: "fullscale", images: 0, matrices };
}

/** Low and high by the rule: the extremes, or the value below (above) which the given share of all sums lies. */
export function rangeOf(histogram: SumHistogram, adc: AdcSpec): { low: number; high: number } {
  const [lowShare, highShare] = adc.range === "minmax" ? [0, 0] : adc.percentiles;
  const total = histogram.counts.reduce((a, b) => a + b, 0);
  const value = (bin: number): number => histogram.low + bin * histogram.width;
  let first = 0;
  for (let below = histogram.counts[0]!; below <= lowShare * total && first < histogram.counts.length - 1; )
    below += histogram.counts[++first]!;
  let last = histogram.counts.length - 1;
  for (let above = histogram.counts[last]!; above <= highShare * total && last > 0; )
    above += histogram.counts[--last]!;
  return { low: value(first), high: value(Math.max(first, last)) };
}

/** The range of a matrix, or an error that says what calibration lacks. */
export function rangeFor(ranges: AdcRanges, matrix: MatrixPlacement): MatrixRange {
  const range = ranges.matrices.find((r) => r.matrix === matrix.matrix);
  if (range) return range;
  throw new InputError(`the calibration has no range for matrix "${matrix.matrix}"`, {
    hint: "calibrate this placement again: ranges belong to the placement they were measured on",
  });
}
