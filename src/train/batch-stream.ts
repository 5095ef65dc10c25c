import { type Augmentation, augment } from "../data/augment.js";
import { batches } from "../data/batches.js";
import { datasetDigests } from "../data/pixels.js";
import { subset } from "../data/subsets.js";
import type { Batch, Dataset, Normalization } from "../data/types.js";
import { InputError } from "../errors.js";
import { randomFor } from "../random.js";
import type { JsonRecord } from "./stage.js";

/** Which images every step sees, as plain data that can be sent to a worker. */
export interface BatchPlan {
  /** The training images, without those for validation. */
  readonly dataset: Dataset;
  readonly normalization: Normalization;
  /** Images of a step. */
  readonly batch: number;
  /** Default: the images as they are. */
  readonly augmentation?: Augmentation;
  readonly seed: number;
  /** The stage's name: stages of one seed see the images in other orders. */
  readonly stage: string;
}

/** The batches of a training. Batch s is the same whenever and wherever it is made. */
export interface BatchSource {
  readonly batch: number;
  /** Whole batches of one pass through the images. */
  readonly stepsPerPass: number;
  readonly classes: number;
  /** What the batches depend on, images included. */
  readonly identity: () => JsonRecord;
  /** The batches of the steps from `first` to before `end`, in order. */
  readonly stream: (first: number, end: number) => AsyncIterable<Batch>;
}

/** Images that training is validated on, each pass through `batches` anew from the first. */
export interface ValidationSource {
  readonly identity: () => JsonRecord;
  readonly batches: () => Iterable<Batch>;
}

/**
 * The batch of a step, a pure function of the plan and the step: pass e goes through the images in an order of its own,
 * drawn for (seed, stage, e), and leaves out those that do not fill a batch; the augmentation draws from a stream of
 * chance of its own for (seed, stage, step).
 * @throws InputError where the batch is larger than the data set, or a setting is outside its range
 */
export function batchMaker(plan: BatchPlan): (step: number) => Batch {
  const { dataset, normalization, batch, augmentation, seed, stage } = plan;
  const perPass = stepsPerPass(plan);
  check(plan);
  let order: { readonly pass: number; readonly images: Int32Array } | undefined;
  return (step) => {
    const pass = Math.floor(step / perPass);
    if (order?.pass !== pass)
      order = { pass, images: randomFor(seed, stage, "order", pass).permutation(dataset.count) };
    const start = (step % perPass) * batch;
    const indices = order.images.subarray(start, start + batch);
    if (!augmentation) return sole(batches(dataset, normalization, { size: batch, indices }));
    const random = randomFor(seed, stage, "augmentation", step);
    const changed = augment(subset(dataset, indices), augmentation, random);
    return sole(batches(changed, normalization, { size: batch }));
  };
}

/** Batches made in this thread, each when it is asked for. @throws InputError as {@link batchMaker} does */
export function batchSource(plan: BatchPlan): BatchSource {
  const make = batchMaker(plan);
  return {
    ...describePlan(plan),
    stream: async function* (first, end) {
      for (let step = first; step < end; step++) yield make(step);
    },
  };
}

/** What a source of these batches says of itself, wherever it makes them. */
export const describePlan = (plan: BatchPlan): Omit<BatchSource, "stream"> => ({
  batch: plan.batch,
  stepsPerPass: stepsPerPass(plan),
  classes: plan.dataset.classes,
  identity: () => ({
    images: identityOf(plan.dataset),
    normalization: { ...plan.normalization },
    batch: plan.batch,
    augmentation: { ...plan.augmentation },
    seed: plan.seed,
    stage: plan.stage,
  }),
});

/** @param size images classified at once; any size gives the same accuracy */
export const validationSource = (
  dataset: Dataset,
  normalization: Normalization,
  size = 100,
): ValidationSource => ({
  identity: () => ({ images: identityOf(dataset), normalization: { ...normalization }, batch: size }),
  batches: () => batches(dataset, normalization, { size }),
});

function stepsPerPass({ dataset, batch }: BatchPlan): number {
  if (Number.isInteger(batch) && batch >= 1 && batch <= dataset.count)
    return Math.floor(dataset.count / batch);
  throw new InputError(`the batch is ${batch}, and there are ${dataset.count} training images`, {
    hint: "give a whole number from 1 to the number of training images",
  });
}

/** Finds wrong settings before the first batch, by doing nothing with them. */
function check({ dataset, normalization, augmentation, seed, stage }: BatchPlan): void {
  const none = subset(dataset, []);
  if (augmentation) augment(none, augmentation, randomFor(seed, stage));
  batches(none, normalization, { size: 1 }).next();
}

const identityOf = (dataset: Dataset): JsonRecord => ({
  name: dataset.name,
  count: dataset.count,
  ...datasetDigests(dataset),
});

function sole(iterator: Iterator<Batch>): Batch {
  return iterator.next().value as Batch;
}
