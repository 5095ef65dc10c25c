import { Worker } from "node:worker_threads";
import type { Batch } from "../../data/types.js";
import { InputError } from "../../errors.js";
import { type BatchPlan, type BatchSource, batchSource } from "../../train/batch-stream.js";
import { compiledWorker } from "../files.js";
import { type SentPlan, sendPlan } from "./sent-plan.js";

export interface BatchWorkerOptions {
  /** Batches that are made or waiting while one is used. Default: 2. */
  readonly ahead?: number;
  /** The worker's file, or null to stay in this thread. Default: this package's own, null where there is none. */
  readonly worker?: URL | null;
}

/**
 * The batches of a training, made ahead on a worker thread; the same bytes as `batchSource` makes. `close` ends the
 * thread.
 * @throws InputError as `batchSource` does
 */
export function openBatches(
  plan: BatchPlan,
  options: BatchWorkerOptions = {},
): BatchSource & { readonly close: () => Promise<void> } {
  const { ahead = 2, worker: file = compiledWorker("batch-worker", import.meta.url) ?? null } = options;
  if (!(Number.isInteger(ahead) && ahead >= 1))
    throw new InputError(`${ahead} batches are to be made ahead`, { hint: "give a whole number from 1" });
  const local = batchSource(plan);
  if (file === null) return { ...local, close: async () => {} };
  const client = openClient(file, sendPlan(plan));
  return {
    ...local,
    stream: async function* (first, end) {
      const coming: Promise<Batch>[] = [];
      let asked = first;
      for (let step = first; step < end; step++) {
        for (; asked < Math.min(end, step + 1 + ahead); asked++) coming.push(client.make(asked));
        yield await coming.shift()!;
      }
    },
    close: client.close,
  };
}

/** An `InputError` on its way between threads. */
export interface WrongInput {
  readonly wrong: string;
  readonly hint: string | undefined;
}

interface Waiting {
  readonly resolve: (batch: Batch) => void;
  readonly reject: (error: Error) => void;
}

/** Batches come in the order in which they were asked for. */
function openClient(file: URL, plan: SentPlan) {
  const worker = new Worker(file, { name: "xbarkit-batches", workerData: plan, execArgv: [] });
  const waiting: Waiting[] = [];
  let dead: Error | undefined;
  const die = (reason: string, cause?: unknown) => {
    dead ??= new Error(`the worker that makes batches ${reason}`, { cause });
    for (const { reject } of waiting.splice(0)) reject(dead);
  };
  worker.on("message", (made: Batch | WrongInput) => {
    // Nobody waits for what was under way when it was closed.
    const asked = waiting.shift();
    if ("wrong" in made)
      asked?.reject(new InputError(made.wrong, made.hint === undefined ? {} : { hint: made.hint }));
    else asked?.resolve(made);
    if (waiting.length === 0) worker.unref();
  });
  worker.on("error", (error: Error) => die(`failed: ${error.message}`, error));
  worker.on("exit", (code) => die(`ended with exit code ${code}`));
  worker.unref();
  return {
    make: (step: number): Promise<Batch> => {
      const made = new Promise<Batch>((resolve, reject) => {
        if (dead) return reject(dead);
        worker.ref();
        waiting.push({ resolve, reject });
        worker.postMessage(step);
      });
      // A failure is told to whoever waits for this batch, which may be a while later, or nobody.
      made.catch(() => {});
      return made;
    },
    close: async () => {
      die("has been closed");
      await worker.terminate();
    },
  };
}
