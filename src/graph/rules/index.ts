import { dimProduct, isNumber, shapeText } from "../dims.js";
import type { Node, OpKind, TensorType } from "../types.js";
import {
  and,
  binary,
  cast,
  clip,
  comparison,
  dropout,
  equal,
  not,
  range,
  unary,
  unaryFloat,
  unaryNumeric,
  where,
} from "./arithmetic.js";
import { type KnownValue, type RuleContext, refuse, type ShapeRule } from "./context.js";
import * as layers from "./layers.js";
import * as shapes from "./shapes.js";

/** Output types of every operator from its inputs' types, as the ONNX operator documents define them. */
export const shapeRules: { readonly [K in OpKind]: ShapeRule<K> } = {
  Conv: layers.conv,
  ConvTranspose: layers.convTranspose,
  Gemm: layers.gemm,
  MatMul: layers.matMul,
  BatchNormalization: layers.batchNormalization,
  BatchNormalizationTraining: layers.batchNormalizationTraining,
  Relu: unaryNumeric,
  LeakyRelu: unaryFloat,
  Sigmoid: unaryFloat,
  Tanh: unaryFloat,
  Softmax: layers.softmax,
  LogSoftmax: layers.softmax,
  Clip: clip,
  Add: binary,
  Sub: binary,
  Mul: binary,
  Div: binary,
  Pow: binary,
  Min: binary,
  Max: binary,
  Neg: unaryNumeric,
  Abs: unaryNumeric,
  Sign: unaryNumeric,
  Sqrt: unaryFloat,
  Exp: unaryFloat,
  Log: unaryFloat,
  Round: unaryFloat,
  MaxPool: layers.maxPool,
  AveragePool: layers.averagePool,
  GlobalAveragePool: layers.globalAveragePool,
  ReduceMean: layers.reduction,
  ReduceSum: layers.reduction,
  ArgMax: layers.argMax,
  FakeQuantize: layers.fakeQuantize,
  Pact: layers.rangeQuantizer,
  QuantizeWeights: layers.rangeQuantizer,
  Identity: unary,
  Dropout: dropout,
  Constant: shapes.constant,
  Shape: shapes.shape,
  Reshape: shapes.reshape,
  Flatten: shapes.flatten,
  Transpose: shapes.transpose,
  Concat: shapes.concat,
  Slice: shapes.slice,
  Gather: shapes.gather,
  GatherElements: shapes.gatherElements,
  ScatterElements: shapes.scatterElements,
  Pad: shapes.pad,
  Squeeze: shapes.squeeze,
  Unsqueeze: shapes.unsqueeze,
  Cast: cast,
  ConstantOfShape: shapes.constantOfShape,
  Expand: shapes.expand,
  Range: range,
  Equal: equal,
  Greater: comparison,
  Less: comparison,
  And: and,
  Not: not,
  Where: where,
};

/** Most dimensions of a tensor, as in PyTorch; with {@link maxSymbol} it bounds what a small file can make of shapes. */
export const maxRank = 64;

/** Most characters of a symbolic dimension. */
export const maxSymbol = 1000;

/**
 * Types of one node's outputs.
 * @throws InputError naming the node, its operator, the shapes that do not fit and the way out.
 */
export function outputTypes(
  node: Node,
  inputs: readonly (TensorType | undefined)[],
  value: (input: number) => KnownValue | undefined,
): readonly TensorType[] {
  const rule = shapeRules[node.op] as ShapeRule<OpKind>;
  const context: RuleContext<OpKind> = { node, attributes: node.attributes, inputs, value };
  const types = rule(context);
  for (const { shape } of types) {
    if (shape.length > maxRank)
      refuse(context, `its output has ${shape.length} dimensions, ${maxRank} are supported`);
    if (shape.some((dim) => `${dim}`.length > maxSymbol))
      refuse(context, "an output dimension is a product of too many dynamic ones");
    if (!Number.isSafeInteger(dimProduct(shape.filter(isNumber))))
      refuse(context, `its output ${shapeText(shape)} has more elements than can be counted`);
  }
  return types;
}
