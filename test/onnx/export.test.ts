import { fromBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { evaluateGraph } from "../../src/graph/evaluate.js";
import { print } from "../../src/graph/print.js";
import type { Graph, Node } from "../../src/graph/types.js";
import { ModelProtoSchema } from "../../src/onnx/generated/onnx_pb.js";
import { exportOnnx, exportOnnxExternal, exportQdq, importOnnx } from "../../src/onnx/index.js";
import { f32, i64, roundHalfEven, type Tensor, tensor } from "../../src/tensor.js";
import { ramp, refusal } from "./build.js";
import { run } from "./ort.js";

const window = { kernel: [3, 3], strides: [1, 1], pads: [1, 1, 1, 1], dilations: [1, 1] } as const;

function graphOf(
  nodes: readonly Node[],
  initializers: Record<string, Tensor> = {},
  shape = ["batch", 2, 4, 4],
): Graph {
  return {
    name: "net",
    inputs: [{ name: "x", type: { dtype: "f32", shape: shape.map((d) => (Number(d) > 0 ? Number(d) : d)) } }],
    outputs: [nodes.at(-1)!.outputs[0]!],
    nodes,
    initializers: new Map(Object.entries(initializers)),
  };
}

const quantizer = (bits: number, scale: number, zeroPoint: number): Node => ({
  op: "FakeQuantize",
  name: "q",
  inputs: ["x"],
  outputs: ["y"],
  attributes: { bits, scale, zeroPoint },
});

const conv: Node = {
  op: "Conv",
  name: "conv",
  inputs: ["x", "w", "b"],
  outputs: ["c"],
  attributes: { ...window, group: 1 },
};

/** Every operator of the IR but the quantiser, with every attribute away from its default. */
const everything = graphOf(
  [
    conv,
    {
      op: "BatchNormalization",
      name: "bn",
      inputs: ["c", "b", "b", "b", "v"],
      outputs: ["n"],
      attributes: { epsilon: 0.25 },
    },
    { op: "LeakyRelu", name: "leaky", inputs: ["n"], outputs: ["l"], attributes: { alpha: 0.125 } },
    { op: "Clip", name: "clip", inputs: ["l", "", "one"], outputs: ["cl"], attributes: {} },
    {
      op: "MaxPool",
      name: "max",
      inputs: ["cl"],
      outputs: ["mp"],
      attributes: { ...window, strides: [2, 2], dilations: [1, 1], ceilMode: true },
    },
    {
      op: "AveragePool",
      name: "mean",
      inputs: ["cl"],
      outputs: ["ap"],
      attributes: { ...window, strides: [2, 2], ceilMode: true, countIncludePad: true },
    },
    { op: "Concat", name: "cat", inputs: ["mp", "mp"], outputs: ["cc"], attributes: { axis: 1 } },
    { op: "Shape", name: "shape", inputs: ["cc"], outputs: ["s"], attributes: { start: 0, end: 1 } },
    { op: "Shape", name: "shape_all", inputs: ["cc"], outputs: ["sa"], attributes: { start: 0, end: null } },
    { op: "Gather", name: "pick", inputs: ["sa", "two"], outputs: ["g"], attributes: { axis: 0 } },
    { op: "Transpose", name: "turn", inputs: ["cc"], outputs: ["t"], attributes: { perm: [0, 2, 3, 1] } },
    { op: "Slice", name: "cut", inputs: ["t", "zero", "minus", "two"], outputs: ["sl"], attributes: {} },
    { op: "Pad", name: "pad", inputs: ["sl", "pads"], outputs: ["p"], attributes: { mode: "edge" } },
    {
      op: "ReduceMean",
      name: "reduce",
      inputs: ["p", "two"],
      outputs: ["r"],
      attributes: { keepdims: false },
    },
    {
      op: "Reshape",
      name: "reshape",
      inputs: ["r", "target"],
      outputs: ["rs"],
      attributes: { allowZero: true },
    },
    { op: "Unsqueeze", name: "un", inputs: ["rs", "two"], outputs: ["u"], attributes: {} },
    { op: "Squeeze", name: "sq", inputs: ["u", "two"], outputs: ["s2"], attributes: {} },
    { op: "Flatten", name: "flat", inputs: ["s2"], outputs: ["f"], attributes: { axis: 1 } },
    {
      op: "Gemm",
      name: "fc",
      inputs: ["f", "fw"],
      outputs: ["y"],
      attributes: { alpha: 0.5, beta: 0.25, transA: false, transB: true },
    },
    { op: "Softmax", name: "soft", inputs: ["y"], outputs: ["sm"], attributes: { axis: 1 } },
    {
      op: "Constant",
      name: "k",
      inputs: [],
      outputs: ["k"],
      attributes: { value: tensor("bool", [2], Uint8Array.of(1, 0)) },
    },
    {
      op: "ConstantOfShape",
      name: "fill",
      inputs: ["two"],
      outputs: ["fl"],
      attributes: { value: tensor("i64", [1], Float64Array.of(2 ** 63)) },
    },
    { op: "Where", name: "where", inputs: ["k", "sm", "sm"], outputs: ["wh"], attributes: {} },
    { op: "Dropout", name: "drop", inputs: ["wh"], outputs: ["d"], attributes: {} },
    { op: "Cast", name: "cast", inputs: ["d"], outputs: ["out"], attributes: { to: "u8" } },
  ],
  {
    w: f32([2, 2, 3, 3], ramp(36)),
    b: f32([2], [1, -1]),
    v: f32([2], [1, 2]),
    one: f32([], [1]),
    zero: i64([0]),
    minus: i64([-1]),
    two: i64([2]),
    pads: i64([0, 0, 0, 0, 0, 1, 0, 0]),
    target: i64([-1, 2, 2]),
    fw: f32([2, 4], ramp(8)),
    unused: tensor("i8", [2], Int8Array.of(-1, 1)),
  },
);

describe("round trip", () => {
  test("every operator comes back as it was", () => {
    const back = importOnnx(exportOnnx(everything));
    expect(back).toEqual(everything);
    expect(print(back)).toBe(print(everything));
  });

  test("the same graph gives the same bytes", () => {
    expect(exportOnnx(importOnnx(exportOnnx(everything)))).toEqual(exportOnnx(everything));
  });

  test("random chains of operators", () => {
    const unary = fc.constantFrom<Node["op"]>("Relu", "Sigmoid", "Tanh", "Round", "Identity");
    const binary = fc.constantFrom<Node["op"]>("Add", "Sub", "Mul", "Div");
    fc.assert(
      fc.property(fc.array(fc.tuple(unary, binary, fc.nat(5)), { minLength: 1, maxLength: 8 }), (steps) => {
        const values = ["x"];
        const nodes = steps.flatMap(([one, two, from], i): Node[] => {
          const a = {
            op: one,
            name: `one${i}`,
            inputs: [values.at(-1)!],
            outputs: [`a${i}`],
            attributes: {},
          };
          values.push(`a${i}`);
          const b = {
            op: two,
            name: `two${i}`,
            inputs: [`a${i}`, values[from % values.length]!],
            outputs: [`b${i}`],
            attributes: {},
          };
          values.push(`b${i}`);
          return [a, b] as Node[];
        });
        const graph = graphOf(nodes, {}, ["n", "3"]);
        expect(importOnnx(exportOnnx(graph))).toEqual(graph);
      }),
      { numRuns: 50 },
    );
  });
});

test("the file says who wrote it, its opset and the types of its ends", () => {
  const proto = fromBinary(ModelProtoSchema, exportOnnx(graphOf([quantizer(4, 0.5, 0)])));
  expect(proto).toMatchObject({
    irVersion: 8n,
    producerName: "xbarkit",
    opsetImport: [{ domain: "", version: 18n }],
  });
  const dims = (value: unknown) =>
    (
      value as { type: { tensorType: { shape: { dim: { value: unknown }[] } } } }
    ).type.tensorType.shape.dim.map((d) => d.value);
  const expected = [
    { case: "dimParam", value: "batch" },
    { case: "dimValue", value: 2n },
    { case: "dimValue", value: 4n },
    { case: "dimValue", value: 4n },
  ];
  expect(dims(proto.graph!.input[0])).toEqual(expected);
  expect(dims(proto.graph!.output[0])).toEqual(expected);
});

/** The quantiser in f32, one rounding per step. */
function quantized(x: number, bits: number, scale: number, zeroPoint: number): number {
  const rounded = roundHalfEven(Math.fround(x * Math.fround(1 / scale)));
  const clipped = Math.min(2 ** bits - 1 - zeroPoint, Math.max(-zeroPoint, rounded));
  return Math.fround(clipped * Math.fround(scale));
}

describe("FakeQuantize", () => {
  const cases = [
    [2, 0.3, 0],
    [4, 0.1, 0],
    [4, 0.0371, 7],
    [8, 0.019, 128],
    [12, 0.001, 0],
  ] as const;
  const inputs = [0, -0.05, 0.05, 0.15, 1e9, -1e9, 0.25, ...ramp(200).map((v) => Math.fround(v * 1.7))];

  test.each(cases)(
    "%i bits, scale %f, zero point %i: plain operators, bit by bit",
    async (bits, scale, zeroPoint) => {
      const graph = graphOf([quantizer(bits, scale, zeroPoint)], {}, [`${inputs.length}`]);
      const bytes = exportOnnx(graph);
      expect(importOnnx(bytes).nodes.map((n) => n.op)).toEqual(["Mul", "Round", "Clip", "Mul"]);
      const { y } = await run(bytes, { x: [[inputs.length], inputs] });
      expect(y!.data.map((v) => Number(v) + 0)).toEqual(
        inputs.map((x) => quantized(Math.fround(x), bits, scale, zeroPoint) + 0),
      );
      const feeds = new Map([["x", f32([inputs.length], inputs)]]);
      expect([...evaluateGraph(graph, feeds).get("y")!.data].map((v) => v + 0)).toEqual(
        y!.data.map((v) => Number(v) + 0),
      );
    },
  );

  test("the constants of the lowering", () => {
    const { initializers } = importOnnx(exportOnnx(graphOf([quantizer(4, 0.1, 3)])));
    expect(Object.fromEntries([...initializers].map(([name, t]) => [name, t.data[0]]))).toEqual({
      "q.reciprocal": 10,
      "q.low": -3,
      "q.high": 12,
      "q.step": Math.fround(0.1),
    });
  });

  test("names that are taken are not used again", () => {
    const graph = graphOf([quantizer(4, 0.5, 0)], { "q.step": f32([], [9]), "q.scaled": f32([], [8]) });
    const back = importOnnx(exportOnnx(graph));
    expect(back.initializers.get("q.step")!.data[0]).toBe(9);
    expect(back.nodes.at(-1)!.inputs).toEqual(["q.clipped", "q.step_2"]);
    expect(back.nodes[0]!.outputs).toEqual(["q.scaled_2"]);
  });

  test.each(cases.filter(([bits]) => bits <= 8))(
    "%i bits, scale %f, zero point %i: QDQ within one step",
    async (bits, scale, zeroPoint) => {
      const graph = graphOf([quantizer(bits, scale, zeroPoint)], {}, [`${inputs.length}`]);
      const bytes = exportQdq(graph);
      const { node } = fromBinary(ModelProtoSchema, bytes).graph!;
      const tail = ["QuantizeLinear", "DequantizeLinear"];
      expect(node.map((n) => n.opType)).toEqual(bits < 8 ? ["Clip", ...tail] : tail);
      const { y } = await run(bytes, { x: [[inputs.length], inputs] });
      const plain = inputs.map((x) => quantized(Math.fround(x), bits, scale, zeroPoint));
      const steps = y!.data.map((v, i) => Math.round((Number(v) - plain[i]!) / scale));
      expect(steps.filter((s) => Math.abs(s) > 1)).toEqual([]);
      // Dividing and multiplying by the reciprocal part only in the middle between two codes.
      expect(steps.filter((s) => s !== 0).length).toBeLessThan(5);
    },
  );
});

describe("QDQ weights", () => {
  const scale = Math.fround(0.05);
  const codes = Array.from({ length: 36 }, (_, i) => (i % 15) - 7);
  const initializers = {
    w: f32(
      [2, 2, 3, 3],
      codes.map((c) => c * scale),
    ),
    b: f32([2], [1, -1]),
  };
  const layer = {
    node: "conv",
    weightBits: 4,
    weightScale: scale,
    input: { bits: 4, scale: 1, zeroPoint: 0 },
    groupRows: null,
  };
  const graph = graphOf([conv], initializers, ["1", "2", "4", "4"]);

  test("become codes, and the layer computes the same", async () => {
    const bytes = exportQdq(graph, { layers: [layer] });
    const proto = fromBinary(ModelProtoSchema, bytes).graph!;
    expect(proto.node.map((n) => n.opType)).toEqual(["DequantizeLinear", "Conv"]);
    expect(proto.initializer.map((i) => i.name)).toEqual([
      "b",
      "conv.codes",
      "conv.weight_scale",
      "conv.weight_zero_point",
    ]);
    expect([...new Int8Array(proto.initializer[1]!.rawData.slice().buffer)]).toEqual(codes);
    const feeds = { x: [[1, 2, 4, 4], ramp(32)] as const };
    expect(await run(bytes, feeds)).toEqual(await run(exportOnnx(graph), feeds));
  });

  test("weights that another node reads as well are kept", () => {
    const other: Node = { op: "Relu", name: "r", inputs: ["w"], outputs: ["rw"], attributes: {} };
    const proto = fromBinary(
      ModelProtoSchema,
      exportQdq({ ...graph, nodes: [conv, other] }, { layers: [layer] }),
    );
    expect(proto.graph!.initializer.map((i) => i.name)).toContain("w");
  });

  test.each([
    ["weights that are no codes", { ...layer, weightScale: scale * 1.01 }, 'weight 0 of layer "conv" is'],
    ["codes beyond their bits", { ...layer, weightBits: 3 }, "which is no code of ±3 times"],
    [
      "more than 8 bits",
      { ...layer, weightBits: 9 },
      'the weight of layer "conv" has 9 bits, but the QDQ form goes to 8',
    ],
    ["an unknown layer", { ...layer, node: "other" }, 'the crossbar layer "other" is no Conv or Gemm'],
  ])("%s are refused", (_, given, message) => {
    expect(refusal(() => exportQdq(graph, { layers: [given] }))).toContain(message);
  });

  test("a wide quantiser is refused", () => {
    expect(refusal(() => exportQdq(graphOf([quantizer(9, 0.5, 0)])))).toContain(
      'FakeQuantize "q" has 9 bits',
    );
  });
});

describe("large models", () => {
  const big = f32([1024], ramp(1024));
  const add = (name: string, from: string, with_: string): Node => ({
    op: "Add",
    name,
    inputs: [from, with_],
    outputs: [name],
    attributes: {},
  });
  const graph = graphOf(
    [add("a", "x", "big"), add("b", "a", "small"), add("y", "b", "also")],
    { big, small: f32([1], [3]), also: big },
    ["1024"],
  );

  test("put their large tensors into a second file, at page boundaries", () => {
    const { model, data } = exportOnnxExternal(graph, {
      external: { location: "net.bin", threshold_bytes: 1024 },
    });
    expect(data.length).toBe(4096 + 4096);
    expect(model.length).toBeLessThan(600);
    const back = importOnnx(model, {
      readExternal: (location) => (location === "net.bin" ? data : new Uint8Array()),
    });
    expect(back).toEqual(graph);
  });

  test("a location outside the model's folder is refused", () => {
    const external = { location: "../net.bin", threshold_bytes: 0 };
    expect(refusal(() => exportOnnxExternal(graph, { external }))).toContain(
      'the location of external data is "../net.bin"',
    );
  });

  test("2 GiB in one file are refused at once", () => {
    const zeros = tensor("f32", [2 ** 26]);
    const names = Array.from({ length: 8 }, (_, i) => `w${i}`);
    const huge = graphOf([add("y", "x", "w0")], Object.fromEntries(names.map((n) => [n, zeros])), [
      `${2 ** 26}`,
    ]);
    expect(refusal(() => exportOnnx(huge))).toBe(
      "the model's tensors have 2147483648 bytes, but an ONNX file holds at most 2 GiB\n" +
        "  export it with its large tensors in a second file (external data)",
    );
  });
});

test("a dilated average pool is refused, as opset 18 has none", () => {
  const pool: Node = {
    op: "AveragePool",
    name: "p",
    inputs: ["x"],
    outputs: ["y"],
    attributes: { ...window, kernel: [2, 2], dilations: [2, 2], ceilMode: false, countIncludePad: false },
  };
  expect(refusal(() => exportOnnx(graphOf([pool])))).toContain('AveragePool "p" has dilations [2,2]');
});
