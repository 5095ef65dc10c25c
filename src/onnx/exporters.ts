import { InputError } from "../errors.js";
import type { NodeOf, OpKind, WindowAttributes } from "../graph/types.js";
import { f32, type Tensor, tensor } from "../tensor.js";
import { onnxElement } from "./elements.js";

/** An attribute in ONNX's own form. Whole numbers are `int`, however they are written. */
export type ExportedAttribute =
  | { readonly int: number }
  | { readonly ints: readonly number[] }
  | { readonly float: number }
  | { readonly string: string }
  | { readonly tensor: Tensor };

/** One ONNX node; attributes are written in the order given. */
export interface ExportedNode {
  readonly op: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, ExportedAttribute>>;
}

/** Where an exporter row leaves what its node needs beside it. */
export interface ExportContext {
  /** An initializer under a name made from `wanted`; returns the name. */
  constant(wanted: string, value: Tensor): string;
  /** The element of an initializer that holds one; undefined for a value that is fed or computed. */
  stored(name: string): number | undefined;
  /** A value name made from `wanted` that nothing else has. */
  value(wanted: string): string;
  /** An initializer that this node no longer needs; it is left out where no other node does. */
  replaced(initializer: string): void;
}

export type ExporterRow<K extends OpKind> = (
  node: NodeOf<K>,
  context: ExportContext,
) => readonly ExportedNode[];

const int = (value: number): ExportedAttribute => ({ int: value });
const ints = (values: readonly number[]): ExportedAttribute => ({ ints: values });
const flag = (value: boolean): ExportedAttribute => ({ int: value ? 1 : 0 });
const float = (value: number): ExportedAttribute => ({ float: value });

/** The same operator under the same name, with these attributes. */
function same<K extends OpKind>(
  attributesOf: (attributes: NodeOf<K>["attributes"]) => Record<string, ExportedAttribute> = () => ({}),
): ExporterRow<K> {
  return ({ op, name, inputs, outputs, attributes }) => [
    { op, name, inputs, outputs, attributes: attributesOf(attributes) },
  ];
}

const window = ({ kernel, strides, pads, dilations }: WindowAttributes) => ({
  kernel_shape: ints(kernel),
  strides: ints(strides),
  pads: ints(pads),
  dilations: ints(dilations),
});

const averagePool = same<"AveragePool">((a) => {
  const { dilations: _, ...attributes } = window(a);
  return { ...attributes, ceil_mode: flag(a.ceilMode), count_include_pad: flag(a.countIncludePad) };
});

export type Exporters = { readonly [K in OpKind]: ExporterRow<K> };

/** One row per operator: how it is written at opset 18. */
export const exporters: Exporters = {
  Conv: same((a) => ({ ...window(a), group: int(a.group) })),
  ConvTranspose: same((a) => ({
    ...window(a),
    group: int(a.group),
    output_padding: ints(a.outputPadding),
  })),
  Gemm: same((a) => ({
    alpha: float(a.alpha),
    beta: float(a.beta),
    transA: flag(a.transA),
    transB: flag(a.transB),
  })),
  MatMul: same(),
  BatchNormalization: same((a) => ({ epsilon: float(a.epsilon) })),
  BatchNormalizationTraining: batchNormalizationTraining,
  Relu: same(),
  LeakyRelu: same((a) => ({ alpha: float(a.alpha) })),
  Sigmoid: same(),
  Tanh: same(),
  Softmax: same((a) => ({ axis: int(a.axis) })),
  LogSoftmax: same((a) => ({ axis: int(a.axis) })),
  Clip: same(),
  Add: same(),
  Sub: same(),
  Mul: same(),
  Div: same(),
  Pow: same(),
  Min: same(),
  Max: same(),
  Neg: same(),
  Abs: same(),
  Sign: same(),
  Sqrt: same(),
  Exp: same(),
  Log: same(),
  Round: same(),
  MaxPool: same((a) => ({ ...window(a), ceil_mode: flag(a.ceilMode) })),
  AveragePool: (node, context) => {
    if (node.attributes.dilations.some((d) => d !== 1)) {
      throw new InputError(`AveragePool "${node.name}" has dilations [${node.attributes.dilations}]`, {
        hint: "opset 18, which is written, has no dilated average pool",
      });
    }
    return averagePool(node, context);
  },
  GlobalAveragePool: same(),
  ReduceMean: same((a) => ({ keepdims: flag(a.keepdims) })),
  ReduceSum: same((a) => ({ keepdims: flag(a.keepdims) })),
  ArgMax: same((a) => ({ axis: int(a.axis), keepdims: flag(a.keepdims) })),
  FakeQuantize: fakeQuantize,
  Pact: pact,
  QuantizeWeights: quantizeWeights,
  Identity: same(),
  Dropout: same(),
  Constant: same((a) => ({ value: { tensor: a.value } })),
  Shape: same((a) => ({ start: int(a.start), ...(a.end === null ? {} : { end: int(a.end) }) })),
  Reshape: same((a) => ({ allowzero: flag(a.allowZero) })),
  Flatten: same((a) => ({ axis: int(a.axis) })),
  Transpose: same((a) => ({ perm: ints(a.perm) })),
  Concat: same((a) => ({ axis: int(a.axis) })),
  Slice: same(),
  Gather: same((a) => ({ axis: int(a.axis) })),
  GatherElements: same((a) => ({ axis: int(a.axis) })),
  ScatterElements: same((a) => ({ axis: int(a.axis), reduction: { string: a.reduction } })),
  Pad: same((a) => ({ mode: { string: a.mode } })),
  Squeeze: same(),
  Unsqueeze: same(),
  Cast: same((a) => ({ to: int(onnxElement[a.to]) })),
  ConstantOfShape: same((a) => ({ value: { tensor: a.value } })),
  Expand: same(),
  Range: same(),
  Equal: same(),
  Greater: same(),
  Less: same(),
  And: same(),
  Not: same(),
  Where: same(),
};

/**
 * The quantiser in ONNX's own operators, all in f32 and in this order:
 *
 *     t = x · r           r = f32(1 / scale), divided in double precision and rounded once
 *     t = Round(t)        ties to even
 *     t = Clip(t, −zeroPoint, 2^bits − 1 − zeroPoint)
 *     y = t · s           s = f32(scale)
 *
 * Each step rounds its result to f32. Whoever computes codes from x must repeat exactly this, multiplying by r and
 * not dividing by the scale; the code on the word lines is Clip's result + zeroPoint.
 */
function fakeQuantize(node: NodeOf<"FakeQuantize">, context: ExportContext): readonly ExportedNode[] {
  const { name, inputs, outputs } = node;
  const { bits, scale, zeroPoint } = node.attributes;
  const scalar = (suffix: string, value: number) => context.constant(`${name}.${suffix}`, f32([], [value]));
  const [scaled, rounded, clipped] = ["scaled", "rounded", "clipped"].map((s) =>
    context.value(`${name}.${s}`),
  );
  return [
    step("Mul", `${name}.scale`, [inputs[0]!, scalar("reciprocal", 1 / scale)], scaled!),
    step("Round", `${name}.round`, [scaled!], rounded!),
    step(
      "Clip",
      `${name}.clip`,
      [rounded!, scalar("low", 0 - zeroPoint), scalar("high", 2 ** bits - 1 - zeroPoint)],
      clipped!,
    ),
    step("Mul", `${name}.unscale`, [clipped!, scalar("step", scale)], outputs[0]!),
  ];
}

const step = (
  op: string,
  name: string,
  inputs: readonly string[],
  output: string,
  attributes: ExportedNode["attributes"] = {},
): ExportedNode => ({ op, name, inputs, outputs: [output], attributes });

/**
 * ONNX Runtime writes the new running statistics into the memory of those it was given, be it a constant or the
 * caller's array. It gets copies: negated twice, which none of its rewrites takes out again.
 */
function batchNormalizationTraining(
  { name, inputs, outputs, attributes }: NodeOf<"BatchNormalizationTraining">,
  context: ExportContext,
): readonly ExportedNode[] {
  const copies = [3, 4].map((input) => {
    const [negated, copy] = ["negated", "copy"].map((s) => context.value(`${name}.${s}`));
    return [
      step("Neg", negated!, [inputs[input]!], negated!),
      step("Neg", copy!, [negated!], copy!),
    ] as const;
  });
  return [
    ...copies.flat(),
    {
      op: "BatchNormalization",
      name,
      inputs: [...inputs.slice(0, 3), ...copies.map(([, copy]) => copy.outputs[0]!)],
      // In training mode ONNX Runtime asks for all three outputs.
      outputs: ["y", "mean", "variance"].map((what, i) => outputs[i] || context.value(`${name}.${what}`)),
      attributes: {
        epsilon: float(attributes.epsilon),
        momentum: float(attributes.momentum),
        training_mode: int(1),
      },
    },
  ];
}

/**
 * With a stored alpha, the FakeQuantize that it then is: the numbers of the evaluation model, bit for bit. From
 * QuantizeLinear and DequantizeLinear around a layer with constant weights ONNX Runtime would even make an integer
 * layer, and round the weights to 8 bits for it.
 *
 * In a training step alpha is fed: s = alpha / levels, then through bytes: QuantizeLinear, Clip, DequantizeLinear.
 * They move a quarter of the memory that Round and Clip on floats do. QuantizeLinear divides by s where the stored form
 * multiplies by 1 / s, so that a value near the middle between two codes may fall to the other one. Beyond 8 bits: Div,
 * Round, Clip, Mul.
 */
function pact(node: NodeOf<"Pact">, context: ExportContext): readonly ExportedNode[] {
  const { name, inputs, outputs, attributes } = node;
  const levels = 2 ** attributes.bits - 1;
  const alpha = context.stored(inputs[1]!);
  // What can be no scale is left to the runtime, whose numbers show it.
  if (alpha !== undefined && alpha > 0 && Number.isFinite(alpha)) {
    const scale = Math.fround(Math.fround(alpha) / levels);
    context.replaced(inputs[1]!);
    const settled = { bits: attributes.bits, scale, zeroPoint: 0 };
    return fakeQuantize(
      { op: "FakeQuantize", name, inputs: [inputs[0]!], outputs, attributes: settled },
      context,
    );
  }
  if (attributes.bits > 8) return quantizeFloats(node, context, 0, levels);
  const byte = (suffix: string, value: number) =>
    context.constant(`${name}.${suffix}`, tensor("u8", [], Uint8Array.of(value)));
  const [scale, codes, clipped] = ["scale", "codes", "clipped"].map((s) => context.value(`${name}.${s}`));
  const zero = byte("zero", 0);
  const wanted = levels === 255 ? codes! : clipped!;
  return [
    step("Div", `${name}.scale`, [inputs[1]!, context.constant(`${name}.levels`, f32([], [levels]))], scale!),
    step("QuantizeLinear", `${name}.quantize`, [inputs[0]!, scale!, zero], codes!),
    ...(levels === 255
      ? []
      : [step("Clip", `${name}.clip`, [codes!, "", byte("largest", levels)], clipped!)]),
    step("DequantizeLinear", `${name}.dequantize`, [wanted, scale!, zero], outputs[0]!),
  ];
}

function quantizeWeights(node: NodeOf<"QuantizeWeights">, context: ExportContext): readonly ExportedNode[] {
  const levels = 2 ** (node.attributes.bits - 1) - 1;
  return quantizeFloats(node, context, -levels, levels);
}

/** s = alpha / high; s · clip(round(x / s), low, high) */
function quantizeFloats(
  { name, inputs, outputs }: NodeOf<"Pact"> | NodeOf<"QuantizeWeights">,
  context: ExportContext,
  low: number,
  high: number,
): readonly ExportedNode[] {
  const scalar = (suffix: string, value: number) => context.constant(`${name}.${suffix}`, f32([], [value]));
  const [scale, scaled, rounded, clipped] = ["scale", "scaled", "rounded", "clipped"].map((s) =>
    context.value(`${name}.${s}`),
  );
  const top = scalar("high", high);
  return [
    step("Div", `${name}.scale`, [inputs[1]!, top], scale!),
    step("Div", `${name}.divide`, [inputs[0]!, scale!], scaled!),
    step("Round", `${name}.round`, [scaled!], rounded!),
    step("Clip", `${name}.clip`, [rounded!, scalar("low", low), top], clipped!),
    step("Mul", `${name}.unscale`, [clipped!, scale!], outputs[0]!),
  ];
}
