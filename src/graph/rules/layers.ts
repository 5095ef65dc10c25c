import { shapeText } from "../dims.js";
import type { Dim, TensorType, WindowAttributes } from "../types.js";
import { effectiveKernel, windowOutput } from "../windows.js";
import {
  axesWithin,
  axisWithin,
  broadcastOrRefuse,
  knownIntegers,
  type RuleContext,
  refuse,
  requireFloat,
  requireNumeric,
  requireRank,
  requireSameDtype,
  requireStatic,
  type ShapeRule,
  typed,
} from "./context.js";

type Windowed = RuleContext<"Conv" | "MaxPool" | "AveragePool">;

/** Output height and width of a window on the last two dimensions of input 0. */
function windowed(context: Windowed, attributes: WindowAttributes, ceilMode: boolean): [number, number] {
  const { shape } = requireRank(context, 0, 4);
  const along = (axis: 0 | 1): number => {
    const what = axis === 0 ? "height" : "width";
    const size = requireStatic(context, shape[axis + 2]!, `the input's ${what}`);
    const positions = windowOutput(size, attributes, axis, ceilMode);
    if (positions >= 1 && size >= 1) return positions;
    const reach = effectiveKernel(attributes.kernel[axis], attributes.dilations[axis]);
    const padded = size + attributes.pads[axis] + attributes.pads[axis + 2]!;
    return refuse(
      context,
      `the kernel reaches over ${reach} and the padded ${what} is ${padded}`,
      "use a larger input or a smaller kernel",
    );
  };
  return [along(0), along(1)];
}

export const conv: ShapeRule<"Conv"> = (context) => {
  const { attributes } = context;
  const x = requireFloat(context, 0);
  requireSameDtype(context, 0, 1, 2);
  const spatial = windowed(context, attributes, false);
  const weight = requireRank(context, 1, 4).shape;
  const [filters, perGroup, ...kernel] = weight.map((dim) =>
    requireStatic(context, dim, "the weight's shape"),
  );
  const channels = requireStatic(context, x.shape[1]!, "the number of channels");
  if (kernel[0] !== attributes.kernel[0] || kernel[1] !== attributes.kernel[1])
    refuse(context, `the weight's kernel is [${kernel}] and the attribute says [${attributes.kernel}]`);
  if (perGroup! * attributes.group !== channels)
    refuse(
      context,
      `the weight takes ${perGroup} × ${attributes.group} groups of channels, the input has ${channels}`,
    );
  if (filters! % attributes.group !== 0 || filters === 0)
    refuse(context, `${filters} filters do not divide into ${attributes.group} groups`);
  requireVector(context, 2, filters!, "bias");
  return [typed(x.dtype, [x.shape[0]!, filters!, ...spatial])];
};

/** (size − 1) · stride − pads + reach + output padding, per axis, as the ONNX operator defines it. */
export const convTranspose: ShapeRule<"ConvTranspose"> = (context) => {
  const { attributes } = context;
  const x = requireFloat(context, 0);
  requireSameDtype(context, 0, 1, 2);
  const { shape } = requireRank(context, 0, 4);
  const [channels, perGroup, ...kernel] = requireRank(context, 1, 4).shape.map((dim) =>
    requireStatic(context, dim, "the weight's shape"),
  );
  if (kernel[0] !== attributes.kernel[0] || kernel[1] !== attributes.kernel[1])
    refuse(context, `the weight's kernel is [${kernel}] and the attribute says [${attributes.kernel}]`);
  if (channels !== requireStatic(context, shape[1]!, "the number of channels"))
    refuse(context, `the weight takes ${channels} channels, the input has ${shape[1]}`);
  if (channels % attributes.group !== 0 || perGroup === 0)
    refuse(context, `${channels} channels do not divide into ${attributes.group} groups`);
  const filters = perGroup! * attributes.group;
  requireVector(context, 2, filters, "bias");
  const along = (axis: 0 | 1): number => {
    const what = axis === 0 ? "height" : "width";
    const size = requireStatic(context, shape[axis + 2]!, `the input's ${what}`);
    const reach = effectiveKernel(attributes.kernel[axis], attributes.dilations[axis]);
    const pads = attributes.pads[axis] + attributes.pads[axis + 2]!;
    const made = (size - 1) * attributes.strides[axis] + reach - pads + attributes.outputPadding[axis];
    return size >= 1 && made >= 1 ? made : refuse(context, `its output would have a ${what} of ${made}`);
  };
  return [typed(x.dtype, [shape[0]!, filters, along(0), along(1)])];
};

function requireVector(
  context: RuleContext<"Conv" | "ConvTranspose" | "BatchNormalization" | "BatchNormalizationTraining">,
  input: number,
  size: Dim,
  what: string,
) {
  const type = context.inputs[input];
  if (type && (type.shape.length !== 1 || type.shape[0] !== size))
    refuse(context, `its ${what} is ${shapeText(type.shape)}, and [${size}] is needed`);
}

export const gemm: ShapeRule<"Gemm"> = (context) => {
  const { transA, transB } = context.attributes;
  const a = requireRank(context, 0, 2);
  const b = requireRank(context, 1, 2);
  requireNumeric(context, 0);
  requireSameDtype(context, 0, 1, 2);
  const [rows, inner] = transA ? [a.shape[1]!, a.shape[0]!] : [a.shape[0]!, a.shape[1]!];
  const [depth, columns] = transB ? [b.shape[1]!, b.shape[0]!] : [b.shape[0]!, b.shape[1]!];
  if (inner !== depth) refuse(context, `it multiplies rows of ${inner} with columns of ${depth}`);
  const c = context.inputs[2];
  const bias = c && [...new Array<Dim>(Math.max(0, 2 - c.shape.length)).fill(1), ...c.shape];
  const fits = (dim: Dim | undefined, size: Dim) => dim === 1 || dim === size;
  if (bias && (bias.length !== 2 || !fits(bias[0], rows) || !fits(bias[1], columns)))
    refuse(context, `its bias ${shapeText(c.shape)} does not broadcast to [${rows},${columns}]`);
  return [typed(a.dtype, [rows, columns])];
};

export const matMul: ShapeRule<"MatMul"> = (context) => {
  const a = requireNumeric(context, 0);
  const b = requireNumeric(context, 1);
  requireSameDtype(context, 0, 1);
  if (a.shape.length === 0 || b.shape.length === 0) refuse(context, "a scalar is no matrix");
  const left = a.shape.length === 1 ? [1, a.shape[0]!] : a.shape;
  const right = b.shape.length === 1 ? [b.shape[0]!, 1] : b.shape;
  if (left.at(-1) !== right.at(-2))
    refuse(context, `it multiplies rows of ${left.at(-1)} with columns of ${right.at(-2)}`);
  const stack = (shape: readonly Dim[]): TensorType => typed(a.dtype, shape.slice(0, -2));
  const stacks = broadcastOrRefuse({ ...context, inputs: [stack(left), stack(right)] }, 0, 1);
  const rows = a.shape.length === 1 ? [] : [left.at(-2)!];
  const columns = b.shape.length === 1 ? [] : [right.at(-1)!];
  return [typed(a.dtype, [...stacks, ...rows, ...columns])];
};

export const batchNormalizationTraining: ShapeRule<"BatchNormalizationTraining"> = (context) => {
  const [x] = batchNormalization(context as unknown as RuleContext<"BatchNormalization">);
  const statistics = typed(x!.dtype, [x!.shape[1]!]);
  return [x!, statistics, statistics];
};

export const batchNormalization: ShapeRule<"BatchNormalization"> = (context) => {
  const x = requireFloat(context, 0);
  requireSameDtype(context, 0, 1, 2, 3, 4);
  if (x.shape.length < 2) refuse(context, "the input has no channel dimension");
  for (const [i, what] of ["scale", "bias", "mean", "variance"].entries())
    requireVector(context, i + 1, x.shape[1]!, what);
  return [x];
};

export const maxPool: ShapeRule<"MaxPool"> = (context) => {
  const x = requireFloat(context, 0);
  const spatial = windowed(context, context.attributes, context.attributes.ceilMode);
  const shape = [...x.shape.slice(0, 2), ...spatial];
  return [typed(x.dtype, shape), typed("i64", shape)];
};

export const averagePool: ShapeRule<"AveragePool"> = (context) => {
  const x = requireFloat(context, 0);
  const spatial = windowed(context, context.attributes, context.attributes.ceilMode);
  return [typed(x.dtype, [...x.shape.slice(0, 2), ...spatial])];
};

export const globalAveragePool: ShapeRule<"GlobalAveragePool"> = (context) => {
  const x = requireFloat(context, 0);
  if (x.shape.length < 3) refuse(context, "the input has nothing to average over");
  return [
    typed(
      x.dtype,
      x.shape.map((dim, i) => (i < 2 ? dim : 1)),
    ),
  ];
};

export const reduction: ShapeRule<"ReduceMean" | "ReduceSum"> = (context) => {
  const x = requireNumeric(context, 0);
  const reduced = new Set(reducedAxes(context, x.shape.length));
  const shape = context.attributes.keepdims
    ? x.shape.map((dim, i) => (reduced.has(i) ? 1 : dim))
    : x.shape.filter((_, i) => !reduced.has(i));
  return [typed(x.dtype, shape)];
};

/** Absent or empty axes mean all of them. */
function reducedAxes(context: RuleContext<"ReduceMean" | "ReduceSum">, rank: number): readonly number[] {
  const axes = context.inputs[1] ? knownIntegers(context, 1, "the axes") : [];
  return axes.length > 0 ? axesWithin(context, axes, rank) : Array.from({ length: rank }, (_, i) => i);
}

export const argMax: ShapeRule<"ArgMax"> = (context) => {
  const { shape } = requireNumeric(context, 0);
  const axis = axisWithin(context, context.attributes.axis, shape.length);
  if (shape[axis] === 0) refuse(context, "an empty axis has no largest element");
  return [typed("i64", context.attributes.keepdims ? shape.with(axis, 1) : shape.toSpliced(axis, 1))];
};

export const softmax: ShapeRule<"Softmax" | "LogSoftmax"> = (context) => {
  const x = requireFloat(context, 0);
  axisWithin(context, context.attributes.axis, x.shape.length);
  return [x];
};

export const fakeQuantize: ShapeRule<"FakeQuantize"> = (context) => {
  const x = requireFloat(context, 0);
  if (x.dtype !== "f32") refuse(context, `${x.dtype} input, and it quantises f32 only`);
  return [x];
};

export const rangeQuantizer: ShapeRule<"Pact" | "QuantizeWeights"> = (context) => {
  const x = requireFloat(context, 0);
  requireSameDtype(context, 0, 1);
  const alpha = context.inputs[1]!.shape;
  if (alpha.some((dim) => dim !== 1) || alpha.length > 1)
    refuse(context, `its range alpha is ${shapeText(alpha)}, and it takes a scalar`);
  return [x];
};
