import { describe, expect, test } from "vitest";
import { augment } from "../../src/data/augment.js";
import type { DatasetInMemory } from "../../src/data/types.js";
import { createRandom, type Random } from "../../src/random.js";

/** Two channels of 2 × 3: 1 … 6 and 11 … 16. */
const one: DatasetInMemory = {
  name: "test",
  channels: 2,
  height: 2,
  width: 3,
  classes: 10,
  count: 1,
  pixels: Uint8Array.of(1, 2, 3, 4, 5, 6, 11, 12, 13, 14, 15, 16),
  labels: Uint8Array.of(7),
};

/** Chance that is written down. */
function scripted(uniforms: number[], integers: number[]): Random {
  return {
    ...createRandom(1),
    uniform: () => uniforms.shift()!,
    integer: (low, high) => {
      const value = integers.shift()!;
      expect(value).toBeGreaterThanOrEqual(low);
      expect(value).toBeLessThanOrEqual(high);
      return value;
    },
  };
}

const pixels = (options: Parameters<typeof augment>[1], uniform: number, ...integers: number[]) => [
  ...augment(one, options, scripted([uniform], integers)).pixels,
];

describe("one image", () => {
  test("mirrored, where the draw is below the probability", () => {
    expect(pixels({ flip: 0.5 }, 0.49, 0, 0)).toEqual([3, 2, 1, 6, 5, 4, 13, 12, 11, 16, 15, 14]);
    expect(pixels({ flip: 0.5 }, 0.5, 0, 0)).toEqual([...one.pixels]);
    expect(pixels({}, 0, 0, 0)).toEqual([...one.pixels]);
  });

  test("cut out of a black border", () => {
    expect(pixels({ crop: 1 }, 0, 1, 1)).toEqual([...one.pixels]);
    // The top left corner of the padded image, then its bottom right one.
    expect(pixels({ crop: 1 }, 0, 0, 0)).toEqual([0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 11, 12]);
    expect(pixels({ crop: 1 }, 0, 2, 2)).toEqual([5, 6, 0, 0, 0, 0, 15, 16, 0, 0, 0, 0]);
    expect(pixels({ crop: 4 }, 0, 0, 4)).toEqual(new Array(12).fill(0));
  });

  test("mirrored first and then cut", () => {
    expect(pixels({ flip: 1, crop: 1 }, 0, 1, 0)).toEqual([0, 3, 2, 0, 6, 5, 0, 13, 12, 0, 16, 15]);
  });
});

test("the rest of the data set stays, and so does what was given", () => {
  const before = [...one.pixels];
  const { pixels: changed, ...rest } = augment(one, { flip: 1, crop: 2 }, createRandom(3));
  const { pixels: _, ...given } = one;
  expect(rest).toEqual(given);
  expect(changed).not.toBe(one.pixels);
  expect([...one.pixels]).toEqual(before);
});

test("half of many images are mirrored, every cut is as frequent, and a seed repeats", () => {
  const count = 4500;
  const many: DatasetInMemory = {
    ...one,
    channels: 1,
    count,
    pixels: Uint8Array.from({ length: count * 6 }, (_, i) => (i % 6) + 1),
    labels: new Uint8Array(count),
  };
  const changed = augment(many, { flip: 0.5, crop: 1 }, createRandom(11));
  const kinds = new Map<string, number>();
  for (let i = 0; i < count; i++) {
    const kind = `${changed.pixels.subarray(6 * i, 6 * i + 6)}`;
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
  // 2 × 3 × 3 ways, 250 times each; 5 standard deviations are 77.
  expect(kinds.size).toBe(18);
  for (const times of kinds.values()) expect(Math.abs(times - 250)).toBeLessThan(77);
  expect(augment(many, { flip: 0.5, crop: 1 }, createRandom(11)).pixels).toEqual(changed.pixels);
});

test.each([
  [{ flip: 1.5 }, "the probability of a flip is 1.5"],
  [{ flip: Number.NaN }, "the probability of a flip is NaN"],
  [{ crop: -1 }, "the padding of a crop is -1"],
  [{ crop: 0.5 }, "the padding of a crop is 0.5"],
])("%j is refused", (options, message) => {
  expect(() => augment(one, options, createRandom(1))).toThrow(message);
});
