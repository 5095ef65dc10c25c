import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { split } from "../../data/subsets.js";
import type { Dataset } from "../../data/types.js";
import { InputError } from "../../errors.js";
import type { Graph } from "../../graph/types.js";
import { createRandom } from "../../random.js";
import type { StageOutcome } from "../../recipe/compress.js";
import { trains } from "../../recipe/stage-types.js";
import { loopSettings } from "../../recipe/training.js";
import type { Recipe, Stage, TrainingStageRecipe } from "../../recipe/types.js";
import {
  decodeGraph,
  encodeGraph,
  type LoopAddition,
  type TrainingCurve,
  train,
  validationSource,
} from "../../train/index.js";
import { readFileOrExplain, stableJson, writeAtomic } from "../files.js";
import type { Clock, Progress } from "../progress.js";
import type { WorkSession } from "../session.js";
import { openBatches } from "./batches.js";
import { checkpointFile } from "./checkpoint-file.js";
import { sharedImages } from "./sent-plan.js";

export interface StageTrainingOptions {
  readonly recipe: Pick<Recipe, "seed" | "data" | "stages">;
  /** The folder for checkpoints and the networks that stages leave; made when it is needed. */
  readonly directory: string;
  readonly session: WorkSession;
  readonly threads: number;
  readonly progress: Progress;
  /** For the images per second that progress shows. */
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
}

/** Steps between two checkpoints: a minute or less for a network that is trained on a few cores. */
const checkpointEvery = 50;

/** The two callbacks of `compress` that train a recipe's stages on disk, so that a run that was killed goes on. */
export class StageTraining {
  readonly #order: ReadonlyMap<string, number>;
  #split: Promise<{ readonly training: Dataset; readonly validation: Dataset }> | undefined;

  constructor(private readonly options: StageTrainingOptions) {
    this.#order = new Map(options.recipe.stages.map(({ name }, i) => [name, i]));
  }

  /** A stage's network is in a file of its own once it is finished; whatever is there is not made again. */
  readonly keep = async (stage: Stage, make: () => Promise<StageOutcome>): Promise<StageOutcome> => {
    const graph = this.#file(stage, "graph");
    const curve = this.#file(stage, "curve.json");
    if (existsSync(graph)) {
      const text = new TextDecoder().decode(await readFileOrExplain(curve, "the curve of a stage"));
      const bytes = await readFileOrExplain(graph, "the network of a stage");
      // Left where the process ended between the last two lines of this function.
      await checkpointFile(this.#file(stage, "checkpoint")).clear();
      return { graph: decodeGraph(bytes, graph), curve: JSON.parse(text) as TrainingCurve | null };
    }
    await mkdir(this.options.directory, { recursive: true });
    const outcome = await make();
    // The graph comes last: its presence says that the stage is done.
    await writeAtomic(curve, stableJson(outcome.curve));
    await writeAtomic(graph, encodeGraph(outcome.graph));
    await checkpointFile(this.#file(stage, "checkpoint")).clear();
    return outcome;
  };

  readonly train = async (
    stage: TrainingStageRecipe,
    graph: Graph,
    addition: LoopAddition,
  ): Promise<StageOutcome> => {
    const { recipe, session, threads, progress, clock, signal } = this.options;
    const { training, validation } = await this.#images();
    const { normalization } = recipe.data;
    const settings = loopSettings(stage, Math.floor(training.count / stage.batch));
    if (settings.steps === 0) return { graph, curve: null };
    const batches = openBatches({
      dataset: training,
      normalization,
      batch: stage.batch,
      augmentation: stage.augment,
      seed: recipe.seed,
      stage: stage.name,
    });
    const shown = progress.stage(`train, ${stage.name}`, settings.steps);
    const speed = speedometer(clock, stage.batch);
    try {
      const result = await train({
        ...settings,
        graph,
        addition,
        batches,
        validation: validation.count > 0 ? validationSource(validation, normalization) : null,
        runtime: await session.runtime(),
        store: checkpointFile(this.#file(stage, "checkpoint")),
        checkpointEvery,
        identity: { threads },
        signal,
        onProgress: ({ step, loss, accuracy }) =>
          shown.update(step, `loss ${loss.toFixed(3)}, ${(100 * accuracy).toFixed(1)} %, ${speed(step)}`),
      });
      shown.done(validated(result.curve));
      return { graph: result.graph, curve: result.curve };
    } finally {
      await batches.close();
    }
  };

  /** Finds out what would stop a later stage before the first one starts. @throws InputError */
  async check(): Promise<void> {
    const { stages } = this.options.recipe;
    if (!stages.some(trains)) return;
    const { training } = await this.#images();
    for (const [i, stage] of stages.entries())
      if (trains(stage) && stage.batch > training.count)
        throw new InputError(
          `stages[${i}].batch is ${stage.batch}, but ${training.count} training images are left beside those for validation`,
          { hint: `choose at most ${training.count}` },
        );
  }

  /** Images held out of the training set. */
  readonly validationImages = async (): Promise<number> => (await this.#images()).validation.count;

  /** The training images in two, the same way at every start. */
  #images() {
    this.#split ??= (async () => {
      const { recipe, session } = this.options;
      const all = await session.dataset("train");
      const validation = recipe.data.validation ?? defaultValidation(all.count);
      if (validation >= all.count)
        throw new InputError(
          `data.validation is ${validation}, but ${all.name} has ${all.count} training images`,
          {
            hint: `choose at most ${all.count - 1}: the rest is what training sees`,
          },
        );
      const parts = split(all, { validation, random: createRandom(recipe.seed) });
      // Shared once, for the workers of all stages.
      return { ...parts, training: sharedImages(parts.training) };
    })();
    return this.#split;
  }

  #file(stage: Stage, ending: StageFile): string {
    return join(this.options.directory, stageFile(this.#order.get(stage.name)!, stage.name, ending));
  }
}

type StageFile = "graph" | "curve.json" | "checkpoint";

/** The name of a file that a recipe's i-th stage keeps. */
export const stageFile = (i: number, name: string, ending: StageFile): string =>
  `${String(1 + i).padStart(2, "0")}-${name}.${ending}`;

const defaultValidation = (images: number): number => (images >= 50_000 ? 5000 : Math.floor(images / 10));

/** Images per second since the first step that this process made. */
function speedometer(clock: Clock, batch: number): (step: number) => string {
  let start: { readonly step: number; readonly at_s: number } | undefined;
  return (step) => {
    const now_s = clock();
    start ??= { step, at_s: now_s };
    const elapsed_s = now_s - start.at_s;
    if (elapsed_s <= 0) return "- images/s";
    return `${Math.round(((step - start.step) * batch) / elapsed_s)} images/s`;
  };
}

function validated({ points }: TrainingCurve): string {
  const last = points.at(-1)?.validation;
  return last ? `${(100 * last.accuracy).toFixed(2)} % on validation images` : "";
}
