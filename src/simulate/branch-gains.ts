import type { EncodingSpec } from "../hardware/types.js";
import type { MatrixPlacement } from "../mapping/types.js";
import { randomFor } from "../random.js";

/** Gains of the branches through which bit lines reach the composition trees of one matrix. */
export interface BranchGains {
  /** Of the branch behind a bit line of an array of the matrix; 1 is ideal. */
  readonly of: (array: number, bitLine: number) => number;
}

/**
 * The gains of one chip: 1 + ε, ε normal with the standard deviation `branchGainSigma`, one for every bit line of every
 * array (row groups of an array share its trees), from a stream of chance that belongs to the seed, the matrix and the
 * array. So they depend on neither threads nor order, and the same chip under another sigma has the same ε, scaled.
 * Source of the model and of the usual 1 %: spec of Lin et al., section 4.
 *
 * @returns null where the branches are ideal
 */
export function branchGains(
  { matrix, role }: Pick<MatrixPlacement, "matrix" | "role">,
  { branchGainSigma: sigma = 0, branchGainSeed: seed = 1 }: EncodingSpec,
  bitLines: number,
): BranchGains | null {
  if (sigma === 0) return null;
  const drawn = new Map<number, Float64Array>();
  const of = (array: number, bitLine: number): number => {
    let gains = drawn.get(array);
    if (!gains) {
      const random = randomFor(seed, "branch gains", matrix, role, array);
      gains = Float64Array.from({ length: bitLines }, () => 1 + sigma * random.normal());
      drawn.set(array, gains);
    }
    return gains[bitLine]!;
  };
  return { of };
}

/**
 * No gain is further from 1 than this: a normal number that is made of 53 bits of chance (random.ts) stays within
 * √(−2 ln 2⁻⁵³) = 8.6 standard deviations.
 */
export const largestGainError = ({ branchGainSigma = 0 }: EncodingSpec): number => 9 * branchGainSigma;
