import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { layerSpread } from "../../src/mapping/mismatch.js";

describe("the unevenness of a layer's positions", () => {
  test("is max − min of the positions' sums where all chunks are whole", () => {
    const whole = fc.integer({ min: 1, max: 4 }).chain((positions) =>
      fc.array(fc.array(fc.nat(64), { minLength: positions, maxLength: positions }), {
        minLength: 1,
        maxLength: 9,
      }),
    );
    fc.assert(
      fc.property(whole, (chunks) => {
        const sums = chunks[0]!.map((_, i) => chunks.reduce((sum, counts) => sum + counts[i]!, 0));
        expect(layerSpread(chunks)).toBe(Math.max(...sums) - Math.min(...sums));
      }),
    );
  });

  test("a last chunk that ends early makes nothing uneven by itself", () => {
    // LeNet-5's second convolution: 500 rows in bands of 72, seven of them, nothing pruned.
    expect(layerSpread([[50, 50], [50, 50], [50, 50], [50]])).toBe(0);
    expect(layerSpread([[50, 40], [50, 50], [50]])).toBe(10);
    expect(
      layerSpread([
        [9, 9, 9, 9],
        [9, 4],
      ]),
    ).toBe(5);
    expect(layerSpread([[7]])).toBe(0);
    expect(layerSpread([])).toBe(0);
  });
});
