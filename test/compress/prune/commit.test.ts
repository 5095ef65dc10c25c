import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { commitPruning, maskedTraining, prunedGroups } from "../../../src/compress/prune/commit.js";
import { eachWeight, type GroupedLayer, groupedLayers } from "../../../src/compress/prune/layers.js";
import { multipliedWeights, survivingGroups } from "../../../src/compress/prune/zero-groups.js";
import { quantizationAware } from "../../../src/compress/quantize/aware.js";
import { evaluationModel } from "../../../src/compress/quantize/evaluation.js";
import { storeRanges } from "../../../src/compress/quantize/stored-ranges.js";
import { evaluateGraph } from "../../../src/graph/evaluate.js";
import type { Graph } from "../../../src/graph/types.js";
import { survivors } from "../../../src/lower/groups.js";
import { layerMatrices, matrixCodes } from "../../../src/lower/matrices.js";
import { exportOnnx } from "../../../src/onnx/export.js";
import { openRuntime } from "../../../src/runtime/open.js";
import type { Runtime } from "../../../src/runtime/types.js";
import { type Tensor, tensor } from "../../../src/tensor.js";
import type { OptimizerOptions } from "../../../src/train/optimizers.js";
import { withInitializers } from "../../../src/train/step.js";
import { randomTensor } from "../../graph/build.js";
import { runnerOf } from "../../support/resnet20.js";
import { quantized, smallNetwork } from "../../train/networks.js";
import { smallGroups, withStoredRanges } from "./networks.js";
import { pushedTraining } from "./pushed-training.js";

let runtime: Runtime;
beforeAll(async () => {
  runtime = await openRuntime({ threads: 1 });
});
afterAll(() => runtime.close());

const groupsOf = (net: Graph) => groupedLayers(net, { groupRows: 5, arrayRows: 10 });
const withSmallGroups = (seed: number) => smallGroups(quantized(smallNetwork(seed)), groupsOf, seed);

async function logits(net: Graph, images: Tensor): Promise<number[][]> {
  const session = await runtime.load(exportOnnx(net), { keepQuantizers: true });
  const theirs = (await session.run({ [net.inputs[0]!.name]: images }))[net.outputs[0]!]!;
  await session.dispose();
  const ours = evaluateGraph(net, new Map([[net.inputs[0]!.name, images]])).get(net.outputs[0]!)!;
  return [[...theirs.data], [...ours.data]];
}

describe("commit", () => {
  const stored = withStoredRanges(withSmallGroups(3));
  const layers = groupsOf(stored);
  const committed = commitPruning(stored, layers);

  test("spec check 10: the logits stay the same, bit for bit", async () => {
    const images = randomTensor([6, 2, 9, 7], 11);
    const before = await logits(stored, images);
    expect(await logits(committed, images)).toEqual(before);
    expect(new Set(before[0]!).size).toBeGreaterThan(10);
    // Without stored ranges the other codes change, which is why they have to be.
    const moving = withSmallGroups(3);
    const zeroed = withInitializers(
      moving,
      new Map(layers.map(({ weight }) => [weight, committed.initializers.get(weight)!])),
    );
    expect((await logits(zeroed, images))[0]).not.toEqual((await logits(moving, images))[0]);
  });

  test("groups whose codes are all 0 are pruned, and no weight of the others changes", () => {
    const alive = survivingGroups(stored, layers);
    for (const [i, layer] of layers.entries()) {
      const [before, after] = [stored, committed].map((net) => net.initializers.get(layer.weight)!.data);
      const codes = multipliedWeights(stored, layers)[i]!.data;
      let removed = 0;
      eachWeight(layer, (at, group) => {
        if (alive[i]![group]) expect(after![at]).toBe(before![at]);
        else {
          expect(Math.abs(codes[at]!)).toBe(0);
          expect(after![at]).toBe(0);
          if (before![at] !== 0) removed++;
        }
      });
      expect(removed).toBeGreaterThan(0);
    }
  });

  test("what is pruned is read off the network, and nothing is before it", () => {
    expect(prunedGroups(stored, layers).every((groups) => groups.every((pruned) => pruned === 0))).toBe(true);
    expect(prunedGroups(committed, layers)).toEqual(
      survivingGroups(stored, layers).map((alive) => alive.map((survives) => 1 - survives)),
    );
    expect(commitPruning(committed, layers)).toEqual(committed);
    // Zeros in a layer whose range still follows its weights are weights like others.
    const unquantized = smallNetwork(3);
    const zero = withInitializers(
      unquantized,
      new Map(layers.map(({ weight, shape }) => [weight, tensor("f32", shape)])),
    );
    expect(prunedGroups(zero, groupsOf(zero)).flatMap((groups) => [...groups])).not.toContain(1);
  });

  test("ranges that would follow the weights are refused", () => {
    expect(() => commitPruning(withSmallGroups(3), layers)).toThrow(
      'the weight range of layer "conv2" is not stored',
    );
  });
});

describe.each(["mean", "sawb"] as const)("with ranges by the rule %s, as recipes run it", (rule) => {
  test("commit leaves the logits, and the model that is placed has the groups that are pruned", async () => {
    const input = { bits: 8, scale: 0.03, zeroPoint: 128 };
    const activations = { bits: 4, alpha: 2 };
    const aware = quantizationAware(smallNetwork(6), { weights: { bits: 4, rule }, activations, input });
    const run = runnerOf(runtime);
    const images = randomTensor([6, 2, 9, 7], 12);
    const stored = await storeRanges(smallGroups(aware, groupsOf, 6), run);
    const layers = groupsOf(stored);
    const committed = commitPruning(stored, layers);
    expect(await logits(committed, images)).toEqual(await logits(stored, images));
    const pruned = prunedGroups(committed, layers);
    const model = await evaluationModel(committed, { groupRows: 5 }, run);
    const placed = layerMatrices(model).filter(({ layer }) => layer.groupRows !== null);
    expect(placed.map(({ name }) => name)).toEqual(layers.map(({ node }) => node));
    for (const [i, matrix] of placed.entries()) {
      const { bands, grid } = layers[i]!;
      const codes = matrixCodes(model, matrix);
      for (const [b, band] of bands.entries()) {
        const alive = new Set(survivors(codes, grid.columns, band));
        for (let column = 0; column < grid.columns; column++)
          expect(pruned[i]![column * bands.length + b]).toBe(alive.has(column) ? 0 : 1);
      }
      expect(pruned[i]!.includes(1)).toBe(true);
    }
  });
});

describe("masked training", () => {
  const stored = withStoredRanges(withSmallGroups(4));
  const layers = groupsOf(stored);
  const committed = commitPruning(stored, layers);
  const trained = (optimizer: OptimizerOptions, masked: boolean): Promise<Graph> =>
    pushedTraining(runtime, committed, optimizer, {
      steps: 12,
      ...(masked ? maskedTraining(committed, layers) : {}),
    });

  test.each<[string, OptimizerOptions]>([
    ["SGD with momentum", { kind: "sgd", momentum: 0.9, nesterov: true }],
    ["AdamW", { kind: "adam", decoupled: true }],
  ])("pruned weights stay exactly 0 and the others move, with %s", async (_name, optimizer) => {
    const after = await trained(optimizer, true);
    expect(prunedGroups(after, layers)).toEqual(prunedGroups(committed, layers));
    expect(moved(layers, committed, after)).toBeGreaterThan(0);
    const free = await trained(optimizer, false);
    expect(prunedGroups(free, layers)).not.toEqual(prunedGroups(committed, layers));
  });

  /** Least share of a layer's surviving weights that changed. */
  function moved(all: readonly GroupedLayer[], before: Graph, after: Graph): number {
    const pruned = prunedGroups(before, all);
    const shares = all.map((layer, i) => {
      const [old, now] = [before, after].map((net) => net.initializers.get(layer.weight)!.data);
      let [changed, surviving] = [0, 0];
      eachWeight(layer, (at, group) => {
        if (pruned[i]![group]) return;
        surviving++;
        if (old![at] !== now![at]) changed++;
      });
      return changed / surviving;
    });
    return Math.min(...shares);
  }
});
