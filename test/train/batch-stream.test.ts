import { describe, expect, test } from "vitest";
import { augment } from "../../src/data/augment.js";
import { batches, normalizations } from "../../src/data/batches.js";
import { subset } from "../../src/data/subsets.js";
import type { Batch } from "../../src/data/types.js";
import { randomFor } from "../../src/random.js";
import { type BatchPlan, batchMaker, batchSource, validationSource } from "../../src/train/batch-stream.js";
import { messageOf, smallDataset } from "../data/samples.js";

/** Pixels come through as they are, so that the first one, 12 i mod 256, tells the image (of up to 21). */
const plain = { mean: [0, 0], std: [1, 1], scale: 1, layout: "NCHW" } as const;
const plan = {
  dataset: smallDataset(17),
  normalization: plain,
  batch: 5,
  seed: 1,
  stage: "train",
} satisfies BatchPlan;
const imagesOf = ({ data }: Batch): number[] =>
  Array.from({ length: data.length / 12 }, (_, i) => data[12 * i]! / 12);
const orderOf = (changes: Partial<BatchPlan>, steps = [0, 1, 2]) =>
  steps.flatMap((step) => imagesOf(batchMaker({ ...plan, ...changes })(step)));

describe("the batches of a pass", () => {
  test("hold every image at most once, in another order each pass, and leave out what fills no batch", () => {
    expect(batchSource(plan).stepsPerPass).toBe(3);
    const passes = [0, 1, 2].map((pass) => orderOf({}, [3 * pass, 3 * pass + 1, 3 * pass + 2]));
    for (const images of passes) {
      expect(new Set(images).size).toBe(15);
      expect(images.every((image) => Number.isInteger(image) && image >= 0 && image < 17)).toBe(true);
    }
    expect(new Set(passes.map(String)).size).toBe(3);
  });

  test("have the permutation of (seed, stage, pass)", () => {
    const order = randomFor(1, "train", "order", 2).permutation(17);
    expect(orderOf({}, [6, 7, 8])).toEqual([...order.subarray(0, 15)]);
  });

  test("are others for another seed and another stage", () => {
    const orders = [orderOf({}), orderOf({ seed: 2 }), orderOf({ stage: "prune" })];
    expect(new Set(orders.map(String)).size).toBe(3);
  });

  test("have the labels of their images", () => {
    const made = batchMaker(plan)(1);
    expect(made.shape).toEqual([5, 2, 2, 3]);
    expect([...made.labels]).toEqual(imagesOf(made).map((image) => image % 5));
  });
});

const augmentation = { flip: 0.5, crop: 1 };

test.each([
  ["plain", {}],
  ["augmented", { augmentation }],
])("a %s batch does not depend on what was made before it", async (_, changes) => {
  const own = { ...plan, ...changes };
  const wanted = Array.from({ length: 8 }, (_, step) => batchMaker(own)(step));
  const make = batchMaker(own);
  for (const step of [7, 2, 2, 5, 0]) expect(make(step)).toEqual(wanted[step]);
  for (const first of [0, 3, 7]) {
    const streamed: Batch[] = [];
    for await (const batch of batchSource(own).stream(first, 8)) streamed.push(batch);
    expect(streamed).toEqual(wanted.slice(first));
  }
});

test("augmentation draws from the stream of (seed, stage, step), on the images that there would be without it", () => {
  const order = randomFor(1, "train", "order", 1).permutation(17);
  const chosen = subset(plan.dataset, order.subarray(5, 10));
  const changed = augment(chosen, augmentation, randomFor(1, "train", "augmentation", 4));
  const [expected] = batches(changed, plain, { size: 5 });
  expect(batchMaker({ ...plan, augmentation })(4)).toEqual(expected);
});

test("the identity of a source tells its images and its settings", () => {
  const identity = (changes: Partial<BatchPlan>) =>
    JSON.stringify(batchSource({ ...plan, ...changes }).identity());
  const pixels = plan.dataset.pixels.slice();
  pixels[40]! ^= 1;
  const labels = plan.dataset.labels.slice();
  labels[3]! ^= 1;
  const others = [
    identity({}),
    identity({ batch: 4 }),
    identity({ seed: 2 }),
    identity({ stage: "b" }),
    identity({ augmentation }),
    identity({ normalization: { ...plain, scale: 2 } }),
    identity({ dataset: { ...plan.dataset, pixels } }),
    identity({ dataset: { ...plan.dataset, labels } }),
  ];
  expect(new Set(others).size).toBe(others.length);
  expect(identity({})).toBe(others[0]);
});

test("validation goes through all its images in order, each time anew", () => {
  const source = validationSource(plan.dataset, plain, 7);
  for (let i = 0; i < 2; i++)
    expect([...source.batches()].flatMap(imagesOf)).toEqual(Array.from({ length: 17 }, (_, k) => k));
});

test.each<[string, Partial<BatchPlan>, string]>([
  ["no images in a batch", { batch: 0 }, "the batch is 0, and there are 17 training images"],
  ["a batch beyond the images", { batch: 18 }, "the batch is 18, and there are 17 training images"],
  ["a wrong flip", { augmentation: { flip: 2 } }, "the probability of a flip is 2"],
  ["a wrong normalisation", { normalization: normalizations.mnist }, "the normalisation's mean has 1 values"],
])("%s is refused before the first batch", (_, changes, message) => {
  expect(messageOf(() => batchSource({ ...plan, ...changes }))).toContain(message);
});
