// A thread that makes the batches of a training. It is given the plan once, then the numbers of steps.
import { parentPort, workerData } from "node:worker_threads";
import { type BatchPlan, batchMaker } from "../../train/batch-stream.js";

const make = batchMaker(workerData as BatchPlan);

parentPort?.on("message", (step: number) => {
  const batch = make(step);
  parentPort?.postMessage(batch, [batch.data.buffer as ArrayBuffer, batch.labels.buffer as ArrayBuffer]);
});
