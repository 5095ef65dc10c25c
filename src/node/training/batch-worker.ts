// A thread that makes the batches of a training. It is given the plan once, then the numbers of steps.
import { parentPort, workerData } from "node:worker_threads";
import type { Batch } from "../../data/types.js";
import { InputError } from "../../errors.js";
import { batchMaker } from "../../train/batch-stream.js";
import type { WrongInput } from "./batches.js";
import { receivePlan, type SentPlan } from "./sent-plan.js";

const make = batchMaker(receivePlan(workerData as SentPlan));

/** What is wrong with the images is the user's to mend, and says so in their words; all else ends this thread. */
function answer(step: number): Batch | WrongInput {
  try {
    return make(step);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { wrong: error.message, hint: error.hint };
  }
}

parentPort?.on("message", (step: number) => {
  const made = answer(step);
  const buffers = "wrong" in made ? [] : [made.data.buffer as ArrayBuffer, made.labels.buffer as ArrayBuffer];
  parentPort?.postMessage(made, buffers);
});
