import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type QuantizationAwareOptions, quantizationAware } from "../../src/compress/quantize/aware.js";
import { evaluationModel } from "../../src/compress/quantize/evaluation.js";
import { bindDims } from "../../src/graph/edit.js";
import { evaluateGraph } from "../../src/graph/evaluate.js";
import type { Graph } from "../../src/graph/types.js";
import { layerMatrices, matrixCodes } from "../../src/lower/matrices.js";
import { place } from "../../src/mapping/place.js";
import { lenet5, resnet20 } from "../../src/models/index.js";
import { createRandom } from "../../src/random.js";
import { openRuntime } from "../../src/runtime/open.js";
import type { Runtime } from "../../src/runtime/types.js";
import { Simulator } from "../../src/simulate/simulator.js";
import { f32, type Tensor } from "../../src/tensor.js";
import { randomTensor } from "../graph/build.js";
import { testHardware } from "../support/hardware.js";
import { runnerOf } from "../support/resnet20.js";
import { smallNetwork } from "../train/networks.js";

let runtime: Runtime;
beforeAll(async () => {
  runtime = await openRuntime({ threads: 2 });
});
afterAll(() => runtime.close());

const options: QuantizationAwareOptions = {
  weights: { bits: 4, rule: "mean" },
  activations: { bits: 4, alpha: 1.7 },
  input: { bits: 8, scale: Math.fround(0.03), zeroPoint: 128 },
};

/** Alphas as training leaves them: any numbers. */
function trained(graph: Graph): Graph {
  const random = createRandom(77);
  const initializers = new Map(graph.initializers);
  for (const [name, value] of initializers)
    if (name.endsWith(".alpha")) initializers.set(name, f32([], [value.data[0]! * (0.7 + random.uniform())]));
  return { ...graph, initializers };
}

const outputs = (graph: Graph, image: Tensor): Promise<ReadonlyMap<string, Tensor>> =>
  runnerOf(runtime)(graph, (evaluate) =>
    evaluate({
      shape: image.shape,
      data: image.data as Float32Array,
      labels: new Uint8Array(image.shape[0]!),
    }),
  );

/** The first element that is another number, −0 being 0; −1 where there is none. */
function firstDifference(a: Tensor | undefined, b: Tensor | undefined): number {
  expect([...a!.shape]).toEqual([...b!.shape]);
  return a!.data.findIndex((v: number, i: number) => v !== b!.data[i]);
}

const none = { groupRows: null };
const nets: readonly (readonly [string, Graph, readonly number[]])[] = [
  ["ResNet-20, shortcuts A", resnet20({ shortcut: "A" }, createRandom(1)), [6, 3, 32, 32]],
  ["ResNet-20, shortcuts B", resnet20({ shortcut: "B" }, createRandom(1)), [6, 3, 32, 32]],
  ["LeNet-5", lenet5(createRandom(2)), [20, 1, 28, 28]],
];

describe.each(nets)("%s in ONNX Runtime", (_name, net, shape) => {
  test("the evaluation graph's logits are those of the network in training, bit for bit", async () => {
    const image = randomTensor(shape, 9);
    for (const weights of [options.weights, { bits: 4, rule: "sawb" } as const]) {
      const aware = trained(quantizationAware(net, { ...options, weights }));
      const { graph } = await evaluationModel(aware, none, runnerOf(runtime));
      expect(graph.nodes.some(({ op }) => op === "Pact" || op === "QuantizeWeights")).toBe(false);
      const [ours, theirs] = [await outputs(graph, image), await outputs(aware, image)];
      expect(firstDifference(ours.get("logits"), theirs.get("logits"))).toBe(-1);
    }
  });
});

test.each([2, 3, 4, 5, 6, 7, 8])(
  "%i bits: every quantised value is the same, in ours and in ONNX Runtime",
  async (bits) => {
    const net = smallNetwork(4);
    const aware = trained(
      quantizationAware(net, {
        ...options,
        weights: { bits, rule: "mean", factor: 3 },
        activations: { bits, alpha: 1.3 },
      }),
    );
    const { graph, layers } = await evaluationModel(aware, none, runnerOf(runtime));
    const image = randomTensor([500, 2, 9, 7], bits);
    const values = ["relu1", "relu2", "relu3", "pool2/quantized", "logits"];
    const [a, b] = [graph, aware].map((g) => ({ ...g, outputs: values }));
    const [ours, theirs] = [await outputs(a!, image), await outputs(b!, image)];
    for (const value of values) expect(firstDifference(ours.get(value), theirs.get(value)), value).toBe(-1);
    const few = f32([20, 2, 9, 7], image.data.subarray(0, 20 * 126) as Float32Array);
    const [mine, other] = [a!, b!].map((g) => evaluateGraph(g, new Map([["image", few]])));
    for (const value of values) expect(firstDifference(mine!.get(value), other!.get(value)), value).toBe(-1);
    for (const layer of layers)
      expect([layer.weightBits, layer.input.bits]).toEqual([bits, layer.node === "conv1" ? 8 : bits]);
  },
);

test("a simulator with ideal converters gives its logits", async () => {
  const aware = trained(quantizationAware(smallNetwork(4), options));
  const model = await evaluationModel(aware, { groupRows: 6 }, runnerOf(runtime));
  const hardware = testHardware({ rows: 24, columns: 16, activeRows: 12 });
  const image = randomTensor([6, 2, 9, 7], 4);
  for (const scheme of ["dense", "packed"] as const) {
    const placed = place(model, { ...hardware, adc: { ...hardware.adc, bits: null } }, { scheme });
    const { logits } = new Simulator(placed, null).run(image);
    const expected = (await outputs(aware, image)).get("logits")!.data;
    for (const [i, logit] of logits.entries()) expect(logit).toBeCloseTo(expected[i]!, 4);
  }
});

describe("its layers", () => {
  const run = () => runnerOf(runtime);

  test("each with the quantiser that drives it, through pooling and flattening", async () => {
    const aware = trained(quantizationAware(lenet5(createRandom(2)), options));
    const model = await evaluationModel(aware, { groupRows: 72, groupedDenseLayers: ["fc1"] }, run());
    expect(model.layers.map(({ node, groupRows }) => [node, groupRows])).toEqual([
      ["conv1", null],
      ["conv2", 72],
      ["fc1", 72],
      ["fc2", null],
    ]);
    expect(model.layers[0]!.input).toEqual(options.input);
    for (const [i, pact] of ["relu1", "relu2", "relu3"].entries()) {
      const alpha = aware.initializers.get(`${pact}.alpha`)!.data[0]!;
      expect(model.layers[i + 1]!.input).toEqual({ bits: 4, scale: Math.fround(alpha / 15), zeroPoint: 0 });
    }
    // Names of weights are kept, their values are codes.
    for (const matrix of layerMatrices(model))
      expect(matrixCodes(model, matrix).reduce((most, code) => Math.max(most, Math.abs(code)), 0)).toBe(7);
    expect(model.graph.initializers.has("conv2.weight")).toBe(true);
    expect([...model.graph.initializers.keys()].filter((name) => name.includes("alpha"))).toEqual([]);
  });

  test("convolutions of 1 × 1 carry groups where they are asked to", async () => {
    const aware = quantizationAware(resnet20({ shortcut: "B" }, createRandom(1)), options);
    const grouped = async (group1x1: boolean) =>
      (await evaluationModel(aware, { groupRows: 72, group1x1 }, run())).layers
        .filter(({ groupRows }) => groupRows !== null)
        .map(({ node }) => node);
    expect((await grouped(false)).length).toBe(18);
    const all = await grouped(true);
    expect(all.length).toBe(20);
    expect(all).toContain("layer3.0.shortcut.0");
  });

  test("a dead alpha, float layers and float networks are refused", async () => {
    const net = lenet5(createRandom(2));
    const aware = quantizationAware(net, options);
    const dead = { ...aware, initializers: new Map(aware.initializers).set("relu2.alpha", f32([], [-0.5])) };
    await expect(evaluationModel(dead, none, run())).rejects.toThrow('the alpha of Pact "relu2" is -0.5');
    await expect(evaluationModel(net, none, run())).rejects.toThrow("has no layer with a weight quantiser");
    const half: Graph = {
      ...aware,
      nodes: aware.nodes.map((node) =>
        node.name === "fc2" ? { ...node, inputs: node.inputs.with(1, "fc2.weight") } : node,
      ) as Graph["nodes"],
    };
    await expect(evaluationModel(half, none, run())).rejects.toThrow(
      'the weights of Gemm "fc2" are not quantised',
    );
    const open: Graph = {
      ...aware,
      nodes: aware.nodes.map((node) =>
        node.name === "relu3"
          ? { ...node, op: "Relu", inputs: node.inputs.slice(0, 1), attributes: {} }
          : node,
      ) as Graph["nodes"],
    };
    await expect(evaluationModel(open, none, run())).rejects.toThrow(
      '"relu3", which drives the word lines of layer "fc2"',
    );
  });

  test("a batch that is fixed is no obstacle", async () => {
    const aware = bindDims(quantizationAware(lenet5(createRandom(2)), options), { batch: 3 });
    expect((await evaluationModel(aware, none, run())).layers.length).toBe(4);
  });
});
