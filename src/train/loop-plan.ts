import { digest } from "../digest.js";
import { InputError, invariant } from "../errors.js";
import { inferTypes } from "../graph/infer.js";
import { exportOnnx } from "../onnx/export.js";
import type { Moment } from "./checkpoint.js";
import { encodeGraph } from "./graph-file.js";
import type { TrainOptions } from "./loop.js";
import { schedule } from "./schedule.js";
import type { JsonRecord, StepCount } from "./stage.js";
import { type TrainingStep, trainingStep, withInitializers } from "./step.js";

/** The options of a training with what follows from them. */
export interface LoopPlan {
  readonly options: TrainOptions;
  readonly step: TrainingStep;
  readonly steps: number;
  readonly interval: number;
  readonly select: "last" | "best";
  readonly rate: (step: number) => number;
}

/** @throws InputError where an option is outside its range */
export function planLoop(options: TrainOptions): LoopPlan {
  const { graph, steps, batches, validation, checkpointEvery, select = "last", addition = {} } = options;
  const interval = options.interval ?? batches.stepsPerPass;
  for (const [what, count] of Object.entries({ steps, interval, checkpointEvery: checkpointEvery ?? 1 }))
    if (!(Number.isInteger(count) && count >= 1))
      throw new InputError(`${what} of stage "${options.stage}" is ${count}`, {
        hint: "give a whole number from 1",
      });
  if (select === "best" && !validation)
    throw new InputError(`stage "${options.stage}" selects the best network, and nothing validates it`, {
      hint: "set validation images aside, or select the last network",
    });
  const { controller, edit, ...parts } = addition;
  edit?.check?.({ step: 0, steps, stepsPerPass: batches.stepsPerPass });
  const { optimizer, weightDecay, batchNorm } = options;
  const step = trainingStep(graph, {
    batch: batches.batch,
    optimizer,
    ...(weightDecay ? { weightDecay } : {}),
    ...(batchNorm ? { batchNorm } : {}),
    ...parts,
  });
  checkClasses(options);
  checkFeeds(step, Object.keys(controller?.feeds(controller.initial) ?? {}));
  return {
    options,
    step,
    steps,
    interval: Math.min(interval, steps),
    select,
    rate: schedule(options.schedule),
  };
}

/** A label without a logit would count as a loss of 0. */
function checkClasses({ graph, batches }: TrainOptions): void {
  const classes = inferTypes(graph).get(graph.outputs[0]!)!.shape[1];
  if (typeof classes === "number" && classes < batches.classes)
    throw new InputError(`the network "${graph.name}" has ${classes} outputs`, {
      hint: `the images are of ${batches.classes} classes; choose a network with as many outputs`,
    });
}

function checkFeeds({ graph, state, inputs }: TrainingStep, fed: readonly string[]): void {
  const given = new Set([...Object.values(inputs), ...state.map(({ input }) => input), ...fed]);
  const missing = graph.inputs.map(({ name }) => name).filter((name) => !given.has(name));
  invariant(missing.length === 0, `no controller feeds ${missing.join(", ")} of the training step`);
}

/** Before the first step. */
export const firstMoment = (plan: LoopPlan): Moment =>
  edited(plan, {
    step: 0,
    state: new Map(plan.step.state.map(({ input, initial }) => [input, initial])),
    controller: plan.options.addition?.controller?.initial ?? null,
    points: [],
    sums: { steps: 0, loss: 0, correct: 0, penalties: {} },
    best: null,
  });

export const stepCount = ({ steps, options }: LoopPlan, step: number): StepCount => ({
  step,
  steps,
  stepsPerPass: options.batches.stepsPerPass,
});

/** The moment with the parameters as they are changed between its step and the next. */
export function edited(plan: LoopPlan, moment: Moment): Moment {
  const edit = plan.options.addition?.edit;
  const when = stepCount(plan, moment.step);
  if (!edit?.due(when)) return moment;
  const changed = edit.apply(withInitializers(plan.options.graph, moment.state), when);
  return {
    ...moment,
    state: new Map(Array.from(moment.state, ([name, value]) => [name, changed.get(name) ?? value])),
  };
}

/** At the start, after every interval and at the end, once each. */
export const lookDue = ({ steps, interval }: LoopPlan, { step, points }: Moment): boolean =>
  (step % interval === 0 || step === steps) && points.at(-1)?.step !== step;

/** What decides the result, in words that a refused checkpoint can be told by. */
export function identityOf({ options, step, steps, interval, select }: LoopPlan): JsonRecord {
  const { graph, stage, batches, validation, addition, runtime } = options;
  return {
    stage,
    network: digest(encodeGraph(graph)),
    "training step": digest(exportOnnx(step.graph)),
    steps,
    interval,
    select,
    schedule: { ...options.schedule },
    controller: addition?.controller?.initial ?? null,
    ...(addition?.edit ? { "changes between steps": addition.edit.identity } : {}),
    "training images": batches.identity(),
    "validation images": validation?.identity() ?? null,
    runtime: `${runtime.kind} ${runtime.version}`,
    settings: options.identity ?? null,
  };
}
