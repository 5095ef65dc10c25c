import { spreadPads } from "../../graph/rules/shapes.js";
import { clampedSlice } from "../../graph/rules/slices.js";
import { elementCount, i64, type Tensor } from "../../tensor.js";
import type { Value } from "../builder.js";
import {
  expand,
  gatherElements,
  mul,
  pad as padded,
  reshape,
  scatterElements as scatter,
  slice as sliced,
  spreadLast,
  sub,
  total,
  transpose as transposed,
  unbroadcast,
  zeros,
} from "../ops.js";
import type { GradientContext, GradientRule } from "../rule.js";

const within = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);

/** Reshape, Flatten, Squeeze and Unsqueeze. */
export const sameElements: GradientRule<"Reshape" | "Flatten" | "Squeeze" | "Unsqueeze"> = ({ x, dy }) => [
  reshape(dy, x.shape),
];

export const transpose: GradientRule<"Transpose"> = ({ attributes: { perm }, dy }) => [
  transposed(
    dy,
    perm.map((_, i) => perm.indexOf(i)),
  ),
];

export const expandRule: GradientRule<"Expand"> = ({ x, dy }) => [unbroadcast(dy, x.shape)];

export const concat: GradientRule<"Concat"> = ({ attributes, inputs, dy }) => {
  const axis = within(attributes.axis, dy.shape.length);
  let start = 0;
  return inputs.map((part) => {
    const end = start + part!.shape[axis]!;
    const gradient = sliced(dy, [{ axis, start, end }]);
    start = end;
    return gradient;
  });
};

/** Puts each element back where it was taken from; zeros elsewhere. */
export const slice: GradientRule<"Slice"> = ({ inputs, x, dy }) => {
  const { builder } = dy;
  const rank = x.shape.length;
  const [starts, ends] = [builder.integers(inputs[1]!), builder.integers(inputs[2]!)];
  const axes = inputs[3] ? builder.integers(inputs[3]) : starts.map((_, i) => i);
  const steps = inputs[4] ? builder.integers(inputs[4]) : starts.map(() => 1);
  let dx = dy;
  for (const [i, given] of axes.entries()) {
    const axis = within(given, rank);
    dx = spreadAlong(dx, axis, x.shape[axis]!, clampedSlice(x.shape[axis]!, starts[i]!, ends[i]!, steps[i]!));
  }
  return [dx];
};

/** Along one axis, element k goes to first + k · step of `size`. */
function spreadAlong(
  dy: Value,
  axis: number,
  size: number,
  { first, step, count }: ReturnType<typeof clampedSlice>,
): Value {
  const { shape } = dy;
  const none = new Array<number>(shape.length).fill(0);
  if (count === 0) return zeros(dy, shape.with(axis, size));
  if (axis === shape.length - 1 && Math.abs(step) > 1) return spreadLast(dy, size, first, step);
  const forward = step > 0 ? dy : sliced(dy, [{ axis, start: -1, end: -count - 1, step: -1 }]);
  const distance = Math.abs(step);
  const lowest = step > 0 ? first : first + (count - 1) * step;
  if (distance === 1) {
    return padded(forward, none.with(axis, lowest), none.with(axis, size - lowest - count));
  }
  // Each element with the zeros behind it up to the next one, as a dimension of its own.
  const apart = reshape(forward, shape.toSpliced(axis + 1, 0, 1));
  const behind = [...none, 0].with(axis + 1, distance - 1);
  const spread = reshape(padded(apart, [...none, 0], behind), shape.with(axis, count * distance));
  return padded(spread, none.with(axis, lowest), none.with(axis, size - lowest - count * distance));
}

/** Indices may repeat, so that what they took is added up. */
export const gather: GradientRule<"Gather"> = ({ attributes, inputs: [x, indices], dy }) => {
  const axis = within(attributes.axis, x!.shape.length);
  return [scatterAlong(dy, axis, indices!, x!.shape)];
};

/** dy is [before…, indices' shape…, after…]; element i of the indices says where its part goes along the axis. */
function scatterAlong(dy: Value, axis: number, indices: Value, shape: readonly number[]): Value {
  const count = elementCount(indices.shape);
  const flat = reshape(dy, shape.with(axis, count));
  const single = shape.map((_, d) => (d === axis ? count : 1));
  const places = expand(reshape(indices, single), flat.shape);
  return scatter(zeros(dy, shape), places, flat, axis, "add");
}

export const gatherElementsRule: GradientRule<"GatherElements"> = ({
  attributes,
  inputs: [x, indices],
  dy,
}) => [scatter(zeros(dy, x!.shape), indices!, dy, attributes.axis, "add")];

/** Without a reduction what was overwritten gets no gradient; indices must then not repeat. */
export const scatterElementsRule: GradientRule<"ScatterElements"> = ({
  attributes: { axis, reduction },
  inputs: [, indices, updates],
  dy,
}) => [
  reduction === "add" ? dy : scatter(dy, indices!, zeros(dy, updates!.shape), axis, "none"),
  undefined,
  gatherElements(dy, indices!, axis),
];

/** The constant's border is cut off, and the constant gets the rest; a copied border is added to what it copied. */
export const pad: GradientRule<"Pad"> = (context) => {
  const { attributes, inputs, x, dy } = context;
  const { builder } = dy;
  const rank = x.shape.length;
  const axes = inputs[3] ? builder.integers(inputs[3]).map((a) => within(a, rank)) : x.shape.map((_, d) => d);
  const { before, after } = spreadPads(builder.integers(inputs[1]!), axes, rank);
  if (attributes.mode !== "constant") return [foldBorders(context, before, after)];
  const cut = (counts: readonly number[]) => counts.map((count) => 0 - count);
  const dx = padded(dy, cut(before), cut(after));
  const fill = inputs[2];
  return [dx, undefined, fill && reshape(sub(total(dy), total(dx)), fill.shape)];
};

function foldBorders(
  { attributes, x, dy }: GradientContext<"Pad">,
  before: readonly number[],
  after: readonly number[],
): Value {
  let folded = dy;
  for (const [axis, size] of x.shape.entries()) {
    if (before[axis] === 0 && after[axis] === 0) continue;
    const sources = Array.from({ length: folded.shape[axis]! }, (_, o) => {
      const position = o - before[axis]!;
      if (attributes.mode === "edge") return Math.min(size - 1, Math.max(0, position));
      return position < 0 ? -position : position < size ? position : 2 * (size - 1) - position;
    });
    const indices: Tensor = i64(sources);
    folded = scatterAlong(folded, axis, dy.builder.constant(indices), folded.shape.with(axis, size));
  }
  return folded;
}

export const reduction: GradientRule<"ReduceMean" | "ReduceSum"> = ({ node, inputs, x, dy }) => {
  if (x.dtype !== "f32" && x.dtype !== "f64") return [];
  const rank = x.shape.length;
  const given = inputs[1] ? dy.builder.integers(inputs[1]).map((axis) => within(axis, rank)) : [];
  const kept = x.shape.map((size, d) => (given.length === 0 || given.includes(d) ? 1 : size));
  const share = node.op === "ReduceSum" ? 1 : elementCount(kept) / elementCount(x.shape);
  return [expand(mul(reshape(dy, kept), share), x.shape)];
};
