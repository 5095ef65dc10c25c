import { describe, expect, test } from "vitest";
import type { Batch } from "../../src/data/types.js";
import { InputError } from "../../src/errors.js";
import { compiledWorker } from "../../src/node/files.js";
import { openBatches } from "../../src/node/training/batches.js";
import { type BatchPlan, batchSource } from "../../src/train/batch-stream.js";
import { lamps, normalization } from "../train/support.js";

const built = compiledWorker(
  "batch-worker",
  new URL("../../src/node/training/batches.ts", import.meta.url).href,
);
const plan = {
  dataset: lamps(50, 4),
  normalization,
  batch: 6,
  augmentation: { flip: 0.5, crop: 2 },
  seed: 9,
  stage: "train",
} satisfies BatchPlan;

async function taken(source: AsyncIterable<Batch>, count = Number.POSITIVE_INFINITY): Promise<Batch[]> {
  const batches: Batch[] = [];
  for await (const batch of source) if (batches.push(batch) >= count) break;
  return batches;
}

test("without a worker batches are made in this thread", async () => {
  const source = openBatches(plan, { worker: null });
  expect(await taken(source.stream(3, 9))).toEqual(await taken(batchSource(plan).stream(3, 9)));
  await source.close();
});

test.each([0, 1.5])("%d batches ahead are refused", (ahead) => {
  expect(() => openBatches(plan, { ahead })).toThrow(InputError);
});

test("wrong settings are told before a worker starts", () => {
  expect(() => openBatches({ ...plan, batch: 51 })).toThrow(
    "the batch is 51, and there are 50 training images",
  );
});

describe.skipIf(!built)("the compiled worker (skipped where dist is missing or older than src)", () => {
  test.each([1, 2, 5])("makes the same bytes, %d ahead, over several passes", async (ahead) => {
    const source = openBatches(plan, { worker: built!, ahead });
    const local = batchSource(plan);
    expect([source.batch, source.stepsPerPass, source.identity()]).toEqual([6, 8, local.identity()]);
    for (const [first, end] of [
      [0, 20],
      [7, 8],
      [5, 5],
    ] as const)
      expect(await taken(source.stream(first, end))).toEqual(await taken(local.stream(first, end)));
    await source.close();
  });

  test("a stream that is left early does not disturb the next", async () => {
    const source = openBatches(plan, { worker: built! });
    const wanted = await taken(batchSource(plan).stream(0, 30));
    for (const count of [1, 3, 2])
      expect(await taken(source.stream(4, 30), count)).toEqual(wanted.slice(4, 4 + count));
    await source.close();
  });

  test("the caller's images stay as they are, and shared ones are not copied", async () => {
    const pixels = new Uint8Array(new SharedArrayBuffer(plan.dataset.pixels.length));
    pixels.set(plan.dataset.pixels);
    const source = openBatches({ ...plan, dataset: { ...plan.dataset, pixels } }, { worker: built! });
    expect(await taken(source.stream(0, 2))).toEqual(await taken(batchSource(plan).stream(0, 2)));
    expect(plan.dataset.pixels.length).toBe(50 * 126);
    // A write is seen by the worker: it has no copy of its own.
    pixels.fill(0);
    const [batch] = await taken(source.stream(9, 10));
    expect(batch!.data.every((value) => value === batch!.data[0])).toBe(true);
    await source.close();
  });

  test("closed before its end: whoever waits is told", async () => {
    const source = openBatches(plan, { worker: built! });
    const told = expect(taken(source.stream(0, 1000))).rejects.toThrow(
      "the worker that makes batches has been closed",
    );
    await source.close();
    await told;
    await expect(taken(source.stream(0, 1))).rejects.toThrow("has been closed");
  });
});

test("a worker that dies rejects what waits", async () => {
  const dying = new URL("./fixtures/broken-worker.mjs", import.meta.url);
  const source = openBatches(plan, { worker: dying });
  await expect(taken(source.stream(0, 3))).rejects.toThrow(/^the worker that makes batches (failed|ended)/);
  await source.close();
});
