import { describe, expect, test } from "vitest";
import { crossbarNodes, insertQuantizers, wordLineValues } from "../../src/compress/quantize/insert.js";
import {
  type GraphRunner,
  type PostTrainingOptions,
  quantizePostTraining,
} from "../../src/compress/quantize/post-training.js";
import type { Batch } from "../../src/data/types.js";
import { evaluateGraph, print } from "../../src/graph/index.js";
import type { Graph } from "../../src/graph/types.js";
import { lenet5, NetworkBuilder } from "../../src/models/index.js";
import { createRandom } from "../../src/random.js";
import { tensor } from "../../src/tensor.js";

/** Our own slow evaluation in the place of ONNX Runtime. */
const run: GraphRunner = (graph, use) =>
  use(async ({ shape, data }) => evaluateGraph(graph, new Map([["image", tensor("f32", shape, data)]])));

const options: PostTrainingOptions = {
  weightBits: 4,
  activationBits: 4,
  inputBits: 8,
  weightRange: "mse",
  activationRange: "mse",
  groupRows: 18,
};

/** A residual block: two convolutions with batch norm, a shortcut, pooling and a dense layer. */
function residual(): Graph {
  const random = createRandom(3);
  const net = new NetworkBuilder("residual", [2, 6, 6], random);
  const conv = (name: string, x: Parameters<typeof net.relu>[1], channels: number) =>
    net.batchNorm(`${name}.bn`, net.conv(name, x, channels, { kernel: 3, padding: 1 }));
  const stem = net.relu("stem.relu", conv("stem", net.image, 4));
  const first = net.relu("one.relu", conv("one", stem, 4));
  const sum = net.relu("sum.relu", net.add("sum", conv("two", first, 4), stem));
  return net.build(net.dense("fc", net.flatten("flatten", net.globalAveragePool("pool", sum)), 3));
}

const imagesOf = (graph: Graph, count: number): Batch[] => {
  const random = createRandom(8);
  const shape = [count, ...graph.inputs[0]!.type.shape.slice(1)] as number[];
  const data = Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => random.normal());
  return [{ shape, data, labels: new Uint8Array(count) }];
};

describe("quantisers", () => {
  const graph = residual();

  test("stand where word lines are driven, and shortcuts carry the same codes", () => {
    expect(crossbarNodes(graph).map((node) => node.name)).toEqual(["stem", "one", "two", "fc"]);
    const values = wordLineValues(graph);
    expect(values.length).toBe(4);
    const quantizer = { bits: 4, scale: 0.5, zeroPoint: 0 };
    const inserted = insertQuantizers(graph, new Map(values.map((value) => [value, quantizer])));
    expect(inserted.nodes.filter((node) => node.op === "FakeQuantize").length).toBe(4);
    const sum = inserted.nodes.find((node) => node.name === "sum")!;
    // The shortcut of the residual addition is the quantised stem.
    expect(sum.inputs.filter((input) => input.endsWith("/quantized")).length).toBe(1);
    expect(print(inserted)).toContain(
      "image/quantized:f32[batch,2,6,6] = FakeQuantize image { bits: 4, scale: 0.5, zeroPoint: 0 }",
    );
  });
});

describe("post-training quantisation", () => {
  const graph = residual();
  const images = imagesOf(graph, 12);

  test("gives every layer its scale and the quantiser that drives it; groups as the spec says", async () => {
    const { graph: quantized, layers } = await quantizePostTraining(graph, images, run, options);
    expect(layers.map(({ node, groupRows, input }) => [node, groupRows, input.bits])).toEqual([
      ["stem", null, 8],
      ["one", 18, 4],
      ["two", 18, 4],
      ["fc", null, 4],
    ]);
    for (const layer of layers) {
      const node = quantized.nodes.find((n) => n.name === layer.node)!;
      const { data } = quantized.initializers.get(node.inputs[1]!)!;
      const codes = Array.from(data, (w) => w / layer.weightScale);
      expect(Math.max(...codes.map((c) => Math.abs(c - Math.round(c))))).toBeLessThan(1e-5);
      expect(Math.max(...codes.map(Math.abs))).toBeLessThan(7.001);
      const quantizer = quantized.nodes.find((n) => n.outputs[0] === node.inputs[0])!;
      expect(quantizer.op).toBe("FakeQuantize");
      expect(quantizer.attributes).toEqual(layer.input);
    }
    // Images are signed, activations behind ReLU are not.
    expect(layers[0]!.input.zeroPoint).toBeGreaterThan(0);
    expect(layers[1]!.input.zeroPoint).toBe(0);
  });

  test("a dense layer carries groups where it is listed", async () => {
    const { layers } = await quantizePostTraining(graph, images, run, {
      ...options,
      groupedDenseLayers: ["fc"],
    });
    expect(layers.map((layer) => layer.groupRows)).toEqual([null, 18, 18, 18]);
  });

  test("more bits err less", async () => {
    const x = new Map([["image", tensor("f32", images[0]!.shape, images[0]!.data)]]);
    const float = evaluateGraph(graph, x).get(graph.outputs[0]!)!.data;
    const errors: number[] = [];
    for (const bits of [2, 4, 6, 8]) {
      const wanted = { ...options, weightBits: bits, activationBits: bits };
      const { graph: quantized } = await quantizePostTraining(graph, images, run, wanted);
      const own = evaluateGraph(quantized, x).get(graph.outputs[0]!)!.data;
      errors.push(Array.from(own).reduce((sum, v, i) => sum + (v - float[i]!) ** 2, 0));
    }
    expect([...errors].sort((a, b) => b - a)).toEqual(errors);
    expect(errors[3]! / errors[1]!).toBeLessThan(0.05);
  });

  test("bias correction gives every layer its mean back on the training images", async () => {
    const means = (g: Graph, name: string): number[] => {
      const node = g.nodes.find((n) => n.name === name)!;
      const x = new Map([["image", tensor("f32", images[0]!.shape, images[0]!.data)]]);
      const { shape, data } = evaluateGraph({ ...g, outputs: node.outputs }, x).get(node.outputs[0]!)!;
      const inner = data.length / shape[0]! / shape[1]!;
      const sums = new Array<number>(shape[1]!).fill(0);
      data.forEach((v: number, i: number) => {
        sums[Math.floor(i / inner) % shape[1]!]! += v / (data.length / shape[1]!);
      });
      return sums;
    };
    const corrected = await quantizePostTraining(graph, images, run, { ...options, correctBias: true });
    const plain = await quantizePostTraining(graph, images, run, options);
    for (const layer of ["stem", "one", "two", "fc"]) {
      const target = means(graph, layer);
      const off = (g: Graph): number => Math.max(...means(g, layer).map((m, c) => Math.abs(m - target[c]!)));
      expect(off(corrected.graph), layer).toBeLessThan(1e-5);
      expect(off(plain.graph), layer).toBeGreaterThan(1e-4);
    }
  });

  test("a network without layers, images or finite weights is refused", async () => {
    const empty: Graph = {
      ...graph,
      nodes: graph.nodes.filter((n) => n.op === "Relu").slice(0, 0),
      outputs: [],
    };
    await expect(quantizePostTraining(empty, images, run, options)).rejects.toThrow(
      "has no layer that could stand",
    );
    await expect(quantizePostTraining(graph, [], run, options)).rejects.toThrow("got no images");
    await expect(quantizePostTraining(graph, images, run, { ...options, activationBits: 9 })).rejects.toThrow(
      "activation bits is 9",
    );
  });

  test("stored weights that no crossbar would hold are refused by name", async () => {
    const pooled = graph.nodes.find((n) => n.op === "GlobalAveragePool")!.inputs[0]!;
    const digital: Graph = {
      ...graph,
      nodes: [
        ...graph.nodes,
        { op: "MatMul", name: "attention", inputs: [pooled, "square"], outputs: ["z"], attributes: {} },
      ],
      outputs: [...graph.outputs, "z"],
      initializers: new Map([...graph.initializers, ["square", tensor("f32", [6, 6])]]),
    };
    await expect(quantizePostTraining(digital, images, run, options)).rejects.toThrow(
      'MatMul "attention" multiplies stored weights',
    );
  });

  test("LeNet-5 keeps its 5 × 5 kernels in groups, the first layer aside", async () => {
    const lenet = lenet5(createRandom(1));
    const { layers } = await quantizePostTraining(lenet, imagesOf(lenet, 2), run, {
      ...options,
      groupRows: 72,
    });
    expect(layers.map((layer) => layer.groupRows)).toEqual([null, 72, null, null]);
  });
});
