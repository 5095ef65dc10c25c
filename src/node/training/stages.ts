import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { CrossbarPruningReport, Round } from "../../compress/prune/crossbar/index.js";
import { batches as imageBatches } from "../../data/batches.js";
import { split } from "../../data/subsets.js";
import type { Dataset } from "../../data/types.js";
import { InputError } from "../../errors.js";
import type { Graph } from "../../graph/types.js";
import type { ExchangeProblem } from "../../mapping/column-exchange/index.js";
import { createRandom } from "../../random.js";
import type { StageOutcome, StagePart } from "../../recipe/compress.js";
import { roundName } from "../../recipe/crossbar-stage.js";
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
import { RoundProgress } from "./rounds.js";
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
  readonly #rounds: RoundProgress;
  #split: Promise<{ readonly training: Dataset; readonly validation: Dataset }> | undefined;

  constructor(private readonly options: StageTrainingOptions) {
    this.#rounds = new RoundProgress(options);
    this.#order = new Map(options.recipe.stages.map(({ name }, i) => [name, i]));
  }

  /** A stage's network is in a file of its own once it is finished; whatever is there is not made again. */
  readonly keep = async (stage: Stage, make: () => Promise<StageOutcome>): Promise<StageOutcome> => {
    const file = (ending: StageFile) => this.#file(stage, ending);
    if (stage.stage !== "crossbar-pruning") {
      const { graph, curve } = await this.#kept(file, async () => ({ ...(await make()), record: null }));
      return { graph, curve };
    }
    const { record, ...kept } = await this.#kept(file, async () => {
      const { crossbars = null, ...outcome } = await make();
      return { ...outcome, record: crossbars };
    });
    this.#rounds.done(stage.name, record ? freedText(record.report) : "");
    return { ...kept, ...(record && { crossbars: record }) };
  };

  /** The same for a round of a stage. */
  readonly keepRound = async (stage: Stage, round: number, make: () => Promise<Round>): Promise<Round> => {
    const file = (ending: StageFile) => this.#file(stage, ending, roundName(round));
    const { graph, curve, record } = await this.#kept(file, async () => {
      const { state, ...made } = await make();
      return { ...made, record: state };
    });
    return { graph, curve, state: record! };
  };

  /** @param file where each of the files is */
  async #kept<R>(file: (ending: StageFile) => string, make: () => Promise<Kept<R>>): Promise<Kept<R>> {
    const [graph, curve, record] = [file("graph"), file("curve.json"), file("record.json")];
    if (existsSync(graph)) {
      const bytes = await readFileOrExplain(graph, "the network of a stage");
      const found = {
        graph: decodeGraph(bytes, graph),
        curve: (await readJson(curve, "the curve of a stage")) as TrainingCurve | null,
        record: existsSync(record) ? ((await readJson(record, "the record of a stage")) as R) : null,
      };
      // Left where the process ended between the last two lines of this function.
      await checkpointFile(file("checkpoint")).clear();
      return found;
    }
    await mkdir(this.options.directory, { recursive: true });
    const outcome = await make();
    // The graph comes last: its presence says that the stage is done.
    await writeAtomic(curve, stableJson(outcome.curve));
    if (outcome.record) await writeAtomic(record, stableJson(outcome.record));
    await writeAtomic(graph, encodeGraph(outcome.graph));
    await checkpointFile(file("checkpoint")).clear();
    return outcome;
  }

  readonly train = async (
    stage: TrainingStageRecipe,
    graph: Graph,
    addition: LoopAddition,
    part?: StagePart,
  ): Promise<StageOutcome> => {
    const { recipe, session, threads, progress, clock, signal } = this.options;
    const { training, validation } = await this.#images();
    const { normalization } = recipe.data;
    const settings = loopSettings(stage, Math.floor(training.count / stage.batch));
    if (settings.steps === 0) return { graph, curve: null };
    const name = part ? `${stage.name}.${part.name}` : stage.name;
    const batches = openBatches({
      dataset: training,
      normalization,
      batch: stage.batch,
      augmentation: stage.augment,
      seed: recipe.seed,
      stage: name,
    });
    const shown = part
      ? this.#rounds.training(stage.name, part, settings.steps)
      : progress.stage(`train, ${stage.name}`, settings.steps);
    const speed = speedometer(clock, stage.batch);
    try {
      const result = await train({
        ...settings,
        stage: name,
        graph,
        addition,
        batches,
        validation: validation.count > 0 ? validationSource(validation, normalization) : null,
        runtime: await session.runtime(),
        store: checkpointFile(this.#file(stage, "checkpoint", part?.name)),
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

  /** Accuracy on the images that are held out of the training set. @throws InputError where none are */
  readonly validate = async (graph: Graph): Promise<{ accuracy: number; images: number }> => {
    const { recipe, session } = this.options;
    const { validation } = await this.#images();
    if (validation.count === 0) throw noValidation();
    const { accuracy, count } = await session.accuracy(
      graph,
      imageBatches(validation, recipe.data.normalization, { size: validationBatch }),
      () => {},
    );
    return { accuracy, images: count };
  };

  /** Exchanges the columns of all matrices of a network that a stage prunes. */
  readonly remap = (problems: readonly ExchangeProblem[], stage: Stage, round: number) =>
    this.#rounds.remap(problems, stage.name, round);

  /** Finds out what would stop a later stage before the first one starts. @throws InputError */
  async check(): Promise<void> {
    const { stages } = this.options.recipe;
    if (!stages.some(trains)) return;
    const { training, validation } = await this.#images();
    if (validation.count === 0 && stages.some(({ stage }) => stage === "crossbar-pruning"))
      throw noValidation();
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

  #file(stage: Stage, ending: StageFile, part?: string): string {
    const name = part === undefined ? stage.name : `${stage.name}.${part}`;
    return join(this.options.directory, stageFile(this.#order.get(stage.name)!, name, ending));
  }
}

type StageFile = "graph" | "curve.json" | "record.json" | "checkpoint";

/** What is in the files of a stage, or of a round of it. */
interface Kept<R> extends Pick<StageOutcome, "graph" | "curve"> {
  /** What there is to say beside the curve. */
  readonly record: R | null;
}

const readJson = async (path: string, what: string): Promise<unknown> =>
  JSON.parse(new TextDecoder().decode(await readFileOrExplain(path, what)));

const noValidation = (): InputError =>
  new InputError("crossbar-pruning has no validation images by which it could tell when to stop", {
    hint: "set some aside: data.validation says how many training images are held out",
  });

const freedText = ({ start, end }: CrossbarPruningReport): string =>
  `${start.arrays - end.arrays} of ${start.arrays} arrays freed, ${(100 * end.accuracy).toFixed(2)} % on validation images`;

/** Images per call of ONNX Runtime. */
const validationBatch = 100;

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
