import type { OpKind } from "../../graph/types.js";
import {
  and,
  cast,
  div,
  greater,
  less,
  log,
  masked,
  maximum,
  mul,
  neg,
  not,
  pow,
  reshape,
  sign,
  sub,
  total,
  unbroadcast,
  where,
} from "../ops.js";
import type { GradientContext, GradientRule } from "../rule.js";

const isFloat = (dtype: string): boolean => dtype === "f32" || dtype === "f64";

/** The gradients of both operands, summed over what was broadcast. */
const ofBoth =
  <K extends OpKind>(
    partials: (context: GradientContext<K>) => readonly Parameters<typeof unbroadcast>[0][],
  ) =>
  (context: GradientContext<K>) =>
    isFloat(context.x.dtype)
      ? partials(context).map((partial, i) => unbroadcast(partial, context.inputs[i]!.shape))
      : [];

export const addition = ofBoth<"Add">(({ dy }) => [dy, dy]);
export const subtraction = ofBoth<"Sub">(({ dy }) => [dy, neg(dy)]);
export const multiplication = ofBoth<"Mul">(({ inputs, dy }) => [mul(dy, inputs[1]!), mul(dy, inputs[0]!)]);
export const division = ofBoth<"Div">(({ inputs, y, dy }) => {
  const quotient = div(dy, inputs[1]!);
  return [quotient, neg(mul(quotient, y))];
});

/** d xᵖ/dp = xᵖ · ln x, which is taken as 0 where x is not above 0. */
export const power = ofBoth<"Pow">(({ inputs, y, dy }) => {
  const [x, p] = [inputs[0]!, inputs[1]!];
  const positive = greater(x, 0);
  const logarithm = where(positive, log(where(positive, x, 1)), 0);
  return [mul(dy, mul(p, pow(x, sub(p, 1)))), mul(dy, mul(y, logarithm))];
});

/** Of equal operands the first gets the gradient. */
export const minimum = ofBoth<"Min">(({ inputs, dy }) => {
  const second = greater(inputs[0]!, inputs[1]!);
  return [masked(not(second), dy), masked(second, dy)];
});
export const maximumOf = ofBoth<"Max">(({ inputs, dy }) => {
  const second = less(inputs[0]!, inputs[1]!);
  return [masked(not(second), dy), masked(second, dy)];
});

export const negation: GradientRule<"Neg"> = ({ dy }) => [neg(dy)];
export const magnitude: GradientRule<"Abs"> = ({ x, dy }) => [mul(dy, sign(x))];
export const squareRoot: GradientRule<"Sqrt"> = ({ y, dy }) => [div(dy, mul(y, 2))];
export const exponential: GradientRule<"Exp"> = ({ y, dy }) => [mul(dy, y)];
export const logarithm: GradientRule<"Log"> = ({ x, dy }) => [div(dy, x)];

export const relu: GradientRule<"Relu"> = ({ y, dy }) => [masked(greater(y, 0), dy)];
export const leakyRelu: GradientRule<"LeakyRelu"> = ({ attributes, x, dy }) => [
  where(less(x, 0), mul(dy, Math.fround(attributes.alpha)), dy),
];
export const sigmoid: GradientRule<"Sigmoid"> = ({ y, dy }) => [mul(dy, mul(y, sub(1, y)))];
export const tanh: GradientRule<"Tanh"> = ({ y, dy }) => [mul(dy, sub(1, mul(y, y)))];

/**
 * Passes where low ≤ x < high; the upper bound gets what lies at or above it, as in PACT, the lower bound what lies
 * below it. Where the bounds cross, the output is the upper one whatever x is.
 */
export const clip: GradientRule<"Clip"> = ({ inputs: [, low, high], x, dy }) => {
  if (!isFloat(x.dtype)) return [];
  const atTop = high && not(less(low ? maximum(x, low) : x, high));
  const below = low && (atTop ? and(less(x, low), not(atTop)) : less(x, low));
  const outside = [atTop, below].filter((part) => part !== undefined);
  const dx = outside.reduce((inside, part) => masked(not(part), inside), dy);
  const boundary = (part: typeof below, bound: typeof low) =>
    part && bound && reshape(total(masked(part, dy)), bound.shape);
  return [dx, boundary(below, low), boundary(atTop, high)];
};

export const whereRule: GradientRule<"Where"> = ({ inputs: [condition, yes, no], y, dy }) =>
  isFloat(y.dtype)
    ? [
        undefined,
        unbroadcast(masked(condition!, dy), yes!.shape),
        unbroadcast(masked(not(condition!), dy), no!.shape),
      ]
    : [];

export const castRule: GradientRule<"Cast"> = ({ x, y, dy }) =>
  isFloat(x.dtype) && isFloat(y.dtype) ? [cast(dy, x.dtype)] : [];

export const same: GradientRule<OpKind> = ({ dy }) => [dy];
