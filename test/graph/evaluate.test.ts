import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InputError } from "../../src/errors.js";
import { evaluateGraph, evaluateNode } from "../../src/graph/evaluate.js";
import { opKinds } from "../../src/graph/ops.js";
import type { OpAttributes, OpKind } from "../../src/graph/types.js";
import { f32, i64, stridesOf, type Tensor, tensor } from "../../src/tensor.js";
import { counting, graph, input, node, randomTensor, scalar, whole, window } from "./build.js";

function evaluated<K extends OpKind>(
  op: K,
  attributes: OpAttributes[K],
  inputs: readonly (Tensor | undefined)[],
  outputs: readonly string[] = ["y"],
) {
  const names = inputs.map((tensor, i) => (tensor ? `in${i}` : ""));
  return evaluateNode(node(op, names, outputs, attributes), inputs);
}

const row = <K extends OpKind>(
  op: K,
  attributes: OpAttributes[K],
  inputs: readonly (Tensor | undefined)[],
  expected: Tensor,
) => [op, expected, () => evaluated(op, attributes, inputs)[0]!] as const;

const bool = (shape: readonly number[], values: readonly number[]) =>
  tensor("bool", shape, Uint8Array.from(values));
const gemm = { alpha: 1, beta: 1, transA: false, transB: false };
const square = counting([1, 1, 3, 3]);
const pair = f32([2], [1, 2]);
const inf = Number.POSITIVE_INFINITY;

const rows = [
  row(
    "Conv",
    { ...window([2, 2]), group: 1 },
    [square, f32([1, 1, 2, 2], [1, 10, 100, 1000])],
    f32([1, 1, 2, 2], [4310, 5421, 7643, 8754]),
  ),
  row(
    "Conv",
    { ...window([1, 1]), group: 2 },
    [f32([1, 2, 1, 1], [3, 5]), f32([2, 1, 1, 1], [2, 7]), pair],
    f32([1, 2, 1, 1], [7, 37]),
  ),
  row("Gemm", gemm, [f32([1, 2], [1, 2]), f32([2, 2], [1, 2, 3, 4]), pair], f32([1, 2], [8, 12])),
  row(
    "Gemm",
    { alpha: 0.5, beta: 2, transA: true, transB: true },
    [f32([2, 1], [1, 2]), f32([2, 2], [1, 2, 3, 4]), pair],
    f32([1, 2], [4.5, 9.5]),
  ),
  row("MatMul", {}, [f32([2, 2], [1, 2, 3, 4]), f32([2], [1, 10])], f32([2], [21, 43])),
  row("MatMul", {}, [counting([2, 1, 2]), counting([2, 2])], f32([2, 1, 2], [2, 3, 6, 11])),
  row(
    "BatchNormalization",
    { epsilon: 0.25 },
    [
      f32([1, 2, 1, 2], [1, 2, 3, 4]),
      f32([2], [2, 1]),
      f32([2], [1, 0]),
      f32([2], [1, 3]),
      f32([2], [3.75, 0.75]),
    ],
    f32([1, 2, 1, 2], [1, 2, 0, 1]),
  ),
  row("Relu", {}, [f32([3], [-1, 0, 2])], f32([3], [0, 0, 2])),
  row("LeakyRelu", { alpha: 0.5 }, [f32([2], [-1, 2])], f32([2], [-0.5, 2])),
  row("Sigmoid", {}, [f32([3], [0, 100, Math.log(3)])], f32([3], [0.5, 1, 0.75])),
  row("Tanh", {}, [f32([2], [0, Math.atanh(0.5)])], f32([2], [0, 0.5])),
  row(
    "Softmax",
    { axis: 0 },
    [f32([2, 2], [0, 1000, Math.log(3), 1000])],
    f32([2, 2], [0.25, 0.5, 0.75, 0.5]),
  ),
  row("Clip", {}, [f32([3], [-1, 3, 9]), scalar(0), scalar(6)], f32([3], [0, 3, 6])),
  row("Clip", {}, [f32([2], [-1, 9]), undefined, scalar(6)], f32([2], [-1, 6])),
  row("Clip", {}, [f32([2], [-1, 9]), scalar(6), scalar(2)], f32([2], [2, 2])),
  row("Add", {}, [f32([2, 2], [1, 2, 3, 4]), f32([2, 1], [10, 20])], f32([2, 2], [11, 12, 23, 24])),
  row("Sub", {}, [pair, f32([2, 1], [1, 2])], f32([2, 2], [0, 1, -1, 0])),
  row("Mul", {}, [i64([2, -3]), i64([5])], i64([10, -15])),
  row("Div", {}, [f32([2], [1, -1]), f32([1], [0])], f32([2], [inf, -inf])),
  row("Div", {}, [i64([7, -7]), i64([2])], i64([3, -3])),
  row("Round", {}, [f32([5], [0.5, 1.5, 2.5, -0.5, -1.7])], f32([5], [0, 2, 2, 0, -2])),
  row(
    "MaxPool",
    { ...window([2, 2], { pads: [1, 0, 0, 1] }), ceilMode: false },
    [f32([1, 1, 2, 2], [-1, -2, -3, -4])],
    f32([1, 1, 2, 2], [-1, -2, -1, -2]),
  ),
  row(
    "MaxPool",
    { ...window([2, 2], { dilations: [2, 2] }), ceilMode: false },
    [square],
    f32([1, 1, 1, 1], [8]),
  ),
  row(
    "AveragePool",
    { ...window([2, 2], { pads: [1, 1, 0, 0] }), ceilMode: false, countIncludePad: false },
    [f32([1, 1, 2, 2], [4, 8, 12, 16])],
    f32([1, 1, 2, 2], [4, 6, 8, 10]),
  ),
  row(
    "AveragePool",
    { ...window([2, 2], { pads: [1, 1, 0, 0] }), ceilMode: false, countIncludePad: true },
    [f32([1, 1, 2, 2], [4, 8, 12, 16])],
    f32([1, 1, 2, 2], [1, 3, 4, 10]),
  ),
  // In ceil mode what hangs over the padded input is not counted, pads or no pads.
  row(
    "AveragePool",
    { ...window([2, 2], { strides: [2, 2] }), ceilMode: true, countIncludePad: true },
    [square],
    f32([1, 1, 2, 2], [2, 3.5, 6.5, 8]),
  ),
  row("GlobalAveragePool", {}, [counting([1, 2, 2, 2])], f32([1, 2, 1, 1], [1.5, 5.5])),
  row("ReduceMean", { keepdims: false }, [counting([2, 2, 2]), i64([0, -1])], f32([2], [2.5, 4.5])),
  row("ReduceMean", { keepdims: true }, [counting([2, 2])], f32([1, 1], [1.5])),
  row("ReduceMean", { keepdims: false }, [i64([-3, -4])], whole([], [-3])),
  row(
    "FakeQuantize",
    { bits: 2, scale: 0.5, zeroPoint: 0 },
    [f32([6], [-1, 0.25, 0.26, 0.75, 1.4, 9])],
    f32([6], [0, 0, 0.5, 1, 1.5, 1.5]),
  ),
  row(
    "FakeQuantize",
    { bits: 2, scale: 0.5, zeroPoint: 2 },
    [f32([4], [-9, -0.3, 0.3, 9])],
    f32([4], [-1, -0.5, 0.5, 0.5]),
  ),
  row("Identity", {}, [pair], pair),
  row("Dropout", {}, [pair, scalar(0.5)], pair),
  row("Constant", { value: pair }, [], pair),
  row("Shape", { start: 1, end: null }, [counting([2, 3, 4])], i64([3, 4])),
  row("Reshape", { allowZero: false }, [counting([2, 3]), i64([-1, 2])], counting([3, 2])),
  row("Flatten", { axis: 1 }, [counting([2, 3, 1])], counting([2, 3])),
  row("Transpose", { perm: [1, 0] }, [counting([2, 3])], f32([3, 2], [0, 3, 1, 4, 2, 5])),
  row("Transpose", { perm: [2, 0, 1] }, [counting([2, 1, 2])], f32([2, 2, 1], [0, 2, 1, 3])),
  row("Concat", { axis: 1 }, [counting([2, 2]), f32([2, 1], [7, 8])], f32([2, 3], [0, 1, 7, 2, 3, 8])),
  row("Slice", {}, [counting([5]), i64([-1]), i64([-(2 ** 63)]), i64([0]), i64([-2])], f32([3], [4, 2, 0])),
  row("Slice", {}, [counting([2, 4]), i64([1, 0]), i64([2 ** 63, 1]), i64([1, 0])], f32([1, 3], [1, 2, 3])),
  row(
    "Slice",
    {},
    [counting([2, 4]), i64([0, 0]), i64([9, 9]), i64([0, 1]), i64([1, 3])],
    f32([2, 2], [0, 3, 4, 7]),
  ),
  row("Gather", { axis: 1 }, [counting([2, 3]), i64([2, -3])], f32([2, 2], [2, 0, 5, 3])),
  row("Gather", { axis: 0 }, [counting([2, 3]), whole([], [1])], f32([3], [3, 4, 5])),
  row(
    "Pad",
    { mode: "constant" },
    [counting([1, 2]), i64([0, 1, 1, 0]), scalar(9)],
    f32([2, 3], [9, 0, 1, 9, 9, 9]),
  ),
  row("Pad", { mode: "constant" }, [counting([5]), i64([-2, 1])], f32([4], [2, 3, 4, 0])),
  row(
    "Pad",
    { mode: "constant" },
    [counting([2, 2]), i64([1, 0]), undefined, i64([0])],
    f32([3, 2], [0, 0, 0, 1, 2, 3]),
  ),
  row("Pad", { mode: "reflect" }, [counting([3]), i64([2, 1])], f32([6], [2, 1, 0, 1, 2, 1])),
  row("Pad", { mode: "edge" }, [counting([3]), i64([2, 1])], f32([6], [0, 0, 0, 1, 2, 2])),
  row("Squeeze", {}, [counting([1, 2]), i64([0])], counting([2])),
  row("Unsqueeze", {}, [counting([2]), i64([1])], counting([2, 1])),
  row("Cast", { to: "i64" }, [f32([4], [1.9, -1.9, Number.NaN, inf])], i64([1, -1, 0, 2 ** 63])),
  row("Cast", { to: "bool" }, [f32([3], [0, -2, 0.5])], bool([3], [0, 1, 1])),
  row("Cast", { to: "f32" }, [i64([2 ** 24 + 1])], f32([1], [2 ** 24])),
  row("ConstantOfShape", { value: i64([7]) }, [i64([2])], i64([7, 7])),
  row(
    "Expand",
    {},
    [f32([2, 1], [1, 2]), i64([2, 1, 3])],
    f32([2, 2, 3], [1, 1, 1, 2, 2, 2, 1, 1, 1, 2, 2, 2]),
  ),
  row("Range", {}, [scalar(1), scalar(2), scalar(0.25)], f32([4], [1, 1.25, 1.5, 1.75])),
  row("Equal", {}, [i64([1, 2]), i64([2])], bool([2], [0, 1])),
  row("Where", {}, [bool([2, 1], [1, 0]), pair, scalar(9)], f32([2, 2], [1, 2, 9, 9])),
  row("Greater", {}, [pair, scalar(1)], bool([2], [0, 1])),
  row("Less", {}, [pair, f32([1], [2])], bool([2], [1, 0])),
  row("And", {}, [bool([2, 1], [1, 0]), bool([2], [1, 0])], bool([2, 2], [1, 0, 0, 0])),
  row("Not", {}, [bool([2], [1, 0])], bool([2], [0, 1])),
  row(
    "ConvTranspose",
    { ...window([2, 2], { strides: [2, 1], pads: [0, 1, 0, 0] }), group: 1, outputPadding: [1, 0] },
    [f32([1, 1, 1, 2], [1, 2]), f32([1, 1, 2, 2], [1, 10, 100, 1000]), f32([1], [5])],
    // Row by row [1, 10 + 2, 20] and [100, 1000 + 200, 2000], the first column cut off, a last row of bias alone.
    f32([1, 1, 3, 2], [17, 25, 1205, 2005, 5, 5]),
  ),
  row(
    "ConvTranspose",
    { ...window([1, 1]), group: 2, outputPadding: [0, 0] },
    [f32([1, 2, 1, 1], [3, 5]), f32([2, 2, 1, 1], [1, 2, 3, 4])],
    f32([1, 4, 1, 1], [3, 6, 15, 20]),
  ),
  // Mean 2 and variance 4: (x − 2) / 2 · 3 + 1.
  row(
    "BatchNormalizationTraining",
    { epsilon: 0, momentum: 0 },
    [f32([2, 1, 1], [0, 4]), f32([1], [3]), f32([1], [1]), f32([1], [9]), f32([1], [9])],
    f32([2, 1, 1], [-2, 4]),
  ),
  row("LogSoftmax", { axis: 0 }, [f32([2], [1000, 1000])], f32([2], [-Math.LN2, -Math.LN2])),
  row("Pow", {}, [f32([3], [4, -2, 9]), f32([3], [0.5, 3, 0])], f32([3], [2, -8, 1])),
  row("Min", {}, [pair, scalar(1.5)], f32([2], [1, 1.5])),
  row("Max", {}, [pair, scalar(1.5)], f32([2], [1.5, 2])),
  row("Neg", {}, [f32([2], [1, -2])], f32([2], [-1, 2])),
  row("Abs", {}, [f32([2], [1, -2])], f32([2], [1, 2])),
  row("Sign", {}, [f32([3], [0.5, -2, 0])], f32([3], [1, -1, 0])),
  row("Sqrt", {}, [f32([2], [4, 2])], f32([2], [2, Math.SQRT2])),
  row("Exp", {}, [f32([2], [0, 1])], f32([2], [1, Math.E])),
  row("Log", {}, [f32([2], [1, 2])], f32([2], [0, Math.LN2])),
  row("ReduceSum", { keepdims: true }, [counting([2, 3]), i64([-1])], f32([2, 1], [3, 12])),
  row("ReduceSum", { keepdims: false }, [counting([2, 3])], scalar(15)),
  row("ArgMax", { axis: 1, keepdims: false }, [f32([2, 3], [1, 7, 7, 3, 2, 1])], whole([2], [1, 0])),
  // Steps of 0.5: ties to even at 0.25 and 0.75.
  row("Pact", { bits: 4 }, [f32([5], [-1, 0.25, 0.75, 7.4, 9]), scalar(7.5)], f32([5], [0, 0, 1, 7.5, 7.5])),
  row(
    "QuantizeWeights",
    { bits: 4, passBelow: 1 },
    [f32([5], [-9, -0.75, 0.25, 1.1, 3.6]), scalar(3.5)],
    f32([5], [-3.5, -1, 0, 1, 3.5]),
  ),
  row(
    "GatherElements",
    { axis: 0 },
    [counting([3, 2]), whole([2, 2], [2, 0, -1, 1])],
    f32([2, 2], [4, 1, 4, 3]),
  ),
  row(
    "ScatterElements",
    { axis: 0, reduction: "none" },
    [counting([3]), i64([-1, 0]), pair],
    f32([3], [2, 1, 1]),
  ),
  row(
    "ScatterElements",
    { axis: 0, reduction: "add" },
    [counting([3]), i64([1, 1]), pair],
    f32([3], [0, 4, 2]),
  ),
];

test.each(rows)("%s gives %j", (_op, expected, run) => {
  const { dtype, shape, data } = run();
  expect({ dtype, shape }).toEqual({ dtype: expected.dtype, shape: expected.shape });
  expect(data.constructor).toBe(expected.data.constructor);
  // Adding 0 makes −0 and 0 one number.
  expect(Array.from(data, (value) => value + 0)).toEqual(Array.from(expected.data, (value) => value + 0));
});

test("every operator is in the table", () => {
  expect(new Set(rows.map(([op]) => op))).toEqual(new Set(opKinds));
});

test("a MaxPool says where each maximum stands, of equal ones the first", () => {
  const attributes = { ...window([2, 2], { strides: [2, 2], pads: [1, 0, 0, 0] }), ceilMode: false };
  const image = f32([1, 2, 3, 2], [5, 5, 1, 2, 2, 2, 0, 0, 0, 0, 0, -1]);
  expect(evaluated("MaxPool", attributes, [image], ["y", "places"])[1]).toEqual(
    whole([1, 2, 2, 1], [0, 3, 6, 8]),
  );
});

test("with a momentum the statistics follow the batch's slowly", () => {
  const [scale, bias, mean, variance] = [1, 0, 10, 20].map((value) => f32([1], [value]));
  const outputs = evaluated(
    "BatchNormalizationTraining",
    { epsilon: 0, momentum: 0.75 },
    [f32([2, 1, 1], [0, 4]), scale, bias, mean, variance],
    ["y", "mean", "variance"],
  );
  expect(outputs.slice(1)).toEqual([f32([1], [8]), f32([1], [16])]);
});

test("a Dropout's mask keeps everything", () => {
  expect(evaluated("Dropout", {}, [pair], ["y", "mask"])[1]).toEqual(bool([2], [1, 1]));
});

test("FakeQuantize repeats Mul, Round, Clip, Mul in f32 exactly", () => {
  const quantizer = fc.record({
    bits: fc.integer({ min: 1, max: 8 }),
    scale: fc.double({ min: 1e-4, max: 10, noNaN: true }),
    zero: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  fc.assert(
    fc.property(
      quantizer,
      fc.array(fc.float({ noNaN: true }), { minLength: 1 }),
      ({ bits, scale, zero }, values) => {
        const zeroPoint = Math.floor(zero * (2 ** bits - 1));
        const x = f32([values.length], values);
        const product = evaluated("Mul", {}, [x, scalar(1 / scale)])[0];
        const rounded = evaluated("Round", {}, [product])[0];
        const clipped = evaluated("Clip", {}, [
          rounded,
          scalar(-zeroPoint),
          scalar(2 ** bits - 1 - zeroPoint),
        ])[0];
        const expected = evaluated("Mul", {}, [clipped, scalar(scale)])[0]!;
        const [actual] = evaluated("FakeQuantize", { bits, scale, zeroPoint }, [x]);
        // Adding 0 makes −0 and 0 one number.
        expect(actual!.data.map((value) => value + 0)).toEqual(expected.data.map((value) => value + 0));
      },
    ),
  );
});

/** The element at an index, or a filler outside. */
function at(x: Tensor, index: readonly number[], outside: number): number {
  const inside = index.every((i, d) => i >= 0 && i < x.shape[d]!);
  return inside
    ? x.data[stridesOf(x.shape).reduce((sum, stride, d) => sum + stride * index[d]!, 0)]!
    : outside;
}

/** All indices of a shape, in order. */
function indices(shape: readonly number[]): number[][] {
  return shape.reduce<number[][]>(
    (all, size) => all.flatMap((index) => Array.from({ length: size }, (_, i) => [...index, i])),
    [[]],
  );
}

const geometry = fc.record({
  height: fc.integer({ min: 3, max: 9 }),
  width: fc.integer({ min: 3, max: 9 }),
  kernel: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
  strides: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
  dilations: fc.tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 2 })),
  pads: fc.tuple(...[0, 0, 1, 1].map(() => fc.integer({ min: 0, max: 2 }))) as fc.Arbitrary<
    [number, number, number, number]
  >,
  seed: fc.integer(),
});

/** Input row and column of tap (i, j) at output (y, x). */
const tap = (w: ReturnType<typeof window>, y: number, x: number, i: number, j: number) => [
  y * w.strides[0] + i * w.dilations[0] - w.pads[0],
  x * w.strides[1] + j * w.dilations[1] - w.pads[1],
];

test("Conv is the sum over its taps", () => {
  fc.assert(
    fc.property(geometry, fc.constantFrom(1, 2), ({ height, width, seed, ...w }, group) => {
      fc.pre(w.dilations[0] * (w.kernel[0] - 1) < height && w.dilations[1] * (w.kernel[1] - 1) < width);
      const x = randomTensor([2, 4, height, width], seed);
      const weight = randomTensor([6, 4 / group, ...w.kernel], seed + 1);
      const bias = randomTensor([6], seed + 2);
      const [y] = evaluated("Conv", { ...w, group }, [x, weight, bias]);
      for (const [e, [n, m, oy, ox]] of indices(y!.shape).entries()) {
        let sum = bias.data[m!]!;
        for (const [c, i, j] of indices(weight.shape.slice(1))) {
          const channel = Math.floor(m! / (6 / group)) * (4 / group) + c!;
          sum += at(weight, [m!, c!, i!, j!], 0) * at(x, [n!, channel, ...tap(w, oy!, ox!, i!, j!)], 0);
        }
        expect(y!.data[e]).toBeCloseTo(sum, 4);
      }
    }),
    { numRuns: 40 },
  );
});

test("pools are the maximum and the mean over their taps", () => {
  fc.assert(
    fc.property(
      geometry,
      fc.boolean(),
      fc.boolean(),
      ({ height, width, seed, ...w }, ceilMode, countIncludePad) => {
        fc.pre(w.pads.every((pad, i) => pad < w.kernel[i % 2]!));
        fc.pre(w.dilations[0] * (w.kernel[0] - 1) < height && w.dilations[1] * (w.kernel[1] - 1) < width);
        const x = randomTensor([1, 2, height, width], seed);
        const [max] = evaluated("MaxPool", { ...w, ceilMode }, [x]);
        const [mean] = evaluated("AveragePool", { ...w, ceilMode, countIncludePad }, [x]);
        for (const [e, [n, c, oy, ox]] of indices(max!.shape).entries()) {
          const taps = indices(w.kernel).map(([i, j]) => tap(w, oy!, ox!, i!, j!));
          const values = taps.map(([r, q]) => at(x, [n!, c!, r!, q!], Number.NaN));
          const inside = values.filter((value) => !Number.isNaN(value));
          expect(max!.data[e]).toBe(Math.max(...inside));
          const padded = taps.filter(([r, q]) => r! < height + w.pads[2] && q! < width + w.pads[3]).length;
          const sum = inside.reduce((a, b) => a + b, 0);
          expect(mean!.data[e]).toBeCloseTo(sum / (countIncludePad ? padded : inside.length), 5);
        }
      },
    ),
    { numRuns: 60 },
  );
});

test("broadcast arithmetic agrees with element by element indexing", () => {
  const size = fc.constantFrom(1, 2, 3, 4);
  fc.assert(
    fc.property(
      fc.array(size, { maxLength: 4 }),
      fc.infiniteStream(fc.boolean()),
      fc.nat(4),
      (shape, coins, drop) => {
        const thin = (dims: readonly number[]) => dims.map((dim) => (coins.next().value ? 1 : dim));
        const a = randomTensor(thin(shape), 1);
        const b = randomTensor(thin(shape).slice(Math.min(drop, shape.length)), 2);
        const [y] = evaluated("Sub", {}, [a, b]);
        const own = (x: Tensor, index: readonly number[]) =>
          at(
            x,
            x.shape.map((dim, d) => (dim === 1 ? 0 : index[d + index.length - x.shape.length]!)),
            0,
          );
        const expected = indices(y!.shape).map((index) => Math.fround(own(a, index) - own(b, index)));
        expect(Array.from(y!.data)).toEqual(expected);
      },
    ),
  );
});

test("Transpose and Slice agree with element by element indexing", () => {
  fc.assert(
    fc.property(
      fc.tuple(
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 4 }),
      ),
      fc.shuffledSubarray([0, 1, 2], { minLength: 3 }),
      fc.array(
        fc.tuple(
          fc.integer({ min: -5, max: 5 }),
          fc.integer({ min: -6, max: 6 }),
          fc.constantFrom(-2, -1, 1, 2),
        ),
        {
          minLength: 3,
          maxLength: 3,
        },
      ),
      (shape, perm, cuts) => {
        const x = counting(shape);
        const [turned] = evaluated("Transpose", { perm }, [x]);
        const moved = indices(turned!.shape).map((index) =>
          at(
            x,
            perm.map((_, d) => index[perm.indexOf(d)]!),
            -1,
          ),
        );
        expect(Array.from(turned!.data)).toEqual(moved);
        const columns = [0, 1, 2].map((k) => i64(cuts.map((cut) => cut[k]!)));
        const [cut] = evaluated("Slice", {}, [x, columns[0], columns[1], i64([0, 1, 2]), columns[2]]);
        const kept = shape.map((size, d) => {
          const [start, end, step] = cuts[d]!;
          const [from, to] = [start < 0 ? start + size : start, end < 0 ? end + size : end];
          const list = Array.from({ length: size }, (_, i) => i);
          if (step > 0)
            return list.filter((i) => i >= from && i < to && (i - Math.max(0, from)) % step === 0);
          const first = Math.max(0, Math.min(size - 1, from));
          return list.reverse().filter((i) => i <= first && i > to && (first - i) % -step === 0);
        });
        const picked = kept[0]!.flatMap((i) =>
          kept[1]!.flatMap((j) => kept[2]!.map((k) => at(x, [i, j, k], -1))),
        );
        expect(Array.from(cut!.data)).toEqual(picked);
      },
    ),
  );
});

describe("evaluateGraph", () => {
  const net = graph(
    [input("x", ["batch", 2])],
    { w: f32([2, 2], [1, 0, 0, 2]) },
    [node("MatMul", ["x", "w"], "a", {}), node("Relu", ["a"], "b", {}), node("Add", ["b", "a"], "y", {})],
    ["y", "b", "x", "w"],
  );
  const x = f32([1, 2], [-1, 3]);

  test("gives every output, also those that are inputs, constants or read again", () => {
    const outputs = evaluateGraph(net, new Map([["x", x]]));
    expect([...outputs.keys()]).toEqual(["y", "b", "x", "w"]);
    expect(Array.from(outputs.get("y")!.data)).toEqual([-1, 12]);
    expect(Array.from(outputs.get("b")!.data)).toEqual([0, 6]);
    expect(outputs.get("x")).toBe(x);
  });

  test("shows each node in order, and takes another's result instead", () => {
    const seen: string[] = [];
    const outputs = evaluateGraph(net, new Map([["x", x]]), {
      onNode: ({ op }, inputs, made) => seen.push(`${op} ${inputs.length} ${made[0]!.data.join()}`),
      override: ({ op }, inputs) => (op === "Relu" ? [f32(inputs[0]!.shape, [100, 200])] : undefined),
    });
    expect(seen).toEqual(["MatMul 2 -1,6", "Relu 1 100,200", "Add 2 99,206"]);
    expect(Array.from(outputs.get("y")!.data)).toEqual([99, 206]);
  });

  test.each([
    ["missing", new Map(), /input "x" is not fed/],
    ["of another shape", new Map([["x", f32([2], [1, 2])]]), /input "x" is fed f32\[2\]/],
    ["of another type", new Map([["x", tensor("i64", [1, 2])]]), /is fed i64\[1,2\]/],
    [
      "unknown",
      new Map([
        ["x", x],
        ["z", x],
      ]),
      /"z" is fed and is no input/,
    ],
  ])("a feed that is %s is refused", (_name, feeds, message) => {
    expect(() => evaluateGraph(net, feeds)).toThrow(InputError);
    expect(() => evaluateGraph(net, feeds)).toThrow(message);
  });

  test("a symbolic size is the same in all inputs", () => {
    const sum = graph([input("a", ["n"]), input("b", ["n"])], {}, [node("Add", ["a", "b"], "y", {})], ["y"]);
    const feeds = new Map([
      ["a", f32([2], [1, 2])],
      ["b", f32([1], [1])],
    ]);
    expect(() => evaluateGraph(sum, feeds)).toThrow(/input "b" is fed f32\[1\]/);
  });
});

test("an output too large to hold is refused before it is made", () => {
  expect(() => evaluated("ConstantOfShape", { value: scalar(0) }, [i64([2 ** 15, 2 ** 15])])).toThrow(
    /ConstantOfShape "y.node": its output \[32768,32768\] has 1073741824 elements/,
  );
});

test("whole numbers are not divided by zero", () => {
  expect(() => evaluated("Div", {}, [i64([1]), i64([0])])).toThrow(
    /Div "y.node": it divides whole numbers by 0/,
  );
});

test("a data-dependent index outside is refused", () => {
  const indices = i64(Array.from({ length: 2000 }, () => 5));
  expect(() => evaluated("Gather", { axis: 0 }, [counting([3]), indices])).toThrow(
    /index 5 is outside axis 0/,
  );
});
