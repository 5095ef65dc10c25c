import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  maskedWeights,
  weightLayers,
  weightZeros,
  zeroWeights,
} from "../../../src/compress/prune/weight-masks.js";
import { evaluationModel } from "../../../src/compress/quantize/evaluation.js";
import type { Graph } from "../../../src/graph/types.js";
import { layerMatrices, matrixCodes } from "../../../src/lower/matrices.js";
import { createRandom } from "../../../src/random.js";
import { openRuntime } from "../../../src/runtime/open.js";
import type { Runtime } from "../../../src/runtime/types.js";
import { f32 } from "../../../src/tensor.js";
import type { OptimizerOptions } from "../../../src/train/optimizers.js";
import { withInitializers } from "../../../src/train/step.js";
import { runnerOf } from "../../support/resnet20.js";
import { quantized, smallNetwork } from "../../train/networks.js";
import { pushedTraining } from "./pushed-training.js";

let runtime: Runtime;
beforeAll(async () => {
  runtime = await openRuntime({ threads: 1 });
});
afterAll(() => runtime.close());

/** Every weight of the crossbar layers is 0 with this probability; some zeros are negative ones. */
function sparse(net: Graph, share: number, seed: number): Graph {
  const random = createRandom(seed);
  return withInitializers(
    net,
    new Map(
      weightLayers(net).map(({ weight, shape }) => {
        const { data } = net.initializers.get(weight)!;
        const drop = (w: number) => (random.uniform() < share ? (random.uniform() < 0.5 ? -0 : 0) : w);
        return [weight, f32(shape, Array.from(data, drop))];
      }),
    ),
  );
}

const trained = (net: Graph, optimizer: OptimizerOptions, masked: boolean): Promise<Graph> =>
  pushedTraining(runtime, net, optimizer, { steps: 5, ...(masked ? maskedWeights(net) : {}) });

test("layers are convolutions and dense ones, through their quantisers, and nothing of one dimension", () => {
  const nodes = ["conv1", "conv2", "conv3", "dense"];
  const weights = nodes.map((node) => `${node}.weight`);
  for (const net of [smallNetwork(1), quantized(smallNetwork(1))]) {
    expect(weightLayers(net).map(({ node }) => node)).toEqual(nodes);
    expect(weightLayers(net).map(({ weight }) => weight)).toEqual(weights);
  }
});

test("zeros of both signs are counted, in their places", () => {
  const net = withInitializers(
    smallNetwork(1),
    new Map([["dense.weight", f32([3, 4], [0, 1, -0, 2, 1e-45, 0, -3, 4, 5, 6, 7, 8])]]),
  );
  const dense = weightLayers(net).slice(-1);
  expect([...zeroWeights(net, dense)[0]!]).toEqual([1, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
  expect(weightZeros(net, dense)).toEqual([{ node: "dense", weights: 12, zeros: 3 }]);
  expect(weightZeros(net).map(({ weights }) => weights)).toEqual([54, 108, 144, 12]);
});

test("a weight that is no number is named", () => {
  const net = smallNetwork(1);
  net.initializers.get("conv2.weight")!.data[7] = Number.NaN;
  expect(() => maskedWeights(net)).toThrow('weight 7 of layer "conv2" is NaN');
});

describe.each([
  ["in floating point", (net: Graph) => net],
  ["through quantisers", quantized],
])("%s", (_form, form) => {
  test.each<[string, OptimizerOptions]>([
    ["SGD with Nesterov's momentum", { kind: "sgd", momentum: 0.9, nesterov: true }],
    ["Adam", { kind: "adam" }],
    ["AdamW", { kind: "adam", decoupled: true }],
  ])("zeros stay exactly 0 and every other weight moves, with %s", async (_name, optimizer) => {
    const net = form(sparse(smallNetwork(2), 0.6, 3));
    const layers = weightLayers(net);
    const zeros = zeroWeights(net, layers);
    const after = await trained(net, optimizer, true);
    expect(zeroWeights(after, layers)).toEqual(zeros);
    for (const [l, { weight }] of layers.entries()) {
      const [old, now] = [net, after].map((one) => one.initializers.get(weight)!.data);
      const live = [...zeros[l]!.keys()].filter((i) => !zeros[l]![i]);
      const moved = live.filter((i) => old![i] !== now![i]).length;
      expect(moved / live.length).toBeGreaterThan(0.9);
    }
    const free = await trained(net, optimizer, false);
    expect(zeroWeights(free, layers)).not.toEqual(zeros);
  });
});

test("behind quantisation-aware training they have the code 0 on the arrays", async () => {
  const net = quantized(sparse(smallNetwork(2), 0.6, 3));
  const after = await trained(net, { kind: "sgd", momentum: 0.9 }, true);
  const model = await evaluationModel(after, { groupRows: null }, runnerOf(runtime));
  const layers = weightLayers(net);
  for (const [l, matrix] of layerMatrices(model).entries()) {
    // Rows by columns on the arrays, columns by rows in the tensor.
    const codes = matrixCodes(model, matrix);
    const zero = zeroWeights(net, layers)[l]!;
    for (const [i, one] of zero.entries()) {
      const [column, row] = [Math.floor(i / matrix.rows), i % matrix.rows];
      if (one) expect(codes[row * matrix.columns + column]).toBe(0);
    }
    expect(codes.some((code) => code !== 0)).toBe(true);
  }
});
