import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { digest, murmur3 } from "../../src/digest.js";
import { randomFor } from "../../src/random.js";

describe("MurmurHash3_x86_128", () => {
  test.each([
    ["", "00000000000000000000000000000000"],
    // Vectors that other implementations test with (murmurhash3js, pymmh3).
    ["The quick brown fox jumps over the lazy dog", "2f1583c3ecee2c675d7bf66ce5e91d2c"],
    ["I will not buy this record, it is scratched.", "a0a9683b25ac5e40d9af2895890dddf5"],
  ])("of %j", (text, expected) => {
    expect(digest(text)).toBe(expected);
  });

  test("does not depend on where the bytes stand in memory", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70 }), fc.integer({ min: 0, max: 5 }), (bytes, offset) => {
        const moved = new Uint8Array(bytes.length + offset);
        moved.set(bytes, offset);
        expect(murmur3(moved.subarray(offset))).toEqual(murmur3(bytes));
      }),
    );
  });

  test("sees every bit and every length", () => {
    const bytes = Uint8Array.from({ length: 53 }, (_, i) => i);
    const found = new Set([digest(bytes)]);
    for (let bit = 0; bit < 8 * bytes.length; bit++) {
      const changed = bytes.slice();
      changed[bit >> 3]! ^= 1 << (bit & 7);
      found.add(digest(changed));
    }
    for (let length = 1; length <= 40; length++) found.add(digest(new Uint8Array(length)));
    expect(found.size).toBe(1 + 8 * 53 + 40);
  });
});

describe("randomFor", () => {
  const first = (random: ReturnType<typeof randomFor>) => Array.from({ length: 4 }, () => random.uniform());

  test("gives one stream for one list of names, and others for others", () => {
    const names = [[1], [2], [1, "a"], [1, "b"], [1, "a", 0], [1, "a", 1], [1, "a", "0"], [1, "a0"]] as const;
    const streams = names.map(([seed, ...rest]) => first(randomFor(seed, ...rest)));
    expect(new Set(streams.map(String)).size).toBe(names.length);
    expect(first(randomFor(1, "a", 1))).toEqual(streams[5]);
  });

  test("neighbouring names have streams that look independent", () => {
    // The first draws of 10,000 neighbours: mean 1/2 ± 4 standard errors, and no correlation from one to the next.
    const draws = Array.from({ length: 10_000 }, (_, i) => randomFor(3, "order", i).uniform() - 0.5);
    const mean = draws.reduce((sum, x) => sum + x, 0) / draws.length;
    const next = draws.slice(1).reduce((sum, x, i) => sum + x * draws[i]!, 0) / (draws.length - 1);
    expect(Math.abs(mean)).toBeLessThan(4 * Math.sqrt(1 / 12 / 10_000));
    expect(Math.abs(next)).toBeLessThan(4 * (1 / 12 / 100));
  });
});
