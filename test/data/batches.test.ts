import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { batches, normalizations } from "../../src/data/batches.js";
import { concatDatasets, split, subset } from "../../src/data/subsets.js";
import type { DatasetInMemory, Normalization } from "../../src/data/types.js";
import { InputError } from "../../src/errors.js";
import { createRandom } from "../../src/random.js";
import { messageOf, smallDataset } from "./samples.js";

const plain: Normalization = { mean: [0, 10], std: [1, 2], scale: 1, layout: "NCHW" };

describe("batches", () => {
  test("NCHW keeps the planes, NHWC interleaves them", () => {
    const data = smallDataset(2);
    const [nchw] = batches(data, plain, { size: 2 });
    expect(nchw!.shape).toEqual([2, 2, 2, 3]);
    const first = [0, 1, 2, 3, 4, 5];
    const second = [-2, -1.5, -1, -0.5, 0, 0.5];
    expect([...nchw!.data.subarray(0, 12)]).toEqual([...first, ...second]);
    const [nhwc] = batches(data, { ...plain, layout: "NHWC" }, { size: 2 });
    expect(nhwc!.shape).toEqual([2, 2, 3, 2]);
    expect([...nhwc!.data.subarray(0, 12)]).toEqual(first.flatMap((value, i) => [value, second[i]!]));
  });

  test("sizes, ranges and orders", () => {
    const data = smallDataset(10);
    const labels = (options: Parameters<typeof batches>[2]) =>
      [...batches(data, plain, options)].map((b) => [...b.labels]);
    expect(labels({ size: 4 })).toEqual([
      [0, 1, 2, 3],
      [4, 0, 1, 2],
      [3, 4],
    ]);
    expect(labels({ size: 4, start: 3, end: 8 })).toEqual([[3, 4, 0, 1], [2]]);
    expect(labels({ size: 2, indices: [9, 9, 1] })).toEqual([[4, 4], [1]]);
    expect(labels({ size: 2, indices: Int32Array.of(9, 8, 7, 6), start: 1, end: 3 })).toEqual([[3, 2]]);
    expect(labels({ size: 2, start: 5, end: 5 })).toEqual([]);
  });

  test("the arithmetic is that of 32-bit floats after every step, as PyTorch's", () => {
    const every: DatasetInMemory = {
      ...smallDataset(1),
      channels: 3,
      height: 16,
      width: 16,
      pixels: Uint8Array.from({ length: 768 }, (_, i) => i % 256),
    };
    for (const normalization of [normalizations.imagenet, normalizations.cifar10]) {
      const [batch] = batches(every, normalization, { size: 1 });
      for (let c = 0; c < 3; c++) {
        // One typed array per step: each store rounds.
        const scaled = Float32Array.from({ length: 256 }, (_, pixel) => pixel).map((pixel) => pixel / 255);
        const mean = Float32Array.of(normalization.mean[c]!)[0]!;
        const std = Float32Array.of(normalization.std[c]!)[0]!;
        const expected = scaled.map((x) => x - mean).map((x) => x / std);
        expect(batch!.data.subarray(c * 256, (c + 1) * 256)).toEqual(expected);
      }
    }
    const [black] = batches({ ...every, pixels: new Uint8Array(768) }, normalizations.imagenet, { size: 1 });
    // torchvision's values for a black pixel.
    expect([0, 256, 512].map((i) => black!.data[i]!.toFixed(6))).toEqual([
      "-2.117904",
      "-2.035714",
      "-1.804444",
    ]);
  });

  test("any batches hold the formula's values in order", () => {
    const data = smallDataset(21);
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 25 }),
        fc.array(fc.nat(20), { maxLength: 30 }),
        (size, indices) => {
          const all = [...batches(data, plain, { size, indices })];
          expect(all.every((b, i) => b.labels.length === (i < all.length - 1 ? size : b.labels.length))).toBe(
            true,
          );
          const values = all.flatMap((b) => [...b.data]);
          const expected = indices.flatMap((image) =>
            [...data.pixels.subarray(image * 12, image * 12 + 12)].map((p, k) => (k < 6 ? p : (p - 10) / 2)),
          );
          expect(values).toEqual(expected);
        },
      ),
    );
  });

  test.each<[string, Partial<Normalization>, Partial<Parameters<typeof batches>[2]>, RegExp]>([
    ["size 0", {}, { size: 0 }, /^the batch size is 0\n/],
    ["half a size", {}, { size: 1.5 }, /^the batch size is 1.5\n/],
    ["an end behind the data", {}, { end: 4 }, /^images 0 to 4 are asked for, but there are 3/],
    ["a start behind the end", {}, { start: 2, end: 1 }, /^images 2 to 1 are asked for/],
    ["an index that is not there", {}, { indices: [0, 3] }, /^image 3 is asked for, but small has 3/],
    ["too few means", { mean: [0] }, {}, /^the normalisation's mean has 1 values, but small has 2 channels/],
    ["too many deviations", { std: [1, 1, 1] }, {}, /^the normalisation's std has 3 values/],
    ["a deviation of 0", { std: [1, 0] }, {}, /^the normalisation's std holds 0\n {2}give numbers above 0/],
    ["a mean that is no number", { mean: [Number.NaN, 0] }, {}, /^the normalisation's mean holds NaN/],
    ["a scale of 0", { scale: 0 }, {}, /^the normalisation's scale is 0/],
  ])("%s is refused", (_, normalization, options, message) => {
    const run = () => [...batches(smallDataset(3), { ...plain, ...normalization }, { size: 2, ...options })];
    expect(run).toThrow(InputError);
    expect(messageOf(run)).toMatch(message);
  });
});

describe("parts of data sets", () => {
  const data = smallDataset(10);

  test("a range shares memory, a list has its own order", () => {
    const range = subset(data, { start: 2, end: 4 });
    expect([range.count, [...range.labels], range.pixels.buffer === data.pixels.buffer]).toEqual([
      2,
      [2, 3],
      true,
    ]);
    expect([...range.pixels]).toEqual([...data.pixels.subarray(24, 48)]);
    const list = subset(data, [9, 0, 9]);
    expect([...list.labels]).toEqual([4, 0, 4]);
    expect([...list.pixels.subarray(0, 12)]).toEqual([...data.pixels.subarray(108, 120)]);
    expect(() => subset(data, [10])).toThrow("image 10 is asked for, but small has 10");
    expect(() => subset(data, { end: 11 })).toThrow("images 0 to 11 are asked for, but small has 10");
  });

  test("ranges put together again are the whole", () => {
    const parts = [subset(data, { end: 3 }), subset(data, { start: 3, end: 3 }), subset(data, { start: 3 })];
    expect(concatDatasets(parts)).toEqual(data);
    expect(() => concatDatasets([data, { ...data, width: 4 }])).toThrow("2 × 2 × 4 × 5");
    expect(() => concatDatasets([])).toThrow("no data set");
  });

  test("a split is a partition, the same for the same seed, and keeps the order", () => {
    const marked = { ...smallDataset(200), labels: Uint8Array.from({ length: 200 }, (_, i) => i) };
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 0, max: 200 }), (seed, validation) => {
        const parts = split(marked, { validation, random: createRandom(seed) });
        const again = split(marked, { validation, random: createRandom(seed) });
        expect(again).toEqual(parts);
        expect(parts.validation.count).toBe(validation);
        for (const { labels } of [parts.training, parts.validation])
          expect([...labels]).toEqual([...labels].sort((a, b) => a - b));
        const both = [...parts.training.labels, ...parts.validation.labels].sort((a, b) => a - b);
        expect(both).toEqual([...marked.labels]);
      }),
      { numRuns: 30 },
    );
    const chosen = split(marked, { validation: 5, random: createRandom(1) }).validation.labels;
    expect(split(marked, { validation: 5, random: createRandom(2) }).validation.labels).not.toEqual(chosen);
    expect(() => split(marked, { validation: 201, random: createRandom(1) })).toThrow(InputError);
  });
});
