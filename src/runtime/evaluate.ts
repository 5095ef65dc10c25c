import { tensor } from "../tensor.js";
import type { Session } from "./types.js";

/** Normalised images with their labels; the first entry of `shape` is their number. */
export interface LabelledBatch {
  readonly shape: readonly number[];
  readonly data: Float32Array;
  readonly labels: ArrayLike<number>;
}

export interface ClassifyOptions {
  /** Called after each batch with the images classified so far. */
  readonly onProgress?: (progress: { readonly done: number; readonly correct: number }) => void;
}

export interface Classification {
  readonly count: number;
  readonly classes: number;
  /** [count × classes], row-major. */
  readonly logits: Float32Array;
  /** [count]: the class with the largest logit, the first of equals; −1 where every logit is NaN. */
  readonly predictions: Int32Array;
  readonly correct: number;
  /** Fraction of the images whose prediction is their label; NaN for no images. */
  readonly accuracy: number;
}

/**
 * Runs a classifier of one input and one output over labelled batches. The next batch is prepared while the current
 * one is computed, where the session is on a worker.
 *
 * @throws Error where the network has another number of inputs or outputs, or its output is not [images × classes].
 */
export async function classify(
  session: Session,
  batches: AsyncIterable<LabelledBatch> | Iterable<LabelledBatch>,
  options: ClassifyOptions = {},
): Promise<Classification> {
  const [input, output] = soleNames(session);
  const parts: Float32Array[] = [];
  const predictions: number[] = [];
  let classes = 0;
  let correct = 0;
  const run = async (batch: LabelledBatch) => {
    const logits = (await session.run({ [input]: tensor("f32", batch.shape, batch.data) }))[output]!;
    const width = logits.shape[1] ?? 0;
    if (
      logits.dtype !== "f32" ||
      logits.shape.length !== 2 ||
      logits.shape[0] !== batch.labels.length ||
      width === 0
    ) {
      throw new Error(
        `the network's output "${output}" is ${logits.dtype}[${logits.shape}], but a classifier of ` +
          `${batch.labels.length} images gives f32[${batch.labels.length} × classes]`,
      );
    }
    classes = width;
    const values = logits.data as Float32Array;
    parts.push(values);
    for (let i = 0; i < batch.labels.length; i++) {
      const prediction = largest(values, i * width, width);
      predictions.push(prediction);
      if (prediction === batch.labels[i]) correct++;
    }
    options.onProgress?.({ done: predictions.length, correct });
  };
  await overlapped(batches, run);
  const count = predictions.length;
  const logits = new Float32Array(count * classes);
  let at = 0;
  for (const part of parts) {
    logits.set(part, at);
    at += part.length;
  }
  return {
    count,
    classes,
    logits,
    predictions: Int32Array.from(predictions),
    correct,
    accuracy: correct / count,
  };
}

function soleNames(session: Session): [input: string, output: string] {
  const { inputs, outputs } = session;
  if (inputs.length !== 1 || outputs.length !== 1) {
    throw new Error(
      `a classifier has one input and one output, but this network has inputs ${inputs.join(", ")} ` +
        `and outputs ${outputs.join(", ")}`,
    );
  }
  return [inputs[0]!, outputs[0]!];
}

/** Hands the items to `use` one after another, asking for the next item while `use` is at work. */
async function overlapped<T>(
  items: AsyncIterable<T> | Iterable<T>,
  use: (item: T) => Promise<void>,
): Promise<void> {
  const iterator = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
  const advance = async () => iterator.next();
  try {
    let item = await advance();
    while (!item.done) [, item] = await Promise.all([use(item.value), advance()]);
  } finally {
    await iterator.return?.();
  }
}

function largest(values: Float32Array, start: number, count: number): number {
  let best = -1;
  let bestValue = Number.NEGATIVE_INFINITY;
  for (let c = 0; c < count; c++) {
    const value = values[start + c]!;
    if (value > bestValue || (best < 0 && value === bestValue)) {
      best = c;
      bestValue = value;
    }
  }
  return best;
}
