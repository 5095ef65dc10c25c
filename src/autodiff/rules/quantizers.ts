import { abs, and, greater, less, masked, not, reshape, total } from "../ops.js";
import type { GradientRule } from "../rule.js";

/*
 * Straight-through estimators (Bengio, Léonard and Courville 2013): rounding counts as the identity, clipping as
 * itself.
 */

/** A rounding in a trainable network is a quantiser; its true derivative, 0 almost everywhere, would end training. */
export const round: GradientRule<"Round"> = ({ dy }) => [dy];

/** Passes inside the quantiser's range, both ends included. */
export const fakeQuantize: GradientRule<"FakeQuantize"> = ({ attributes, x, dy }) => {
  const { bits, scale, zeroPoint } = attributes;
  const low = (0 - zeroPoint) * scale;
  const high = (2 ** bits - 1 - zeroPoint) * scale;
  return [masked(not(less(x, low)), masked(not(greater(x, high)), dy))];
};

/** Choi et al. 2018, equation 3: dy/dx = 1 for 0 ≤ x < alpha, dy/dalpha = 1 for x ≥ alpha, else 0. */
export const pact: GradientRule<"Pact"> = ({ inputs: [x, alpha], dy }) => {
  const below = less(x!, alpha!);
  const inside = and(below, not(less(x!, 0)));
  return [masked(inside, dy), reshape(total(masked(not(below), dy)), alpha!.shape)];
};

/** The range is computed from the weights and gets no gradient, as in the training code of Meng et al. 2021. */
export const quantizeWeights: GradientRule<"QuantizeWeights"> = ({ attributes, inputs: [w, alpha], dy }) => {
  const { passBelow } = attributes;
  return [masked(passBelow === null ? not(greater(abs(w!), alpha!)) : less(abs(w!), passBelow), dy)];
};
