import type { OpKind } from "../graph/types.js";
import { type GradientRule, noGradient } from "./rule.js";
import * as convolution from "./rules/convolution.js";
import * as elementwise from "./rules/elementwise.js";
import * as normalization from "./rules/normalization.js";
import * as pooling from "./rules/pooling.js";
import * as products from "./rules/products.js";
import * as quantizers from "./rules/quantizers.js";
import * as shapes from "./rules/shapes.js";

/** How each operator hands a gradient on to its inputs. */
export const gradients: { readonly [K in OpKind]: GradientRule<K> } = {
  Conv: convolution.conv,
  ConvTranspose: convolution.convTranspose,
  Gemm: products.gemm,
  MatMul: products.matMul,
  BatchNormalization: normalization.frozen,
  BatchNormalizationTraining: normalization.training,
  Relu: elementwise.relu,
  LeakyRelu: elementwise.leakyRelu,
  Sigmoid: elementwise.sigmoid,
  Tanh: elementwise.tanh,
  Softmax: normalization.softmax,
  LogSoftmax: normalization.logSoftmax,
  Clip: elementwise.clip,
  Add: elementwise.addition,
  Sub: elementwise.subtraction,
  Mul: elementwise.multiplication,
  Div: elementwise.division,
  Pow: elementwise.power,
  Min: elementwise.minimum,
  Max: elementwise.maximumOf,
  Neg: elementwise.negation,
  Abs: elementwise.magnitude,
  Sign: noGradient,
  Sqrt: elementwise.squareRoot,
  Exp: elementwise.exponential,
  Log: elementwise.logarithm,
  Round: quantizers.round,
  MaxPool: pooling.maxPool,
  AveragePool: pooling.averagePool,
  GlobalAveragePool: pooling.globalAveragePool,
  ReduceMean: shapes.reduction,
  ReduceSum: shapes.reduction,
  ArgMax: noGradient,
  FakeQuantize: quantizers.fakeQuantize,
  Pact: quantizers.pact,
  QuantizeWeights: quantizers.quantizeWeights,
  Identity: elementwise.same,
  // As the IR has it: at inference.
  Dropout: elementwise.same,
  Constant: noGradient,
  Shape: noGradient,
  Reshape: shapes.sameElements,
  Flatten: shapes.sameElements,
  Transpose: shapes.transpose,
  Concat: shapes.concat,
  Slice: shapes.slice,
  Gather: shapes.gather,
  GatherElements: shapes.gatherElementsRule,
  ScatterElements: shapes.scatterElementsRule,
  Pad: shapes.pad,
  Squeeze: shapes.sameElements,
  Unsqueeze: shapes.sameElements,
  Cast: elementwise.castRule,
  ConstantOfShape: noGradient,
  Expand: shapes.expandRule,
  // Its bounds are constants, as its output's shape follows from them.
  Range: noGradient,
  Equal: noGradient,
  Greater: noGradient,
  Less: noGradient,
  And: noGradient,
  Not: noGradient,
  Where: elementwise.whereRule,
};
