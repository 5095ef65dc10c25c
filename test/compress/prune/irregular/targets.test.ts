import { describe, expect, test } from "vitest";
import {
  checkTarget,
  type LayerCount,
  partsAt,
  type SparsityTarget,
} from "../../../../src/compress/prune/irregular/targets.js";
import { createRandom } from "../../../../src/random.js";

const lenet: LayerCount[] = [
  { node: "conv1", weights: 500, zeros: 0 },
  { node: "conv2", weights: 25_000, zeros: 0 },
  { node: "fc1", weights: 400_000, zeros: 0 },
  { node: "fc2", weights: 5_000, zeros: 0 },
];
const target = (changes: Partial<SparsityTarget> = {}): SparsityTarget => ({
  sparsity: 0.92,
  scope: "global",
  layers: {},
  ...changes,
});

test("globally one part, by layer one share for all; the sum is exact", () => {
  expect(partsAt(lenet, target(), 0.92)).toEqual([{ layers: [0, 1, 2, 3], zeros: 396_060 }]);
  expect(partsAt(lenet, target(), 0.46)).toEqual([{ layers: [0, 1, 2, 3], zeros: 198_030 }]);
  expect(partsAt(lenet, target({ scope: "layer" }), 0.92).map(({ zeros }) => zeros)).toEqual([
    460, 23_000, 368_000, 4_600,
  ]);
  const thirds = [7, 7, 7].map((weights, i) => ({ node: `${i}`, weights, zeros: 0 }));
  // 10.5 of 21 rounds to 11 (half up), 3.67 each: of equal remainders the first layers.
  expect(partsAt(thirds, target({ scope: "layer", sparsity: 0.5 }), 0.5).map(({ zeros }) => zeros)).toEqual([
    4, 4, 3,
  ]);
});

test("layers with a share of their own reach it in proportion, and the others make up the rest", () => {
  const own = target({ layers: { conv1: 0.34, conv2: 0 } });
  expect(partsAt(lenet, own, 0.92)).toEqual([
    { layers: [0], zeros: 170 },
    { layers: [1], zeros: 0 },
    { layers: [2, 3], zeros: 396_060 - 170 },
  ]);
  expect(partsAt(lenet, own, 0.46)[0]).toEqual({ layers: [0], zeros: 85 });
  expect(partsAt(lenet, { ...own, scope: "layer" }, 0.92).reduce((sum, { zeros }) => sum + zeros, 0)).toBe(
    396_060,
  );
});

test("on the way nothing comes back, and the end is exact to the weight, for 80 networks of odd sizes", () => {
  const random = createRandom(7);
  for (let trial = 0; trial < 80; trial++) {
    const sparsity = 0.3 + 0.65 * random.uniform();
    let layers = Array.from({ length: random.integer(1, 6) }, (_, i): LayerCount => {
      const weights = random.integer(30, 400);
      return { node: `${i}`, weights, zeros: random.integer(0, Math.floor(0.4 * sparsity * weights)) };
    });
    const scope = random.uniform() < 0.7 ? "layer" : "global";
    const goal: SparsityTarget = { sparsity, scope, layers: layers.length > 1 ? { 0: sparsity } : {} };
    try {
      checkTarget(layers, goal);
    } catch {
      continue;
    }
    for (const way of [0, 0.2, 0.21, 0.5, 0.9, 0.99, 1]) {
      const parts = partsAt(layers, goal, sparsity * way);
      for (const { layers: places, zeros } of parts)
        expect(zeros).toBeGreaterThanOrEqual(places.reduce((sum, i) => sum + layers[i]!.zeros, 0));
      if (scope === "layer")
        layers = layers.map((layer, i) => ({
          ...layer,
          zeros: parts.find(({ layers: [place] }) => place === i)!.zeros,
        }));
    }
    const all = layers.reduce((sum, { weights }) => sum + weights, 0);
    const end = partsAt(layers, goal, sparsity).reduce((sum, { zeros }) => sum + zeros, 0);
    expect(end).toBe(Math.round(sparsity * all));
  }
});

describe("is refused", () => {
  const small = [...lenet, { node: "last", weights: 4, zeros: 0 }];
  const half = lenet.map((layer) => ({ ...layer, zeros: layer.weights / 2 }));
  test.each<[string, readonly LayerCount[], Partial<SparsityTarget>, string]>([
    ["no sparsity", lenet, { sparsity: 0 }, "the sparsity is 0"],
    ["all of it", lenet, { sparsity: 1 }, "the sparsity is 1"],
    ["no number", lenet, { sparsity: Number.NaN }, "the sparsity is NaN"],
    ["another scope", lenet, { scope: "filter" as "layer" }, 'the scope of irregular pruning is "filter"'],
    [
      "more than every layer can give",
      lenet,
      { sparsity: 0.999_999 },
      "a sparsity of 0.999999 is 430500 of 430500 weights, of which 430496 may go",
    ],
    [
      "a share that empties a layer",
      small,
      { scope: "layer" },
      'a sparsity of 0.92 in layer "last" is 4 of 4 weights',
    ],
    [
      "a layer's own share that empties it",
      small,
      { layers: { last: 0.9 } },
      'a share of 0.9 of layer "last" is 4 of 4 weights',
    ],
    ["a share above 1", lenet, { layers: { fc1: 1.2 } }, 'the share of layer "fc1" is 1.2'],
    [
      "shares that leave the others too much",
      lenet,
      { layers: { fc1: 0.5 } },
      "a sparsity of 0.92 leaves 196060 zeros to the 30500 weights",
    ],
    [
      "shares that leave the others less than nothing",
      lenet,
      { layers: { fc1: 0.999 } },
      "a sparsity of 0.92 leaves -3540 zeros",
    ],
    [
      "shares for all layers",
      lenet.slice(0, 1),
      { layers: { conv1: 0.92 } },
      "a sparsity of 0.92 leaves 0 zeros to the 0 weights",
    ],
    [
      "less than there is already",
      half,
      { sparsity: 0.4 },
      "215250 of 430500 weights are 0 already, and the sparsity is 0.4 (172200)",
    ],
    [
      "less than a layer has already",
      half,
      { layers: { conv1: 0.4 } },
      '250 of 500 weights of layer "conv1" are 0 already, and its share is 0.4',
    ],
    [
      "a layer that is empty before",
      [...lenet, { node: "gone", weights: 9, zeros: 9 }],
      {},
      'all 9 weights of layer "gone" are 0 before anything is pruned',
    ],
  ])("%s", (_name, layers, changes, message) => {
    expect(() => checkTarget(layers, target(changes))).toThrow(message);
  });

  test("and globally a small layer is no obstacle: it keeps its strongest weight", () => {
    expect(() => checkTarget(small, target())).not.toThrow();
  });
});
