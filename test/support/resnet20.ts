import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { type GraphRunner, quantizePostTraining } from "../../src/compress/quantize/post-training.js";
import { batches } from "../../src/data/batches.js";
import { subset } from "../../src/data/subsets.js";
import type { Batch, Normalization } from "../../src/data/types.js";
import { simplify } from "../../src/graph/index.js";
import type { CompressedModel, Graph } from "../../src/graph/types.js";
import { readDataset } from "../../src/node/datasets.js";
import { exportOnnx, importOnnx } from "../../src/onnx/index.js";
import type { Runtime } from "../../src/runtime/types.js";
import { modelsDir } from "./data.js";

export interface Expected {
  readonly normalisation: { readonly mean: number[]; readonly std: number[] };
  readonly testAccuracy: number;
  readonly logits: readonly (readonly number[])[];
}

export function expected(): Expected {
  const text = readFileSync(resolve(modelsDir()!, "expected.json"), "utf8");
  return (JSON.parse(text) as Record<string, Expected>)["resnet20-cifar10"]!;
}

export const modelFiles = ["resnet20-cifar10.onnx", "resnet20-cifar10-folded.onnx"] as const;

export const modelBytes = (file: string): Uint8Array => readFileSync(resolve(modelsDir()!, file));

export const loadGraph = (file: string): Graph => simplify(importOnnx(modelBytes(file), { name: file }));

export function normalization(): Normalization {
  const { mean, std } = expected().normalisation;
  return { mean, std, scale: 1 / 255, layout: "NCHW" };
}

export async function images(part: "train" | "test", count: number, size = 100): Promise<Batch[]> {
  const dataset = subset(await readDataset("cifar10", part, { limit: count }), { end: count });
  return [...batches(dataset, normalization(), { size })];
}

/** Evaluates graphs in ONNX Runtime, as the pipeline does. */
export const runnerOf =
  (runtime: Runtime): GraphRunner =>
  async (graph, use) => {
    const session = await runtime.load(exportOnnx(graph));
    const input = graph.inputs[0]!.name;
    try {
      return await use(
        async ({ shape, data }) =>
          new Map(Object.entries(await session.run({ [input]: { dtype: "f32", shape, data } }))),
      );
    } finally {
      await session.dispose();
    }
  };

/** ResNet-20 at 4 bits without training. */
export async function quantizedResnet20(
  runtime: Runtime,
  groupRows: number | null,
): Promise<CompressedModel> {
  const training = await images("train", 100);
  return quantizePostTraining(loadGraph("resnet20-cifar10.onnx"), training, runnerOf(runtime), {
    weightBits: 4,
    activationBits: 4,
    inputBits: 8,
    weightRange: "mse",
    activationRange: "mse",
    groupRows,
  });
}
