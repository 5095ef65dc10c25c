import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { checkpointFile } from "../../src/node/training/checkpoint-file.js";
import { openRuntime } from "../../src/runtime/open.js";
import type { Runtime } from "../../src/runtime/types.js";
import { batchSource } from "../../src/train/batch-stream.js";
import { type TrainOptions, train } from "../../src/train/loop.js";
import { contentOf, lamps, normalization, tinyNetwork } from "../train/support.js";
import { temporaryFolder } from "./temporary.js";

const folder = await temporaryFolder();
let runtime: Runtime;
beforeAll(async () => {
  runtime = await openRuntime({ threads: 1 });
});
afterAll(() => runtime.close());

test("what was saved last is loaded; nothing before, and after it is cleared", async () => {
  const store = checkpointFile(join(folder, "deep", "a.bin"));
  expect(await store.load()).toBeNull();
  await store.save(Uint8Array.of(1));
  await store.save(Uint8Array.of(2, 3));
  expect(await store.load()).toEqual(Uint8Array.of(2, 3));
  await writeFile(join(folder, "deep", ".a.bin.1.tmp"), "x");
  await store.clear();
  expect(await store.load()).toBeNull();
  expect(await readdir(join(folder, "deep"))).toEqual([]);
});

test("torn files of this checkpoint go, all others stay", async () => {
  const place = join(folder, "torn");
  await mkdir(place);
  for (const name of [".c.bin.1-2.tmp", ".c.bin.tmp", "c.bin.tmp", ".d.bin.1.tmp", "c.bin"])
    await writeFile(join(place, name), name);
  const store = checkpointFile(join(place, "c.bin"));
  expect(new TextDecoder().decode((await store.load())!)).toBe("c.bin");
  expect((await readdir(place)).sort()).toEqual([".d.bin.1.tmp", "c.bin", "c.bin.tmp"]);
});

const options = (changes: Partial<TrainOptions>): TrainOptions => ({
  graph: tinyNetwork(2, true),
  stage: "test",
  steps: 9,
  interval: 4,
  batches: batchSource({ dataset: lamps(40, 1), normalization, batch: 8, seed: 1, stage: "test" }),
  validation: null,
  schedule: { kind: "constant", rate: 0.1 },
  optimizer: { kind: "adam" },
  runtime,
  ...changes,
});

test("a training goes on from its file past a torn one, and refuses a damaged one by its path", async () => {
  const straight = contentOf(await train(options({})));
  const path = join(folder, "train", "checkpoint.bin");
  const store = checkpointFile(path);
  const abort = new AbortController();
  const stopping = options({
    store,
    signal: abort.signal,
    onProgress: ({ step }) => step === 6 && abort.abort(),
  });
  await expect(train(stopping)).rejects.toThrow('stage "test" was stopped after 6 of 9 steps');
  const bytes = await readFile(path);
  await writeFile(join(folder, "train", ".checkpoint.bin.7.tmp"), bytes.subarray(0, 100));

  await writeFile(path, bytes.subarray(0, bytes.length - 1));
  await expect(train(options({ store }))).rejects.toThrow(`${path} is damaged or cut off`);
  await writeFile(path, bytes);
  const seen: number[] = [];
  const resumed = await train(options({ store, onProgress: ({ step }) => seen.push(step) }));
  expect(contentOf(resumed)).toEqual(straight);
  expect(seen).toEqual([7, 8, 9]);
  expect(await readdir(join(folder, "train"))).toEqual(["checkpoint.bin"]);
});
