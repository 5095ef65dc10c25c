import type { DType, Tensor } from "../tensor.js";

/** A dimension is a number, or the name of one that is fixed only when the graph runs (the batch). */
export type Dim = number | string;

export interface TensorType {
  readonly dtype: DType;
  readonly shape: readonly Dim[];
}

/** 2-D windows. Pads are [top, left, bottom, right], as ONNX orders them. */
export interface WindowAttributes {
  readonly kernel: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly pads: readonly [number, number, number, number];
  readonly dilations: readonly [number, number];
}

/**
 * The attributes of every operator of the IR. Operators mean what ONNX says of the newest form at opset 18 or
 * below: what ONNX passes as an input (the axes of a Slice, the bounds of a Clip) is an input here as well.
 * Adding a key here makes every table over `OpKind` (shapes, evaluation, gradients, export) demand its row.
 */
export interface OpAttributes {
  // Layers whose weights can stand on crossbars.
  Conv: WindowAttributes & { readonly group: number };
  /** The transpose of Conv's linear map; its weights are [input channels, output channels / group, height, width]. */
  ConvTranspose: WindowAttributes & {
    readonly group: number;
    readonly outputPadding: readonly [number, number];
  };
  Gemm: { readonly alpha: number; readonly beta: number; readonly transA: boolean; readonly transB: boolean };
  MatMul: Record<never, never>;
  // Digital arithmetic of a network.
  BatchNormalization: { readonly epsilon: number };
  /**
   * ONNX's BatchNormalization with training_mode 1: normalises with the batch's own mean and population variance.
   * Its second and third outputs are momentum · (what is given) + (1 − momentum) · (the batch's); with momentum 0
   * they are the batch's own. ONNX's momentum is the complement of PyTorch's.
   */
  BatchNormalizationTraining: { readonly epsilon: number; readonly momentum: number };
  Relu: Record<never, never>;
  LeakyRelu: { readonly alpha: number };
  Sigmoid: Record<never, never>;
  Tanh: Record<never, never>;
  Softmax: { readonly axis: number };
  LogSoftmax: { readonly axis: number };
  Clip: Record<never, never>;
  Add: Record<never, never>;
  Sub: Record<never, never>;
  Mul: Record<never, never>;
  Div: Record<never, never>;
  Pow: Record<never, never>;
  Min: Record<never, never>;
  Max: Record<never, never>;
  Neg: Record<never, never>;
  Abs: Record<never, never>;
  Sign: Record<never, never>;
  Sqrt: Record<never, never>;
  Exp: Record<never, never>;
  Log: Record<never, never>;
  Round: Record<never, never>;
  /** Its optional second output is where each maximum stands, counted through the whole input in row-major order. */
  MaxPool: WindowAttributes & { readonly ceilMode: boolean };
  AveragePool: WindowAttributes & { readonly ceilMode: boolean; readonly countIncludePad: boolean };
  GlobalAveragePool: Record<never, never>;
  ReduceMean: { readonly keepdims: boolean };
  ReduceSum: { readonly keepdims: boolean };
  /** Of equal elements the first. */
  ArgMax: { readonly axis: number; readonly keepdims: boolean };
  /**
   * Uniform activation quantiser (Choi et al. 2018, PACT, with a zero point for signed inputs):
   * y = scale · clip(round(x / scale), −zeroPoint, 2^bits − 1 − zeroPoint), ties to even. The code that the
   * crossbar's word lines see is y / scale + zeroPoint, an unsigned integer of `bits` bits.
   */
  FakeQuantize: { readonly bits: number; readonly scale: number; readonly zeroPoint: number };
  /**
   * The activation quantiser of a network in training, whose range alpha is its second input, a scalar that is
   * learnt (Choi et al. 2018, PACT): y = s · clip(round(x / s), 0, 2^bits − 1), s = alpha / (2^bits − 1), ties to
   * even. With alpha settled it is the FakeQuantize of that scale and zero point 0, and computes as that does.
   */
  Pact: { readonly bits: number };
  /**
   * The weight quantiser of a network in training; its second input is the clipping range alpha, a scalar:
   * y = s · round(clip(w, −alpha, alpha) / s), s = alpha / (2^(bits−1) − 1), ties to even. `passBelow` is no part of
   * what it computes: its straight-through gradient passes where |w| is below it; null stands for |w| ≤ alpha.
   */
  QuantizeWeights: { readonly bits: number; readonly passBelow: number | null };
  // Shapes and constants; most of them are folded away before anything runs.
  Identity: Record<never, never>;
  Dropout: Record<never, never>;
  Constant: { readonly value: Tensor };
  Shape: { readonly start: number; readonly end: number | null };
  Reshape: { readonly allowZero: boolean };
  Flatten: { readonly axis: number };
  Transpose: { readonly perm: readonly number[] };
  Concat: { readonly axis: number };
  Slice: Record<never, never>;
  Gather: { readonly axis: number };
  GatherElements: { readonly axis: number };
  ScatterElements: { readonly axis: number; readonly reduction: "none" | "add" };
  Pad: { readonly mode: "constant" | "reflect" | "edge" };
  Squeeze: Record<never, never>;
  Unsqueeze: Record<never, never>;
  Cast: { readonly to: DType };
  ConstantOfShape: { readonly value: Tensor };
  Expand: Record<never, never>;
  Range: Record<never, never>;
  Equal: Record<never, never>;
  Greater: Record<never, never>;
  Less: Record<never, never>;
  And: Record<never, never>;
  Not: Record<never, never>;
  Where: Record<never, never>;
}

export type OpKind = keyof OpAttributes;

export interface NodeOf<K extends OpKind> {
  readonly op: K;
  /** Unique in the graph; the name a person knows the layer by. */
  readonly name: string;
  /** Names of values; "" stands for an optional input that is absent. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: OpAttributes[K];
}

export type Node = { [K in OpKind]: NodeOf<K> }[OpKind];

export interface GraphInput {
  readonly name: string;
  readonly type: TensorType;
}

/**
 * A network: nodes in an order in which every value is made before it is used. Plain and readonly; a pass
 * returns a new graph.
 */
export interface Graph {
  readonly name: string;
  readonly inputs: readonly GraphInput[];
  readonly outputs: readonly string[];
  readonly nodes: readonly Node[];
  /** Constants by name: weights, biases, folded shapes. */
  readonly initializers: ReadonlyMap<string, Tensor>;
}

/** The quantiser of the values that drive a layer's word lines. */
export interface InputQuantizer {
  readonly bits: number;
  readonly scale: number;
  readonly zeroPoint: number;
}

/**
 * A layer that is placed on crossbars. Its weights stand in the graph as code × scale; the codes are integers in
 * ±(2^(bits−1) − 1).
 */
export interface CrossbarLayer {
  /** Name of the Conv or Gemm node. */
  readonly node: string;
  readonly weightBits: number;
  readonly weightScale: number;
  readonly input: InputQuantizer;
  /**
   * Rows of one prunable group (144, 72, 36), or null for a layer without groups, which is placed dense.
   * A group is pruned when all its codes are zero.
   */
  readonly groupRows: number | null;
}

/** What `compress` returns: the evaluation graph, and which of its layers go onto crossbars and how. */
export interface CompressedModel {
  readonly graph: Graph;
  readonly layers: readonly CrossbarLayer[];
}
