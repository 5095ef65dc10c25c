import type { IrregularPruningOptions } from "../compress/prune/index.js";
import type { OptimizerOptions, Schedule, TrainOptions } from "../train/index.js";
import type { IrregularPruningStage, TrainingStageRecipe } from "./stage-types.js";

/** The settings of the training loop that a stage's recipe names. */
export type LoopSettings = Pick<
  TrainOptions,
  "stage" | "steps" | "schedule" | "optimizer" | "weightDecay" | "batchNorm" | "interval" | "select"
>;

/**
 * A stage's recipe as settings of the loop.
 * @param stepsPerPass whole batches of one pass through the training images: an epoch
 */
export function loopSettings(stage: TrainingStageRecipe, stepsPerPass: number): LoopSettings {
  const unit = stage.epochs === null ? 1 : stepsPerPass;
  const steps = (stage.epochs ?? stage.steps ?? 0) * unit;
  return {
    stage: stage.name,
    steps,
    schedule: scheduleOf(stage, steps, unit),
    optimizer: optimizerOf(stage),
    weightDecay: { rate: stage.weightDecay },
    batchNorm: { mode: stage.batchNorm },
    ...(stage.interval === null ? {} : { interval: stage.interval }),
    select: stage.select,
  };
}

/** How a stage's recipe says that single weights are pruned. */
export function irregularOptions(stage: IrregularPruningStage): IrregularPruningOptions {
  const { sparsity, scope, normalize, layers, epochs } = stage;
  const { initial, ...schedule } = stage.schedule;
  return {
    ...{ sparsity, scope, normalize, layers, schedule },
    epochs: epochs !== null,
    ...(initial === null ? {} : { initial }),
  };
}

function scheduleOf({ learningRate }: TrainingStageRecipe, steps: number, unit: number): Schedule {
  const { schedule, rate, milestones, factor, end, rise } = learningRate;
  const common = { rate, warmUp: learningRate.warmUp * unit };
  // A stage without steps asks for no rate, but a schedule has a length.
  const length = Math.max(1, steps);
  switch (schedule) {
    case "constant":
      return { kind: "constant", ...common };
    case "step":
      return { kind: "step", ...common, milestones: milestones.map((at) => at * unit), factor };
    case "cosine":
      return { kind: "cosine", ...common, steps: length, end };
    case "one-cycle":
      return { kind: "oneCycle", ...common, steps: length, rise };
  }
}

function optimizerOf({ optimizer }: TrainingStageRecipe): OptimizerOptions {
  const { kind, momentum, nesterov } = optimizer;
  if (kind === "sgd") return { kind, momentum, nesterov };
  return { kind: "adam", decoupled: kind === "adamw" };
}
