import { InputError } from "../errors.js";
import { elementCount } from "../tensor.js";
import type { Node, OpAttributes, OpKind, WindowAttributes } from "./types.js";

/** How many inputs and outputs an operator has: [fewest, most]. */
export interface Arity {
  readonly inputs: readonly [number, number];
  readonly outputs: readonly [number, number];
}

const arity = (fewest: number, most = fewest, outputs = 1): Arity => ({
  inputs: [fewest, most],
  outputs: [1, outputs],
});

/** Inputs beyond the fewest are optional; so is an output beyond the first. */
export const arities: { readonly [K in OpKind]: Arity } = {
  Conv: arity(2, 3),
  ConvTranspose: arity(2, 3),
  Gemm: arity(2, 3),
  MatMul: arity(2),
  BatchNormalization: arity(5),
  BatchNormalizationTraining: arity(5, 5, 3),
  Relu: arity(1),
  LeakyRelu: arity(1),
  Sigmoid: arity(1),
  Tanh: arity(1),
  Softmax: arity(1),
  LogSoftmax: arity(1),
  Clip: arity(1, 3),
  Add: arity(2),
  Sub: arity(2),
  Mul: arity(2),
  Div: arity(2),
  Pow: arity(2),
  Min: arity(2),
  Max: arity(2),
  Neg: arity(1),
  Abs: arity(1),
  Sign: arity(1),
  Sqrt: arity(1),
  Exp: arity(1),
  Log: arity(1),
  Round: arity(1),
  MaxPool: arity(1, 1, 2),
  AveragePool: arity(1),
  GlobalAveragePool: arity(1),
  ReduceMean: arity(1, 2),
  ReduceSum: arity(1, 2),
  ArgMax: arity(1),
  FakeQuantize: arity(1),
  Pact: arity(2),
  QuantizeWeights: arity(2),
  Identity: arity(1),
  Dropout: arity(1, 3, 2),
  Constant: arity(0),
  Shape: arity(1),
  Reshape: arity(2),
  Flatten: arity(1),
  Transpose: arity(1),
  Concat: arity(1, Number.POSITIVE_INFINITY),
  Slice: arity(3, 5),
  Gather: arity(2),
  GatherElements: arity(2),
  ScatterElements: arity(3),
  Pad: arity(2, 4),
  Squeeze: arity(1, 2),
  Unsqueeze: arity(2),
  Cast: arity(1),
  ConstantOfShape: arity(1),
  Expand: arity(2),
  Range: arity(3),
  Equal: arity(2),
  Greater: arity(2),
  Less: arity(2),
  And: arity(2),
  Not: arity(1),
  Where: arity(3),
};

/** Every operator of the IR, in the order of the table above. */
export const opKinds = Object.keys(arities) as readonly OpKind[];

/** What is wrong with an operator's attributes, or undefined. */
type AttributeCheck<K extends OpKind> = (attributes: OpAttributes[K]) => string | undefined;

const free = () => undefined;

const wholeFrom = (low: number) => (n: number) => Number.isSafeInteger(n) && n >= low;
const positive = wholeFrom(1);
const natural = wholeFrom(0);

function window({ kernel, strides, pads, dilations }: WindowAttributes): string | undefined {
  if (kernel.length !== 2 || !kernel.every(positive)) return `kernel [${kernel}] is not two sizes above zero`;
  if (strides.length !== 2 || !strides.every(positive))
    return `strides [${strides}] are not two steps above zero`;
  if (pads.length !== 4 || !pads.every(natural)) return `pads [${pads}] are not four counts from zero`;
  if (dilations.length !== 2 || !dilations.every(positive))
    return `dilations [${dilations}] are not two steps above zero`;
  return undefined;
}

const grouped = (a: OpAttributes["Conv"]): string | undefined =>
  window(a) ?? (positive(a.group) ? undefined : `group ${a.group} is not a count above zero`);

function pool(attributes: WindowAttributes): string | undefined {
  const { kernel, pads } = attributes;
  // A window that lies in the padding alone has no maximum and no mean.
  const reachable = pads.every((pad, i) => pad < kernel[i % 2]!);
  return window(attributes) ?? (reachable ? undefined : `pads [${pads}] reach the kernel [${kernel}]`);
}

const wholeAxis = ({ axis }: { readonly axis: number }) =>
  Number.isSafeInteger(axis) ? undefined : `axis ${axis} is not a whole number`;

const fromZero = ({ epsilon }: { readonly epsilon: number }) =>
  Number.isFinite(epsilon) && epsilon >= 0 ? undefined : `epsilon ${epsilon} is not a number from zero`;

const bitsFrom = (fewest: number, bits: number) =>
  wholeFrom(fewest)(bits) && bits <= 24 ? undefined : `bits ${bits} are not from ${fewest} to 24`;

const attributeChecks: { readonly [K in OpKind]: AttributeCheck<K> } = {
  Conv: grouped,
  ConvTranspose: (a) =>
    grouped(a) ??
    (a.outputPadding.length === 2 && a.outputPadding.every((pad, i) => natural(pad) && pad < a.strides[i]!)
      ? undefined
      : `outputPadding [${a.outputPadding}] is not two counts below the strides [${a.strides}]`),
  Gemm: ({ alpha, beta }) =>
    Number.isFinite(alpha) && Number.isFinite(beta)
      ? undefined
      : `alpha ${alpha} or beta ${beta} is not finite`,
  MatMul: free,
  BatchNormalization: fromZero,
  BatchNormalizationTraining: (a) =>
    fromZero(a) ??
    (a.momentum >= 0 && a.momentum <= 1 ? undefined : `momentum ${a.momentum} is not from 0 to 1`),
  Relu: free,
  LeakyRelu: ({ alpha }) => (Number.isFinite(alpha) ? undefined : `alpha ${alpha} is not finite`),
  Sigmoid: free,
  Tanh: free,
  Softmax: wholeAxis,
  LogSoftmax: wholeAxis,
  Clip: free,
  Add: free,
  Sub: free,
  Mul: free,
  Div: free,
  Pow: free,
  Min: free,
  Max: free,
  Neg: free,
  Abs: free,
  Sign: free,
  Sqrt: free,
  Exp: free,
  Log: free,
  Round: free,
  MaxPool: pool,
  AveragePool: pool,
  GlobalAveragePool: free,
  ReduceMean: free,
  ReduceSum: free,
  ArgMax: wholeAxis,
  FakeQuantize: ({ bits, scale, zeroPoint }) => {
    const wrong = bitsFrom(1, bits);
    if (wrong) return wrong;
    if (!(Math.fround(scale) > 0) || !Number.isFinite(Math.fround(1 / scale)))
      return `scale ${scale} is not a positive float`;
    return natural(zeroPoint) && zeroPoint < 2 ** bits
      ? undefined
      : `zeroPoint ${zeroPoint} is not from 0 to ${2 ** bits - 1}`;
  },
  Pact: ({ bits }) => bitsFrom(1, bits),
  QuantizeWeights: ({ bits, passBelow }) =>
    bitsFrom(2, bits) ??
    (passBelow === null || passBelow > 0 ? undefined : `passBelow ${passBelow} is not above zero`),
  Identity: free,
  Dropout: free,
  Constant: ({ value }) =>
    value.data.length === elementCount(value.shape)
      ? undefined
      : `value holds ${value.data.length} elements for the shape [${value.shape}]`,
  Shape: ({ start, end }) =>
    Number.isInteger(start) && (end === null || Number.isInteger(end))
      ? undefined
      : `start ${start} or end ${end} is not a whole number`,
  Reshape: free,
  Flatten: wholeAxis,
  Transpose: ({ perm }) =>
    [...perm].sort((a, b) => a - b).every((axis, i) => axis === i)
      ? undefined
      : `perm [${perm}] is no permutation`,
  Concat: wholeAxis,
  Slice: free,
  Gather: wholeAxis,
  GatherElements: wholeAxis,
  ScatterElements: ({ axis, reduction }) =>
    wholeAxis({ axis }) ??
    (reduction === "none" || reduction === "add" ? undefined : `reduction is "${reduction}"`),
  Pad: ({ mode }) => (["constant", "reflect", "edge"].includes(mode) ? undefined : `mode is "${mode}"`),
  Squeeze: free,
  Unsqueeze: free,
  Cast: free,
  ConstantOfShape: ({ value }) =>
    value.data.length === 1 ? undefined : `value holds ${value.data.length} elements, not one`,
  Expand: free,
  Range: free,
  Equal: free,
  Greater: free,
  Less: free,
  And: free,
  Not: free,
  Where: free,
};

/** The node as people find it in messages: Conv "layer1.0.conv1". */
export const nodeText = (node: Node): string => `${node.op} "${node.name}"`;

/** What is wrong with the node by itself, without its neighbours: arity and attributes; otherwise undefined. */
export function nodeFault(node: Node): string | undefined {
  const { inputs, outputs } = arities[node.op];
  const given = node.inputs.length;
  if (given < inputs[0] || given > inputs[1]) return `${given} inputs, but ${rangeText(inputs)} belong to it`;
  const absent = node.inputs.slice(0, inputs[0]).indexOf("");
  if (absent >= 0) return `input ${absent} is absent, and it is not optional`;
  const made = node.outputs.length;
  if (made < outputs[0] || made > outputs[1])
    return `${made} outputs, but ${rangeText(outputs)} belong to it`;
  if (node.outputs[0] === "") return "its first output has no name";
  const check = attributeChecks[node.op] as AttributeCheck<OpKind>;
  return check(node.attributes);
}

const rangeText = ([low, high]: readonly [number, number]): string =>
  low === high ? `${low}` : high === Number.POSITIVE_INFINITY ? `${low} or more` : `${low} to ${high}`;

/** An error about one node: `Conv "conv1": message`. */
export function nodeError(node: Node, message: string, hint?: string, cause?: unknown): InputError {
  return new InputError(`${nodeText(node)}: ${message}`, {
    ...(hint === undefined ? {} : { hint }),
    ...(cause === undefined ? {} : { cause }),
  });
}
