import type { InputQuantizer } from "../../graph/types.js";
import { roundHalfEven } from "../../tensor.js";

/** "mse": the clip of least squared error; "percentile": 99.9 % of the values below it; "max": nothing is clipped. */
export type ActivationRangeRule = "mse" | "percentile" | "max";

/** The values that a layer's word lines would carry, as a histogram over their range. */
export class ActivationHistogram {
  static readonly bins = 4096;
  low = Number.POSITIVE_INFINITY;
  high = Number.NEGATIVE_INFINITY;
  readonly counts = new Float64Array(ActivationHistogram.bins);

  /** First pass: the range. */
  observe(values: Float32Array): void {
    for (let i = 0; i < values.length; i++) {
      const v = values[i]!;
      if (v < this.low) this.low = v;
      if (v > this.high) this.high = v;
    }
  }

  /** Second pass: the counts. */
  count(values: Float32Array): void {
    const factor = ActivationHistogram.bins / (this.high - this.low || 1);
    for (let i = 0; i < values.length; i++) {
      const bin = Math.floor((values[i]! - this.low) * factor);
      this.counts[Math.min(bin, ActivationHistogram.bins - 1)]!++;
    }
  }

  center(bin: number): number {
    return this.low + ((bin + 0.5) * (this.high - this.low)) / ActivationHistogram.bins;
  }
}

/**
 * The quantiser of an activation (PACT's form, spec 2.5): values that are never negative get the range [0, α] and
 * zero point 0; others an affine range whose zero is a code, so that padding is exact.
 */
export function activationQuantizer(
  histogram: ActivationHistogram,
  bits: number,
  rule: ActivationRangeRule,
): InputQuantizer {
  const low = Math.min(0, histogram.low);
  const high = Math.max(0, histogram.high);
  if (high - low === 0) return { bits, scale: 1, zeroPoint: 0 };
  const full = quantizerFor(low, high, bits);
  if (rule === "max") return full;
  if (rule === "percentile") return percentileQuantizer(histogram, bits);
  let best = full;
  let bestError = quantizationError(histogram, full);
  for (let part = 0.99; part > 0.1; part -= 0.01) {
    const candidate = quantizerFor(low * part, high * part, bits);
    const error = quantizationError(histogram, candidate);
    if (error < bestError) {
      best = candidate;
      bestError = error;
    }
  }
  return best;
}

function quantizerFor(low: number, high: number, bits: number): InputQuantizer {
  const top = 2 ** bits - 1;
  const scale = Math.fround((high - low) / top);
  return { bits, scale, zeroPoint: Math.min(top, Math.max(0, roundHalfEven(-low / scale))) };
}

function percentileQuantizer(histogram: ActivationHistogram, bits: number): InputQuantizer {
  const tail = 0.001 * histogram.counts.reduce((a, b) => a + b, 0);
  let first = 0;
  for (let seen = histogram.counts[0]!; seen < tail; ) seen += histogram.counts[++first]!;
  let last = ActivationHistogram.bins - 1;
  for (let seen = histogram.counts[last]!; seen < tail; ) seen += histogram.counts[--last]!;
  const low = Math.min(0, histogram.low < 0 ? histogram.center(first) : 0);
  const high = Math.max(0, histogram.center(last));
  return quantizerFor(low, high > low ? high : histogram.high, bits);
}

function quantizationError(histogram: ActivationHistogram, q: InputQuantizer): number {
  const least = -q.zeroPoint;
  const most = 2 ** q.bits - 1 - q.zeroPoint;
  let error = 0;
  for (let bin = 0; bin < ActivationHistogram.bins; bin++) {
    if (histogram.counts[bin] === 0) continue;
    const x = histogram.center(bin);
    const code = Math.min(Math.max(roundHalfEven(x / q.scale), least), most);
    error += histogram.counts[bin]! * (x - code * q.scale) ** 2;
  }
  return error;
}
