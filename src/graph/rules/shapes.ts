import { broadcast, dimProduct, dimQuotient, sameShape, shapeText } from "../dims.js";
import type { Dim, TensorType } from "../types.js";
import {
  axesWithin,
  axisWithin,
  knownDims,
  knownIntegers,
  type RuleContext,
  refuse,
  required,
  requireSameDtype,
  type ShapeRule,
  typed,
} from "./context.js";
import { clampedSlice } from "./slices.js";

export const constant: ShapeRule<"Constant"> = ({ attributes: { value } }) => [
  typed(value.dtype, value.shape),
];

/** The bounds of a Shape, clamped to the rank as ONNX defines it. */
export function shapeSpan(start: number, end: number | null, rank: number): [number, number] {
  const clamp = (at: number) => Math.min(rank, Math.max(0, at < 0 ? at + rank : at));
  return [clamp(start), clamp(end ?? rank)];
}

export const shape: ShapeRule<"Shape"> = (context) => {
  const { start, end } = context.attributes;
  const [from, to] = shapeSpan(start, end, required(context, 0).shape.length);
  return [typed("i64", [Math.max(0, to - from)])];
};

export const reshape: ShapeRule<"Reshape"> = (context) => {
  const data = required(context, 0);
  const asked = knownDims(context, 1, "the new shape");
  const sizes = asked.map((dim, i) => {
    if (dim !== 0 || context.attributes.allowZero) return dim;
    return (
      data.shape[i] ??
      refuse(context, `the new shape ${shapeText(asked)} copies a dimension that is not there`)
    );
  });
  if (sizes.some((dim) => typeof dim === "number" && (dim < -1 || !Number.isInteger(dim))))
    refuse(context, `the new shape ${shapeText(asked)} holds a size below −1`);
  const total = dimProduct(data.shape);
  const open = sizes.indexOf(-1);
  if (open !== sizes.lastIndexOf(-1))
    refuse(context, `the new shape ${shapeText(asked)} leaves two sizes open`);
  if (open >= 0) {
    const rest = dimQuotient(total, dimProduct(sizes.filter((_, i) => i !== open)));
    sizes[open] =
      rest ?? refuse(context, `${total} elements do not divide into the new shape ${shapeText(asked)}`);
  }
  if (dimProduct(sizes) !== total)
    refuse(context, `${total} elements do not fill the new shape ${shapeText(asked)}`);
  return [typed(data.dtype, sizes)];
};

export const flatten: ShapeRule<"Flatten"> = (context) => {
  const { dtype, shape } = required(context, 0);
  const { axis } = context.attributes;
  if (axis < -shape.length || axis > shape.length)
    refuse(context, `axis ${axis} is outside ${shapeText(shape)}`);
  const at = axis < 0 ? axis + shape.length : axis;
  return [typed(dtype, [dimProduct(shape.slice(0, at)), dimProduct(shape.slice(at))])];
};

export const transpose: ShapeRule<"Transpose"> = (context) => {
  const { dtype, shape } = required(context, 0);
  const { perm } = context.attributes;
  if (perm.length !== shape.length) refuse(context, `perm [${perm}] is for ${perm.length} dimensions`);
  return [
    typed(
      dtype,
      perm.map((axis) => shape[axis]!),
    ),
  ];
};

export const concat: ShapeRule<"Concat"> = (context) => {
  const first = required(context, 0);
  const at = axisWithin(context, context.attributes.axis, first.shape.length);
  requireSameDtype(context, ...context.inputs.keys());
  const sizes = context.inputs.map((_, i) => {
    const { shape } = required(context, i);
    if (shape.length !== first.shape.length || shape.some((dim, d) => d !== at && dim !== first.shape[d]))
      refuse(context, `${shapeText(shape)} does not join ${shapeText(first.shape)} along axis ${at}`);
    return shape[at]!;
  });
  return [typed(first.dtype, first.shape.with(at, dimSum(context, sizes)))];
};

/** Sum of sizes; one symbolic size among empty ones stays itself. */
function dimSum(context: RuleContext<"Concat">, sizes: readonly Dim[]): Dim {
  const parts = sizes.filter((size) => size !== 0);
  if (parts.length === 1) return parts[0]!;
  return parts.reduce<number>((sum, size) => {
    if (typeof size === "number") return sum + size;
    return refuse(
      context,
      `it joins along the dimension "${size}", which is known only when the graph runs`,
      "export the network with a dynamic batch only, every other dimension fixed",
    );
  }, 0);
}

export const slice: ShapeRule<"Slice"> = (context) => {
  const data = required(context, 0);
  const starts = knownDims(context, 1, "the starts");
  const ends = knownDims(context, 2, "the ends");
  const axes = context.inputs[3] ? knownIntegers(context, 3, "the axes") : starts.map((_, i) => i);
  const steps = context.inputs[4] ? knownIntegers(context, 4, "the steps") : starts.map(() => 1);
  if (ends.length !== starts.length || axes.length !== starts.length || steps.length !== starts.length)
    refuse(context, "starts, ends, axes and steps are of different lengths");
  const sizes = [...data.shape];
  for (const [i, axis] of axesWithin(context, axes, data.shape.length).entries())
    sizes[axis] = slicedSize(context, data.shape[axis]!, starts[i]!, ends[i]!, steps[i]!);
  return [typed(data.dtype, sizes)];
};

const int32End = 2 ** 31 - 1;

function slicedSize(context: RuleContext<"Slice">, size: Dim, start: Dim, end: Dim, step: number): Dim {
  if (step === 0) refuse(context, "a step is 0");
  const toTheEnd = end === size || (typeof end === "number" && end >= int32End);
  if (start === 0 && step === 1 && toTheEnd) return size;
  if (typeof size === "number" && typeof start === "number" && typeof end === "number")
    return clampedSlice(size, start, end, step).count;
  return refuse(
    context,
    `it cuts ${start} to ${end} out of a dimension of ${size}, which is known only when the graph runs`,
    "export the network with a dynamic batch only, every other dimension fixed",
  );
}

export const gather: ShapeRule<"Gather"> = (context) => {
  const data = required(context, 0);
  const indices = required(context, 1);
  if (indices.dtype !== "i64" && indices.dtype !== "i32") refuse(context, `its indices are ${indices.dtype}`);
  const at = axisWithin(context, context.attributes.axis, data.shape.length);
  const size = data.shape[at]!;
  for (const index of context.value(1)?.elements ?? [])
    if (typeof index === "number" && typeof size === "number" && (index < -size || index >= size))
      refuse(context, `index ${index} is outside axis ${at} of ${shapeText(data.shape)}`);
  return [typed(data.dtype, [...data.shape.slice(0, at), ...indices.shape, ...data.shape.slice(at + 1)])];
};

export const gatherElements: ShapeRule<"GatherElements"> = (context) => {
  const data = required(context, 0);
  const indices = requireIndices(context, data);
  return [typed(data.dtype, indices.shape)];
};

export const scatterElements: ShapeRule<"ScatterElements"> = (context) => {
  const data = required(context, 0);
  const indices = requireIndices(context, data);
  requireSameDtype(context, 0, 2);
  const updates = required(context, 2).shape;
  if (!sameShape(updates, indices.shape))
    refuse(context, `its updates are ${shapeText(updates)}, its indices ${shapeText(indices.shape)}`);
  return [data];
};

/** Indices along one axis; along the others they may cover less than the data, never more. */
function requireIndices(
  context: RuleContext<"GatherElements" | "ScatterElements">,
  { shape }: TensorType,
): TensorType {
  const indices = required(context, 1);
  if (indices.dtype !== "i64" && indices.dtype !== "i32") refuse(context, `its indices are ${indices.dtype}`);
  const axis = axisWithin(context, context.attributes.axis, shape.length);
  const fits =
    indices.shape.length === shape.length &&
    indices.shape.every((dim, d) => {
      const size = shape[d]!;
      return (
        d === axis || dim === size || (typeof dim === "number" && typeof size === "number" && dim <= size)
      );
    });
  if (!fits) refuse(context, `its indices ${shapeText(indices.shape)} reach beyond ${shapeText(shape)}`);
  return indices;
}

export const pad: ShapeRule<"Pad"> = (context) => {
  const data = required(context, 0);
  const rank = data.shape.length;
  const { before, after } = padsPerAxis(context, rank);
  const { mode } = context.attributes;
  if (context.inputs[2]) requireSameDtype(context, 0, 2);
  const sizes = data.shape.map((size, axis) => {
    const [head, tail] = [before[axis]!, after[axis]!];
    if (head === 0 && tail === 0) return size;
    if (typeof size !== "number")
      return refuse(context, `it pads the dimension "${size}", which is known only when the graph runs`);
    if (mode !== "constant" && (head < 0 || tail < 0 || size === 0))
      refuse(context, `mode ${mode} with pads ${head} and ${tail} on ${size} elements`);
    if (mode === "reflect" && (head >= size || tail >= size))
      refuse(context, `it reflects ${Math.max(head, tail)} elements of a dimension of ${size}`);
    const padded = size + head + tail;
    return padded >= 0
      ? padded
      : refuse(context, `pads ${head} and ${tail} cut more than the ${size} elements`);
  });
  return [typed(data.dtype, sizes)];
};

function padsPerAxis(context: RuleContext<"Pad">, rank: number): { before: number[]; after: number[] } {
  const pads = knownIntegers(context, 1, "the pads");
  const given = context.inputs[3] ? knownIntegers(context, 3, "the axes") : undefined;
  const axes = given ? axesWithin(context, given, rank) : Array.from({ length: rank }, (_, i) => i);
  if (pads.length !== 2 * axes.length)
    refuse(
      context,
      `${pads.length} pads for ${axes.length} dimensions`,
      "give a start and an end for each dimension",
    );
  return spreadPads(pads, axes, rank);
}

/** Pads as ONNX lists them (all starts, then all ends, of the given axes), per axis of the data. */
export function spreadPads(pads: ArrayLike<number>, axes: readonly number[], rank: number) {
  const before = new Array<number>(rank).fill(0);
  const after = new Array<number>(rank).fill(0);
  for (const [i, axis] of axes.entries()) {
    before[axis] = pads[i]!;
    after[axis] = pads[i + axes.length]!;
  }
  return { before, after };
}

export const squeeze: ShapeRule<"Squeeze"> = (context) => {
  const { dtype, shape } = required(context, 0);
  if (!context.inputs[1])
    return [
      typed(
        dtype,
        shape.filter((dim) => dim !== 1),
      ),
    ];
  const axes = axesWithin(context, knownIntegers(context, 1, "the axes"), shape.length);
  for (const axis of axes)
    if (shape[axis] !== 1) refuse(context, `dimension ${axis} of ${shapeText(shape)} is not 1`);
  return [
    typed(
      dtype,
      shape.filter((_, i) => !axes.includes(i)),
    ),
  ];
};

export const unsqueeze: ShapeRule<"Unsqueeze"> = (context) => {
  const { dtype, shape } = required(context, 0);
  const asked = knownIntegers(context, 1, "the axes");
  const rank = shape.length + asked.length;
  const axes = new Set(axesWithin(context, asked, rank));
  const rest = shape.values();
  return [
    typed(
      dtype,
      Array.from({ length: rank }, (_, i) => (axes.has(i) ? 1 : rest.next().value!)),
    ),
  ];
};

/** A shape that is asked for in full: no zero copies, no −1 is open. */
function askedShape(context: RuleContext<"ConstantOfShape" | "Expand">, input: number): readonly Dim[] {
  const asked = knownDims(context, input, "the shape");
  for (const dim of asked)
    if (typeof dim === "number" && !(Number.isSafeInteger(dim) && dim >= 0))
      refuse(context, `the shape ${shapeText(asked)} holds ${dim}`);
  return asked;
}

export const constantOfShape: ShapeRule<"ConstantOfShape"> = (context) => [
  typed(context.attributes.value.dtype, askedShape(context, 0)),
];

export const expand: ShapeRule<"Expand"> = (context) => {
  const data = required(context, 0);
  const asked = askedShape(context, 1);
  const joined = broadcast(data.shape, asked);
  return [
    typed(
      data.dtype,
      joined ?? refuse(context, `${shapeText(data.shape)} does not expand to ${shapeText(asked)}`),
    ),
  ];
};
