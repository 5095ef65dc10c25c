import { describe, expect, test } from "vitest";
import {
  largestCode,
  quantizeWeights,
  weightCode,
  weightRange,
} from "../../src/compress/quantize/weights.js";
import { createRandom } from "../../src/random.js";

describe("the weight quantiser (spec check 4)", () => {
  // mean|W| = 0.1, k = 2: α = 0.2 and the step is 0.2 / 7.
  const range = weightRange([0.1, -0.1, 0.05, -0.15], { bits: 4, rule: "mean", k: 2 });

  test("α = 0.2, step 0.0285714", () => {
    expect(range).toBeCloseTo(0.2, 12);
    expect(range / largestCode(4)).toBeCloseTo(0.0285714, 7);
  });

  test.each([
    [0.014, 0],
    [0.0143, 1],
    [0.25, 7],
    [-0.1, -4],
    [0.1, 4],
    [-0.25, -7],
  ])("%f becomes %i steps", (weight, steps) => {
    expect(weightCode(weight, range, 4) + 0).toBe(steps);
  });

  test("ties go to the even code on both sides, unlike Math.round", () => {
    expect([-3.5, -2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 3.5].map((w) => weightCode(w, 7, 4) + 0)).toEqual([
      -4, -2, -2, 0, 0, 2, 2, 4,
    ]);
  });
});

describe("range rules", () => {
  const random = createRandom(4);
  const weights = Float32Array.from({ length: 5000 }, () => random.normal() * 0.05);

  test("SAWB is c₁·√E[w²] + c₂·E|w|", () => {
    const meanSquare = weights.reduce((sum, w) => sum + w * w, 0) / weights.length;
    const meanAbsolute = weights.reduce((sum, w) => sum + Math.abs(w), 0) / weights.length;
    expect(weightRange(weights, { bits: 4, rule: "sawb" })).toBeCloseTo(
      12.68 * Math.sqrt(meanSquare) - 12.8 * meanAbsolute,
      10,
    );
    expect(() => weightRange(weights, { bits: 5, rule: "sawb" })).toThrow(
      '"sawb" has no coefficients for 5 bits',
    );
  });

  test("the least-squares range is no worse than mean, SAWB and max", () => {
    const error = (range: number): number =>
      weights.reduce((sum, w) => sum + (w - (weightCode(w, range, 4) * range) / 7) ** 2, 0);
    const best = error(weightRange(weights, { bits: 4, rule: "mse" }));
    for (const rule of ["mean", "sawb", "max"] as const)
      expect(best).toBeLessThanOrEqual(error(weightRange(weights, { bits: 4, rule })));
  });

  test("a layer of zeros stays zero, and no number is refused", () => {
    expect(quantizeWeights(new Float32Array(9), { bits: 4, rule: "mse" }).values).toEqual(
      new Float32Array(9),
    );
    expect(() => weightRange([0.1, Number.NaN], { bits: 4, rule: "mean" })).toThrow("a weight is NaN");
    const named = { bits: 4, rule: "mse", layer: "conv1" } as const;
    expect(() => quantizeWeights(Float32Array.of(1, Number.NEGATIVE_INFINITY), named)).toThrow(
      'a weight of "conv1" is -Infinity',
    );
    expect(() => weightRange([0.1], { bits: 10, rule: "mean" })).toThrow("weight bits is 10");
  });

  test.each([2, 3, 4, 5, 6, 7, 8])(
    "%i bits: every value is code × scale with |code| ≤ 2^(bits−1) − 1",
    (bits) => {
      const { values, scale } = quantizeWeights(weights, { bits, rule: "mse" });
      const codes = Array.from(values, (v) => v / scale);
      expect(Math.max(...codes.map(Math.abs))).toBeLessThanOrEqual(largestCode(bits) + 1e-6);
      expect(codes.every((code) => Math.abs(code - Math.round(code)) < 1e-5)).toBe(true);
      // Five thousand normal weights reach every level where there are not too many.
      if (bits <= 5) expect(new Set(codes.map(Math.round)).size).toBe(2 * largestCode(bits) + 1);
    },
  );
});
