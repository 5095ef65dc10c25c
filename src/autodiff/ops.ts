import { sameShape } from "../graph/dims.js";
import type { OpAttributes, OpKind } from "../graph/types.js";
import { type DType, elementCount, i64, type Tensor, tensor } from "../tensor.js";
import type { Value } from "./builder.js";

/*
 * The operators of the IR as functions of values: each appends a node to the graph that its operands belong to.
 * Numbers stand for scalars of the other operand's type.
 */

export type Operand = Value | number;

/** A scalar constant of the type that `like` has. */
export function scalarLike(like: Value, x: number): Value {
  const data = tensor(like.dtype, []);
  data.data[0] = x;
  return like.builder.constant(data);
}

/** A constant of the type that `like` has. */
export function constantLike(like: Value, shape: readonly number[], elements: ArrayLike<number>): Value {
  const made = tensor(like.dtype, shape);
  made.data.set(Array.from(elements));
  return like.builder.constant(made);
}

const integers = (like: Value, values: readonly number[]): Value => like.builder.constant(i64(values));

const unary =
  <K extends OpKind>(op: K, attributes: OpAttributes[K]) =>
  (x: Value): Value =>
    x.builder.node(op, [x], attributes)[0]!;

type Plain = "Add" | "Sub" | "Mul" | "Div" | "Pow" | "Min" | "Max" | "Greater" | "Less" | "Equal" | "And";

function binary(op: Plain, a: Operand, b: Operand): Value {
  const like = typeof a === "number" ? (b as Value) : a;
  const [x, y] = [a, b].map((operand) => (typeof operand === "number" ? scalarLike(like, operand) : operand));
  return like.builder.node(op, [x!, y!], {})[0]!;
}

export const add = (a: Operand, b: Operand): Value => binary("Add", a, b);
export const sub = (a: Operand, b: Operand): Value => binary("Sub", a, b);
export const mul = (a: Operand, b: Operand): Value => binary("Mul", a, b);
export const div = (a: Operand, b: Operand): Value => binary("Div", a, b);
export const pow = (a: Operand, b: Operand): Value => binary("Pow", a, b);
export const minimum = (a: Operand, b: Operand): Value => binary("Min", a, b);
export const maximum = (a: Operand, b: Operand): Value => binary("Max", a, b);
export const greater = (a: Operand, b: Operand): Value => binary("Greater", a, b);
export const less = (a: Operand, b: Operand): Value => binary("Less", a, b);
export const equal = (a: Operand, b: Operand): Value => binary("Equal", a, b);
export const and = (a: Value, b: Value): Value => binary("And", a, b);

export const not = unary("Not", {});
export const neg = unary("Neg", {});
export const abs = unary("Abs", {});
export const sign = unary("Sign", {});
export const sqrt = unary("Sqrt", {});
export const exp = unary("Exp", {});
export const log = unary("Log", {});

export function where(condition: Value, yes: Operand, no: Operand): Value {
  const like = [yes, no].find((operand) => typeof operand !== "number") as Value;
  const [a, b] = [yes, no].map((operand) =>
    typeof operand === "number" ? scalarLike(like, operand) : operand,
  );
  return condition.builder.node("Where", [condition, a!, b!], {})[0]!;
}

export const cast = (x: Value, to: DType): Value =>
  x.dtype === to ? x : x.builder.node("Cast", [x], { to })[0]!;

/** x where the condition holds, else 0. */
export const masked = (condition: Value, x: Value): Value => mul(x, cast(condition, x.dtype));

export function reshape(x: Value, shape: readonly number[]): Value {
  if (sameShape(x.shape, shape)) return x;
  return x.builder.node("Reshape", [x, integers(x, shape)], { allowZero: elementCount(shape) === 0 })[0]!;
}

export function expand(x: Value, shape: readonly number[]): Value {
  return sameShape(x.shape, shape) ? x : x.builder.node("Expand", [x, integers(x, shape)], {})[0]!;
}

export function transpose(x: Value, perm: readonly number[]): Value {
  return perm.every((axis, i) => axis === i) ? x : x.builder.node("Transpose", [x], { perm })[0]!;
}

/** The last two dimensions exchanged. */
export const transposeMatrices = (x: Value): Value => {
  const rank = x.shape.length;
  return transpose(x, [...Array.from({ length: rank - 2 }, (_, i) => i), rank - 1, rank - 2]);
};

export const matMul = (a: Value, b: Value): Value => a.builder.node("MatMul", [a, b], {})[0]!;

export function concat(parts: readonly Value[], axis: number): Value {
  return parts.length === 1 ? parts[0]! : parts[0]!.builder.node("Concat", parts, { axis })[0]!;
}

export interface SliceAxis {
  readonly axis: number;
  readonly start: number;
  readonly end: number;
  readonly step?: number;
}

export function slice(x: Value, axes: readonly SliceAxis[]): Value {
  const whole = axes.every(
    ({ axis, start, end, step = 1 }) => start === 0 && step === 1 && end >= x.shape[axis]!,
  );
  if (whole) return x;
  const lists = [
    axes.map(({ start }) => start),
    axes.map(({ end }) => end),
    axes.map(({ axis }) => axis),
    axes.map(({ step }) => step ?? 1),
  ];
  return x.builder.node("Slice", [x, ...lists.map((list) => integers(x, list))], {})[0]!;
}

/** Zeros before and after along every dimension; negative counts cut. */
export function pad(x: Value, before: readonly number[], after: readonly number[]): Value {
  if ([...before, ...after].every((count) => count === 0)) return x;
  const inputs = [x, integers(x, [...before, ...after]), scalarLike(x, 0)];
  return x.builder.node("Pad", inputs, { mode: "constant" })[0]!;
}

export function reduceSum(x: Value, axes: readonly number[], keepdims = false): Value {
  if (axes.length === 0) return x;
  return x.builder.node("ReduceSum", [x, integers(x, axes)], { keepdims })[0]!;
}

export function reduceMean(x: Value, axes: readonly number[], keepdims = false): Value {
  if (axes.length === 0) return x;
  return x.builder.node("ReduceMean", [x, integers(x, axes)], { keepdims })[0]!;
}

export const allAxes = (x: Value): number[] => x.shape.map((_, i) => i);

/** The sum of all elements, a scalar. */
export const total = (x: Value): Value => reduceSum(x, allAxes(x));

/** Elements of one axis by their places, which may repeat. */
export const gather = (x: Value, places: readonly number[], axis: number): Value =>
  x.builder.node("Gather", [x, integers(x, places)], { axis })[0]!;

/**
 * Along the last dimension, element k goes to place first + k · step of `size`, or nowhere; zeros elsewhere. A product
 * with a matrix of ones and zeros, because ONNX Runtime moves short rows slowly one by one and multiplies fast.
 */
export function spreadLast(x: Value, size: number, first: number, step: number): Value {
  const count = x.shape.at(-1)!;
  const ones = new Float64Array(count * size);
  for (let k = 0; k < count; k++) {
    const place = first + k * step;
    if (place >= 0 && place < size) ones[k * size + place] = 1;
  }
  const matrix = constantLike(x, [count, size], ones);
  return x.shape.length === 1 ? reshape(matMul(reshape(x, [1, count]), matrix), [size]) : matMul(x, matrix);
}

/** scale · x + shift, both [channels], along dimension 1: in ONNX Runtime one pass over the memory. */
export function affinePerChannel(x: Value, scale: Value, shift: Value): Value {
  const channels = x.shape[1]!;
  const [mean, variance] = [0, 1].map((value) =>
    constantLike(x, [channels], new Array<number>(channels).fill(value)),
  );
  return x.builder.node("BatchNormalization", [x, scale, shift, mean, variance], { epsilon: 0 })[0]!;
}

export function zeros(like: Value, shape: readonly number[]): Value {
  const value: Tensor = tensor(like.dtype, [1]);
  return like.builder.node("ConstantOfShape", [integers(like, shape)], { value })[0]!;
}

export function scatterElements(
  data: Value,
  indices: Value,
  updates: Value,
  axis: number,
  reduction: "none" | "add",
): Value {
  return data.builder.node("ScatterElements", [data, indices, updates], { axis, reduction })[0]!;
}

export const gatherElements = (data: Value, indices: Value, axis: number): Value =>
  data.builder.node("GatherElements", [data, indices], { axis })[0]!;

/** Sums over the dimensions along which a value of this shape was broadcast. */
export function unbroadcast(x: Value, shape: readonly number[]): Value {
  const missing = x.shape.length - shape.length;
  const axes = x.shape.flatMap((size, d) =>
    d < missing || (shape[d - missing] === 1 && size !== 1) ? [d] : [],
  );
  return reshape(reduceSum(x, axes), shape);
}

/** A vector along dimension 1 of values of this rank: [C] as [C, 1, 1] for images. */
export const perChannel = (x: Value, rank: number): Value =>
  reshape(x, [...x.shape, ...new Array<number>(Math.max(0, rank - 2)).fill(1)]);
