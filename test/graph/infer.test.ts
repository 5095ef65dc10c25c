import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InputError } from "../../src/errors.js";
import { dimProduct, dimQuotient } from "../../src/graph/dims.js";
import { inferTypes } from "../../src/graph/infer.js";
import { opKinds } from "../../src/graph/ops.js";
import { shapeRules } from "../../src/graph/rules/index.js";
import type { Dim, OpAttributes, OpKind } from "../../src/graph/types.js";
import { windowOutput } from "../../src/graph/windows.js";
import { f32, i64, type Tensor, tensor } from "../../src/tensor.js";
import { graph, input, node, scalar, window } from "./build.js";

/** An operand: the shape of a graph input, a constant, or null where it is absent. */
type Operand = readonly Dim[] | Tensor | null;

const isTensor = (operand: Operand): operand is Tensor => operand !== null && "data" in operand;

function inferred<K extends OpKind>(op: K, attributes: OpAttributes[K], operands: readonly Operand[]) {
  const names = operands.map((operand, i) => (operand === null ? "" : `in${i}`));
  const inputs = operands.flatMap((operand, i) =>
    operand === null || isTensor(operand) ? [] : [input(`in${i}`, operand)],
  );
  const constants = Object.fromEntries(
    operands.flatMap((operand, i) => (operand && isTensor(operand) ? [[`in${i}`, operand]] : [])),
  );
  return inferTypes(graph(inputs, constants, [node(op, names, "y", attributes)], ["y"])).get("y")!;
}

/** One row per case: operator, attributes, operands, expected shape. */
function row<K extends OpKind>(
  op: K,
  attributes: OpAttributes[K],
  operands: readonly Operand[],
  shape: readonly Dim[],
) {
  return [op, JSON.stringify(attributes), operands, shape, () => inferred(op, attributes, operands)] as const;
}

const conv = (kernel: readonly [number, number], rest = {}, group = 1) => ({
  ...window(kernel, rest),
  group,
});
const maxPool = (kernel: readonly [number, number], rest = {}, ceilMode = false) => ({
  ...window(kernel, rest),
  ceilMode,
});
const int64Max = 2 ** 63;
const gemm = { alpha: 1, beta: 1, transA: false, transB: false };
const x = ["batch", 3, 7, 9] as const;

const rows = [
  row("Conv", conv([3, 3]), [x, [4, 3, 3, 3]], ["batch", 4, 5, 7]),
  row("Conv", conv([3, 3], { pads: [1, 1, 1, 1] }), [x, [4, 3, 3, 3], [4]], ["batch", 4, 7, 9]),
  row("Conv", conv([3, 3], { strides: [2, 2] }), [x, [4, 3, 3, 3]], ["batch", 4, 3, 4]),
  row("Conv", conv([3, 3], { strides: [3, 2], pads: [1, 0, 2, 1] }), [x, [4, 3, 3, 3]], ["batch", 4, 3, 4]),
  row("Conv", conv([3, 2], { dilations: [2, 3] }), [x, [4, 3, 3, 2]], ["batch", 4, 3, 6]),
  row("Conv", conv([1, 1], { strides: [3, 3] }), [x, [4, 3, 1, 1]], ["batch", 4, 3, 3]),
  row("Conv", conv([3, 3], {}, 3), [x, [6, 1, 3, 3]], ["batch", 6, 5, 7]),
  row("MaxPool", maxPool([2, 2], { strides: [2, 2] }), [x], ["batch", 3, 3, 4]),
  row("MaxPool", maxPool([2, 2], { strides: [2, 2] }, true), [x], ["batch", 3, 4, 5]),
  // In ceil mode the window that would start in the trailing padding is dropped.
  row(
    "MaxPool",
    maxPool([2, 2], { strides: [3, 3], pads: [1, 1, 1, 1] }, true),
    [[1, 1, 5, 6]],
    [1, 1, 2, 3],
  ),
  row(
    "MaxPool",
    maxPool([3, 3], { strides: [2, 2], pads: [1, 1, 1, 1], dilations: [2, 2] }),
    [x],
    ["batch", 3, 3, 4],
  ),
  row(
    "AveragePool",
    { ...maxPool([3, 3], { strides: [2, 2] }, true), countIncludePad: true },
    [x],
    ["batch", 3, 3, 4],
  ),
  row("GlobalAveragePool", {}, [x], ["batch", 3, 1, 1]),
  row("BatchNormalization", { epsilon: 1e-5 }, [x, [3], [3], [3], [3]], x),
  row("Gemm", { ...gemm, transB: true }, [["batch", 64], [10, 64], [10]], ["batch", 10]),
  row("Gemm", { ...gemm, transA: true }, [[64, "batch"], [64, 10], []], ["batch", 10]),
  row(
    "Gemm",
    gemm,
    [
      ["batch", 64],
      [64, 10],
      ["batch", 1],
    ],
    ["batch", 10],
  ),
  row(
    "MatMul",
    {},
    [
      ["batch", 5, 2, 4],
      [5, 4, 3],
    ],
    ["batch", 5, 2, 3],
  ),
  row("MatMul", {}, [[4], [4]], []),
  row("MatMul", {}, [["batch", 2, 4], [4]], ["batch", 2]),
  row("MatMul", {}, [[4], ["batch", 4, 3]], ["batch", 3]),
  row("Relu", {}, [x], x),
  row("LeakyRelu", { alpha: 0.1 }, [[]], []),
  row("Sigmoid", {}, [x], x),
  row("Tanh", {}, [x], x),
  row("Round", {}, [x], x),
  row("Softmax", { axis: -1 }, [["batch", 10]], ["batch", 10]),
  row("Clip", {}, [x, null, scalar(6)], x),
  row("FakeQuantize", { bits: 4, scale: 0.1, zeroPoint: 0 }, [x], x),
  row("Add", {}, [x, [3, 1, 1]], x),
  row("Sub", {}, [[1], ["batch", 1]], ["batch", 1]),
  row(
    "Mul",
    {},
    [
      ["batch", 1, 4],
      [5, 1],
    ],
    ["batch", 5, 4],
  ),
  row("Div", {}, [[], x], x),
  row(
    "Equal",
    {},
    [
      ["batch", 1],
      [1, 7],
    ],
    ["batch", 7],
  ),
  row("Where", {}, [tensor("bool", [3, 1]), [4], ["batch", 1, 1]], ["batch", 3, 4]),
  row("ReduceMean", { keepdims: true }, [x, i64([2, 3])], ["batch", 3, 1, 1]),
  row("ReduceMean", { keepdims: false }, [x, i64([-1, -2])], ["batch", 3]),
  row("ReduceMean", { keepdims: false }, [x, i64([])], []),
  row("ReduceMean", { keepdims: true }, [x], [1, 1, 1, 1]),
  row("Identity", {}, [x], x),
  row("Dropout", {}, [x], x),
  row("Constant", { value: f32([2, 2], [1, 2, 3, 4]) }, [], [2, 2]),
  row("Shape", { start: 0, end: null }, [x], [4]),
  row("Shape", { start: -3, end: -1 }, [x], [2]),
  row("Shape", { start: 3, end: 1 }, [x], [0]),
  row("Reshape", { allowZero: false }, [["batch", 64, 1, 1], i64([0, -1])], ["batch", 64]),
  row("Reshape", { allowZero: false }, [["batch", 4, 4], i64([-1, 8])], ["2*batch", 8]),
  row("Reshape", { allowZero: false }, [["batch", 4, 4], i64([-1])], ["16*batch"]),
  row("Reshape", { allowZero: false }, [["batch", "time", 4], i64([-1, 4])], ["batch*time", 4]),
  row("Reshape", { allowZero: false }, [["2*batch", 8], i64([-1, 16])], ["batch", 16]),
  row("Reshape", { allowZero: true }, [[0, 4], i64([4, 0])], [4, 0]),
  row("Reshape", { allowZero: false }, [[1, 1], i64([])], []),
  row("Flatten", { axis: 1 }, [x], ["batch", 189]),
  row("Flatten", { axis: 0 }, [x], [1, "189*batch"]),
  row("Flatten", { axis: -1 }, [x], ["21*batch", 9]),
  row("Flatten", { axis: 4 }, [x], ["189*batch", 1]),
  row("Transpose", { perm: [0, 2, 3, 1] }, [x], ["batch", 7, 9, 3]),
  row("Concat", { axis: 1 }, [x, ["batch", 5, 7, 9], ["batch", 0, 7, 9]], ["batch", 8, 7, 9]),
  row("Concat", { axis: -4 }, [x, [0, 3, 7, 9]], x),
  row("Slice", {}, [x, i64([0, 1]), i64([int64Max, -1]), i64([0, -1])], ["batch", 3, 7, 7]),
  row("Slice", {}, [x, i64([0, 0]), i64([int64Max, int64Max]), i64([2, 3]), i64([2, 2])], ["batch", 3, 4, 5]),
  row("Slice", {}, [[7, 9], i64([-1, 5]), i64([-int64Max, 1]), i64([0, 1]), i64([-1, -3])], [7, 2]),
  row("Slice", {}, [[7, 9], i64([3, -100]), i64([3, 100])], [0, 9]),
  row("Gather", { axis: 1 }, [x, tensor("i64", [])], ["batch", 7, 9]),
  row("Gather", { axis: -1 }, [x, i64([0, -1])], ["batch", 3, 7, 2]),
  row("Pad", { mode: "constant" }, [x, i64([0, 8, 0, 0, 0, 8, 0, 0]), scalar(0)], ["batch", 19, 7, 9]),
  row("Pad", { mode: "constant" }, [x, i64([0, 0, -1, 2, 0, 0, -1, 0])], ["batch", 3, 5, 11]),
  row("Pad", { mode: "reflect" }, [x, i64([1, 2, 3, 4]), null, i64([-1, 2])], ["batch", 3, 13, 13]),
  row("Squeeze", {}, [["batch", 1, 4, 1]], ["batch", 4]),
  row("Squeeze", {}, [["batch", 1, 4, 1], i64([-1])], ["batch", 1, 4]),
  row("Unsqueeze", {}, [["batch", 4], i64([-1, 0])], [1, "batch", 4, 1]),
  row("Cast", { to: "i64" }, [x], x),
  row("ConstantOfShape", { value: i64([0]) }, [i64([2, 3])], [2, 3]),
  row("Expand", {}, [["batch", 1, 4], i64([5, 1])], ["batch", 5, 4]),
  row("Range", {}, [scalar(1), scalar(8), scalar(3)], [3]),
  row("Range", {}, [scalar(8), scalar(1), scalar(-3)], [3]),
  row(
    "ConvTranspose",
    { ...conv([3, 2], { strides: [2, 3], pads: [1, 0, 0, 1], dilations: [2, 1] }, 3), outputPadding: [1, 2] },
    [x, [3, 4, 3, 2], [12]],
    ["batch", 12, 17, 27],
  ),
  row("BatchNormalizationTraining", { epsilon: 1e-5, momentum: 0 }, [x, [3], [3], [3], [3]], x),
  row("LogSoftmax", { axis: 1 }, [["batch", 10]], ["batch", 10]),
  row("Pow", {}, [x, []], x),
  row("Min", {}, [["batch", 1], [3]], ["batch", 3]),
  row("Max", {}, [[3], ["batch", 1]], ["batch", 3]),
  ...(["Neg", "Abs", "Sign", "Sqrt", "Exp", "Log"] as const).map((op) => row(op, {}, [x], x)),
  row("ReduceSum", { keepdims: false }, [x, i64([0, -1])], [3, 7]),
  row("ArgMax", { axis: 1, keepdims: true }, [x], ["batch", 1, 7, 9]),
  row("ArgMax", { axis: -1, keepdims: false }, [["batch", 10]], ["batch"]),
  row("Pact", { bits: 4 }, [x, []], x),
  row("QuantizeWeights", { bits: 4, passBelow: null }, [x, [1]], x),
  row("GatherElements", { axis: 1 }, [[4, 3, 7, 9], tensor("i64", [2, 8, 7, 1])], [2, 8, 7, 1]),
  row("ScatterElements", { axis: 0, reduction: "add" }, [[4, 3], tensor("i64", [9, 2]), [9, 2]], [4, 3]),
  row("Greater", {}, [x, []], x),
  row("Less", {}, [[1], ["batch", 1]], ["batch", 1]),
  row("And", {}, [tensor("bool", [3, 1]), tensor("bool", [4])], [3, 4]),
  row("Not", {}, [tensor("bool", [3])], [3]),
  row("Range", {}, [scalar(1), scalar(8), scalar(-3)], [0]),
];

test.each(rows)("%s %s of %j is %j", (_op, _attributes, _operands, shape, run) => {
  expect(run().shape).toEqual(shape);
});

test("every operator has a row in the table", () => {
  expect(new Set(rows.map(([op]) => op))).toEqual(new Set(opKinds));
  expect(Object.keys(shapeRules).sort()).toEqual([...opKinds].sort());
});

test("element types follow the operators", () => {
  expect(inferred("Equal", {}, [[2], [2]]).dtype).toBe("bool");
  expect(inferred("Shape", { start: 0, end: null }, [[2]]).dtype).toBe("i64");
  expect(inferred("Cast", { to: "u8" }, [[2]]).dtype).toBe("u8");
  expect(inferred("ConstantOfShape", { value: tensor("i32", [1]) }, [i64([3])]).dtype).toBe("i32");
  const dropout = graph([input("x", [2])], {}, [node("Dropout", ["x"], ["y", "mask"], {})], ["mask"]);
  expect(inferTypes(dropout).get("mask")).toEqual({ dtype: "bool", shape: [2] });
});

describe("what does not fit is refused with the node, the shapes and the reason", () => {
  const refusals = [
    [
      "channels",
      () => inferred("Conv", conv([3, 3]), [x, [4, 2, 3, 3]]),
      /takes 2 × 1 groups .* has 3 .*in0 f32\[batch,3,7,9\], in1/,
    ],
    [
      "kernel",
      () => inferred("Conv", conv([3, 3]), [x, [4, 3, 5, 5]]),
      /weight's kernel is \[5,5\].*\[3,3\]/,
    ],
    [
      "groups",
      () => inferred("Conv", conv([1, 1], {}, 3), [x, [4, 1, 1, 1]]),
      /4 filters do not divide into 3 groups/,
    ],
    [
      "bias",
      () => inferred("Conv", conv([1, 1]), [x, [4, 3, 1, 1], [5]]),
      /bias is \[5\], and \[4\] is needed/,
    ],
    [
      "small input",
      () => inferred("Conv", conv([9, 9]), [x, [4, 3, 9, 9]]),
      /reaches over 9 and the padded height is 7/,
    ],
    ["symbolic height", () => inferred("MaxPool", maxPool([2, 2]), [[1, 3, "h", 9]]), /height is "h"/],
    ["rank", () => inferred("MaxPool", maxPool([2, 2]), [[3, 9]]), /has 2 dimensions, and it takes 4/],
    [
      "Gemm",
      () =>
        inferred("Gemm", gemm, [
          ["batch", 64],
          [63, 10],
        ]),
      /rows of 64 with columns of 63/,
    ],
    [
      "Gemm bias",
      () => inferred("Gemm", gemm, [[2, 4], [4, 10], [9]]),
      /bias \[9\] does not broadcast to \[2,10\]/,
    ],
    [
      "MatMul",
      () =>
        inferred("MatMul", {}, [
          [2, 4],
          [3, 4],
        ]),
      /rows of 4 with columns of 3/,
    ],
    [
      "symbols",
      () =>
        inferred("Add", {}, [
          ["batch", 2],
          ["time", 2],
        ]),
      /\[time,2\] does not broadcast with \[batch,2\]/,
    ],
    [
      "symbol and number",
      () =>
        inferred("Add", {}, [
          ["batch", 2],
          [5, 2],
        ]),
      /\[5,2\] does not broadcast/,
    ],
    ["dtypes", () => inferred("Add", {}, [[2], i64([1, 2])]), /element types f32, i64/],
    [
      "Reshape",
      () => inferred("Reshape", { allowZero: false }, [[2, 3], i64([4, -1])]),
      /6 elements do not divide/,
    ],
    [
      "Reshape full",
      () => inferred("Reshape", { allowZero: false }, [[2, 3], i64([7])]),
      /6 elements do not fill/,
    ],
    [
      "Reshape open",
      () => inferred("Reshape", { allowZero: false }, [[6], i64([-1, -1])]),
      /leaves two sizes open/,
    ],
    [
      "Reshape zero",
      () => inferred("Reshape", { allowZero: false }, [[6], i64([6, 0])]),
      /copies a dimension/,
    ],
    ["Reshape negative", () => inferred("Reshape", { allowZero: false }, [[6], i64([-2, -3])]), /below −1/],
    [
      "Reshape symbol",
      () => inferred("Reshape", { allowZero: false }, [["batch", 3], i64([-1, 2])]),
      /3\*batch elements do not divide/,
    ],
    ["Reshape from data", () => inferred("Reshape", { allowZero: false }, [[6], [2]]), /computed from data/],
    ["Squeeze", () => inferred("Squeeze", {}, [[2, 3], i64([1])]), /dimension 1 of \[2,3\] is not 1/],
    ["Unsqueeze", () => inferred("Unsqueeze", {}, [[2], i64([0, -3])]), /name one dimension twice/],
    ["axis", () => inferred("Concat", { axis: 2 }, [[2, 3]]), /axis 2 is outside the 2 dimensions/],
    [
      "Concat",
      () =>
        inferred("Concat", { axis: 1 }, [
          [2, 3],
          [4, 3],
        ]),
      /does not join/,
    ],
    [
      "Concat symbols",
      () =>
        inferred("Concat", { axis: 0 }, [
          ["a", 3],
          ["a", 3],
        ]),
      /joins along the dimension "a"/,
    ],
    ["Gather", () => inferred("Gather", { axis: 0 }, [[2], i64([2])]), /index 2 is outside axis 0 of \[2\]/],
    [
      "Pad count",
      () => inferred("Pad", { mode: "constant" }, [[2, 3], i64([1, 1])]),
      /2 pads for 2 dimensions/,
    ],
    [
      "Pad symbol",
      () => inferred("Pad", { mode: "constant" }, [["n"], i64([1, 1])]),
      /pads the dimension "n"/,
    ],
    ["Pad away", () => inferred("Pad", { mode: "constant" }, [[2], i64([-2, -1])]), /cut more than the 2/],
    [
      "Pad reflect",
      () => inferred("Pad", { mode: "reflect" }, [[2], i64([2, 0])]),
      /reflects 2 elements of a dimension of 2/,
    ],
    ["Slice step", () => inferred("Slice", {}, [[2], i64([0]), i64([1]), i64([0]), i64([0])]), /a step is 0/],
    [
      "Slice symbol",
      () => inferred("Slice", {}, [["n"], i64([1]), i64([5])]),
      /cuts 1 to 5 out of a dimension of n/,
    ],
    ["Slice axes", () => inferred("Slice", {}, [[2], i64([0]), i64([1]), i64([0, 0])]), /different lengths/],
    ["Expand", () => inferred("Expand", {}, [[3], i64([2])]), /\[3\] does not expand to \[2\]/],
    ["ConstantOfShape", () => inferred("ConstantOfShape", { value: i64([0]) }, [i64([-1])]), /holds -1/],
    [
      "huge",
      () => inferred("ConstantOfShape", { value: i64([0]) }, [i64([2 ** 40, 2 ** 40])]),
      /more elements than can be counted/,
    ],
    ["Range", () => inferred("Range", {}, [scalar(0), scalar(1), scalar(0)]), /delta is 0/],
    ["Softmax", () => inferred("Softmax", { axis: 2 }, [["batch", 10]]), /axis 2/],
    ["Where", () => inferred("Where", {}, [[2], [2], [2]]), /condition is not bool/],
    [
      "training",
      () => inferred("Dropout", {}, [[2], scalar(0.5), tensor("bool", [], Uint8Array.of(1))]),
      /training mode/,
    ],
    [
      "quantiser",
      () => inferred("FakeQuantize", { bits: 4, scale: 1, zeroPoint: 0 }, [i64([1])]),
      /i64 input/,
    ],
  ] as const;

  test.each(refusals)("%s", (_name, run, message) => {
    expect(run).toThrow(InputError);
    expect(run).toThrow(message);
    expect(run).toThrow(/^\w+ "y\.node": /);
  });
});

describe("shapes computed from a dynamic batch", () => {
  /** A chain that ends in a Reshape of x [batch, 4, 6] to `shape`. */
  const reshapedBy = (nodes: ReturnType<typeof node>[], constants: Record<string, Tensor> = {}) =>
    inferTypes(
      graph(
        [input("x", ["batch", 4, 6])],
        {
          zero: i64([0]),
          one: i64([1]),
          two: i64([2]),
          minusOne: i64([-1]),
          index: tensor("i64", []),
          ...constants,
        },
        [...nodes, node("Reshape", ["x", "shape"], "y", { allowZero: false })],
        ["y"],
      ),
    ).get("y")!.shape;
  const shape = node("Shape", ["x"], "s", { start: 0, end: null });

  test("x.view(x.size(0), -1)", () => {
    const gather = node("Gather", ["s", "index"], "n", { axis: 0 });
    const unsqueeze = node("Unsqueeze", ["n", "zero"], "n1", {});
    const concat = node("Concat", ["n1", "minusOne"], "shape", { axis: 0 });
    expect(reshapedBy([shape, gather, unsqueeze, concat])).toEqual(["batch", 24]);
  });

  test("Slice, Cast there and back, Squeeze", () => {
    const nodes = [
      shape,
      node("Slice", ["s", "zero", "one"], "n", {}),
      node("Cast", ["n"], "float", { to: "f32" }),
      node("Cast", ["float"], "back", { to: "i64" }),
      node("Squeeze", ["back", "zero"], "scalar", {}),
      node("Unsqueeze", ["scalar", "zero"], "vector", {}),
      node("Concat", ["minusOne", "vector"], "shape", { axis: 0 }),
    ];
    expect(reshapedBy(nodes)).toEqual([24, "batch"]);
  });

  test("products and quotients", () => {
    const nodes = [
      node("Shape", ["x"], "n", { start: 0, end: 1 }),
      node("Shape", ["x"], "c", { start: 1, end: 2 }),
      node("Mul", ["n", "c"], "nc", {}),
      node("Div", ["nc", "two"], "half", {}),
      node("Add", ["half", "zero"], "same", {}),
      node("Concat", ["same", "minusOne"], "shape", { axis: 0 }),
    ];
    expect(reshapedBy(nodes)).toEqual(["2*batch", 12]);
  });

  test("what PyTorch writes for expand: Where(Equal(shape, −1), 1, shape)", () => {
    const nodes = [
      shape,
      node("Equal", ["s", "minusOne"], "open", {}),
      node("Where", ["open", "one", "s"], "shape", {}),
    ];
    expect(reshapedBy(nodes)).toEqual(["batch", 4, 6]);
  });

  test("a sum of symbols is unknown, and the Reshape that needs it says so", () => {
    const nodes = [node("Shape", ["x"], "n", { start: 0, end: 1 }), node("Add", ["n", "one"], "shape", {})];
    expect(() => reshapedBy(nodes)).toThrow(/the new shape is computed from data/);
  });
});

test("a dimension's product and quotient are inverse", () => {
  const dim = fc.oneof(fc.integer({ min: 1, max: 50 }), fc.constantFrom("a", "b", "c"));
  fc.assert(
    fc.property(fc.array(dim, { maxLength: 5 }), fc.array(dim, { maxLength: 5 }), (left, right) => {
      const whole = dimProduct([...left, ...right]);
      expect(dimQuotient(whole, dimProduct(right))).toBe(dimProduct(left));
      expect(dimProduct([dimProduct(right), dimProduct(left)])).toBe(whole);
    }),
  );
  expect(dimQuotient("3*a", 2)).toBeUndefined();
  expect(dimQuotient("a", "b")).toBeUndefined();
  expect(dimProduct(["s0*2", 1])).toBe("s0*2");
  expect(dimProduct([0, "a"])).toBe(0);
});

test("window positions are those a loop counts", () => {
  const small = fc.integer({ min: 1, max: 4 });
  const pad = fc.integer({ min: 0, max: 3 });
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 20 }),
      small,
      small,
      small,
      pad,
      pad,
      (size, k, stride, dilation, p, q) => {
        const attributes = window([k, 1], {
          strides: [stride, 1],
          dilations: [dilation, 1],
          pads: [p, 0, q, 0],
        });
        const reach = (k - 1) * dilation + 1;
        fc.pre(reach <= size + p + q);
        let inside = 0;
        for (let start = -p; start + reach <= size + q; start += stride) inside++;
        expect(windowOutput(size, attributes, 0)).toBe(inside);
        // Pools have pads below their kernel. In ceil mode windows may hang over the end, but each starts before the trailing padding.
        if (p >= k || q >= k) return;
        let begun = inside;
        const lastEnd = -p + (inside - 1) * stride + reach;
        if (lastEnd < size + q && -p + inside * stride < size) begun++;
        expect(windowOutput(size, attributes, 0, true)).toBe(begun);
      },
    ),
  );
});
