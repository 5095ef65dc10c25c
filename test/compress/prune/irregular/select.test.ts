import { expect, test } from "vitest";
import { withoutSmallestSorted } from "../../../../src/compress/prune/irregular/reference.js";
import { type RankedLayer, withoutSmallest } from "../../../../src/compress/prune/irregular/select.js";
import { createRandom, type Random } from "../../../../src/random.js";

const zerosIn = (weights: readonly Float32Array[]): number =>
  weights.reduce((sum, layer) => sum + layer.filter((w) => w === 0).length, 0);

/** Weights of many sizes: normal ones, equals, zeros of both signs, the smallest and largest there are. */
function randomLayers(random: Random): RankedLayer[] {
  const special = [0, -0, 1, -1, 1, 1e-45, -1e-45, 1e-38, 3.4e38, 0.5, Math.fround(0.1)];
  return Array.from({ length: random.integer(1, 4) }, () => ({
    weights: Float32Array.from({ length: random.integer(1, 60) }, () =>
      random.uniform() < 0.4
        ? special[random.integer(0, special.length - 1)]!
        : random.normal() * 10 ** random.integer(-6, 2),
    ),
    unit: [1, 0.37, 12][random.integer(0, 2)]!,
  }));
}

test("the fast selection is the sorted one, on 120 networks of all sizes", () => {
  const random = createRandom(4);
  for (let trial = 0; trial < 120; trial++) {
    const layers = randomLayers(random);
    const room = layers.reduce((sum, { weights }) => sum + weights.length - 1, 0);
    const count = random.integer(0, room);
    const pruned = withoutSmallest(layers, count);
    expect(pruned).toEqual(withoutSmallestSorted(layers, count));
    // Zeros that were there are among those that go, unless they are what a layer keeps.
    expect(zerosIn(pruned)).toBeGreaterThanOrEqual(count);
    expect(
      pruned.every((weights, l) => weights.every((w, i) => w === 0 || w === layers[l]!.weights[i])),
    ).toBe(true);
  }
});

test("the smallest go, of equals the first, and a layer's strongest stays however weak it is", () => {
  const layers = [
    { weights: Float32Array.of(3, -1, 2, -1), unit: 1 },
    { weights: Float32Array.of(0.1, -0.2), unit: 1 },
  ];
  expect(withoutSmallest(layers, 0).map((w) => [...w])).toEqual([
    [3, -1, 2, -1],
    [Math.fround(0.1), Math.fround(-0.2)],
  ]);
  expect(withoutSmallest(layers, 2).map((w) => [...w])).toEqual([
    [3, 0, 2, -1],
    [0, Math.fround(-0.2)],
  ]);
  expect(withoutSmallest(layers, 4).map((w) => [...w])).toEqual([
    [3, 0, 0, 0],
    [0, Math.fround(-0.2)],
  ]);
  // A tenth the unit: ten times the score.
  const scaled = [layers[0]!, { ...layers[1]!, unit: 0.05 }];
  expect(withoutSmallest(scaled, 2).map((w) => [...w])).toEqual([
    [3, 0, 2, 0],
    [Math.fround(0.1), Math.fround(-0.2)],
  ]);
});

test("zeros stay zeros, and count", () => {
  const layers = [{ weights: Float32Array.of(0, 5, -0, 1, 2), unit: 1 }];
  expect([...withoutSmallest(layers, 1)[0]!]).toEqual([0, 5, -0, 1, 2]);
  expect([...withoutSmallest(layers, 3)[0]!]).toEqual([0, 5, 0, 0, 2]);
});
