import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus, xoroshiro128plusFromState } from "pure-rand/generator/xoroshiro128plus";
import type { JumpableRandomGenerator } from "pure-rand/types/JumpableRandomGenerator";
import { murmur3 } from "./digest.js";

/** A stream of chance that is handed to whoever needs it; two streams of one seed never overlap. */
export interface Random {
  /** Uniform in [0, 1). */
  uniform(): number;
  /** Uniform integer, both ends included. */
  integer(low: number, high: number): number;
  /** Standard normal. */
  normal(): number;
  /** An independent stream (2^64 draws further on); the order of the calls fixes which. */
  split(): Random;
  /** A random order of 0 ... n−1. */
  permutation(n: number): Int32Array;
}

export function createRandom(seed: number): Random {
  return fromGenerator(xoroshiro128plus(seed));
}

/**
 * The stream of chance that belongs to a purpose under a seed, such as (seed, stage, "augmentation", step): the same
 * names, the same stream, without any other having been drawn from. The 128 bits of the names' digest are its state.
 */
export function randomFor(seed: number, ...names: readonly (string | number)[]): Random {
  const state = murmur3(new TextEncoder().encode(JSON.stringify([seed, ...names])));
  return fromGenerator(xoroshiro128plusFromState([...new Int32Array(state.buffer)]));
}

function fromGenerator(generator: JumpableRandomGenerator): Random {
  const random: Random = {
    uniform: () => uniformFloat64(generator),
    integer: (low, high) => uniformInt(generator, low, high),
    normal: () => {
      // Box and Muller; 1 − u keeps the logarithm finite.
      const radius = Math.sqrt(-2 * Math.log(1 - uniformFloat64(generator)));
      return radius * Math.cos(2 * Math.PI * uniformFloat64(generator));
    },
    split: () => {
      const child = generator.clone();
      generator.jump();
      return fromGenerator(child as JumpableRandomGenerator);
    },
    permutation: (n) => {
      const order = Int32Array.from({ length: n }, (_, i) => i);
      for (let i = n - 1; i > 0; i--) {
        const j = uniformInt(generator, 0, i);
        const kept = order[i]!;
        order[i] = order[j]!;
        order[j] = kept;
      }
      return order;
    },
  };
  return random;
}
