import {
  type AnalyticHardware,
  type Comparison,
  type CostReport,
  compareWithBaselines,
  estimate,
  networkShape,
  type SensitivityEntry,
  sensitivity,
} from "../cost/index.js";
import type { HardwareSpec } from "../hardware/types.js";
import { place, placeBaselines } from "../mapping/place.js";
import type { Placement } from "../mapping/types.js";
import { compress } from "../recipe/compress.js";
import { hardwareFor } from "../recipe/index.js";
import type { Recipe } from "../recipe/types.js";
import { type Classification, classify } from "../runtime/evaluate.js";
import { tensor } from "../tensor.js";
import { placeOnThreads } from "./exchange.js";
import { readHardwareFile } from "./hardware.js";
import { type LoadedRun, loadActivity } from "./load-run.js";
import { loadModel } from "./models.js";
import type { Progress } from "./progress.js";
import { WorkSession } from "./session.js";
import type { SimulateRunOptions } from "./simulate-run.js";

/**
 * Quantises a model's weights and places them, without images: activation ranges decide nothing of a placement, and
 * are those of a network that gives zeros.
 */
export async function mapModel(
  recipe: Pick<Recipe, "model" | "seed" | "hardware" | "groups" | "stages" | "place">,
  progress: Progress,
  { threads = 1, signal }: { readonly threads?: number; readonly signal?: AbortSignal } = {},
): Promise<Placement> {
  const hardware = hardwareFor(recipe.hardware, readHardwareFile);
  const graph = await loadModel(recipe.model, recipe.seed);
  const quantising = progress.stage("quantise the weights");
  const model = await compress(graph, {
    stages: recipe.stages.map((stage) => ({ ...stage, images: 1, correctBias: false })),
    groups: recipe.groups,
    trainingImages: () => [{ shape: [1], data: new Float32Array(1), labels: new Uint8Array(1) }],
    run: (observed, use) =>
      use(async () => new Map(observed.outputs.map((name) => [name, tensor("f32", [1])]))),
  });
  quantising.done(`${model.layers.length} layers`);
  return placeOnThreads(
    model,
    hardware,
    { ...recipe.place, seed: recipe.seed },
    { threads, progress, signal },
  );
}

/** Costs of a run's placement with its measured activity, beside both baselines. */
export async function estimateRun(run: LoadedRun): Promise<Comparison> {
  const { placed, recipe } = run;
  const baselines = placeBaselines(placed.model, placed.hardware, recipe.place.activeRows);
  return compareWithBaselines({ placed, ...baselines }, await loadActivity(run.directory));
}

/** Cost of a run's network placed anew on other hardware, with its measured activity. */
export async function estimateRunOn(run: LoadedRun, hardware: HardwareSpec): Promise<CostReport> {
  const placed = place(run.placed.model, hardware, { ...run.recipe.place, seed: run.recipe.seed });
  return estimate(placed, await loadActivity(run.directory));
}

/** What one change of each knob does to the cost of a run's network, by its sizes alone. */
export const sensitivityOfRun = (run: LoadedRun, hardware: AnalyticHardware): SensitivityEntry[] =>
  sensitivity(networkShape(run.placed.model), hardware);

export interface FormsCompared {
  readonly images: number;
  readonly predictionsThatDiffer: number;
  /** Fraction of the images that each form classifies correctly. */
  readonly accuracy: readonly [number, number];
}

/** Predictions of two ONNX forms of a run's network on its first test images; null: on all of them. */
export async function compareForms(
  run: LoadedRun,
  forms: readonly [Uint8Array, Uint8Array],
  options: Pick<SimulateRunOptions, "threads" | "dataDir" | "progress"> & { readonly images: number | null },
): Promise<FormsCompared> {
  const session = new WorkSession(run.recipe.data, options);
  try {
    const batches = await session.images("test", options.images, "--images");
    const runtime = await session.runtime();
    const total = 2 * (options.images ?? (await session.dataset("test")).count);
    const stage = options.progress.stage("compare predictions", total);
    const found: Classification[] = [];
    for (const [i, form] of forms.entries()) {
      const model = await runtime.load(form, { name: run.recipe.name });
      found.push(
        await classify(model, batches, { onProgress: ({ done }) => stage.update((i * total) / 2 + done) }),
      );
      await model.dispose();
    }
    const [a, b] = found as [Classification, Classification];
    const predictionsThatDiffer = a.predictions.reduce((n, p, i) => n + (p === b.predictions[i] ? 0 : 1), 0);
    stage.done(`${predictionsThatDiffer} of ${a.count} differ`);
    return { images: a.count, predictionsThatDiffer, accuracy: [a.accuracy, b.accuracy] };
  } finally {
    await session.close();
  }
}
