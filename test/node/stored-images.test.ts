import { mkdir, readFile, rename, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { makeImagenet } from "../../scripts/made-imagenet.mjs";
import { batches } from "../../src/data/batches.js";
import { imageReader } from "../../src/data/pixels.js";
import { type DatasetByHand, defaultNormalization } from "../../src/data/registry.js";
import { split, subset } from "../../src/data/subsets.js";
import type { Batch, Dataset } from "../../src/data/types.js";
import { InputError } from "../../src/errors.js";
import { locateDataset, readDataset } from "../../src/node/datasets.js";
import { compiledWorker } from "../../src/node/files.js";
import { missingStored, openStored } from "../../src/node/stored-images.js";
import { openBatches } from "../../src/node/training/batches.js";
import { receivePlan, sendPlan } from "../../src/node/training/sent-plan.js";
import { createRandom } from "../../src/random.js";
import { type BatchPlan, batchMaker, batchSource } from "../../src/train/batch-stream.js";
import { idx } from "../data/samples.js";
import { temporaryFolder } from "./temporary.js";

const dir = await temporaryFolder();

/** Images of 2 channels of 3 × 5 pixels; byte p of image i is 31 i + p. */
const small: DatasetByHand = {
  title: "Small images",
  folder: "small",
  stems: { train: "train", test: "val" },
  counts: { train: 9, test: 2 },
  classes: 300,
  channels: 2,
  height: 3,
  width: 5,
  normalization: "mnist",
  closed: "they are made here",
};
const pixelsOf = (image: number) => Uint8Array.from({ length: 30 }, (_, p) => 31 * image + p);
const labelOf = (image: number) => (image * 37) % 300;

const imagesFile = (first: number, count: number): Uint8Array =>
  idx([count, 2, 3, 5], Array.from({ length: count }, (_, i) => [...pixelsOf(first + i)]).flat());
function shorts(values: readonly number[]): Uint8Array {
  const bytes = idx(
    [values.length],
    values.flatMap((value) => [(value >> 8) & 255, value & 255]),
  );
  bytes[2] = 11;
  return bytes;
}
const labelsFile = (first: number, count: number): Uint8Array =>
  shorts(Array.from({ length: count }, (_, i) => labelOf(first + i)));

async function put(name: string, files: Readonly<Record<string, Uint8Array>>): Promise<string> {
  const folder = join(dir, name);
  await mkdir(folder, { recursive: true });
  for (const [file, bytes] of Object.entries(files)) await writeFile(join(folder, file), bytes);
  return folder;
}

/** Ten parts, so that the order by number is not that by name. */
const numbered = () =>
  Object.fromEntries(
    Array.from({ length: 10 }, (_, i) => [
      [`train-images-${i + 1}.idx`, imagesFile(2 * i, 2)],
      [`train-labels-${i + 1}.idx`, labelsFile(2 * i, 2)],
    ]).flat() as [string, Uint8Array][],
  );

const open = (folder: string, limit = Number.POSITIVE_INFINITY) =>
  openStored("small", small, "train", folder, limit);

function expectImages(dataset: Dataset, images: readonly number[]): void {
  const read = imageReader(dataset);
  expect(dataset.count).toBe(images.length);
  expect([...dataset.labels]).toEqual(images.map(labelOf));
  for (const [i, image] of images.entries()) expect(read(i)).toEqual(pixelsOf(image));
}

const failure = async (promise: Promise<unknown>): Promise<string> => {
  const error = await promise.catch((e: unknown) => e);
  expect(error).toBeInstanceOf(InputError);
  return String(error);
};

describe("files of stored images", () => {
  test("one file, and parts in the order of their numbers", async () => {
    const one = await put("one", {
      "train-images.idx": imagesFile(0, 7),
      "train-labels.idx": labelsFile(0, 7),
    });
    expectImages(await open(one), [0, 1, 2, 3, 4, 5, 6]);
    const ten = await put("ten", numbered());
    const all = Array.from({ length: 20 }, (_, i) => i);
    expectImages(await open(ten), all);
    const { training, validation } = split(await open(ten), { validation: 6, random: createRandom(1) });
    const order = createRandom(1).permutation(20);
    expectImages(training, [...order.slice(6).sort()]);
    expectImages(validation, [...order.slice(0, 6).sort()]);
    expectImages(subset(training, [13, 0]), [
      [...order.slice(6).sort()][13]!,
      [...order.slice(6).sort()][0]!,
    ]);
  });

  test("labels may be bytes", async () => {
    const folder = await put("bytes", {
      "train-images.idx": imagesFile(0, 3),
      "train-labels.idx": idx([3], [9, 0, 255]),
    });
    expect((await open(folder)).labels).toEqual(Uint16Array.of(9, 0, 255));
  });

  test("a limit spares the files behind it", async () => {
    const folder = await put("limited", { ...numbered(), "train-images-3.idx": Uint8Array.of(1) });
    expectImages(await open(folder, 3), [0, 1, 2]);
    expect(await failure(open(folder, 5))).toContain("train-images-3.idx is 1 bytes long, too short");
  });

  test("what is missing, a number left out included", async () => {
    const { "train-images-4.idx": _, "train-labels-7.idx": __, ...rest } = numbered();
    const folder = await put("gaps", rest);
    expect(missingStored(small, "train", folder)).toEqual(["train-images-4.idx", "train-labels-7.idx"]);
    expect(missingStored(small, "test", folder)).toEqual(["val-images.idx", "val-labels.idx"]);
    expect(missingStored(small, "train", join(dir, "nowhere"))).toEqual([
      "train-images.idx",
      "train-labels.idx",
    ]);
  });

  test("images that are there twice", async () => {
    const folder = await put("twice", { ...numbered(), "train-labels.idx": labelsFile(0, 2) });
    expect(await failure(open(folder))).toBe(
      `${folder} holds train-labels.idx beside numbered files of the same images\n` +
        "  keep either one file or the numbered ones",
    );
  });

  test.each<[string, Uint8Array, Uint8Array, string]>([
    [
      "three dimensions",
      idx([2, 6, 5], new Uint8Array(60)),
      labelsFile(0, 2),
      "train-images.idx: byte 3, the dimensions of the IDX magic number, is 3, but must be 4",
    ],
    [
      "interleaved channels",
      idx([2, 3, 5, 2], new Uint8Array(60)),
      labelsFile(0, 2),
      "train-images.idx: byte 8, the channels of an image, says 3, but must be 2",
    ],
    [
      "another width",
      idx([2, 2, 3, 4], new Uint8Array(48)),
      labelsFile(0, 2),
      "train-images.idx: byte 16, the columns of an image, says 4, but must be 5",
    ],
    [
      "a file that is cut short",
      imagesFile(0, 2).subarray(0, 79),
      labelsFile(0, 2),
      "train-images.idx is 79 bytes long, but its header (bytes 4 to 19) says 2 × 2 × 3 × 5 elements, which makes 80",
    ],
    [
      "another count",
      imagesFile(0, 2),
      labelsFile(0, 3),
      "train-labels.idx: byte 4 says 3 labels, but FOLDER/train-images.idx has 2 images",
    ],
    [
      "a label too high",
      imagesFile(0, 2),
      shorts([299, 300]),
      "train-labels.idx: byte 10, the label of image 1, is 300, but small's labels are 0 to 299",
    ],
    [
      "a negative label",
      imagesFile(0, 2),
      shorts([-2, 0]),
      "train-labels.idx: byte 8, the label of image 0, is -2, but small's labels are 0 to 299",
    ],
  ])("%s is refused", async (name, images, labels, message) => {
    const folder = await put(`wrong ${name}`, { "train-images.idx": images, "train-labels.idx": labels });
    expect(await failure(open(folder))).toBe(
      `${join(folder, message.split(/[: ]/)[0]!)}${message.slice("train-images.idx".length).replace("FOLDER/", join(folder, "/"))}\n` +
        "  docs/data.md says how the files are made",
    );
  });

  test("a file that changes after it was opened", async () => {
    const folder = await put("changing", {
      "train-images.idx": imagesFile(0, 3),
      "train-labels.idx": labelsFile(0, 3),
    });
    const file = join(folder, "train-images.idx");
    const read = imageReader(await open(folder));
    await truncate(file, 20 + 2 * 30 + 4);
    expect(read(1)).toEqual(pixelsOf(1));
    expect(() => read(2)).toThrow(`${file}: byte 80, image 2 of small there: 4 of its 30 bytes are left`);
    await rename(file, `${file}.away`);
    expect(() => read(0)).toThrow(`the images ${file} cannot be read: there is no such file`);
  });
});

async function taken(source: AsyncIterable<Batch>): Promise<Batch[]> {
  const made: Batch[] = [];
  for await (const batch of source) made.push(batch);
  return made;
}

describe("batches of stored images on another thread", () => {
  const planOf = async (): Promise<BatchPlan> => ({
    dataset: (await open(await put("batches", numbered()))) as Dataset,
    normalization: { mean: [0, 0], std: [1, 1], scale: 1, layout: "NCHW" },
    batch: 6,
    augmentation: { flip: 0.5, crop: 1 },
    seed: 4,
    stage: "train",
  });

  test("a plan is sent without functions and comes back whole", async () => {
    const plan = await planOf();
    const received = receivePlan(structuredClone(sendPlan(plan)));
    for (const step of [0, 3, 7]) expect(batchMaker(received)(step)).toEqual(batchMaker(plan)(step));
  });

  const built = compiledWorker(
    "batch-worker",
    new URL("../../src/node/training/batches.ts", import.meta.url).href,
  );
  test.skipIf(!built)(
    "the compiled worker makes the same bytes (skipped where dist is older than src)",
    async () => {
      const plan = await planOf();
      const source = openBatches(plan, { worker: built! });
      expect(source.identity()).toEqual(batchSource(plan).identity());
      expect(await taken(source.stream(1, 9))).toEqual(await taken(batchSource(plan).stream(1, 9)));
      await source.close();
    },
  );

  test.skipIf(!built)("a file that is gone is told in the user's words (skipped as above)", async () => {
    const folder = await put("gone", numbered());
    const dataset = (await open(folder)) as Dataset;
    const source = openBatches({ ...(await planOf()), dataset }, { worker: built! });
    await rm(folder, { recursive: true });
    const told = await taken(source.stream(0, 1)).catch((error: unknown) => error);
    expect(told).toBeInstanceOf(InputError);
    expect(String(told)).toContain("cannot be read: there is no such file");
    await source.close();
  });
});

describe("imagenet", () => {
  let folder = "";
  beforeAll(() => {
    folder = makeImagenet(dir, { train: [3, 2], test: 4 });
  });

  test("is found by its name and by its folder, and read at its size", async () => {
    const train = await readDataset("imagenet", "train", { dir });
    expect(train).toMatchObject({
      name: "imagenet",
      channels: 3,
      height: 224,
      width: 224,
      classes: 1000,
      count: 5,
    });
    expect(train.labels).toEqual(Uint16Array.of(0, 389, 778, 0, 389));
    expect(locateDataset(folder, "test")).toEqual({ name: "imagenet", folder });
    const test = await readDataset(folder, "test", { limit: 3 });
    expect(test.labels).toEqual(Uint16Array.of(0, 389, 778));
    const bytes = await readFile(join(folder, "val-images.idx"));
    expect(imageReader(test)(2)).toEqual(new Uint8Array(bytes.subarray(20 + 2 * 150_528, 20 + 3 * 150_528)));
    const [batch] = batches(test, defaultNormalization("imagenet"), { size: 2 });
    expect(batch!.shape).toEqual([2, 3, 224, 224]);
    expect(batch!.data[0]).toBeCloseTo((bytes[20]! / 255 - 0.485) / 0.229, 5);
  });

  test("where it is not found, it is said how it comes", async () => {
    const empty = join(dir, "empty");
    expect(await failure(readDataset("imagenet", "test", { dir: empty }))).toBe(
      `the test images of imagenet were not found; looked in\n  ${join(empty, "imagenet")}\n` +
        "  make them as docs/data.md says, or name their folder with --data-dir or XBARKIT_DATA",
    );
    await rm(join(folder, "train-labels-1.idx"));
    expect(await failure(readDataset("imagenet", "train", { dir }))).toContain(
      "(without train-labels-1.idx)",
    );
  });
});
