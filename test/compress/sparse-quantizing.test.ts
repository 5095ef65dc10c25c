import { expect, test } from "vitest";
import { weightLayers, zeroWeights } from "../../src/compress/prune/weight-masks.js";
import { quantizationAware } from "../../src/compress/quantize/aware.js";
import { type GraphRunner, quantizePostTraining } from "../../src/compress/quantize/post-training.js";
import { storeRanges } from "../../src/compress/quantize/stored-ranges.js";
import { quantizedLayers } from "../../src/compress/quantize/weight-chain.js";
import { weightRange } from "../../src/compress/quantize/weights.js";
import { evaluateGraph } from "../../src/graph/evaluate.js";
import { unfoldBatchNorm } from "../../src/graph/passes/batch-norm.js";
import { createRandom } from "../../src/random.js";
import { f32, tensor } from "../../src/tensor.js";
import { withInitializers } from "../../src/train/step.js";
import { randomTensor } from "../graph/build.js";
import { smallNetwork } from "../train/networks.js";

/** Our own slow evaluation in the place of ONNX Runtime. */
const run: GraphRunner = (net, use) =>
  use(async ({ shape, data }) =>
    evaluateGraph(net, new Map([[net.inputs[0]!.name, tensor("f32", shape, data)]])),
  );
const shape = [4, 2, 9, 7];
const images = [{ shape, data: randomTensor(shape, 8).data as Float32Array, labels: new Uint8Array(4) }];

const random = createRandom(9);
const dense = smallNetwork(2);
const sparse = withInitializers(
  dense,
  new Map(
    weightLayers(dense).map(({ weight, shape: of }) => {
      const { data } = dense.initializers.get(weight)!;
      return [
        weight,
        f32(
          of,
          Array.from(data, (w) => (random.uniform() < 0.8 ? 0 : w)),
        ),
      ];
    }),
  ),
);
const layers = weightLayers(sparse);
const live = (weight: string) => sparse.initializers.get(weight)!.data.filter((w) => w !== 0);

test.each(["mse", "max", "mean", "sawb"] as const)(
  "behind post-training quantisation every zero has the code 0, and %s has the range of the others",
  async (weightRangeRule) => {
    const options = {
      ...{ weightBits: 4, activationBits: 4, inputBits: 8, groupRows: null },
      ...{ weightRange: weightRangeRule, activationRange: "max" as const, correctBias: true },
    };
    const model = await quantizePostTraining(unfoldBatchNorm(sparse, { ratio: 1 }), images, run, {
      ...options,
      zeros: "left out",
    });
    const plain = await quantizePostTraining(sparse, images, run, { ...options, zeros: "left out" });
    const counted = await quantizePostTraining(sparse, images, run, options);
    const zeros = zeroWeights(sparse, layers);
    for (const net of [model, plain])
      for (const [l, { node }] of layers.entries()) {
        const weights = net.graph.initializers.get(
          net.graph.nodes.find(({ name }) => name === node)!.inputs[1]!,
        )!;
        expect(zeros[l]!.every((zero, i) => zero === 0 || weights.data[i] === 0)).toBe(true);
        expect(weights.data.some((w) => w !== 0)).toBe(true);
      }
    for (const [l, { weight }] of layers.entries()) {
      const range = weightRange(live(weight), { bits: 4, rule: weightRangeRule });
      expect(plain.layers[l]!.weightScale).toBe(Math.fround(range / 7));
      if (weightRangeRule === "mean")
        expect(counted.layers[l]!.weightScale).toBeLessThan(0.5 * plain.layers[l]!.weightScale);
    }
  },
);

test.each(["mean", "sawb"] as const)(
  "quantisation-aware training starts from the range of the weights that are left, by the rule %s",
  async (rule) => {
    const input = { bits: 8, scale: 0.03, zeroPoint: 128 };
    const activations = { bits: 4, alpha: 2 };
    const aware = quantizationAware(sparse, {
      weights: { bits: 4, rule, zeros: "left out" },
      activations,
      input,
    });
    for (const { alpha, weight } of quantizedLayers(await storeRanges(aware, run)))
      expect(alpha! / weightRange(live(weight), { bits: 4, rule })).toBeCloseTo(1, 5);
    // A network without zeros gets the same graph either way.
    const graphOf = (zeros: "counted" | "left out") =>
      quantizationAware(dense, { weights: { bits: 4, rule, zeros }, activations, input });
    expect(graphOf("left out")).toEqual(graphOf("counted"));
  },
);
