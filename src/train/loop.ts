import { InterruptedError } from "../errors.js";
import type { Graph } from "../graph/types.js";
import { exportOnnx } from "../onnx/export.js";
import type { Runtime } from "../runtime/types.js";
import type { BatchSource, ValidationSource } from "./batch-stream.js";
import { type CheckpointStore, decodeCheckpoint, encodeCheckpoint, type Moment } from "./checkpoint.js";
import { firstMoment, identityOf, type LoopPlan, lookDue, planLoop } from "./loop-plan.js";
import { takeLook, takeStep } from "./moments.js";
import type { Schedule } from "./schedule.js";
import type { Json, LoopAddition, TrainingCurve } from "./stage.js";
import { type StepOptions, withInitializers } from "./step.js";

/** Means over the steps since the last look. */
export interface TrainProgress {
  /** Steps done, of how many. */
  readonly step: number;
  readonly steps: number;
  readonly loss: number;
  readonly accuracy: number;
}

export interface TrainOptions extends Pick<StepOptions, "optimizer" | "weightDecay" | "batchNorm"> {
  /** The network that training starts from: one input, its first output logits. */
  readonly graph: Graph;
  /** The stage's name, for messages and the curve. */
  readonly stage: string;
  readonly steps: number;
  readonly batches: BatchSource;
  /** Images that are classified at every look, or null for none. */
  readonly validation: ValidationSource | null;
  /** The learning rate; its steps are those of the loop. */
  readonly schedule: Schedule;
  /** Default: nothing beside the cross-entropy. */
  readonly addition?: LoopAddition;
  /** Steps between two looks. Default: one pass through the images; in any case at most `steps`. */
  readonly interval?: number;
  /** The network that comes out: of the last step (the default), or of the look with the best validation accuracy. */
  readonly select?: "last" | "best";
  readonly runtime: Runtime;
  /** Default: none. */
  readonly store?: CheckpointStore;
  /** Steps between two checkpoints, besides the one at every look. */
  readonly checkpointEvery?: number;
  /** What else decides the result (threads, versions): a checkpoint of another identity is refused. */
  readonly identity?: Json;
  /** Stops the training between two steps, with a checkpoint. */
  readonly signal?: AbortSignal | undefined;
  /** Called after every step. */
  readonly onProgress?: (progress: TrainProgress) => void;
}

export interface TrainResult {
  readonly graph: Graph;
  readonly curve: TrainingCurve;
  /** The step whose parameters the graph has. */
  readonly step: number;
}

/**
 * Trains a network by minibatches and looks at it at the start and after every interval: validation, controller, a
 * point of the curve, a checkpoint. Where the store holds a checkpoint of this training it goes on from there, and comes
 * to the same bytes as if it had never stopped (same machine and threads).
 * @throws InputError for options outside their range, and a checkpoint that is damaged or of another training;
 *   InterruptedError once the signal is given, after saving a checkpoint; DivergenceError where a number is not finite
 */
export async function train(options: TrainOptions): Promise<TrainResult> {
  const plan = planLoop(options);
  const { store } = options;
  const identity = store ? identityOf(plan) : {};
  const bytes = (await store?.load()) ?? null;
  const start = bytes && store ? decodeCheckpoint(identity, bytes, store.name) : firstMoment(plan);
  const end = await toTheEnd(plan, start, async (moment) => store?.save(encodeCheckpoint(identity, moment)));
  const chosen = plan.select === "best" && end.best ? end.best : { step: end.step, parameters: end.state };
  return {
    graph: withInitializers(options.graph, chosen.parameters),
    curve: { stage: options.stage, points: end.points },
    step: chosen.step,
  };
}

async function toTheEnd(
  plan: LoopPlan,
  start: Moment,
  save: (moment: Moment) => Promise<void>,
): Promise<Moment> {
  const { steps, step } = plan;
  if (start.step === steps && !lookDue(plan, start)) return start;
  const { batches, checkpointEvery, onProgress, runtime, signal, stage } = plan.options;
  let now = start;
  let saved: Moment | undefined;
  const keep = async () => {
    if (saved !== now) await save(now);
    saved = now;
  };
  const session = await runtime.load(exportOnnx(step.graph), { name: stage, keepQuantizers: true });
  const stream = batches.stream(start.step, steps)[Symbol.asyncIterator]();
  try {
    let coming = await stream.next();
    for (;;) {
      if (lookDue(plan, now)) {
        now = await takeLook(plan, now);
        await keep();
      }
      if (now.step === steps) return now;
      if (signal?.aborted) throw new InterruptedError();
      // The next batch is made while this one is used.
      [now, coming] = await Promise.all([takeStep(plan, session, now, coming.value), stream.next()]);
      const { loss, correct, steps: done } = now.sums;
      onProgress?.({ step: now.step, steps, loss: loss / done, accuracy: correct / (done * batches.batch) });
      if (checkpointEvery && now.step % checkpointEvery === 0 && !lookDue(plan, now)) await keep();
    }
  } catch (error) {
    if (!(error instanceof InterruptedError)) throw error;
    await keep();
    throw new InterruptedError(`stage "${stage}" was stopped after ${now.step} of ${steps} steps`);
  } finally {
    await stream.return?.();
    await session.dispose();
  }
}
