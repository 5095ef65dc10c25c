// A thread that makes the batches of a training. It is given the plan once, then the numbers of steps.
import { parentPort, workerData } from "node:worker_threads";
import { batchMaker } from "../../train/batch-stream.js";
import { receivePlan, type SentPlan } from "./sent-plan.js";

const make = batchMaker(receivePlan(workerData as SentPlan));

parentPort?.on("message", (step: number) => {
  const batch = make(step);
  parentPort?.postMessage(batch, [batch.data.buffer as ArrayBuffer, batch.labels.buffer as ArrayBuffer]);
});
