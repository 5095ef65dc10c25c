import { afterAll, beforeAll, expect, test } from "vitest";
import { alphaTraining } from "../../src/compress/quantize/alpha-training.js";
import { quantizationAware } from "../../src/compress/quantize/aware.js";
import { calibrateAlphas } from "../../src/compress/quantize/calibrate-alphas.js";
import { evaluationModel } from "../../src/compress/quantize/evaluation.js";
import type { GraphRunner } from "../../src/compress/quantize/post-training.js";
import { storeRanges } from "../../src/compress/quantize/stored-ranges.js";
import type { WeightTrainingOptions } from "../../src/compress/quantize/weight-chain.js";
import { batches, normalizations } from "../../src/data/batches.js";
import { subset } from "../../src/data/subsets.js";
import type { Batch } from "../../src/data/types.js";
import type { Graph } from "../../src/graph/types.js";
import { meng2021 } from "../../src/hardware/presets/meng2021.js";
import { place } from "../../src/mapping/place.js";
import { lenet5 } from "../../src/models/index.js";
import { readDataset } from "../../src/node/datasets.js";
import { exportOnnx } from "../../src/onnx/index.js";
import { createRandom } from "../../src/random.js";
import { openRuntime } from "../../src/runtime/open.js";
import type { Runtime } from "../../src/runtime/types.js";
import { integerVersusFloat } from "../../src/simulate/versus-float.js";
import { f32, type Tensor, tensor } from "../../src/tensor.js";
import { trainingStep, withInitializers } from "../../src/train/step.js";
import { withData } from "../support/data.js";
import { images, loadGraph, runnerOf } from "../support/resnet20.js";

async function aware(
  graph: Graph,
  training: readonly Batch[],
  run: GraphRunner,
  weights: WeightTrainingOptions,
): Promise<Graph> {
  const { alpha, signed, input } = await calibrateAlphas(graph, training, run, { bits: 4, inputBits: 8 });
  return quantizationAware(graph, { weights, activations: { bits: 4, alpha, signed }, input });
}

/** The network after a few steps, with numbers that nobody has chosen in all of its parameters. */
async function afterSteps(graph: Graph, training: readonly Batch[], runtime: Runtime): Promise<Graph> {
  const [{ shape, labels }] = training as [Batch];
  const step = trainingStep(graph, {
    batch: shape[0]!,
    optimizer: { kind: "sgd", momentum: 0.9 },
    ...alphaTraining(graph),
  });
  const session = await runtime.load(exportOnnx(step.graph), { keepQuantizers: true });
  let state: Record<string, Tensor> = Object.fromEntries(step.state.map((s) => [s.input, s.initial]));
  for (const batch of training) {
    const made = await session.run({
      ...state,
      [step.inputs.images]: f32(batch.shape, batch.data),
      [step.inputs.labels]: tensor("i32", [labels.length], Int32Array.from(batch.labels)),
      [step.inputs.rate]: f32([], [0.01]),
    });
    state = Object.fromEntries(step.state.map((s) => [s.input, made[s.output]!]));
  }
  await session.dispose();
  return withInitializers(graph, new Map(Object.entries(state)));
}

const logitsOf = (graph: Graph, given: readonly Batch[], run: GraphRunner): Promise<number[]> =>
  run(graph, async (evaluate) => {
    const all: number[] = [];
    for (const batch of given) all.push(...(await evaluate(batch)).get(graph.outputs[0]!)!.data);
    return all;
  });

withData("quantisation-aware networks on real images", () => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await openRuntime({ threads: 2 });
  });
  afterAll(() => runtime.close());

  test.each<WeightTrainingOptions>([
    { bits: 4, rule: "sawb" },
    { bits: 4, rule: "mean", factor: 3 },
  ])(
    "ResNet-20, $rule: one network in training, with stored ranges and as evaluated",
    { timeout: 120_000 },
    async (weights) => {
      const run = runnerOf(runtime);
      const training = await images("train", 64, 32);
      const start = await aware(loadGraph("resnet20-cifar10.onnx"), training, run, weights);
      const shown = await images("test", 50, 50);
      for (const graph of [start, await afterSteps(start, training, runtime)]) {
        const logits = await logitsOf(graph, shown, run);
        expect(logits.length).toBe(500);
        expect(await logitsOf(await storeRanges(graph, run), shown, run)).toEqual(logits);
        const model = await evaluationModel(graph, { groupRows: 72 }, run);
        expect(await logitsOf(model.graph, shown, run)).toEqual(logits);
        if (graph === start) continue;
        const placed = place(
          model,
          { ...meng2021, adc: { ...meng2021.adc, bits: null } },
          { scheme: "packed" },
        );
        const found = await integerVersusFloat(placed, await images("test", 4), run);
        // Sums near the edge of two codes may fall either way; 191,552 codes of an image.
        expect(found.codesThatDiffer / found.codes).toBeLessThan(1e-4);
        expect(found.predictionsThatDiffer).toBe(0);
      }
    },
  );

  test("LeNet-5 on MNIST: the same, bit for bit", { timeout: 120_000 }, async () => {
    const run = runnerOf(runtime);
    const of = async (part: "train" | "test", count: number, size: number) => [
      ...batches(
        subset(await readDataset("mnist", part, { limit: count }), { end: count }),
        normalizations.mnist!,
        { size },
      ),
    ];
    const training = await of("train", 160, 32);
    const start = await aware(lenet5(createRandom(1)), training, run, { bits: 4, rule: "mean" });
    const graph = await afterSteps(start, training, runtime);
    const shown = await of("test", 200, 100);
    const logits = await logitsOf(graph, shown, run);
    expect(await logitsOf(await storeRanges(graph, run), shown, run)).toEqual(logits);
    const model = await evaluationModel(graph, { groupRows: 72, groupedDenseLayers: ["fc1"] }, run);
    expect(await logitsOf(model.graph, shown, run)).toEqual(logits);
    const placed = place(model, { ...meng2021, adc: { ...meng2021.adc, bits: null } }, { scheme: "packed" });
    const found = await integerVersusFloat(placed, [shown[0]!], run);
    expect(found.codesThatDiffer / found.codes).toBeLessThan(1e-4);
    expect(found.predictionsThatDiffer).toBe(0);
  });
});
