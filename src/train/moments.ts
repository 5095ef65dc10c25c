import { invariant } from "../errors.js";
import type { LabelledBatch } from "../runtime/evaluate.js";
import type { Session } from "../runtime/types.js";
import { f32, type Tensor, tensor } from "../tensor.js";
import type { IntervalSums, Moment } from "./checkpoint.js";
import { allFinite, DivergenceError, firstNotFinite } from "./divergence.js";
import { edited, type LoopPlan, stepCount } from "./loop-plan.js";
import type { CurvePoint, Json } from "./stage.js";
import { withInitializers } from "./step.js";
import { validate } from "./validate.js";

/**
 * The moment after one more step.
 * @throws DivergenceError where the loss, a penalty or the new state is not finite
 */
export async function takeStep(
  plan: LoopPlan,
  session: Session,
  now: Moment,
  batch: LabelledBatch,
): Promise<Moment> {
  const { step } = plan;
  const feeds = feedsOf(plan, now, batch);
  const made = await session.run(feeds);
  const state = new Map(step.state.map(({ input, output }) => [input, made[output]!]));
  const wrong = notFinite(plan, made, state);
  if (wrong !== undefined) throw await divergence(plan, now, feeds, wrong);
  return edited(plan, { ...now, step: now.step + 1, state, sums: added(plan, now.sums, made) });
}

function feedsOf(
  { step, rate, options }: LoopPlan,
  now: Moment,
  batch: LabelledBatch,
): Record<string, Tensor> {
  const { images, labels } = step.inputs;
  return {
    ...Object.fromEntries(now.state),
    ...options.addition?.controller?.feeds(now.controller),
    [images]: tensor("f32", batch.shape, batch.data),
    [labels]: tensor("i32", [batch.labels.length], Int32Array.from(batch.labels)),
    [step.inputs.rate]: f32([], [rate(now.step)]),
  };
}

const scalar = (made: Readonly<Record<string, Tensor>>, name: string): number => made[name]!.data[0]!;

function added({ step }: LoopPlan, sums: IntervalSums, made: Readonly<Record<string, Tensor>>): IntervalSums {
  const { loss, correct, penalties } = step.outputs;
  return {
    steps: sums.steps + 1,
    loss: sums.loss + scalar(made, loss),
    correct: sums.correct + scalar(made, correct),
    penalties: Object.fromEntries(
      Object.entries(penalties).map(([name, output]) => [
        name,
        (sums.penalties[name] ?? 0) + scalar(made, output),
      ]),
    ),
  };
}

function notFinite(
  { step }: LoopPlan,
  made: Readonly<Record<string, Tensor>>,
  state: ReadonlyMap<string, Tensor>,
): string | undefined {
  const { loss, penalties } = step.outputs;
  if (!Number.isFinite(scalar(made, loss))) return "the loss";
  for (const [name, output] of Object.entries(penalties))
    if (!Number.isFinite(scalar(made, output))) return `the penalty "${name}"`;
  for (const [name, { data }] of state) if (!allFinite(data)) return `"${name}"`;
  return undefined;
}

/** Every state so far was finite, so that the fault lies in this very step, which is run again to be watched. */
async function divergence(
  { step, rate, options }: LoopPlan,
  now: Moment,
  feeds: Readonly<Record<string, Tensor>>,
  wrong: string,
): Promise<DivergenceError> {
  const place = await firstNotFinite(options.runtime, step.graph, feeds, options.graph);
  return new DivergenceError(
    now.step + 1,
    place ?? wrong,
    `the learning rate is ${rate(now.step)} there: lower it, give the schedule a warmUp, or weaken the penalties`,
  );
}

/** The moment after a look: validated, the controller told, a point added to the curve, the sums begun anew. */
export async function takeLook(plan: LoopPlan, now: Moment): Promise<Moment> {
  const { options, steps, select } = plan;
  const { validation: source, runtime, signal } = options;
  const graph = withInitializers(options.graph, now.state);
  const validation = source && (await validate(graph, source, { runtime, signal, step: now.step }));
  const looked = options.addition?.controller?.look(now.controller, { step: now.step, steps, graph });
  const point: CurvePoint = {
    step: now.step,
    epoch: now.step / options.batches.stepsPerPass,
    rate: plan.rate(Math.max(0, now.step - 1)),
    ...means(now.sums, options.batches.batch),
    validation,
    record: plain(looked?.record ?? {}, "the controller's record"),
  };
  const settled = options.addition?.edit?.settled(stepCount(plan, now.step)) ?? true;
  const better =
    settled && validation && validation.accuracy > (now.best?.accuracy ?? Number.NEGATIVE_INFINITY);
  return {
    step: now.step,
    state: now.state,
    controller: looked ? plain(looked.state, "the controller's state") : now.controller,
    points: [...now.points, point],
    sums: { steps: 0, loss: 0, correct: 0, penalties: {} },
    best:
      select === "best" && better
        ? { step: now.step, accuracy: validation.accuracy, parameters: parametersOf(plan, now) }
        : now.best,
  };
}

function means({ steps, loss, correct, penalties }: IntervalSums, batch: number) {
  if (steps === 0) return { loss: null, accuracy: null, penalties: {} };
  return {
    loss: loss / steps,
    accuracy: correct / (steps * batch),
    penalties: Object.fromEntries(Object.entries(penalties).map(([name, sum]) => [name, sum / steps])),
  };
}

/** Without the optimiser's memory. */
const parametersOf = ({ options }: LoopPlan, { state }: Moment): ReadonlyMap<string, Tensor> =>
  new Map([...state].filter(([name]) => options.graph.initializers.has(name)));

/** As it comes back from a checkpoint, so that a training that was never stopped has the same. */
function plain<T extends Json>(value: T, what: string): T {
  const text = JSON.stringify(value, (key, item) => {
    invariant(typeof item !== "number" || Number.isFinite(item), `${what} has ${key || "a value"} ${item}`);
    return item;
  });
  return JSON.parse(text) as T;
}
