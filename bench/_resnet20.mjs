// ResNet-20 with its trained weights, quantised to 4 bits, and CIFAR-10 images: what the simulation benchmarks share.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  batches,
  exportOnnx,
  importOnnx,
  normalizations,
  quantizePostTraining,
  simplify,
  subset,
} from "../dist/index.js";
import { readDataset } from "../dist/node/index.js";
import { modelsFolder } from "./_measure.mjs";

const normalization = { ...normalizations.imagenet, layout: /** @type {const} */ ("NCHW") };

export const loadResnet20 = () =>
  simplify(importOnnx(readFileSync(join(modelsFolder(), "resnet20-cifar10.onnx"))));

/** @param {"train" | "test"} part @param {number} count @param {number} [size] */
export async function images(part, count, size = count) {
  const dataset = subset(await readDataset("cifar10", part, { limit: count }), { end: count });
  return [...batches(dataset, normalization, { size })];
}

/**
 * Quantised to 4-bit weights and activations without training.
 * @param {import("../dist/index.js").Graph} graph
 * @param {import("../dist/index.js").Runtime} runtime
 * @param {readonly import("../dist/index.js").Batch[]} training
 */
export const quantizeW4A4 = (graph, runtime, training) =>
  quantizePostTraining(
    graph,
    training,
    async (evaluated, use) => {
      const session = await runtime.load(exportOnnx(evaluated));
      const input = /** @type {string} */ (evaluated.inputs[0]?.name);
      return use(
        async ({ shape, data }) =>
          new Map(Object.entries(await session.run({ [input]: { dtype: "f32", shape, data } }))),
      );
    },
    {
      weightBits: 4,
      activationBits: 4,
      inputBits: 8,
      weightRange: "mse",
      activationRange: "mse",
      groupRows: null,
    },
  );
