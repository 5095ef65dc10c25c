import type { Random } from "../../random.js";

/**
 * k-means++: the first seed is any member, every further one is drawn with a chance in proportion to its squared
 * distance from the nearest seed so far. Members that equal a seed are only drawn when all do, lowest first.
 * Source: docs/sources.md#arthur2007.
 * @param distance Hamming distance of two members, which for 0/1 columns is the squared Euclidean one
 * @returns k different members
 */
export function seedMembers(
  members: number,
  k: number,
  distance: (a: number, b: number) => number,
  random: Random,
): Int32Array {
  const seeds = new Int32Array(k);
  const chosen = new Uint8Array(members);
  const nearest = new Float64Array(members).fill(Number.POSITIVE_INFINITY);
  let seed = random.integer(0, members - 1);
  for (let s = 0; ; s++) {
    seeds[s] = seed;
    chosen[seed] = 1;
    if (s === k - 1) return seeds;
    let total = 0;
    for (let i = 0; i < members; i++) {
      nearest[i] = Math.min(nearest[i]!, distance(i, seed));
      total += nearest[i]!;
    }
    seed = total === 0 ? chosen.indexOf(0) : drawn(nearest, random.uniform() * total);
  }
}

/** The member at which the running sum of the weights passes `at`; one of weight 0 never is. */
function drawn(weights: Float64Array, at: number): number {
  let last = 0;
  let sum = 0;
  for (let i = 0; i < weights.length; i++) {
    if (weights[i] === 0) continue;
    last = i;
    sum += weights[i]!;
    if (sum > at) return i;
  }
  return last;
}
