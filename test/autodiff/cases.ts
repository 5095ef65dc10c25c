import type { OpAttributes, OpKind, WindowAttributes } from "../../src/graph/types.js";
import { createRandom } from "../../src/random.js";
import { f32, i64, type Tensor, tensor } from "../../src/tensor.js";
import { randomTensor, scalar, window } from "../graph/build.js";

/** One operator on operands of f32; those that are no floats are constants, and so are those in `constant`. */
export interface Case {
  readonly op: OpKind;
  readonly attributes: OpAttributes[OpKind];
  readonly operands: readonly (Tensor | undefined)[];
  readonly outputs: number;
  /** Operands that shapes depend on, or that have no gradient by definition. */
  readonly constant: readonly number[];
  /** The function whose derivative a straight-through estimator is, where it is not the operator's own. */
  readonly surrogate?: readonly [
    op: OpKind,
    attributes: OpAttributes[OpKind],
    operands: readonly (Tensor | number)[],
  ];
}

interface Extra {
  readonly outputs?: number;
  readonly constant?: readonly number[];
  /** Numbers stand for operands of the case itself. */
  readonly surrogate?: Case["surrogate"];
}

function it<K extends OpKind>(
  op: K,
  attributes: OpAttributes[K],
  operands: readonly (Tensor | undefined)[],
  { outputs = 1, constant = [], surrogate }: Extra = {},
): Case {
  return { op, attributes, operands, outputs, constant, ...(surrogate ? { surrogate } : {}) };
}

const random = createRandom(77);
const normal = (...shape: number[]): Tensor => randomTensor(shape, random.integer(1, 1e9));
const positive = (...shape: number[]): Tensor => {
  const { data } = normal(...shape);
  return f32(
    shape,
    Array.from(data, (value) => 0.3 + Math.abs(value)),
  );
};
const whole = (shape: readonly number[], values: readonly number[]): Tensor =>
  tensor("i64", shape, Float64Array.from(values));
const bools = (shape: readonly number[], values: readonly number[]): Tensor =>
  tensor("bool", shape, Uint8Array.from(values));

type Rest = Partial<WindowAttributes>;
const conv = (
  [height, width]: readonly [number, number],
  kernel: readonly [number, number],
  rest: Rest = {},
  group = 1,
  bias = true,
) =>
  it("Conv", { ...window(kernel, rest), group }, [
    normal(2, 2 * group, height, width),
    normal(3 * group, 2, ...kernel),
    ...(bias ? [normal(3 * group)] : []),
  ]);
const convTranspose = (
  kernel: readonly [number, number],
  rest: Rest = {},
  group = 1,
  outputPadding: readonly [number, number] = [0, 0],
) =>
  it("ConvTranspose", { ...window(kernel, rest), group, outputPadding }, [
    normal(2, 2 * group, 4, 3),
    normal(2 * group, 3, ...kernel),
    normal(3 * group),
  ]);
const maxPool = (kernel: readonly [number, number], rest: Rest = {}, ceilMode = false) =>
  it("MaxPool", { ...window(kernel, rest), ceilMode }, [normal(2, 2, 7, 6)]);
const averagePool = (
  kernel: readonly [number, number],
  rest: Rest = {},
  ceilMode = false,
  countIncludePad = false,
) => it("AveragePool", { ...window(kernel, rest), ceilMode, countIncludePad }, [normal(2, 2, 7, 6)]);

const convolutions = [
  conv([5, 7], [3, 3], { pads: [1, 1, 1, 1] }),
  conv([5, 7], [3, 3], {}, 1, false),
  conv([7, 6], [3, 3], { strides: [2, 2], pads: [1, 1, 1, 1] }),
  conv([8, 7], [3, 3], { strides: [3, 3], pads: [1, 0, 2, 1] }),
  conv([8, 7], [3, 2], { strides: [1, 3], pads: [0, 1, 2, 0] }),
  conv([7, 7], [1, 1]),
  conv([7, 6], [1, 1], { strides: [2, 2] }),
  conv([7, 8], [1, 1], { strides: [3, 3], pads: [1, 1, 1, 1] }),
  conv([9, 8], [3, 2], { dilations: [2, 3], pads: [2, 1, 1, 2] }),
  conv([9, 8], [3, 2], { dilations: [2, 3], strides: [2, 3], pads: [2, 1, 1, 2] }),
  conv([8, 5], [5, 5], { strides: [2, 1], pads: [2, 2, 2, 2] }),
  conv([6, 5], [2, 4], { pads: [0, 3, 1, 2] }),
  // Padding beyond the kernel's reach: the outermost outputs see nothing of the input.
  conv([4, 5], [2, 1], { pads: [3, 1, 2, 2] }),
  conv([4, 5], [2, 1], { pads: [3, 1, 2, 2], strides: [2, 2] }),
  conv([5, 6], [3, 3], { pads: [1, 1, 1, 1] }, 3),
  conv([5, 6], [3, 3], { pads: [1, 0, 1, 2], strides: [2, 3], dilations: [2, 1] }, 2),
  it("Conv", { ...window([3, 3], { pads: [1, 1, 1, 1] }), group: 4 }, [
    normal(2, 4, 5, 3),
    normal(4, 1, 3, 3),
  ]),
  // One channel for many filters: the weight gradient takes all taps at once.
  it("Conv", { ...window([3, 2], { pads: [1, 0, 2, 1], dilations: [1, 2] }), group: 1 }, [
    normal(2, 1, 5, 4),
    normal(9, 1, 3, 2),
  ]),
  convTranspose([3, 3], { pads: [1, 1, 1, 1] }),
  convTranspose([3, 2], { strides: [2, 3], pads: [1, 0, 0, 1] }, 1, [1, 2]),
  convTranspose([2, 3], { strides: [3, 1], dilations: [2, 2], pads: [0, 2, 1, 1] }, 2, [2, 0]),
];

const pools = [
  maxPool([2, 2], { strides: [2, 2] }),
  maxPool([3, 3], { strides: [2, 2], pads: [1, 1, 1, 1] }),
  maxPool([3, 2], { strides: [1, 3], pads: [2, 0, 0, 1], dilations: [2, 1] }, true),
  maxPool([2, 2], { strides: [3, 3] }, true),
  it("MaxPool", { ...window([2, 2]), ceilMode: false }, [normal(1, 2, 4, 3)], { outputs: 2 }),
  averagePool([2, 2], { strides: [2, 2] }),
  averagePool([3, 3], { strides: [2, 2], pads: [1, 1, 1, 1] }),
  averagePool([3, 3], { strides: [2, 2], pads: [1, 1, 1, 1] }, true, true),
  averagePool([3, 2], { strides: [1, 3], pads: [2, 0, 0, 1] }, true),
  averagePool([2, 3], { strides: [3, 2] }, true, true),
  it("GlobalAveragePool", {}, [normal(2, 3, 4, 5)]),
];

const gemm = { alpha: 1, beta: 1, transA: false, transB: false };
const products = [
  it("Gemm", gemm, [normal(3, 4), normal(4, 2), normal(2)]),
  it("Gemm", { ...gemm, transB: true }, [normal(3, 4), normal(2, 4), normal(3, 1)]),
  it("Gemm", { ...gemm, transA: true, alpha: 0.5 }, [normal(4, 3), normal(4, 2), normal(1)]),
  it("Gemm", { alpha: 0.5, beta: 2, transA: true, transB: true }, [normal(4, 3), normal(2, 4), normal(3, 2)]),
  it("Gemm", gemm, [normal(3, 4), normal(4, 2)]),
  it("MatMul", {}, [normal(3, 4), normal(4, 2)]),
  it("MatMul", {}, [normal(5, 3, 4), normal(4, 2)]),
  it("MatMul", {}, [normal(2, 1, 3, 4), normal(5, 4, 2)]),
  it("MatMul", {}, [normal(4), normal(4)]),
  it("MatMul", {}, [normal(4), normal(3, 4, 2)]),
  it("MatMul", {}, [normal(3, 2, 4), normal(4)]),
];

const normalizations = [
  it("BatchNormalization", { epsilon: 1e-3 }, [
    normal(2, 3, 4, 5),
    normal(3),
    normal(3),
    normal(3),
    positive(3),
  ]),
  it("BatchNormalization", { epsilon: 1e-3 }, [normal(4, 3), normal(3), normal(3), normal(3), positive(3)]),
  ...[0, 0.75].flatMap((momentum) =>
    [1, 3].map((outputs) =>
      it(
        "BatchNormalizationTraining",
        { epsilon: 1e-3, momentum },
        [normal(2, 3, 3, 5), normal(3), normal(3), normal(3), positive(3)],
        { outputs },
      ),
    ),
  ),
  it("BatchNormalizationTraining", { epsilon: 0.1, momentum: 0 }, [
    normal(5, 2),
    normal(2),
    normal(2),
    normal(2),
    positive(2),
  ]),
  ...([0, 1, -1] as const).flatMap((axis) => [
    it("Softmax", { axis }, [normal(3, 4, 2)]),
    it("LogSoftmax", { axis }, [normal(3, 4, 2)]),
  ]),
];

const image = [2, 3, 4, 5] as const;
const elementwise = [
  ...(["Relu", "Sigmoid", "Tanh", "Neg", "Abs", "Exp", "Identity", "Dropout", "Sign"] as const).map((op) =>
    it(op, {}, [normal(...image)]),
  ),
  ...(["Sqrt", "Log"] as const).map((op) => it(op, {}, [positive(...image)])),
  it("LeakyRelu", { alpha: 0.1 }, [normal(...image)]),
  ...(["Add", "Sub", "Mul", "Min", "Max"] as const).flatMap((op) => [
    it(op, {}, [normal(...image), normal(...image)]),
    it(op, {}, [normal(...image), normal(3, 1, 1)]),
    it(op, {}, [normal(4, 1), normal(2, 1, 1, 5)]),
    it(op, {}, [scalar(0.7), normal(2, 3)]),
  ]),
  it("Div", {}, [normal(...image), positive(3, 1, 5)]),
  it("Div", {}, [scalar(2), positive(2, 3)]),
  it("Pow", {}, [positive(2, 3), normal(3)]),
  it("Pow", {}, [f32([3], [-1.5, 2, -0.5]), scalar(3)], { constant: [1] }),
  it("Clip", {}, [normal(...image), scalar(-0.4), scalar(0.6)]),
  it("Clip", {}, [normal(...image), undefined, f32([1], [0.6])]),
  it("Clip", {}, [normal(...image), scalar(-0.4)]),
  it("Clip", {}, [normal(...image)]),
  // The upper bound wins where the bounds cross.
  it("Clip", {}, [normal(...image), scalar(0.6), scalar(-0.4)]),
  it("Where", {}, [bools([2, 1, 3], [1, 0, 0, 1, 1, 0]), normal(4, 1), normal(2, 4, 3)]),
  it("Cast", { to: "f32" }, [normal(2, 3)]),
  it("Cast", { to: "i64" }, [normal(2, 3)]),
  ...(["Greater", "Less", "Equal"] as const).map((op) => it(op, {}, [normal(2, 3), normal(3)])),
  it("And", {}, [bools([2], [1, 0]), bools([2], [1, 1])]),
  it("Not", {}, [bools([2], [1, 0])]),
];

const quantizers = [
  it("Round", {}, [normal(...image)], { surrogate: ["Identity", {}, [0]] }),
  it("FakeQuantize", { bits: 2, scale: 0.25, zeroPoint: 0 }, [normal(...image)], {
    surrogate: ["Clip", {}, [0, scalar(0), scalar(0.75)]],
  }),
  it("FakeQuantize", { bits: 3, scale: 0.25, zeroPoint: 3 }, [normal(...image)], {
    surrogate: ["Clip", {}, [0, scalar(-0.75), scalar(1)]],
  }),
  ...[2, 4, 10].map((bits) =>
    it("Pact", { bits }, [normal(...image), bits === 4 ? f32([1], [0.9]) : scalar(0.9)], {
      surrogate: ["Clip", {}, [0, scalar(0), 1]],
    }),
  ),
  it("QuantizeWeights", { bits: 4, passBelow: 0.8 }, [normal(...image), scalar(0.5)], {
    constant: [1],
    surrogate: ["Clip", {}, [0, scalar(-0.8), scalar(0.8)]],
  }),
  it("QuantizeWeights", { bits: 2, passBelow: null }, [normal(...image), scalar(0.5)], {
    constant: [1],
    surrogate: ["Clip", {}, [0, scalar(-0.5), scalar(0.5)]],
  }),
];

const shapes = [
  it("Constant", { value: normal(2, 3) }, []),
  it("Shape", { start: 0, end: null }, [normal(2, 3)]),
  it("ConstantOfShape", { value: f32([1], [2]) }, [i64([2, 3])]),
  it("Range", {}, [scalar(1), scalar(2), scalar(0.25)], { constant: [0, 1, 2] }),
  it("Reshape", { allowZero: false }, [normal(2, 3, 4), i64([0, -1])]),
  it("Flatten", { axis: -1 }, [normal(2, 3, 4)]),
  it("Squeeze", {}, [normal(1, 3, 1), i64([-1])]),
  it("Unsqueeze", {}, [normal(3), i64([0, 2])]),
  it("Transpose", { perm: [2, 0, 3, 1] }, [normal(2, 3, 4, 5)]),
  it("Expand", {}, [normal(2, 1), i64([3, 1, 4])]),
  it("Concat", { axis: -2 }, [normal(2, 3, 2), normal(2, 1, 2), normal(2, 2, 2)]),
  it("Slice", {}, [normal(5, 7), i64([1, 2]), i64([4, 2 ** 63])]),
  it("Slice", {}, [normal(2, 7, 6), i64([0, 0]), i64([2 ** 63, 2 ** 63]), i64([1, 2]), i64([2, 2])]),
  it("Slice", {}, [normal(5, 7), i64([-1, 5]), i64([-(2 ** 63), 0]), i64([0, 1]), i64([-1, -3])]),
  it("Slice", {}, [normal(8, 3), i64([1]), i64([-1]), i64([-2]), i64([3])]),
  it("Slice", {}, [normal(5), i64([3]), i64([3])]),
  it("Gather", { axis: 1 }, [normal(2, 4, 3), whole([2, 2], [3, 0, -1, 3])]),
  it("Gather", { axis: -1 }, [normal(2, 4), whole([], [1])]),
  it("GatherElements", { axis: 1 }, [normal(3, 4), whole([2, 3], [0, 0, -1, 3, 1, 3])]),
  it("ScatterElements", { axis: 0, reduction: "add" }, [
    normal(3, 4),
    whole([2, 3], [0, -1, 2, 0, 1, 2]),
    normal(2, 3),
  ]),
  it("ScatterElements", { axis: 1, reduction: "none" }, [
    normal(3, 4),
    whole([2, 3], [0, -1, 2, 0, 1, 2]),
    normal(2, 3),
  ]),
  it("Pad", { mode: "constant" }, [normal(2, 3, 4), i64([0, 1, -1, 2, 0, 3]), scalar(0.5)]),
  it("Pad", { mode: "constant" }, [normal(4, 5), i64([1, -2]), undefined, i64([-1])]),
  it("Pad", { mode: "reflect" }, [normal(3, 4), i64([2, 3, 1, 0])]),
  it("Pad", { mode: "edge" }, [normal(3, 4), i64([2, 3, 1, 0])]),
  it("Pad", { mode: "edge" }, [normal(3, 4), i64([0, 3]), undefined, i64([0])]),
  ...(["ReduceMean", "ReduceSum"] as const).flatMap((op) => [
    it(op, { keepdims: true }, [normal(2, 3, 4), i64([-1, 0])]),
    it(op, { keepdims: false }, [normal(2, 3, 4), i64([1])]),
    it(op, { keepdims: false }, [normal(2, 3)]),
  ]),
  it("ArgMax", { axis: 1, keepdims: false }, [normal(3, 4)]),
];

export const cases: readonly Case[] = [
  ...convolutions,
  ...pools,
  ...products,
  ...normalizations,
  ...elementwise,
  ...quantizers,
  ...shapes,
];
