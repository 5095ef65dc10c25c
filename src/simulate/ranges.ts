import { adcCode } from "../array/adc.js";
import type { SumHistogram } from "../array/types.js";
import { InputError } from "../errors.js";
import type { CompressedModel } from "../graph/types.js";
import { topInputLevel } from "../hardware/input-slices.js";
import { type AdcSpec, type HardwareSpec, widestConverter } from "../hardware/types.js";
import { layerMatrices } from "../lower/matrices.js";
import type { MatrixPlacement, Placement } from "../mapping/types.js";
import { largestGainError } from "./branch-gains.js";
import { fullScale, losslessBits } from "./program.js";

/** The converter range of one matrix, the same for all its columns, and the sums it was taken from. */
export interface MatrixRange {
  readonly matrix: string;
  readonly low: number;
  readonly high: number;
  /** Under the rule "mse" the range of every width of converter, 1 bit first; the chip's own is above. */
  readonly widths?: readonly { readonly low: number; readonly high: number }[];
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

/** Every sum of the matrix's columns lies within, as far as branches are ideal. */
function sumRange(matrix: MatrixPlacement, { array }: HardwareSpec, inputBits: number) {
  const top = topInputLevel(inputBits, array.inputSliceBits);
  return fullScale(matrix.encoding, Math.max(1, tallestGroup(matrix)), top);
}

/** Bits that a converter of the matrix needs so that no sum is lost: by its tallest row group and widest input slice. */
export const losslessBitsOf = (
  matrix: MatrixPlacement,
  { array }: Pick<HardwareSpec, "array">,
  inputBits: number,
): number =>
  losslessBits(
    matrix.encoding,
    Math.max(1, tallestGroup(matrix)),
    topInputLevel(inputBits, array.inputSliceBits),
  );

/** The same whatever the branches' gains. */
function erringRange(matrix: MatrixPlacement, hardware: HardwareSpec, inputBits: number) {
  const { low, high } = sumRange(matrix, hardware, inputBits);
  const error = largestGainError(hardware.encoding);
  const ends = [low * (1 + error), low * (1 - error), high * (1 + error), high * (1 - error)];
  return { low: Math.floor(Math.min(...ends)), high: Math.ceil(Math.max(...ends)) };
}

/** Bins of a histogram at most. Only tall row groups with inputs in wide slices have more sums than that. */
const mostBins = 2 ** 22;

/** A histogram that any sum of the matrix falls into; integers get a bin each, as long as there are few enough. */
export function emptyHistogram(
  matrix: MatrixPlacement,
  hardware: HardwareSpec,
  inputBits: number,
): SumHistogram {
  const { low, high } = erringRange(matrix, hardware, inputBits);
  let width = hardware.device.cellModel === "ideal" ? 1 : 1 / 8;
  while ((high - low) / width >= mostBins) width *= 2;
  const counts = new Float64Array(Math.ceil((high - low) / width) + 1);
  return { low, width, weighted: hardware.adc.range === "mse", counts };
}

/** One per matrix of the placement, in its order. */
export function emptyHistograms({ model, matrices, hardware }: Placement): SumHistogram[] {
  const bits = inputBitsOf(model);
  return matrices.map((matrix) => emptyHistogram(matrix, hardware, bits(matrix)));
}

export function fullScaleRanges({ model, matrices, hardware }: Placement): AdcRanges {
  const bits = inputBitsOf(model);
  const ranges = matrices.map((matrix) => ({
    matrix: matrix.matrix,
    ...sumRange(matrix, hardware, bits(matrix)),
  }));
  return { rule: "fullscale", images: 0, matrices: ranges };
}

function inputBitsOf(model: CompressedModel): (matrix: MatrixPlacement) => number {
  const bits = new Map(layerMatrices(model).map(({ name, layer }) => [name, layer.input.bits]));
  return ({ matrix }) => bits.get(matrix)!;
}

/**
 * Low and high by the rule: the extremes; the value below (above) which the given share of all sums lies; or, for
 * "mse", the range of least squared error.
 * @param widest bits of the widest converter that ranges are wanted for, under "mse"
 */
export function rangeOf(
  histogram: SumHistogram,
  adc: AdcSpec,
  widest = widestConverter("digital"),
): Omit<MatrixRange, "matrix"> {
  if (adc.range === "mse") {
    const widths = Array.from({ length: widest }, (_, i) => leastSquaresRange(histogram, i + 1));
    return { ...widths[(adc.bits ?? widest) - 1]!, widths };
  }
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

/** The range of a matrix for converters of some width, or an error that says what calibration lacks. */
export function rangeFor(
  ranges: AdcRanges,
  matrix: MatrixPlacement,
  bits: number,
): { readonly low: number; readonly high: number } {
  const range = ranges.matrices.find((r) => r.matrix === matrix.matrix);
  if (range) return range.widths?.[bits - 1] ?? range;
  throw new InputError(`the calibration has no range for matrix "${matrix.matrix}"`, {
    hint: "calibrate this placement again: ranges belong to the placement they were measured on",
  });
}

/** Widths of ranges that are tried, beside those whose codes are whole bins apart; and where each may start. */
const tried = { widths: 128, starts: 16 } as const;

/**
 * The range whose codes are off by the least squared error over the counted sums. Each sum counts as much as its error
 * does in the output: the sums of high input bits and of high cell slices are small and matter most, those of low ones are
 * large and may be cut off. A quantiser of least mean squared error (Lloyd 1982, docs/sources.md#lloyd1982) with even
 * steps, found by trying. Zero is always a level: most conversions are of word lines without a pulse, and their
 * errors, all alike, would add up over bits, slices and row groups.
 */
function leastSquaresRange(histogram: SumHistogram, bits: number): { low: number; high: number } {
  const { counts, low, width } = histogram;
  const seen = Array.from(counts.keys()).filter((bin) => counts[bin]! > 0);
  const least = Math.min(0, low + (seen[0] ?? 0) * width);
  const most = Math.max(0, low + (seen.at(-1) ?? 0) * width);
  let best = { error: Number.POSITIVE_INFINITY, low: least, high: most };
  for (const step of triedSteps(most - least, width, bits)) {
    const below = Math.min(Math.ceil(-least / step), 2 ** bits - 1);
    for (let n = 0; n <= below; n += Math.max(1, Math.ceil(below / tried.starts))) {
      const range = { low: -n * step || 0, high: (2 ** bits - n) * step };
      const error = squaredError(histogram, seen, range, bits, best.error);
      if (error < best.error) best = { error, ...range };
    }
  }
  return { low: best.low, high: best.high };
}

/** Steps between codes: whole bins first, which are exact as far as they reach, then those of evenly spaced widths. */
function* triedSteps(whole: number, width: number, bits: number): Generator<number> {
  const codes = 2 ** bits;
  const largest = Math.max(width, whole / (codes - 1));
  for (let step = width; step <= largest; step += width) yield step;
  for (let i = 1; i <= tried.widths; i++) yield (largest * i) / tried.widths;
}

/** Σ count · (sum − what its code stands for)²; stops where it is more than `enough`. */
function squaredError(
  { counts, low, width }: SumHistogram,
  seen: readonly number[],
  range: { readonly low: number; readonly high: number },
  bits: number,
  enough: number,
): number {
  const adc = { bits, low: range.low, step: (range.high - range.low) / 2 ** bits };
  let error = 0;
  for (const bin of seen) {
    const sum = low + bin * width;
    const off = sum - (adc.low + adcCode(adc, sum) * adc.step);
    error += counts[bin]! * off * off;
    if (error >= enough) return error;
  }
  return error;
}
