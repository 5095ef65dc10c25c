import { describe, expect, test } from "vitest";
import { chooseSegments } from "../../../../src/compress/prune/crossbar/choose.js";
import { Heap } from "../../../../src/compress/prune/crossbar/heap.js";
import { keptWeights, pruneSegments } from "../../../../src/compress/prune/crossbar/prune.js";
import { chooseSlowly } from "../../../../src/compress/prune/crossbar/reference.js";
import { rowStacks, weightCount } from "../../../../src/compress/prune/crossbar/segments.js";
import {
  type OrderedMatrix,
  type SegmentPruning,
  segmentUnits,
} from "../../../../src/compress/prune/crossbar/types.js";
import { countExchange } from "../../../../src/mapping/column-exchange/index.js";
import { createRandom } from "../../../../src/random.js";
import { oddMatrices, ordered, sparseWeights } from "./matrices.js";

const aware: SegmentPruning = { mode: "remainder-aware", share: 0.5, normalize: "none" };
const literal: SegmentPruning = { mode: "literal", share: 0.1, normalize: "none" };

const pruned = (matrices: readonly OrderedMatrix[], options: SegmentPruning) => {
  const found = pruneSegments(matrices, options);
  const left = matrices.map((matrix, i) => ({
    ...matrix,
    weights: keptWeights(matrix.weights, found.kept[i]!),
  }));
  return { ...found, left };
};

/** Arrays, counted by the mapping itself. */
const tiles = (matrices: readonly OrderedMatrix[]): number =>
  matrices.reduce((sum, m) => sum + countExchange(m.weights, m.exchange, m.room, m.planes).tiles, 0);

describe("check 8 of the spec: rows with S = (0.9, 0.5, 0.01), L = 2", () => {
  const rows = [0.5, 0.4, 0.3, 0.2, 0.01, 0];
  const matrix = ordered(rows, { rows: 3, columns: 2, height: 2, across: 2, planes: 1 });

  test("take 2 arrays; losing the last row frees 1 of them for 1 weight", () => {
    const [stack] = rowStacks([matrix]);
    expect([...stack!.saliency].map((s) => Number(s.toFixed(6)))).toEqual([0.9, 0.5, 0.01]);
    const { before, after, left } = pruned([matrix], aware);
    expect([before, after]).toEqual([
      { weights: 5, segments: 3, arrays: 2 },
      { weights: 4, segments: 2, arrays: 1 },
    ]);
    expect([...left[0]!.weights].map((w) => Number(w.toFixed(6)))).toEqual([0.5, 0.4, 0.3, 0.2, 0, 0]);
  });

  test("the last array of a group stays, whatever is asked for", () => {
    expect(pruned([matrix], { ...aware, share: 1 }).after.arrays).toBe(1);
    expect(pruned([matrix], { ...literal, share: 1 }).after).toEqual({ weights: 2, segments: 1, arrays: 1 });
  });
});

describe("saliencies by sign", () => {
  const weights = [1, -2, 0, 3, 0, 0, -4, 5];
  const made = { rows: 4, columns: 2, height: 2, across: 2, planes: 2 } as const;

  test("each sign has rows and sums of its own", () => {
    const stacks = rowStacks([ordered(weights, made)]);
    expect(stacks.map(({ sign, rows, saliency }) => [sign, [...rows], [...saliency]])).toEqual([
      [1, [0, 1, 3], [1, 3, 5]],
      [-1, [0, 3], [2, 4]],
    ]);
    const [both] = rowStacks([ordered(weights, { ...made, planes: 1 })]);
    expect([[...both!.rows], [...both!.saliency]]).toEqual([
      [0, 1, 3],
      [3, 3, 9],
    ]);
  });

  test("losing a segment of one sign leaves the other's weights in that row", () => {
    const { left, before, after } = pruned([ordered(weights, made)], aware);
    // 3 arrays, of which 1.5, rounded to 2, are to go: the third row above 0, then the two rows below 0.
    expect([...left[0]!.weights]).toEqual([0, 0, 0, 3, 0, 0, 0, 5]);
    expect([before.arrays, after.arrays]).toEqual([3, 1]);
    const one = pruned([ordered(weights, made)], { ...aware, share: 0.3 });
    expect([...one.left[0]!.weights]).toEqual([0, -2, 0, 3, 0, 0, -4, 5]);
  });

  test("with an order of its own for each sign, each sign's group keeps something", () => {
    const settings = { signs: "independent" } as const;
    const { left } = pruned([ordered(weights, { ...made, settings })], { ...literal, share: 1 });
    expect([...left[0]!.weights]).toEqual([0, 0, 0, 0, 0, 0, -4, 5]);
  });
});

describe("on matrices of odd sizes", () => {
  const cases = Array.from({ length: 60 }, (_, i) => i);
  const options = (i: number): SegmentPruning[] =>
    (["literal", "remainder-aware"] as const).flatMap((mode) =>
      segmentUnits.map((normalize) => ({ mode, normalize, share: [0.02, 0.2, 0.7][i % 3]! })),
    );

  test.each(cases)("case %i: the fast choice is the slow one, row by row", (i) => {
    const matrices = oddMatrices(createRandom(i), 1 + (i % 3));
    const stacks = rowStacks(matrices);
    for (const option of options(i)) {
      const slow = chooseSlowly(matrices, stacks, option);
      expect(chooseSegments(matrices, stacks, option).map((rows) => [...rows])).toEqual(
        slow.map((rows) => [...rows]),
      );
    }
  });

  test("equal saliencies are taken in one order by both", () => {
    const random = createRandom(9);
    for (let i = 0; i < 20; i++) {
      const weights = Float32Array.from({ length: 15 * 9 }, () => random.integer(-1, 1));
      const matrix = ordered(weights, { rows: 15, columns: 9, height: 4, across: 3, planes: 2 });
      const stacks = rowStacks([matrix]);
      for (const mode of ["literal", "remainder-aware"] as const) {
        const option = { mode, normalize: "none", share: 0.3 } as const;
        expect(chooseSegments([matrix], stacks, option)).toEqual(chooseSlowly([matrix], stacks, option));
      }
    }
  });

  test.each(cases)("case %i: what is counted is what the mapping counts, before and after", (i) => {
    const matrices = oddMatrices(createRandom(1000 + i), 2);
    for (const option of options(i)) {
      const { before, after, left } = pruned(matrices, option);
      expect([before.arrays, after.arrays]).toEqual([tiles(matrices), tiles(left)]);
      expect(after.weights).toBe(left.reduce((sum, { weights }) => sum + weightCount(weights), 0));
      for (const [m, { weights }] of left.entries())
        for (const [at, weight] of weights.entries())
          if (weight !== 0) expect(weight).toBe(matrices[m]!.weights[at]);
    }
  });

  test.each(cases)("case %i: every group of columns keeps a segment", (i) => {
    const matrices = oddMatrices(createRandom(2000 + i), 2);
    const groups = new Set(rowStacks(matrices).map(({ group }) => group));
    for (const option of options(i)) {
      const { left } = pruned(matrices, { ...option, share: 1 });
      const stacks = rowStacks(left);
      expect(new Set(stacks.map(({ group }) => group))).toEqual(groups);
      if (option.mode === "literal") expect(stacks.every(({ rows }) => rows.length === 1)).toBe(true);
    }
  });

  test("remainder-aware frees as many arrays as are asked for, at the least saliency there is", () => {
    for (let i = 0; i < 12; i++) {
      const random = createRandom(3000 + i);
      const [rows, height] = [random.integer(5, 9), random.integer(2, 3)];
      const weights = sparseWeights(random, rows * 4, 0.7);
      const matrix = ordered(weights, { rows, columns: 4, height, across: 2, planes: 1 });
      const arrays = tiles([matrix]);
      const share = 2 / arrays;
      const { after, left } = pruned([matrix], { ...aware, share });
      expect(after.arrays).toBe(Math.max(2, arrays - 2));
      const lost = sum(weights) - sum(left[0]!.weights);
      expect(lost).toBeCloseTo(leastLoss(matrix, after.arrays), 9);
    }
  });
});

const sum = (weights: ArrayLike<number>): number =>
  Array.from(weights).reduce((total, weight) => total + Math.abs(weight), 0);

/** Over all subsets of the row segments whose loss leaves each group an array, and all so many arrays. */
function leastLoss(matrix: OrderedMatrix, arrays: number): number {
  const choices = rowStacks([matrix]).map((stack) => {
    const best = new Map<number, number>();
    for (let subset = 0; subset < 2 ** stack.rows.length - 1; subset++) {
      const gone = [...stack.rows.keys()].filter((i) => (subset >> i) & 1);
      const left = Math.ceil((stack.rows.length - gone.length) / stack.height);
      const cost = gone.reduce((total, i) => total + stack.saliency[i]!, 0);
      best.set(left, Math.min(best.get(left) ?? Number.POSITIVE_INFINITY, cost));
    }
    return best;
  });
  let totals = new Map([[0, 0]]);
  for (const best of choices) {
    const next = new Map<number, number>();
    for (const [a, costA] of totals)
      for (const [b, costB] of best)
        next.set(a + b, Math.min(next.get(a + b) ?? Number.POSITIVE_INFINITY, costA + costB));
    totals = next;
  }
  return totals.get(arrays)!;
}

describe("what decides the order between layers", () => {
  // The same pattern, the second layer with weights a hundred times smaller.
  const random = createRandom(5);
  const weights = sparseWeights(random, 20 * 8, 0.5);
  const made = { rows: 20, columns: 8, height: 4, across: 4, planes: 1 } as const;
  const large = ordered(weights, { ...made, name: "large" });
  const small = ordered(
    weights.map((w) => w / 128),
    { ...made, name: "small" },
  );

  test("raw saliencies empty the layer of small weights", () => {
    const { matrices } = pruned([large, small], { ...literal, share: 0.4 });
    expect(matrices[0]!.after).toEqual(matrices[0]!.before);
    expect(matrices[1]!.after.segments).toBeLessThan(0.25 * matrices[1]!.before.segments);
  });

  test("in units of the layer's mean both lose the same rows", () => {
    for (const mode of ["literal", "remainder-aware"] as const) {
      const { matrices, kept } = pruned([large, small], { mode, share: 0.4, normalize: "layer-mean" });
      expect(kept[0]).toEqual(kept[1]);
      expect(matrices[0]!.after.segments).toBeLessThan(matrices[0]!.before.segments);
    }
  });
});

describe("a small layer beside a large one", () => {
  // Both signs on arrays of their own; rows of equal saliency: 3 rows a sign, and 20 of which 4 free an array.
  const made = { columns: 2, height: 8, across: 2, planes: 2 } as const;
  const pairs = (rows: number) => Array.from({ length: 2 * rows }, (_, i) => (i % 2 === 0 ? 1 : -1));
  const small = ordered(pairs(3), { ...made, rows: 3, name: "small" });
  const large = ordered(pairs(20), { ...made, rows: 20, name: "large" });
  const freed = (normalize: SegmentPruning["normalize"], factor = 1) => {
    const scaled = { ...small, weights: small.weights.map((w) => factor * w) as Float32Array };
    const { matrices } = pruned([scaled, large], { mode: "remainder-aware", share: 0.1, normalize });
    return matrices.map(({ before, after }) => before.arrays - after.arrays);
  };

  test("in units of the mean row it loses all of one sign before the large one loses a fifth", () => {
    expect(freed("layer-mean")).toEqual([1, 0]);
    expect(freed("none")).toEqual([1, 0]);
    expect(freed("none", 2)).toEqual([0, 1]);
    expect(freed("layer-mean", 2)).toEqual([1, 0]);
  });

  test("as shares of what a layer has it does not, whatever its weights are", () => {
    for (const factor of [0.5, 1, 2]) expect(freed("layer-total", factor)).toEqual([0, 1]);
  });
});

describe("bad and odd input", () => {
  const made = { rows: 2, columns: 2, height: 2, across: 2, planes: 1 } as const;

  test("an empty matrix, an all-zero one, and arrays larger than the matrix", () => {
    const empty = ordered([], { ...made, rows: 0, columns: 0 });
    const zeros = ordered([0, 0, 0, 0], made);
    const wide = ordered([1, 2, 0, 4], { ...made, height: 64, across: 64 });
    for (const option of [literal, aware]) {
      const { before, matrices } = pruned([empty, zeros, wide], { ...option, normalize: "layer-mean" });
      expect(before).toEqual({ weights: 3, segments: 2, arrays: 1 });
      expect(matrices.map(({ after }) => after.arrays)).toEqual([0, 0, 1]);
    }
    expect(pruned([], aware).before).toEqual({ weights: 0, segments: 0, arrays: 0 });
  });

  test("a weight that is no number, and shares that are none", () => {
    const matrix = ordered([1, 2, 0, 4], made);
    const broken = { ...matrix, weights: Float32Array.of(1, 2, 0, Number.NaN) };
    expect(() => pruneSegments([broken], aware)).toThrow('the weight of "m" at row 1, column 1 is NaN');
    for (const share of [-0.1, 1.1, Number.NaN])
      expect(() => pruneSegments([matrix], { ...aware, share })).toThrow(`pruned is ${share}`);
    expect(pruneSegments([matrix], { ...aware, share: 0 }).after.segments).toBe(2);
  });
});

test("a heap gives back in order", () => {
  const random = createRandom(3);
  for (let n = 0; n < 40; n++) {
    const values = Array.from({ length: n }, () => random.integer(0, 9));
    const heap = new Heap<number>((a, b) => a < b);
    for (const value of values) heap.push(value);
    expect(Array.from(values, () => heap.pop())).toEqual(values.sort((a, b) => a - b));
    expect([heap.pop(), heap.size]).toEqual([undefined, 0]);
  }
});
