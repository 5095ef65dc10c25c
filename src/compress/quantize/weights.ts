import { InputError } from "../../errors.js";
import { roundHalfEven } from "../../tensor.js";

/**
 * Where the weight quantiser clips (spec of Meng et al., 2.6):
 * "mean": α = k · mean|W|; "sawb": α = c₁·√E[w²] + c₂·E|w| (Choi et al. 2019); "max": α = max|W|;
 * "mse": the mean rule with the k of least squared error, chosen per layer.
 */
export type WeightRangeRule = "mean" | "sawb" | "max" | "mse";

export interface WeightQuantizerOptions {
  readonly bits: number;
  readonly rule: WeightRangeRule;
  /** For "mean". */
  readonly k?: number;
  /** Names the weights' layer in errors. */
  readonly layer?: string;
}

/** Coefficients (c₁, c₂) of SAWB by bits, from the spec's list of the published fits. */
const publishedFits: Readonly<Record<number, readonly [number, number]>> = {
  2: [3.212, -2.178],
  4: [12.68, -12.8],
};

/** Largest code of a symmetric quantiser with an odd number of levels: 7 for 4 bits. Zero is always a level. */
export const largestCode = (bits: number): number => 2 ** (bits - 1) - 1;

export function checkBits(name: string, bits: number, widest = 8): void {
  if (!Number.isInteger(bits) || bits < 2 || bits > widest) {
    throw new InputError(`${name} is ${bits}`, { hint: `choose a whole number from 2 to ${widest}` });
  }
}

/**
 * Bits of a weight at most: a sign and a magnitude of 8 bits, which fill four cells of 2 bits where signs have arrays of
 * their own. An 8-bit weight uses 7 of the 8 bits of such a field (spec of Lin et al., section 4).
 */
export const widestWeight = 9;

/** The clipping level α of one layer's weights; 1 for a layer that is all zeros, which any level represents. */
export function weightRange(weights: ArrayLike<number>, options: WeightQuantizerOptions): number {
  checkBits("weight bits", options.bits, widestWeight);
  const { meanAbsolute, meanSquare, largest } = moments(weights);
  if (!Number.isFinite(meanSquare)) throw notFinite(weights, options.layer);
  if (largest === 0) return 1;
  switch (options.rule) {
    case "mean":
      return (options.k ?? 2) * meanAbsolute;
    case "max":
      return largest;
    case "sawb":
      return sawbRange(options.bits, meanAbsolute, meanSquare);
    case "mse":
      return leastSquaresRange(weights, options.bits, meanAbsolute, largest);
  }
}

function notFinite(weights: ArrayLike<number>, layer?: string): InputError {
  const wrong = Array.from(weights).find((weight) => !Number.isFinite(weight));
  return new InputError(`a weight${layer === undefined ? "" : ` of "${layer}"`} is ${wrong}`, {
    hint: "only finite weights can be quantised; train the network again, or look where it diverged",
  });
}

function sawbRange(bits: number, meanAbsolute: number, meanSquare: number): number {
  const [c1, c2] = sawbCoefficients(bits);
  const range = c1 * Math.sqrt(meanSquare) + c2 * meanAbsolute;
  // A distribution far from the fitted ones (nearly constant magnitudes) can push the fit below zero.
  return range > 0 ? range : 2 * meanAbsolute;
}

/** (c₁, c₂) of SAWB. @throws InputError where no fit was published for these bits */
export function sawbCoefficients(bits: number): readonly [number, number] {
  const coefficients = publishedFits[bits];
  if (coefficients) return coefficients;
  throw new InputError(`weight range rule "sawb" has no coefficients for ${bits} bits`, {
    hint: `choose ${Object.keys(publishedFits).join(" or ")} bits, or the rule mean or mse`,
  });
}

function leastSquaresRange(
  weights: ArrayLike<number>,
  bits: number,
  meanAbsolute: number,
  largest: number,
): number {
  const sample = strided(weights, 1 << 16);
  let best = largest;
  let bestError = Number.POSITIVE_INFINITY;
  for (let k = 1; k * meanAbsolute < largest * 1.05; k += 0.1) {
    const range = Math.min(k * meanAbsolute, largest);
    const error = squaredError(sample, range, bits);
    if (error < bestError) {
      bestError = error;
      best = range;
    }
  }
  return squaredError(sample, largest, bits) < bestError ? largest : best;
}

/** Every n-th element, so that at most `limit` are looked at; the whole where it is short. */
function strided(values: ArrayLike<number>, limit: number): Float32Array {
  const step = Math.max(1, Math.ceil(values.length / limit));
  const sample = new Float32Array(Math.ceil(values.length / step));
  for (let i = 0; i < sample.length; i++) sample[i] = values[i * step]!;
  return sample;
}

function squaredError(weights: Float32Array, range: number, bits: number): number {
  const step = range / largestCode(bits);
  let error = 0;
  for (let i = 0; i < weights.length; i++) {
    const difference = weights[i]! - weightCode(weights[i]!, range, bits) * step;
    error += difference * difference;
  }
  return error;
}

/** w_int = round(clamp(w, −α, α) · n / α), ties to even. */
export function weightCode(weight: number, range: number, bits: number): number {
  const n = largestCode(bits);
  const clamped = Math.min(Math.max(weight, -range), range);
  return roundHalfEven((clamped * n) / range);
}

function moments(weights: ArrayLike<number>): { meanAbsolute: number; meanSquare: number; largest: number } {
  let absolute = 0;
  let square = 0;
  let largest = 0;
  for (let i = 0; i < weights.length; i++) {
    const magnitude = Math.abs(weights[i]!);
    absolute += magnitude;
    square += magnitude * magnitude;
    if (magnitude > largest) largest = magnitude;
  }
  const count = Math.max(1, weights.length);
  return { meanAbsolute: absolute / count, meanSquare: square / count, largest };
}

export interface QuantizedWeights {
  /** w_q = code · scale, as single-precision numbers. */
  readonly values: Float32Array;
  /** α / n, as a single-precision number. */
  readonly scale: number;
}

/** @param seen the weights that the range is taken from */
export function quantizeWeights(
  weights: ArrayLike<number>,
  options: WeightQuantizerOptions,
  seen: ArrayLike<number> = weights,
): QuantizedWeights {
  const range = weightRange(seen, options);
  const scale = Math.fround(range / largestCode(options.bits));
  const values = new Float32Array(weights.length);
  for (let i = 0; i < values.length; i++) values[i] = weightCode(weights[i]!, range, options.bits) * scale;
  return { values, scale };
}
