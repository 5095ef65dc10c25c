import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { evaluateGraph } from "../../src/graph/evaluate.js";
import { simplify } from "../../src/graph/passes/index.js";
import type { Graph, OpAttributes, OpKind } from "../../src/graph/types.js";
import { exportOnnx } from "../../src/onnx/export.js";
import { createRandom } from "../../src/random.js";
import { openRuntime } from "../../src/runtime/open.js";
import type { Runtime } from "../../src/runtime/types.js";
import { f32, i64, type Tensor, tensor } from "../../src/tensor.js";
import { counting, graph, input, node, randomTensor, scalar, whole, window } from "./build.js";
import { randomNetwork } from "./networks.js";

let runtime: Runtime;
beforeAll(async () => {
  runtime = await openRuntime({ threads: 1 });
});
afterAll(() => runtime.close());

/** Largest difference between the reference and ONNX Runtime over all outputs, which agree in type and shape. */
async function difference(net: Graph, feeds: Readonly<Record<string, Tensor>>): Promise<number> {
  const session = await runtime.load(exportOnnx(net), { optimization: "none" });
  const theirs = await session.run(feeds);
  const ours = evaluateGraph(net, new Map(Object.entries(feeds)));
  await session.dispose();
  let worst = 0;
  for (const [name, { dtype, shape, data }] of ours) {
    expect({ dtype: theirs[name]!.dtype, shape: [...theirs[name]!.shape] }).toEqual({
      dtype,
      shape: [...shape],
    });
    for (const [i, value] of data.entries())
      if (value !== theirs[name]!.data[i]) worst = Math.max(worst, Math.abs(value - theirs[name]!.data[i]!));
  }
  return worst;
}

/** One node; the first operand is fed, the others are constants or absent. */
function single<K extends OpKind>(
  op: K,
  attributes: OpAttributes[K],
  x: Tensor,
  ...rest: (Tensor | undefined)[]
) {
  const names = ["x", ...rest.map((operand, i) => (operand ? `c${i}` : ""))];
  const constants = Object.fromEntries(rest.flatMap((operand, i) => (operand ? [[`c${i}`, operand]] : [])));
  const net = graph([input("x", x.shape, x.dtype)], constants, [node(op, names, "y", attributes)], ["y"]);
  return [op, JSON.stringify(attributes), net, x] as const;
}

/** As {@link single}, with these outputs. */
function several<K extends OpKind>(
  outputs: readonly string[],
  op: K,
  attributes: OpAttributes[K],
  x: Tensor,
  ...rest: Tensor[]
) {
  const constants = Object.fromEntries(rest.map((operand, i) => [`c${i}`, operand]));
  const made = node(op, ["x", ...Object.keys(constants)], outputs, attributes);
  return [
    op,
    JSON.stringify(attributes),
    graph([input("x", x.shape, x.dtype)], constants, [made], outputs),
    x,
  ] as const;
}

const bools = (values: readonly number[]) => tensor("bool", [values.length], Uint8Array.from(values));

const random = createRandom(2024);

/** Windows over odd sizes, with any stride, dilation and padding that a pool may have. */
function randomWindows(count: number) {
  return Array.from({ length: count }, () => {
    const kernel = [random.integer(1, 3), random.integer(1, 3)] as const;
    const pad = (axis: 0 | 1) => random.integer(0, kernel[axis] - 1);
    const rest = {
      strides: [random.integer(1, 3), random.integer(1, 3)] as const,
      pads: [pad(0), pad(1), pad(0), pad(1)] as const,
    };
    const dilations = [random.integer(1, 2), random.integer(1, 2)] as const;
    return { ...window(kernel, rest), dilations };
  });
}

const image = randomTensor([2, 4, 9, 7], 1);
const cases = [
  ...randomWindows(15).map((w) =>
    single("Conv", { ...w, group: 1 }, image, randomTensor([3, 4, ...w.kernel], 2), randomTensor([3], 3)),
  ),
  ...randomWindows(5).map((w) =>
    single("Conv", { ...w, group: 2 }, image, randomTensor([6, 2, ...w.kernel], 2)),
  ),
  ...randomWindows(30).map((w, i) => single("MaxPool", { ...w, ceilMode: i % 2 === 0 }, image)),
  ...randomWindows(40).map((w, i) =>
    single(
      "AveragePool",
      { ...w, dilations: [1, 1], ceilMode: i % 2 === 0, countIncludePad: i % 4 < 2 },
      image,
    ),
  ),
  ...randomWindows(20).map((w, i) => {
    const group = i % 4 === 0 ? 2 : 1;
    const outputPadding = [random.integer(0, w.strides[0] - 1), random.integer(0, w.strides[1] - 1)] as const;
    const weight = randomTensor([4, 3, ...w.kernel], 2);
    return single(
      "ConvTranspose",
      { ...w, group, outputPadding },
      image,
      weight,
      randomTensor([3 * group], 3),
    );
  }),
  single("GlobalAveragePool", {}, image),
  ...[0, 0.75].map((momentum) =>
    several(
      ["y", "mean", "variance"],
      "BatchNormalizationTraining",
      { epsilon: 1e-3, momentum },
      image,
      ...[4, 5, 6, 7].map((seed) => randomTensor([4], seed)),
    ),
  ),
  ...randomWindows(10).map((w) => several(["y", "places"], "MaxPool", { ...w, ceilMode: false }, image)),
  several(
    ["y", "places"],
    "MaxPool",
    { ...window([2, 3]), ceilMode: false },
    f32([1, 2, 4, 5], Array(40).fill(1)),
  ),
  single(
    "BatchNormalization",
    { epsilon: 1e-5 },
    image,
    ...[4, 5, 6].map((seed) => randomTensor([4], seed)),
    f32([4], [1, 2, 3, 4]),
  ),
  ...[true, false].map((transB) =>
    single(
      "Gemm",
      { alpha: 0.5, beta: 2, transA: false, transB },
      counting([3, 5]),
      randomTensor(transB ? [4, 5] : [5, 4], 8),
      randomTensor([4], 9),
    ),
  ),
  single(
    "Gemm",
    { alpha: 1, beta: 1, transA: true, transB: false },
    counting([5, 3]),
    randomTensor([5, 4], 8),
    randomTensor([3, 1], 9),
  ),
  single("MatMul", {}, randomTensor([3, 1, 2, 4], 1), randomTensor([5, 4, 3], 2)),
  single("MatMul", {}, randomTensor([4], 1), randomTensor([5, 4, 3], 2)),
  ...(["Relu", "Sigmoid", "Tanh", "Round", "Identity"] as const).map((op) => single(op, {}, image)),
  ...(["Neg", "Abs", "Sign", "Exp"] as const).map((op) => single(op, {}, image)),
  ...(["Sqrt", "Log"] as const).map((op) => single(op, {}, f32([4], [0.25, 1, 7, 100]))),
  ...(["Min", "Max"] as const).map((op) => single(op, {}, image, randomTensor([4, 1, 7], 9))),
  single("Pow", {}, f32([4], [-2, 0.5, 3, 4]), f32([4], [3, -1.5, 0, 0.5])),
  ...(["Greater", "Less"] as const).map((op) => single(op, {}, image, randomTensor([9, 1], 9))),
  single("And", {}, bools([1, 1, 0, 0]), bools([1, 0, 1, 0])),
  single("Not", {}, bools([1, 0])),
  ...[0, 1, -1].map((axis) => single("LogSoftmax", { axis }, image)),
  single("ReduceSum", { keepdims: true }, image, i64([2, 0])),
  single("ReduceSum", { keepdims: false }, image),
  single("ArgMax", { axis: 1, keepdims: true }, image),
  single("ArgMax", { axis: -1, keepdims: false }, f32([2, 4], [1, 5, 5, 0, 2, 2, 2, 2])),
  single("GatherElements", { axis: 1 }, counting([3, 4]), whole([2, 3], [0, -1, 2, 3, 1, 0])),
  ...(["none", "add"] as const).map((reduction) =>
    single(
      "ScatterElements",
      { axis: -1, reduction },
      counting([3, 4]),
      whole([2, 3], reduction === "add" ? [0, 0, -1, 3, 3, 3] : [0, 1, -1, 3, 2, 0]),
      randomTensor([2, 3], 5),
    ),
  ),
  ...[2, 4, 8, 10].map((bits) => single("Pact", { bits }, image, scalar(1.7))),
  ...[2, 4, 8].map((bits) => single("QuantizeWeights", { bits, passBelow: 1 }, image, f32([1], [1.3]))),
  single("LeakyRelu", { alpha: 0.1 }, image),
  ...[0, 1, -1].map((axis) => single("Softmax", { axis }, image)),
  single("Clip", {}, image, scalar(-0.5), scalar(0.5)),
  single("Clip", {}, image, undefined, scalar(0.5)),
  ...(["Add", "Sub", "Mul", "Div"] as const).map((op) => single(op, {}, image, randomTensor([4, 1, 7], 9))),
  single("Div", {}, i64([7, -7, 9]), i64([2])),
  single("Equal", {}, i64([1, 2, 3]), i64([3])),
  single("ReduceMean", { keepdims: true }, image, i64([2, 3])),
  single("ReduceMean", { keepdims: false }, image, i64([-1, 0])),
  single("ReduceMean", { keepdims: false }, image),
  single("FakeQuantize", { bits: 4, scale: 0.13, zeroPoint: 0 }, image),
  single("FakeQuantize", { bits: 3, scale: 0.3, zeroPoint: 3 }, image),
  single("Shape", { start: -3, end: -1 }, image),
  single("Reshape", { allowZero: false }, image, i64([0, -1, 7])),
  ...[0, 2, -1, 4].map((axis) => single("Flatten", { axis }, image)),
  single("Transpose", { perm: [3, 1, 0, 2] }, image),
  single("Concat", { axis: -1 }, image, randomTensor([2, 4, 9, 2], 5)),
  single(
    "Slice",
    {},
    image,
    i64([1, -1, 8]),
    i64([2 ** 63, -(2 ** 63), -9]),
    i64([0, 3, 2]),
    i64([1, -2, -3]),
  ),
  single("Slice", {}, image, i64([-100, 100]), i64([100, -100]), i64([1, 3]), i64([3, -1])),
  single("Gather", { axis: 2 }, image, i64([-1, 0, 3])),
  single("Pad", { mode: "constant" }, image, i64([0, 1, -2, 0, 0, 2, 1, -1]), scalar(0.5)),
  single("Pad", { mode: "reflect" }, image, i64([0, 1, 2, 0, 0, 2, 1, 6])),
  single("Pad", { mode: "edge" }, image, i64([1, 3]), undefined, i64([-2])),
  single("Squeeze", {}, counting([1, 3, 1]), i64([-1])),
  single("Unsqueeze", {}, counting([3]), i64([0, -1])),
  single("Cast", { to: "i64" }, f32([4], [1.9, -1.9, 0, 300])),
  single("Cast", { to: "bool" }, f32([3], [0, -2, 0.5])),
  single("Expand", {}, counting([2, 1]), i64([3, 1, 4])),
];

test.each(cases)("%s %s is as ONNX Runtime computes it", async (_op, _attributes, net, x) => {
  expect(await difference(net, { x })).toBeLessThan(2e-5);
});

test.each(["none", "all"] as const)(
  "optimisation %s: batch normalisation in training leaves the statistics it is given as they are",
  async (optimization) => {
    const names = ["x", "scale", "bias", "mean", "variance"];
    const feeds = Object.fromEntries(
      names.map((name, i) => [name, randomTensor(i === 0 ? [5, 3] : [3], i + 1)] as const),
    );
    const statistics = ["mean", "variance"].map((name) => feeds[name]!.data.slice());
    const net = graph(
      names.map((name) => input(name, feeds[name]!.shape)),
      {},
      [
        node("BatchNormalizationTraining", names, ["y", "m", "v"], { epsilon: 1e-3, momentum: 0.5 }),
        node("Sub", ["m", "mean"], "moved", {}),
        node("Add", ["moved", "v"], "z", {}),
      ],
      ["y", "z"],
    );
    const session = await runtime.load(exportOnnx(net), { optimization });
    const { z } = await session.run(feeds);
    await session.dispose();
    expect(["mean", "variance"].map((name) => feeds[name]!.data)).toEqual(statistics);
    const expected = evaluateGraph(net, new Map(Object.entries(feeds))).get("z")!.data;
    for (const [i, value] of expected.entries()) expect(z!.data[i]).toBeCloseTo(value, 5);
  },
);

describe("whole networks", () => {
  test.each([1, 2, 3, 4, 5])("random network %i, as built and simplified", async (seed) => {
    const net = randomNetwork(seed);
    const x = randomTensor([3, ...(net.inputs[0]!.type.shape.slice(1) as number[])], seed);
    expect(await difference(net, { x })).toBeLessThan(1e-3);
    expect(await difference(simplify(net), { x })).toBeLessThan(1e-3);
  });
});
