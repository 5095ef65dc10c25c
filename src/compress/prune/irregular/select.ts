import { invariant } from "../../../errors.js";

/** The weights of a layer and what their magnitudes are divided by to be compared with those of other layers. */
export interface RankedLayer {
  readonly weights: Float32Array;
  readonly unit: number;
}

/**
 * The weights with the `count` smallest of them at 0: by |w| / unit in single precision, of equals the first layer and place.
 * What is 0 already has the score 0 and goes first, so that nothing pruned comes back. The strongest weight of each
 * layer (of equals the last) stays. Exact to one weight, in three passes over the weights: the bits of scores that are
 * not negative have the order of the scores, and are counted by their upper half, then those at the threshold by their
 * lower half. The slow version is `reference.ts`.
 * @returns new weights for each layer
 */
export function withoutSmallest(layers: readonly RankedLayer[], count: number): Float32Array[] {
  const room = layers.reduce((sum, { weights }) => sum + weights.length - 1, 0);
  invariant(count >= 0 && count <= room, `${count} of ${room} weights are to go`);
  const strongest = layers.map(strongestOf);
  const each = (visit: (bits: number, layer: number, at: number) => void) =>
    layers.forEach((layer, l) => {
      eachScore(layer, (bits, at) => {
        if (at !== strongest[l]) visit(bits, l, at);
      });
    });
  const [upper, beforeUpper] = binOf(count, (add) => each((bits) => add(bits >>> 16)));
  const [lower, beforeLower] = binOf(count - beforeUpper, (add) =>
    each((bits) => {
      if (bits >>> 16 === upper) add(bits & 0xffff);
    }),
  );
  const threshold = upper * 0x10000 + lower;
  let equals = count - beforeUpper - beforeLower;
  const pruned = layers.map(({ weights }) => weights.slice());
  each((bits, l, at) => {
    if (bits < threshold || (bits === threshold && equals-- > 0)) pruned[l]![at] = 0;
  });
  return pruned;
}

/** The bin in which the count-th is, and how many are in the bins before it. */
function binOf(count: number, fill: (add: (bin: number) => void) => void): readonly [number, number] {
  const bins = new Float64Array(0x10000);
  fill((bin) => {
    bins[bin]!++;
  });
  let before = 0;
  for (let bin = 0; bin < bins.length; bin++) {
    if (before + bins[bin]! >= count) return [bin, before];
    before += bins[bin]!;
  }
  throw new Error("internal: fewer weights than are to go");
}

const score = new Float32Array(1);
const scoreBits = new Uint32Array(score.buffer);

function eachScore({ weights, unit }: RankedLayer, visit: (bits: number, at: number) => void): void {
  for (let i = 0; i < weights.length; i++) {
    score[0] = Math.abs(weights[i]!) / unit;
    visit(scoreBits[0]!, i);
  }
}

function strongestOf({ weights }: RankedLayer): number {
  let at = 0;
  for (let i = 1; i < weights.length; i++) if (Math.abs(weights[i]!) >= Math.abs(weights[at]!)) at = i;
  return at;
}
