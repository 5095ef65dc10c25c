import { elementCount, i64, stridesOf, type Tensor } from "../../tensor.js";
import { shapeSpan, spreadPads } from "../rules/shapes.js";
import { clampedSlice } from "../rules/slices.js";
import type { OpKind } from "../types.js";
import { dataOf, type EvaluateContext, type Evaluator, failure, outputTensor, reshaped } from "./context.js";
import { broadcastStrides, stridedRuns } from "./strides.js";

export const constant: Evaluator<"Constant"> = ({ attributes }) => [attributes.value];

export const shape: Evaluator<"Shape"> = ({ attributes, inputs }) => {
  const sizes = inputs[0]!.shape;
  return [i64(sizes.slice(...shapeSpan(attributes.start, attributes.end, sizes.length)))];
};

/** Reshape, Flatten, Squeeze and Unsqueeze: the same elements in the same order. */
export const sameElements: Evaluator<OpKind> = (context) => [reshaped(context)];

/** Copies an operand with any strides into the output. */
function gatherStrided(
  context: EvaluateContext<OpKind>,
  strides: readonly number[],
  base = 0,
): readonly Tensor[] {
  const result = outputTensor(context);
  const from = dataOf(context, 0);
  const to = result.data;
  const copy = (at: number, [start]: readonly number[], [step]: readonly number[], count: number) => {
    if (step === 1) to.set(from.subarray(start!, start! + count), at);
    else for (let n = 0; n < count; n++) to[at + n] = from[start! + n * step!]!;
  };
  stridedRuns(result.shape, [strides], copy, [base]);
  return [result];
}

export const transpose: Evaluator<"Transpose"> = (context) => {
  const strides = stridesOf(context.inputs[0]!.shape);
  return gatherStrided(
    context,
    context.attributes.perm.map((axis) => strides[axis]!),
  );
};

export const expand: Evaluator<"Expand"> = (context) =>
  gatherStrided(context, broadcastStrides(context.inputs[0]!.shape, context.output.shape));

export const slice: Evaluator<"Slice"> = (context) => {
  const { shape } = context.inputs[0]!;
  const [starts, ends] = [dataOf(context, 1), dataOf(context, 2)];
  const strides = stridesOf(shape);
  let base = 0;
  const axes = context.inputs[3]?.data ?? starts.map((_: number, i: number) => i);
  for (const [i, given] of Array.from(axes).entries()) {
    const axis = given < 0 ? given + shape.length : given;
    const span = clampedSlice(shape[axis]!, starts[i]!, ends[i]!, context.inputs[4]?.data[i] ?? 1);
    base += span.first * strides[axis]!;
    strides[axis]! *= span.step;
  }
  return gatherStrided(context, strides, base);
};

export const concat: Evaluator<"Concat"> = (context) => {
  const result = outputTensor(context);
  const rank = result.shape.length;
  const axis = context.attributes.axis < 0 ? context.attributes.axis + rank : context.attributes.axis;
  const outer = elementCount(result.shape.slice(0, axis));
  const stride = outer === 0 ? 0 : result.data.length / outer;
  let offset = 0;
  for (const part of context.inputs) {
    const size = outer === 0 ? 0 : part!.data.length / outer;
    for (let o = 0; o < outer; o++)
      result.data.set(part!.data.subarray(o * size, (o + 1) * size), o * stride + offset);
    offset += size;
  }
  return [result];
};

export const gather: Evaluator<"Gather"> = (context) => {
  const result = outputTensor(context);
  const { shape, data } = context.inputs[0]!;
  const indices = dataOf(context, 1);
  const axis = context.attributes.axis < 0 ? context.attributes.axis + shape.length : context.attributes.axis;
  const size = shape[axis]!;
  const outer = elementCount(shape.slice(0, axis));
  const inner = elementCount(shape.slice(axis + 1));
  let at = 0;
  for (let o = 0; o < outer; o++)
    for (const index of indices) {
      const from = index < 0 ? index + size : index;
      if (!(from >= 0 && from < size))
        throw failure(context.node, `index ${index} is outside axis ${axis} of [${shape}]`);
      const start = (o * size + from) * inner;
      result.data.set(data.subarray(start, start + inner), at);
      at += inner;
    }
  return [result];
};

export const pad: Evaluator<"Pad"> = (context) => {
  const result = outputTensor(context);
  const input = context.inputs[0]!;
  const rank = input.shape.length;
  const axes = Array.from(context.inputs[3]?.data ?? input.shape.keys(), (a) => (a < 0 ? a + rank : a));
  const { before, after } = spreadPads(dataOf(context, 1), axes, rank);
  const { mode } = context.attributes;
  const fill = context.inputs[2]?.data[0] ?? 0;
  if (fill !== 0) result.data.fill(fill);
  // Behind the last dimension that is padded, whole blocks are copied.
  const depth = input.shape.reduce((last, _, d) => (before[d] !== 0 || after[d] !== 0 ? d + 1 : last), 0);
  const block = elementCount(input.shape.slice(depth));
  const sources = input.shape.slice(0, depth).map((size, d) => {
    const positions = Array.from({ length: result.shape[d]! }, (_, o) => o - before[d]!);
    return positions.map((position) => sourceIndex(position, size, mode));
  });
  const copy = (d: number, to: number, from: number): void => {
    if (d === depth) result.data.set(input.data.subarray(from * block, (from + 1) * block), to * block);
    else
      for (const [o, source] of sources[d]!.entries())
        if (source >= 0) copy(d + 1, to * result.shape[d]! + o, from * input.shape[d]! + source);
  };
  copy(0, 0, 0);
  return [result];
};

/** Where an element at `position` of the unpadded dimension comes from; −1 for the constant. */
function sourceIndex(position: number, size: number, mode: "constant" | "reflect" | "edge"): number {
  if (position >= 0 && position < size) return position;
  if (mode === "constant") return -1;
  if (mode === "edge") return position < 0 ? 0 : size - 1;
  return position < 0 ? -position : 2 * (size - 1) - position;
}

export const constantOfShape: Evaluator<"ConstantOfShape"> = (context) => {
  const result = outputTensor(context);
  const value = context.attributes.value.data[0]!;
  if (value !== 0) result.data.fill(value);
  return [result];
};

export const range: Evaluator<"Range"> = (context) => {
  const result = outputTensor(context);
  const [start, , delta] = [0, 1, 2].map((i) => dataOf(context, i)[0]!);
  for (let i = 0; i < result.data.length; i++) result.data[i] = start! + i * delta!;
  return [result];
};
