import { roundHalfEven, type Tensor, tensor } from "../../tensor.js";
import type { OpKind } from "../types.js";
import { dataOf, type EvaluateContext, type Evaluator, failure, outputTensor, reshaped } from "./context.js";
import { broadcastStrides, stridedRuns } from "./strides.js";

/*
 * Arithmetic is in double precision and rounded once, when an element is stored in the output's typed array. For
 * + − × ÷ of two f32 values that equals f32 arithmetic; the transcendental functions are within one f32 ulp.
 */

export type Data = Tensor["data"];

/** out[at + n] = a[i + n·di] ∘ b[j + n·dj] */
export type Kernel = (
  out: Data,
  at: number,
  count: number,
  a: Data,
  i: number,
  di: number,
  b: Data,
  j: number,
  dj: number,
) => void;

// One loop per operator: a function called per element would cost several times the arithmetic.
const add: Kernel = (out, at, count, a, i, di, b, j, dj) => {
  for (let n = 0; n < count; n++) out[at + n] = a[i + n * di]! + b[j + n * dj]!;
};
const subtract: Kernel = (out, at, count, a, i, di, b, j, dj) => {
  for (let n = 0; n < count; n++) out[at + n] = a[i + n * di]! - b[j + n * dj]!;
};
const multiply: Kernel = (out, at, count, a, i, di, b, j, dj) => {
  for (let n = 0; n < count; n++) out[at + n] = a[i + n * di]! * b[j + n * dj]!;
};
const divide: Kernel = (out, at, count, a, i, di, b, j, dj) => {
  for (let n = 0; n < count; n++) out[at + n] = a[i + n * di]! / b[j + n * dj]!;
};
const divideIntegers: Kernel = (out, at, count, a, i, di, b, j, dj) => {
  for (let n = 0; n < count; n++) out[at + n] = Math.trunc(a[i + n * di]! / b[j + n * dj]!);
};
const compare: Kernel = (out, at, count, a, i, di, b, j, dj) => {
  for (let n = 0; n < count; n++) out[at + n] = a[i + n * di] === b[j + n * dj] ? 1 : 0;
};

export const binary =
  (kernel: Kernel): Evaluator<OpKind> =>
  (context) => {
    const result = outputTensor(context);
    const [a, b] = [context.inputs[0]!, context.inputs[1]!];
    const strides = [broadcastStrides(a.shape, result.shape), broadcastStrides(b.shape, result.shape)];
    stridedRuns(result.shape, strides, (at, offsets, steps, count) =>
      kernel(result.data, at, count, a.data, offsets[0]!, steps[0]!, b.data, offsets[1]!, steps[1]!),
    );
    return [result];
  };

export const addition = binary(add);
export const subtraction = binary(subtract);
export const multiplication = binary(multiply);
export const equality = binary(compare);

const divideFloats = binary(divide);
const divideWhole = binary(divideIntegers);

export const division: Evaluator<"Div"> = (context) => {
  if (context.output.dtype === "f32" || context.output.dtype === "f64") return divideFloats(context);
  if (dataOf(context, 1).includes(0)) throw failure(context.node, "it divides whole numbers by 0");
  return divideWhole(context);
};

export const where: Evaluator<"Where"> = (context) => {
  const result = outputTensor(context);
  const { data, shape } = result;
  const [condition, yes, no] = [dataOf(context, 0), dataOf(context, 1), dataOf(context, 2)];
  const strides = context.inputs.map((input) => broadcastStrides(input!.shape, shape));
  stridedRuns(shape, strides, (at, [c, y, z], [dc, dy, dz], count) => {
    for (let n = 0; n < count; n++)
      data[at + n] = condition[c! + n * dc!] ? yes[y! + n * dy!]! : no[z! + n * dz!]!;
  });
  return [result];
};

/** An elementwise loop from the input's elements to the output's. */
export const elementwise =
  <K extends OpKind>(loop: (x: Data, y: Data, context: EvaluateContext<K>) => void): Evaluator<K> =>
  (context) => {
    const result = outputTensor(context);
    loop(dataOf(context, 0), result.data, context);
    return [result];
  };

export const relu = elementwise<"Relu">((x, y) => {
  for (let i = 0; i < x.length; i++) y[i] = x[i]! < 0 ? 0 : x[i]!;
});

export const leakyRelu = elementwise<"LeakyRelu">((x, y, { attributes }) => {
  const alpha = Math.fround(attributes.alpha);
  for (let i = 0; i < x.length; i++) y[i] = x[i]! < 0 ? x[i]! * alpha : x[i]!;
});

export const sigmoid = elementwise<"Sigmoid">((x, y) => {
  for (let i = 0; i < x.length; i++) y[i] = 1 / (1 + Math.exp(-x[i]!));
});

export const tanh = elementwise<"Tanh">((x, y) => {
  for (let i = 0; i < x.length; i++) y[i] = Math.tanh(x[i]!);
});

export const round = elementwise<"Round">((x, y) => {
  for (let i = 0; i < x.length; i++) y[i] = roundHalfEven(x[i]!);
});

/** Where the bounds cross, the upper one wins, as in ONNX. */
export const clip = elementwise<"Clip">((x, y, { inputs }) => {
  const low = inputs[1]?.data[0] ?? Number.NEGATIVE_INFINITY;
  const high = inputs[2]?.data[0] ?? Number.POSITIVE_INFINITY;
  for (let i = 0; i < x.length; i++) y[i] = Math.min(high, Math.max(low, x[i]!));
});

/**
 * Added and taken off again, it leaves the nearest whole number, ties to even, of any |x| below 2^51: at its size
 * doubles are one apart.
 */
export const roundingAid = 1.5 * 2 ** 52;

/**
 * scale · clip(round(x · (1/scale)), −zeroPoint, 2^bits − 1 − zeroPoint), each step rounded to f32: the Mul,
 * Round, Clip and Mul that the operator becomes in ONNX give the same numbers, but for the sign of a zero.
 */
export const fakeQuantize = elementwise<"FakeQuantize">(
  (x, y, { attributes: { bits, scale, zeroPoint } }) => {
    const step = Math.fround(scale);
    const perStep = Math.fround(1 / scale);
    const low = 0 - zeroPoint;
    const high = 2 ** bits - 1 - zeroPoint;
    for (let i = 0; i < x.length; i++) {
      // The bounds are whole numbers: clipping first gives the same code, and leaves a small number to round.
      const scaled = Math.fround(x[i]! * perStep);
      const clipped = scaled < low ? low : scaled > high ? high : scaled;
      y[i] = (clipped + roundingAid - roundingAid) * step;
    }
  },
);

const wholeTypes: readonly string[] = ["i64", "i32", "i8", "u8"];

/** To whole numbers towards zero; beyond the type's range it wraps, except i64, which saturates. */
export const cast: Evaluator<"Cast"> = (context) => {
  const { to } = context.attributes;
  if (context.inputs[0]!.dtype === to) return [reshaped(context)];
  const result = outputTensor(context);
  const [x, y] = [dataOf(context, 0), result.data];
  if (to === "bool") for (let i = 0; i < x.length; i++) y[i] = x[i] === 0 ? 0 : 1;
  else if (wholeTypes.includes(to)) for (let i = 0; i < x.length; i++) y[i] = wholeNumber(x[i]!);
  else y.set(x);
  return [result];
};

const int64End = 2 ** 63;

/** Not a number becomes 0: i64 is held in doubles, and none of its readers expects one. */
const wholeNumber = (x: number): number =>
  Number.isNaN(x) ? 0 : Math.trunc(Math.min(int64End, Math.max(-int64End, x)));

export const identity: Evaluator<"Identity"> = (context) => [reshaped(context)];

/** At inference every element is kept. */
export const dropout: Evaluator<"Dropout"> = (context) => {
  if (context.node.outputs.length < 2) return [reshaped(context)];
  const mask = tensor("bool", context.output.shape);
  mask.data.fill(1);
  return [reshaped(context), mask];
};
