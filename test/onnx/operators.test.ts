import { create } from "@bufbuild/protobuf";
import { describe, expect, test } from "vitest";
import { arities, opKinds } from "../../src/graph/ops.js";
import type { Graph } from "../../src/graph/types.js";
import {
  AttributeProtoSchema,
  type TensorProto,
  AttributeProto_AttributeType as Type,
} from "../../src/onnx/generated/onnx_pb.js";
import { exportOnnx, importOnnx } from "../../src/onnx/index.js";
import { importers } from "../../src/onnx/operators.js";
import { DataType, floats, longs, model, modelProto, node, oneNode, ramp, refusal, value } from "./build.js";
import { run } from "./ort.js";

const weights = floats("w", [2, 2, 3, 3], ramp(36));
const parameters = ["scale", "bias", "mean"].map((n) => floats(n, [2], [0.5, 2]));
const batchNorm = [...parameters, floats("var", [2], [1, 4])];

interface Case {
  name: string;
  opsets: number[];
  /** The model at one opset, from input x to output y. */
  at: (opset: number) => Uint8Array;
  x: number[];
  /** What the last node becomes, and the constants it reads. */
  becomes?: object;
}

const all = Array.from({ length: 11 }, (_, i) => 11 + i);
const from = (first: number) => all.filter((opset) => opset >= first);
const before = (first: number) => all.filter((opset) => opset < first);
const op = (
  opsets: number[],
  opType: string,
  x: number[],
  attributes: Parameters<typeof oneNode>[3] = {},
  initializers: TensorProto[] = [],
  becomes?: object,
): Case => ({
  name: `${opType} [${x}] ${JSON.stringify(attributes)}${initializers.map((i) => ` ${i.name}[${i.dims}]`).join("")}`,
  opsets,
  at: (opset) => oneNode(opset, opType, x, attributes, initializers),
  x,
  ...(becomes ? { becomes } : {}),
});

const window = { kernel: [3, 3], strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1] };
const image = [1, 2, 6, 7];

const cases: Case[] = [
  op(
    all,
    "Conv",
    image,
    { strides: { ints: [2, 2] }, dilations: { ints: [1, 2] }, pads: { ints: [1, 2, 0, 1] } },
    [weights],
    {
      attributes: { kernel: [3, 3], strides: [2, 2], pads: [1, 2, 0, 1], dilations: [1, 2], group: 1 },
    },
  ),
  op([11, 21], "Conv", image, { group: { int: 2 } }, [
    floats("w", [4, 1, 3, 3], ramp(36)),
    floats("b", [4], ramp(4)),
  ]),
  op([11, 21], "Conv", image, { auto_pad: { string: "VALID" } }, [weights], {
    attributes: { ...window, group: 1 },
  }),
  op([11, 21], "Conv", image, { auto_pad: { string: "SAME_UPPER" }, strides: { ints: [2, 3] } }, [weights], {
    attributes: { ...window, strides: [2, 3], pads: [0, 1, 1, 1], group: 1 },
  }),
  op([11, 21], "Conv", image, { auto_pad: { string: "SAME_LOWER" }, strides: { ints: [2, 3] } }, [weights], {
    attributes: { ...window, strides: [2, 3], pads: [1, 1, 0, 1], group: 1 },
  }),
  op([11, 21], "MaxPool", image, { kernel_shape: { ints: [2, 2] }, auto_pad: { string: "SAME_UPPER" } }, [], {
    attributes: { ...window, kernel: [2, 2], pads: [0, 0, 1, 1], ceilMode: false },
  }),
  op([11, 21], "MaxPool", image, { kernel_shape: { ints: [2, 2] }, auto_pad: { string: "SAME_LOWER" } }, [], {
    attributes: { ...window, kernel: [2, 2], pads: [1, 1, 0, 0], ceilMode: false },
  }),
  op(
    all,
    "MaxPool",
    image,
    { kernel_shape: { ints: [3, 2] }, strides: { ints: [2, 2] }, ceil_mode: { int: 1 } },
    [],
    {
      attributes: { ...window, kernel: [3, 2], strides: [2, 2], ceilMode: true },
    },
  ),
  op([11, 18, 21], "AveragePool", image, {
    kernel_shape: { ints: [3, 3] },
    pads: { ints: [1, 1, 1, 1] },
    count_include_pad: { int: 1 },
  }),
  op([11, 21], "AveragePool", image, {
    kernel_shape: { ints: [2, 2] },
    strides: { ints: [2, 2] },
    auto_pad: { string: "SAME_UPPER" },
  }),
  op(all, "GlobalAveragePool", image),
  op(all, "Gemm", [3, 4], { alpha: { float: 0.5 }, beta: { float: 2 }, transB: { int: 1 } }, [
    floats("w", [5, 4], ramp(20)),
    floats("b", [5], ramp(5)),
  ]),
  op([11, 21], "Gemm", [4, 3], { transA: { int: 1 } }, [floats("w", [4, 2], ramp(8))]),
  op(
    all,
    "ConvTranspose",
    [1, 4, 3, 5],
    {
      strides: { ints: [2, 3] },
      pads: { ints: [1, 0, 0, 2] },
      output_padding: { ints: [1, 2] },
      group: { int: 2 },
    },
    [floats("w", [4, 1, 3, 3], ramp(36)), floats("b", [2], [1, -1])],
    {
      attributes: {
        kernel: [3, 3],
        strides: [2, 3],
        pads: [1, 0, 0, 2],
        dilations: [1, 1],
        group: 2,
        outputPadding: [1, 2],
      },
    },
  ),
  op([11, 21], "ConvTranspose", [1, 2, 3, 3], { auto_pad: { string: "VALID" } }, [
    floats("w", [2, 1, 2, 2], ramp(8)),
  ]),
  op(all, "MatMul", [3, 4], {}, [floats("w", [4, 2], ramp(8))]),
  op(all, "BatchNormalization", image, { epsilon: { float: 0.5 }, momentum: { float: 0.9 } }, batchNorm, {
    attributes: { epsilon: 0.5 },
  }),
  op([11, 21], "BatchNormalization", image, {}, batchNorm, { attributes: { epsilon: Math.fround(1e-5) } }),
  op(from(14), "BatchNormalization", image, { training_mode: { int: 0 } }, batchNorm),
  ...["Relu", "Sigmoid", "Tanh", "Round", "Identity"].map((name) => op(all, name, [2, 3])),
  ...["Neg", "Abs", "Sign", "Exp"].map((name) => op(all, name, [2, 3])),
  op([11, 13, 21], "Sqrt", [2, 3]),
  op([11, 13, 21], "Log", [2, 3]),
  op(from(12), "Pow", [2, 3], {}, [floats("c", [3], [2, 3, 0])]),
  ...["Min", "Max"].flatMap((name) => [
    op(all, name, [2, 3], {}, [floats("c", [3], [1, -2, 0])], { op: name }),
    op([11, 21], name, [2, 3], {}, [floats("c", [3], [1, -2, 0]), floats("d", [1], [0.25])], {
      op: name,
      inputs: ["n.chain", "d"],
    }),
    op([11, 21], name, [2, 3], {}, [], { op: "Identity" }),
  ]),
  ...["Greater", "Less"].map((name) => op(all, name, [3], {}, [floats("c", [3], [-1, 0, 0.5])])),
  op(all, "ArgMax", [2, 3], { axis: { int: 1 }, keepdims: { int: 0 } }, [], {
    attributes: { axis: 1, keepdims: false },
  }),
  op(from(12), "ArgMax", [2, 3], { select_last_index: { int: 0 } }, [], {
    attributes: { axis: 0, keepdims: true },
  }),
  op(before(13), "LogSoftmax", [2, 3, 4], {}, [], { op: "Reshape", inputs: ["n.softmax", "n.shape"] }),
  op(from(13), "LogSoftmax", [2, 3, 4], {}, [], { op: "LogSoftmax", attributes: { axis: -1 } }),
  op(before(13), "ReduceSum", image, { axes: { ints: [2, 3] }, keepdims: { int: 0 } }, [], {
    inputs: ["x", "n.axes"],
    attributes: { keepdims: false },
  }),
  op(from(13), "ReduceSum", image, {}, [longs("axes", [1], [-1])], { attributes: { keepdims: true } }),
  op(all, "GatherElements", [2, 3], { axis: { int: 1 } }, [longs("i", [2, 2], [0, -1, 2, 1])]),
  op(all, "ScatterElements", [2, 3], { axis: { int: 1 } }, [
    longs("i", [2, 2], [0, -1, 2, 1]),
    floats("u", [2, 2], ramp(4)),
  ]),
  op(
    from(16),
    "ScatterElements",
    [2, 3],
    { reduction: { string: "add" } },
    [longs("i", [1, 3], [0, 1, 1]), floats("u", [1, 3], ramp(3))],
    { attributes: { axis: 0, reduction: "add" } },
  ),
  op(all, "LeakyRelu", [2, 3], { alpha: { float: 0.25 } }, [], { attributes: { alpha: 0.25 } }),
  op([16], "LeakyRelu", [2, 3], {}, [], { attributes: { alpha: Math.fround(0.01) } }),
  ...["Add", "Sub", "Mul", "Div"].map((name) => op(all, name, [2, 3], {}, [floats("c", [3], [1, -2, 0.5])])),
  op(all, "Clip", [2, 3], {}, [floats("lo", [], [-0.5]), floats("hi", [], [0.5])]),
  op(from(13), "Softmax", [2, 3, 4], { axis: { int: 1 } }, [], { op: "Softmax", attributes: { axis: 1 } }),
  op(from(13), "Softmax", [2, 3, 4], {}, [], { op: "Softmax", attributes: { axis: -1 } }),
  op(before(13), "Softmax", [2, 3], {}, [], { op: "Softmax", attributes: { axis: -1 } }),
  op(before(13), "Softmax", [2, 3, 4], { axis: { int: -1 } }, [], {
    op: "Softmax",
    attributes: { axis: -1 },
  }),
  op(before(13), "Softmax", [2, 3, 4], {}, [], { op: "Reshape", inputs: ["n.softmax", "n.shape"] }),
  op(before(13), "Softmax", [2, 3, 4], { axis: { int: 0 } }, [], { op: "Reshape" }),
  op(before(18), "ReduceMean", image, { axes: { ints: [2, 3] }, keepdims: { int: 0 } }, [], {
    inputs: ["x", "n.axes"],
    attributes: { keepdims: false },
  }),
  op(from(18), "ReduceMean", image, {}, [longs("axes", [1], [-1])], {
    inputs: ["x", "axes"],
    attributes: { keepdims: true },
  }),
  op(all, "ReduceMean", [2, 3], {}, [], { op: "ReduceMean", inputs: ["x"] }),
  op(from(18), "ReduceMean", [2, 3], { noop_with_empty_axes: { int: 1 } }, [], {
    op: "Identity",
    inputs: ["x"],
  }),
  op(from(18), "ReduceMean", [2, 3], { noop_with_empty_axes: { int: 1 } }, [longs("axes", [0], [])], {
    op: "Identity",
    inputs: ["x"],
  }),
  op(from(18), "ReduceMean", [2, 3], { noop_with_empty_axes: { int: 1 } }, [longs("axes", [1], [0])], {
    op: "ReduceMean",
    inputs: ["x", "axes"],
  }),
  op(before(13), "Squeeze", [1, 3, 1], { axes: { ints: [0] } }, [], { inputs: ["x", "n.axes"] }),
  op(from(13), "Squeeze", [1, 3, 1], {}, [longs("axes", [1], [0])], { inputs: ["x", "axes"] }),
  op(all, "Squeeze", [1, 3, 1], {}, [], { inputs: ["x"] }),
  op(before(13), "Unsqueeze", [3], { axes: { ints: [0, 2] } }, [], { inputs: ["x", "n.axes"] }),
  op(from(13), "Unsqueeze", [3], {}, [longs("axes", [2], [0, 2])], { inputs: ["x", "axes"] }),
  op(all, "Flatten", [2, 3, 4], { axis: { int: 2 } }, [], { attributes: { axis: 2 } }),
  op([11], "Flatten", [2, 3, 4], {}, [], { attributes: { axis: 1 } }),
  op(all, "Reshape", [2, 6], {}, [longs("s", [3], [0, -1, 3])], { attributes: { allowZero: false } }),
  op(from(14), "Reshape", [2, 6], { allowzero: { int: 1 } }, [longs("s", [2], [4, 3])], {
    attributes: { allowZero: true },
  }),
  op(all, "Transpose", [2, 3, 4], { perm: { ints: [1, 2, 0] } }),
  op(all, "Transpose", [2, 3, 4], {}, [], { attributes: { perm: [2, 1, 0] } }),
  op(all, "Concat", [2, 3], { axis: { int: -1 } }, [floats("c", [2, 1], [1, 2])], {
    attributes: { axis: -1 },
  }),
  op(all, "Slice", [4, 6], {}, [
    longs("starts", [1], [-1]),
    longs("ends", [1], [-100]),
    longs("axes", [1], [1]),
    longs("steps", [1], [-2]),
  ]),
  op(all, "Gather", [4, 3], { axis: { int: 1 } }, [longs("i", [2], [2, -1])], { attributes: { axis: 1 } }),
  op(all, "Pad", [2, 3], {}, [longs("p", [4], [1, 0, 0, 2]), floats("v", [], [7])], {
    attributes: { mode: "constant" },
  }),
  op(all, "Pad", [2, 3], { mode: { string: "reflect" } }, [longs("p", [4], [1, 0, 0, 2])]),
  op(all, "Pad", [2, 3], { mode: { string: "edge" } }, [longs("p", [4], [1, 0, 0, 2])]),
  op(from(18), "Pad", [2, 3], {}, [longs("p", [2], [1, 1]), floats("v", [], [7]), longs("axes", [1], [1])]),
  op(all, "Cast", [2, 3], { to: { int: DataType.INT32 } }, [], { attributes: { to: "i32" } }),
  op(all, "Shape", [2, 3, 4], {}, [], { attributes: { start: 0, end: null } }),
  op(from(15), "Shape", [2, 3, 4], { start: { int: 1 }, end: { int: -1 } }, [], {
    attributes: { start: 1, end: -1 },
  }),
  op(all, "Expand", [1, 3], {}, [longs("s", [2], [2, 1])]),
  op(all, "Equal", [3], {}, [floats("c", [3], [-1, 0, -0.125])]),
  op(before(12), "Dropout", [2, 3], { ratio: { float: 0.25 } }, [], { inputs: ["x", "n.ratio"] }),
  op(before(12), "Dropout", [2, 3], {}, [], { inputs: ["x", "n.ratio"] }),
  op(from(12), "Dropout", [2, 3], { seed: { int: 1 } }, [floats("ratio", [], [0.25])], {
    inputs: ["x", "ratio"],
  }),
  {
    name: "Dropout with a constant false training_mode",
    opsets: from(12),
    at: (opset) =>
      model({
        opset,
        nodes: [
          node("Constant", [], ["f"], { value: { tensor: bool(false) } }),
          node("Dropout", ["x", "", "f"], ["y"], {}, "n"),
        ],
        inputs: [value("x", [2, 3])],
        outputs: ["y"],
      }),
    x: [2, 3],
    becomes: { inputs: ["x"] },
  },
  {
    name: "And and Not",
    opsets: all,
    at: (opset) =>
      model({
        opset,
        nodes: [
          node("Greater", ["x", "low"], ["above"]),
          node("Less", ["x", "high"], ["below"]),
          node("And", ["above", "below"], ["inside"]),
          node("Not", ["inside"], ["y"], {}, "n"),
        ],
        inputs: [value("x", [3])],
        outputs: ["y"],
        initializers: [floats("low", [], [-0.5]), floats("high", [], [0.1])],
      }),
    x: [3],
    becomes: { op: "Not" },
  },
  {
    name: "Where, ConstantOfShape, Range and Constant",
    opsets: from(12),
    at: (opset) =>
      model({
        opset,
        nodes: [
          node("Constant", [], ["zero"], { value_float: { float: 0 } }),
          node("Constant", [], ["two"], { value_int: { int: 2 } }),
          node("Constant", [], ["size"], { value_ints: { ints: [3] } }),
          node("Constant", [], ["row"], { value_floats: { floats: [-1, 0, 0.5] } }),
          node("Constant", [], ["start"], { value: { tensor: longs("", [], [0]) } }),
          node("Constant", [], ["end"], { value_int: { int: 6 } }),
          node("Range", ["start", "end", "two"], ["r"]),
          node("Cast", ["r"], ["rf"], { to: { int: DataType.FLOAT } }),
          node("ConstantOfShape", ["size"], ["filled"], { value: { tensor: floats("", [1], [4]) } }),
          node("ConstantOfShape", ["size"], ["zeros"]),
          node("Add", ["filled", "rf"], ["fr"]),
          node("Add", ["fr", "zeros"], ["frz"]),
          node("Equal", ["x", "row"], ["same"]),
          node("Where", ["same", "zero", "frz"], ["y"], {}, "n"),
        ],
        inputs: [value("x", [3])],
        outputs: ["y"],
      }),
    x: [3],
    becomes: { op: "Where", inputs: ["same", "zero", "frz"] },
  },
];

function bool(on: boolean): TensorProto {
  const tensor = floats("", [], []);
  return Object.assign(tensor, { dataType: DataType.BOOL, rawData: Uint8Array.of(on ? 1 : 0) });
}

/** The node called n, or the last one. */
const theNode = (graph: Graph) => graph.nodes.find((n) => n.name === "n") ?? graph.nodes.at(-1)!;

describe.each(cases)("$name", ({ opsets, at, x, becomes }) => {
  test.each(opsets)("opset %i: what it becomes, and the same result in the runtime", async (opset) => {
    const bytes = at(opset);
    const graph = importOnnx(bytes);
    if (becomes) expect(theNode(graph)).toMatchObject(becomes);
    const data = ramp(x.reduce((n, d) => n * d, 1));
    const [original, exported] = [
      await run(bytes, { x: [x, data] }),
      await run(exportOnnx(graph), { x: [x, data] }),
    ];
    expect(exported).toEqual(original);
  });
});

test("every operator of the tables is among the cases", () => {
  const seen = new Set(
    cases.flatMap(({ at, opsets }) => importOnnx(at(opsets[0]!)).nodes.map((n) => n.op as string)),
  );
  expect([...importers.keys()].filter((name) => !seen.has(name))).toEqual([]);
  const written = ["BatchNormalizationTraining", "FakeQuantize", "Pact", "QuantizeWeights"];
  expect(opKinds.filter((kind) => !importers.has(kind))).toEqual(written);
  expect(Object.keys(arities).length).toBe(importers.size + written.length);
});

describe("dynamic batch", () => {
  const dynamic = (
    opType: string,
    attributes: Parameters<typeof oneNode>[3],
    initializers: TensorProto[] = [],
  ) => importOnnx(oneNode(11, opType, ["batch", 2, 6, 7], attributes, initializers));

  test("auto_pad needs the image size only", () => {
    const graph = dynamic("Conv", { auto_pad: { string: "SAME_UPPER" }, strides: { ints: [2, 2] } }, [
      weights,
    ]);
    expect(graph.nodes[0]!.attributes).toMatchObject({ pads: [0, 1, 1, 1] });
  });

  test("an image of unknown size is refused where the pads depend on it, and accepted where they do not", () => {
    const open = (stride: number) =>
      oneNode(
        13,
        "Conv",
        ["batch", 2, "h", "w_"],
        { auto_pad: { string: "SAME_UPPER" }, strides: { ints: [stride, stride] } },
        [weights],
      );
    expect(refusal(() => importOnnx(open(2)))).toBe(
      'Conv node "n": auto_pad is SAME_UPPER with stride 2, but the image size is not known\n' +
        "  export the model with a fixed image size, or with explicit pads",
    );
  });

  test("sizes are followed through the layers before", () => {
    const graph = importOnnx(
      model({
        opset: 11,
        nodes: [
          node("MaxPool", ["x"], ["a"], { kernel_shape: { ints: [2, 2] }, strides: { ints: [2, 2] } }),
          node("Conv", ["a", "w"], ["b"], { auto_pad: { string: "SAME_LOWER" }, strides: { ints: [2, 2] } }),
          node("Transpose", ["b"], ["t"]),
          node("Softmax", ["t"], ["y"], { axis: { int: 3 } }),
        ],
        inputs: [value("x", ["batch", 2, 6, 7])],
        outputs: ["y"],
        initializers: [weights],
      }),
    );
    expect(graph.nodes.map((n) => n.op)).toEqual(["MaxPool", "Conv", "Transpose", "Softmax"]);
    expect(graph.nodes[1]!.attributes).toMatchObject({ pads: [1, 1, 1, 1] });
    expect(graph.nodes[2]!.attributes).toEqual({ perm: [3, 2, 1, 0] });
  });
});

describe("is refused", () => {
  const sparse = () => {
    const proto = modelProto({ nodes: [node("Constant", [], ["y"], {}, "n")], outputs: ["y"] });
    proto.graph!.node[0]!.attribute.push(
      create(AttributeProtoSchema, {
        name: "sparse_value",
        type: Type.SPARSE_TENSOR,
        sparseTensor: new Uint8Array(0),
      }),
    );
    return proto;
  };
  test.each<[string, Uint8Array, string]>([
    [
      "a 1-D convolution",
      oneNode(13, "Conv", [1, 2, 6], {}, [floats("w", [2, 2, 3], ramp(12))]),
      'Conv node "n": it is 1-D, with the kernel [3]; only 2-D is supported',
    ],
    [
      "a 3-D convolution",
      oneNode(13, "Conv", [1, 1, 3, 3, 3], {}, [floats("w", [1, 1, 3, 3, 3], ramp(27))]),
      'Conv node "n": it is 3-D, with the kernel [3, 3, 3]; only 2-D is supported',
    ],
    [
      "a 1-D pool",
      oneNode(13, "MaxPool", [1, 2, 6], { kernel_shape: { ints: [2] } }),
      'MaxPool node "n": it is 1-D',
    ],
    ["a pool without a kernel", oneNode(13, "MaxPool", [1, 2, 6, 6]), "kernel_shape is missing"],
    [
      "a kernel unlike the weights",
      oneNode(13, "Conv", image, { kernel_shape: { ints: [5, 5] } }, [weights]),
      "kernel_shape is [5, 5], but its weights have the shape [2, 2, 3, 3]",
    ],
    [
      "a stride of zero",
      oneNode(13, "Conv", image, { strides: { ints: [0, 1] } }, [weights]),
      "strides is [0, 1]",
    ],
    [
      "negative pads",
      oneNode(13, "Conv", image, { pads: { ints: [-1, 0, 0, 0] } }, [weights]),
      "pads is [-1, 0, 0, 0]",
    ],
    [
      "pads and auto_pad",
      oneNode(13, "Conv", image, { pads: { ints: [1, 0, 0, 0] }, auto_pad: { string: "VALID" } }, [weights]),
      "it has both pads and auto_pad VALID",
    ],
    [
      "an unknown auto_pad",
      oneNode(13, "Conv", image, { auto_pad: { string: "SAME" } }, [weights]),
      'auto_pad is "SAME"',
    ],
    [
      "ceil_mode with auto_pad",
      oneNode(13, "MaxPool", image, {
        kernel_shape: { ints: [2, 2] },
        ceil_mode: { int: 1 },
        auto_pad: { string: "SAME_UPPER" },
      }),
      "ceil_mode 1 together with auto_pad",
    ],
    [
      "a transposed convolution with a wanted shape",
      oneNode(13, "ConvTranspose", image, { output_shape: { ints: [9, 9] } }, [weights]),
      "it has an output_shape\n  export it with explicit pads",
    ],
    [
      "a transposed convolution with SAME pads",
      oneNode(13, "ConvTranspose", image, { auto_pad: { string: "SAME_UPPER" } }, [weights]),
      'auto_pad is "SAME_UPPER"\n  export it with explicit pads',
    ],
    [
      "a scatter that multiplies",
      oneNode(18, "ScatterElements", [3], { reduction: { string: "mul" } }, [
        longs("i", [1], [0]),
        floats("u", [1], [2]),
      ]),
      'reduction is "mul"\n  none and add are supported',
    ],
    [
      "the last of the largest",
      oneNode(13, "ArgMax", [3], { select_last_index: { int: 1 } }),
      "select_last_index is 1",
    ],
    [
      "a dilated average pool",
      oneNode(19, "AveragePool", image, { kernel_shape: { ints: [2, 2] }, dilations: { ints: [2, 2] } }),
      "dilations are [2, 2]",
    ],
    [
      "column-major pooling",
      oneNode(13, "MaxPool", image, { kernel_shape: { ints: [2, 2] }, storage_order: { int: 1 } }),
      "storage_order is not 0",
    ],
    [
      "batch norm in training",
      oneNode(15, "BatchNormalization", image, { training_mode: { int: 1 } }, batchNorm),
      "training_mode is 1\n  export the model in evaluation mode",
    ],
    [
      "dropout with a computed training_mode",
      model({
        nodes: [node("Dropout", ["x", "", "t"], ["y"], {}, "n")],
        inputs: [value("x", [1]), value("t", [], DataType.BOOL)],
        outputs: ["y"],
      }),
      "training_mode is not a constant false",
    ],
    [
      "a used mask",
      model({
        nodes: [node("Dropout", ["x"], ["y", "m"], {}, "n")],
        inputs: [value("x", [1])],
        outputs: ["y", "m"],
      }),
      'a further output, "m"',
    ],
    [
      "running statistics",
      model({
        opset: 11,
        nodes: [node("BatchNormalization", ["x", "scale", "bias", "mean", "var"], ["y", "m", "v"], {}, "n")],
        inputs: [value("x", image)],
        outputs: ["y"],
        initializers: batchNorm,
      }),
      'a further output, "m"',
    ],
    [
      "allowzero before opset 14",
      oneNode(13, "Reshape", [2], { allowzero: { int: 1 } }, [longs("s", [1], [2])]),
      'attributes that are not supported: "allowzero"',
    ],
    [
      "axes twice",
      oneNode(11, "Unsqueeze", [3], { axes: { ints: [0] } }, [longs("s", [1], [0])]),
      "it has 2 inputs, but 1 belongs to it at opset 11",
    ],
    [
      "axes as attribute at opset 18",
      oneNode(18, "ReduceMean", [3], { axes: { ints: [0] } }),
      'not supported: "axes"',
    ],
    [
      "wrapping pads",
      oneNode(19, "Pad", [3], { mode: { string: "wrap" } }, [longs("p", [2], [1, 1])]),
      'mode is "wrap"',
    ],
    [
      "a cast to a string",
      oneNode(13, "Cast", [3], { to: { int: DataType.STRING } }),
      "attribute to has element type STRING (8)",
    ],
    ["a cast to nothing", oneNode(13, "Cast", [3]), "its attribute to is missing"],
    ["a concat without axis", oneNode(13, "Concat", [3]), "its attribute axis is missing"],
    [
      "a flag that is 2",
      oneNode(13, "Gemm", [1, 2], { transA: { int: 2 } }, [floats("w", [1, 1], [1])]),
      "attribute transA is 2, but must be 0 or 1",
    ],
    [
      "an epsilon that is not a number",
      oneNode(13, "BatchNormalization", image, { epsilon: { float: Number.NaN } }, batchNorm),
      "attribute epsilon is NaN",
    ],
    [
      "a constant without a value",
      model({ nodes: [node("Constant", [], ["y"], {}, "n")], outputs: ["y"] }),
      "it has 0 values, but must have one",
    ],
    [
      "a constant string",
      model({ nodes: [node("Constant", [], ["y"], { value_string: { string: "a" } }, "n")], outputs: ["y"] }),
      "its value is a value_string",
    ],
  ])("%s", (_, bytes, message) => {
    expect(refusal(() => importOnnx(bytes))).toContain(message);
  });

  test("a sparse constant", async () => {
    const { toBinary } = await import("@bufbuild/protobuf");
    const { ModelProtoSchema } = await import("../../src/onnx/generated/onnx_pb.js");
    expect(refusal(() => importOnnx(toBinary(ModelProtoSchema, sparse())))).toContain(
      "its value is a sparse_value",
    );
  });
});

test("SAME pads are never negative where a stride passes over elements", () => {
  const attributes = {
    kernel_shape: { ints: [1, 1] },
    auto_pad: { string: "SAME_UPPER" },
    strides: { ints: [3, 3] },
  };
  expect(importOnnx(oneNode(13, "MaxPool", image, attributes)).nodes[0]!.attributes).toMatchObject({
    pads: [0, 0, 0, 0],
  });
});

test("saturate, which is for casts to 8-bit floats, changes nothing", () => {
  const bytes = oneNode(19, "Cast", [3], { to: { int: DataType.DOUBLE }, saturate: { int: 0 } });
  expect(importOnnx(bytes).nodes[0]!.attributes).toEqual({ to: "f64" });
});

test("an unused mask or index output is dropped", () => {
  for (const [opType, attributes] of [
    ["Dropout", {}],
    ["MaxPool", { kernel_shape: { ints: [2, 2] } }],
  ] as const) {
    const graph = importOnnx(
      model({
        nodes: [node(opType, ["x"], ["y", "extra"], attributes as never)],
        inputs: [value("x", image)],
        outputs: ["y"],
      }),
    );
    expect(graph.nodes[0]!.outputs).toEqual(["y"]);
  }
});
