import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import { drawnDigits } from "../../src/data/drawn/digits.js";
import { InputError } from "../../src/errors.js";
import { dataSearchPath, locateDataset, readDataset } from "../../src/node/datasets.js";
import { cifarRecords, mnistImages, mnistLabels } from "../data/samples.js";
import { dataDir, withData } from "../support/data.js";
import { temporaryFolder } from "./temporary.js";

const dir = await temporaryFolder();
const cifar = join(dir, "cifar-10-batches-bin");

async function put(folder: string, files: Readonly<Record<string, Uint8Array>>): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [name, bytes] of Object.entries(files)) await writeFile(join(folder, name), bytes);
}

const failure = async (promise: Promise<unknown>): Promise<string> => {
  const error = await promise.catch((e: unknown) => e);
  expect(error).toBeInstanceOf(InputError);
  return String(error);
};

beforeAll(async () => {
  await put(join(dir, "mnist"), {
    "t10k-images-idx3-ubyte": mnistImages(5),
    "t10k-labels-idx1-ubyte.gz": gzipSync(mnistLabels(5)),
  });
  await put(cifar, { "test_batch.bin.gz": gzipSync(cifarRecords([7, 8])) });
  for (const i of [1, 2, 3, 4, 5]) await put(cifar, { [`data_batch_${i}.bin`]: cifarRecords([i, i]) });
});

describe("readDataset", () => {
  test("draws what the program makes itself, wherever files are looked for", async () => {
    const images = await readDataset("drawn-digits", "test", { dir: join(dir, "nowhere") });
    expect(images).toEqual(drawnDigits("test"));
    expect((await readDataset("drawn-digits", "train", { limit: 7 })).count).toBe(7);
    expect((await readDataset("drawn-digits", "test", { limit: 99_999 })).count).toBe(2000);
    expect(locateDataset("drawn-digits", "test")).toEqual({ name: "drawn-digits", folder: undefined });
  });

  test("plain and gzipped files, in the folder that --data-dir names", async () => {
    const digits = await readDataset("mnist", "test", { dir });
    expect([digits.name, digits.count, [...digits.labels]]).toEqual(["mnist", 5, [0, 1, 2, 3, 4]]);
    expect([...(await readDataset("cifar10", "test", { dir })).labels]).toEqual([7, 8]);
    expect([...(await readDataset("cifar10", "train", { dir })).labels]).toEqual([
      1, 1, 2, 2, 3, 3, 4, 4, 5, 5,
    ]);
  });

  test("XBARKIT_DATA, and the folder of the files itself", async () => {
    expect((await readDataset("cifar10", "test", { env: { XBARKIT_DATA: dir } })).count).toBe(2);
    expect((await readDataset("cifar10", "test", { dir: cifar })).count).toBe(2);
    expect((await readDataset(cifar, "train")).count).toBe(10);
    expect((await readDataset(join(dir, "mnist"), "test")).name).toBe("mnist");
  });

  test("a limit cuts, and spares the files behind it", async () => {
    const partly = join(dir, "partly", "cifar-10-batches-bin");
    await put(partly, { "data_batch_1.bin": cifarRecords([1, 2]), "data_batch_2.bin": cifarRecords([3, 4]) });
    for (const i of [3, 4, 5]) await put(partly, { [`data_batch_${i}.bin`]: Uint8Array.of(1) });
    const images = await readDataset("cifar10", "train", { dir: join(dir, "partly"), limit: 3 });
    expect([[...images.labels], images.count]).toEqual([[1, 2, 3], 3]);
    expect(images.pixels).toHaveLength(3 * 3072);
    expect((await readDataset("cifar10", "test", { dir, limit: 99 })).count).toBe(2);
    expect(await failure(readDataset("cifar10", "test", { dir, limit: 0 }))).toContain(
      "the image limit is 0",
    );
    expect(await failure(readDataset("cifar10", "test", { dir, limit: 1.5 }))).toContain(
      "the image limit is 1.5",
    );
  });

  test("what is missing is said with every place that was looked at", async () => {
    expect(await failure(readDataset("mnist", "train", { dir }))).toBe(
      `the train images of mnist were not found; looked in\n  ${join(dir, "mnist")} ` +
        "(without train-images-idx3-ubyte, train-labels-idx1-ubyte)\n" +
        "  fetch them with `xbarkit data get mnist`, or name their folder with --data-dir or XBARKIT_DATA",
    );
    const empty = join(dir, "empty");
    expect(dataSearchPath({ env: { XBARKIT_DATA: empty } })).toEqual([
      empty,
      resolve("data"),
      join(homedir(), ".cache", "xbarkit"),
    ]);
    expect(dataSearchPath({ env: { XBARKIT_DATA: "" } })).toEqual([
      resolve("data"),
      join(homedir(), ".cache", "xbarkit"),
    ]);
    expect(dataSearchPath({ dir: empty, env: { XBARKIT_DATA: dir } })).toEqual([empty]);
  });

  test("unknown names and folders of another kind", async () => {
    expect(await failure(readDataset("cifar01", "test", { dir }))).toBe(
      'the data set is "cifar01", which is neither a known name nor a folder\n' +
        "  did you mean cifar10? known names: mnist, cifar10, drawn-digits, imagenet",
    );
    expect(await failure(readDataset(dir, "test"))).toMatch(
      /holds no complete test set of a known kind\n.*\n {2}mnist: t10k-images-idx3-ubyte, .*\n {2}cifar10: test_batch\.bin\n {2}imagenet: val-images\.idx, val-labels\.idx, which/,
    );
  });

  test("gzip files that are cut short or no gzip at all", async () => {
    const whole = gzipSync(cifarRecords([1, 2, 3]));
    const cut = join(dir, "cut");
    await put(cut, { "test_batch.bin.gz": whole.subarray(0, whole.length - 9) });
    expect(await failure(readDataset("cifar10", "test", { dir: join(dir, "none") }))).toContain(
      "were not found",
    );
    for (const i of [1, 2, 3, 4, 5]) await put(cut, { [`data_batch_${i}.bin.gz`]: Uint8Array.of(1, 2, 3) });
    expect(await failure(readDataset(cut, "test"))).toBe(
      `${join(cut, "test_batch.bin.gz")} (${whole.length - 9} bytes) cannot be unpacked as gzip: unexpected end of file\n` +
        "  the file is cut short or damaged: fetch it again with `xbarkit data get cifar10`",
    );
    expect(await failure(readDataset(cut, "train"))).toContain(
      "data_batch_1.bin.gz (3 bytes) cannot be unpacked as gzip",
    );
  });
});

withData("the real files", () => {
  test("MNIST unpacks to the published bytes, and its first labels are the known ones", async () => {
    const folder = join(dataDir()!, "mnist");
    const sha = (file: string) =>
      createHash("sha256")
        .update(gunzipSync(readFileSync(join(folder, file))))
        .digest("hex");
    expect(sha("t10k-images-idx3-ubyte.gz")).toBe(
      "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    );
    const images = await readDataset("mnist", "test", { dir: dataDir()! });
    expect(images.count).toBe(10_000);
    expect([...images.labels.subarray(0, 10)]).toEqual([7, 2, 1, 0, 4, 1, 4, 9, 5, 9]);
    expect((await readDataset("mnist", "train", { dir: dataDir()! })).count).toBe(60_000);
  });

  test("CIFAR-10 has 50,000 and 10,000 images, a tenth of each class", async () => {
    for (const [part, count] of [
      ["train", 50_000],
      ["test", 10_000],
    ] as const) {
      const images = await readDataset("cifar10", part, { dir: dataDir()! });
      expect(images.count).toBe(count);
      const perClass = new Array<number>(10).fill(0);
      for (const label of images.labels) perClass[label]!++;
      expect(perClass).toEqual(new Array<number>(10).fill(count / 10));
    }
  });
});
