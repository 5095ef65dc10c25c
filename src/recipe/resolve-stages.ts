import { InputError } from "../errors.js";
import { fault, nullFor, type RecipePath, type RecipeSource } from "./source.js";
import { type StageInput, stageSchema } from "./stage-schema.js";
import type { IrregularPruningStage, PostTrainingStage, Stage, TrainingSettings } from "./stage-types.js";
import type { GroupRecipe } from "./types.js";

/** Groups of 72 rows in convolutions, as a recipe without a word about them has them. */
export const defaultGroups: GroupRecipe = { rows: 72, denseLayers: [], dense: "rows", pointwise: false };

/** What a network has become after a stage; "sparse": in floating point, with single weights pruned. */
type State = "float" | "sparse" | "quantized" | "pruned" | "finished";

/**
 * Names every stage, fills in what follows from other values, and checks that each finds what it needs.
 * @param grouped whether the recipe has column groups
 */
export function resolveStages(
  stages: readonly StageInput[],
  grouped: boolean,
  source: RecipeSource,
): readonly Stage[] {
  let state: State = "float";
  for (const [i, stage] of stages.entries()) state = after(stage, state, i, grouped, source);
  if (state === "float" || state === "sparse") {
    const i = stages.length - 1;
    const hint =
      "the chip takes quantised networks: put quantization-aware-training or post-training-quantization behind it";
    throw fault(source, ["stages", i, "stage"], stages[i]!.stage, hint);
  }
  const names = stageNames(stages, source);
  const quantizer = stages.flatMap((stage) => ("weights" in stage ? [stage.weights.bits] : []))[0];
  return stages.map((stage, i) => resolveStage(stage, names[i]!, i, quantizer!, source));
}

/** Post-training quantisation to 4 bits with every other value at its default, for programs that write no recipe. */
export const defaultStage: PostTrainingStage = {
  ...(stageSchema.parse({ stage: "post-training-quantization" }) as Omit<PostTrainingStage, "name">),
  name: "post-training-quantization",
};

function after(stage: StageInput, state: State, i: number, grouped: boolean, source: RecipeSource): State {
  const refuse = (hint: string) => fault(source, ["stages", i, "stage"], stage.stage, hint);
  if (state === "finished") throw refuse("post-training-quantization is the last stage: put it before");
  switch (stage.stage) {
    case "train":
      if (state === "float") return "float";
      if (state === "sparse") throw refuse("pruned weights would come back: choose fine-tuning");
      throw refuse("it trains in floating point: put it before quantisation, or choose fine-tuning");
    case "irregular-pruning":
      if (state === "float" || state === "sparse") return "sparse";
      throw refuse("it prunes weights in floating point: put it before quantisation");
    case "quantization-aware-training":
      if (state === "float") return "quantized";
      if (state === "sparse") return "pruned";
      throw refuse("the network is quantised already: one such stage is enough");
    case "post-training-quantization":
      if (state === "float" || state === "sparse") return "finished";
      throw refuse("the network is quantised already: leave one of the two out");
    case "group-lasso":
    case "magnitude-pruning":
      if (state === "float" || state === "sparse")
        throw refuse("it prunes quantised weights: put quantization-aware-training before it");
      if (!grouped) throw refuse("it prunes column groups: give groups.rows");
      return "pruned";
    case "crossbar-pruning":
      return state === "float" || state === "sparse" ? "sparse" : "pruned";
    case "fine-tuning":
      if (state === "pruned" || state === "sparse") return state;
      throw refuse(
        "it trains what pruning has left: put irregular-pruning, group-lasso, magnitude-pruning or crossbar-pruning before it",
      );
  }
}

/** The names that were given; kinds in place of the others, numbered from the second on. */
function stageNames(stages: readonly StageInput[], source: RecipeSource): string[] {
  const taken = new Set<string>();
  for (const [i, { name }] of stages.entries()) {
    if (name !== undefined && taken.has(name))
      throw fault(source, ["stages", i, "name"], name, "another stage has this name: choose another");
    if (name !== undefined) taken.add(name);
  }
  return stages.map(({ name, stage }) => {
    if (name !== undefined) return name;
    let own: string = stage;
    for (let n = 2; taken.has(own); n++) own = `${stage}-${n}`;
    taken.add(own);
    return own;
  });
}

/** @param weightBits of the stage that quantises */
function resolveStage(
  stage: StageInput,
  name: string,
  i: number,
  weightBits: number,
  source: RecipeSource,
): Stage {
  const path = ["stages", i];
  if ("weights" in stage) {
    const others = stage.stage === "post-training-quantization" ? "mse, mean or max" : "mean";
    checkSawb(stage.weights, others, path, source);
  }
  switch (stage.stage) {
    case "magnitude-pruning":
    case "post-training-quantization":
      return { ...stage, name };
    case "quantization-aware-training": {
      const { weights, activations } = stage;
      return {
        ...stage,
        ...settings(stage, name, path, source),
        weights: { ...weights, passBelow: nullFor(weights.passBelow, "range") },
        activations: { ...activations, alpha: nullFor(activations.alpha, "calibrated") },
      };
    }
    case "irregular-pruning": {
      const common = settings(stage, name, path, source);
      return { ...stage, ...common, schedule: sparsitySchedule(stage, path, source) };
    }
    case "group-lasso":
      return {
        ...stage,
        ...settings(stage, name, path, source),
        lambdaDense: stage.lambdaDense ?? stage.lambda,
      };
    case "crossbar-pruning":
      return {
        ...stage,
        ...settings(stage, name, path, source),
        weightBits: stage.weightBits ?? weightBits,
      };
    case "train":
    case "fine-tuning":
      return { ...stage, ...settings(stage, name, path, source) };
  }
}

function checkSawb(
  { bits, range }: { readonly bits: number; readonly range: string },
  others: string,
  path: RecipePath,
  source: RecipeSource,
): void {
  if (range !== "sawb" || bits === 2 || bits === 4) return;
  const hint = `SAWB has coefficients for 2 and 4 bits, not ${bits}: change the bits, or choose ${others}`;
  throw fault(source, [...path, "weights", "range"], range, hint);
}

/** The schedule with its end, which lies within the stage. */
function sparsitySchedule(
  { epochs, steps, sparsity, schedule }: Extract<StageInput, { stage: "irregular-pruning" }>,
  path: RecipePath,
  source: RecipeSource,
): IrregularPruningStage["schedule"] {
  const unit = epochs === null ? "steps" : "epochs";
  const length = epochs ?? steps ?? 0;
  if (length === 0) throw fault(source, [...path, unit], 0, "it prunes while it trains: choose at least 1");
  const { kind, begin, initial } = schedule;
  const end = schedule.end ?? Math.ceil((3 * length) / 4);
  const refuse = (key: keyof typeof schedule, value: unknown, hint: string) =>
    fault(source, [...path, "schedule", key], value, hint);
  if (begin > length) throw refuse("begin", begin, `the stage has ${length} ${unit}: choose at most as many`);
  if (end > length) throw refuse("end", end, `the stage has ${length} ${unit}: choose at most as many`);
  if (kind !== "one-shot" && end <= begin)
    throw schedule.end === null
      ? refuse("begin", begin, `choose less than ${end}, where the schedule ends, or give its end`)
      : refuse("end", end, `choose more than ${begin}, where it begins, or the kind one-shot`);
  if (initial !== null && initial > sparsity)
    throw refuse("initial", initial, `choose at most ${sparsity}, the sparsity in the end`);
  return { ...schedule, end };
}

type TrainingInput = Exclude<StageInput, { stage: "magnitude-pruning" | "post-training-quantization" }>;

function settings(
  stage: TrainingInput,
  name: string,
  path: RecipePath,
  source: RecipeSource,
): TrainingSettings {
  const { epochs, steps, batch, optimizer, weightDecay, learningRate, batchNorm, augment, interval, select } =
    stage;
  if (epochs === null && steps === null) {
    const place = source.place(path);
    throw new InputError(`${source.label([...path, "epochs"])} is missing`, {
      hint: "say how long the stage is, in epochs or in steps",
      ...(place ? { place } : {}),
    });
  }
  if (epochs !== null && steps !== null)
    throw fault(
      source,
      [...path, "steps"],
      steps,
      `the length is ${epochs} epochs already: give one of the two`,
    );
  if (optimizer.nesterov && optimizer.momentum === 0)
    throw fault(
      source,
      [...path, "optimizer", "nesterov"],
      true,
      "Nesterov's form needs a momentum such as 0.9",
    );
  const { schedule, milestones, factor, rate, end } = learningRate;
  if (typeof factor !== "number" && factor.length !== milestones.length)
    throw fault(
      source,
      [...path, "learningRate", "factor"],
      factor,
      `give one for each of ${milestones.length} milestones`,
    );
  if (schedule === "cosine" && end > rate)
    throw fault(source, [...path, "learningRate", "end"], end, `choose at most the rate, ${rate}`);
  for (const [at, milestone] of milestones.entries())
    if (at > 0 && milestone <= milestones[at - 1]!) {
      const where = [...path, "learningRate", "milestones", at];
      throw fault(source, where, milestone, "each has to be later than the one before");
    }
  return {
    name,
    epochs,
    steps,
    batch,
    optimizer,
    weightDecay,
    learningRate,
    batchNorm,
    augment,
    interval,
    select,
  };
}
