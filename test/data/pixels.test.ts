import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { augment } from "../../src/data/augment.js";
import { batches } from "../../src/data/batches.js";
import { datasetDigests, imageReader } from "../../src/data/pixels.js";
import { concatDatasets, split, subset } from "../../src/data/subsets.js";
import type { Dataset } from "../../src/data/types.js";
import { digest } from "../../src/digest.js";
import { createRandom } from "../../src/random.js";
import { smallDataset, storedCopy } from "./samples.js";

const plain = { mean: [0, 10], std: [1, 2], scale: 1, layout: "NCHW" } as const;
const memory = smallDataset(19);
const stored = storedCopy(memory);

const imagesOf = (dataset: Dataset): number[][] => {
  const read = imageReader(dataset);
  return Array.from({ length: dataset.count }, (_, i) => [...read(i), dataset.labels[i]!]);
};

describe("stored images are those in memory", () => {
  test("in any part of any part, in batches and augmented", () => {
    const list = fc.array(fc.nat({ max: 18 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(list, fc.nat(), fc.nat(), fc.integer(), (which, a, b, seed) => {
        const [start, end] = [a % (which.length + 1), b % (which.length + 1)].sort((x, y) => x - y) as [
          number,
          number,
        ];
        const [fromMemory, fromStore] = [memory, stored].map((whole) => {
          const part = subset(subset(whole, which), { start, end });
          return {
            images: imagesOf(part),
            batches: [...batches(part, plain, { size: 4 })],
            augmented: augment(part, { flip: 0.5, crop: 1 }, createRandom(seed)),
          };
        });
        expect(fromStore).toEqual(fromMemory);
      }),
      { numRuns: 50 },
    );
  });

  test("split in two, and left where they are", () => {
    const [a, b] = [memory, stored].map((whole) => split(whole, { validation: 7, random: createRandom(3) }));
    expect(imagesOf(b!.training)).toEqual(imagesOf(a!.training));
    expect(imagesOf(b!.validation)).toEqual(imagesOf(a!.validation));
    expect(b!.training.pixels).toHaveProperty("read", (stored.pixels as { read: unknown }).read);
  });
});

test("the digests tell data sets apart, and are those of the bytes in memory", () => {
  expect(datasetDigests(memory)).toEqual({
    pixels: digest(memory.pixels),
    labels: digest(memory.labels as Uint8Array),
  });
  const pixels = memory.pixels.slice();
  pixels[100]! ^= 1;
  const labels = memory.labels.slice();
  labels[5] = 4;
  const all = [
    stored,
    storedCopy({ ...memory, pixels }),
    subset(stored, { end: 18 }),
    subset(stored, [...Array(19).keys()].reverse()),
    { ...stored, labels },
  ].map((dataset) => JSON.stringify(datasetDigests(dataset)));
  expect(new Set(all).size).toBe(all.length);
  expect(JSON.stringify(datasetDigests(subset(stored, [...Array(19).keys()])))).toBe(all[0]);
});

test("labels above 255 go through parts and batches as they are", () => {
  const labels = Uint16Array.from({ length: 19 }, (_, i) => 255 + i * 41);
  const many = { ...memory, classes: 1000, labels };
  expect(labels[18]).toBe(993);
  expect(subset(many, [18, 0, 1]).labels).toEqual(Uint16Array.of(993, 255, 296));
  expect(subset(many, { start: 17 }).labels).toEqual(Uint16Array.of(952, 993));
  const halves = [subset(many, { end: 9 }), subset(many, { start: 9 })];
  expect(concatDatasets(halves)).toEqual(many);
  const [batch] = batches(many, plain, { size: 2, indices: [18, 7] });
  expect(batch!.labels).toEqual(Uint16Array.of(993, 542));
  const other = { ...many, labels: Uint16Array.from(labels, (label) => label & 255) };
  expect(datasetDigests(other).labels).not.toBe(datasetDigests(many).labels);
});
