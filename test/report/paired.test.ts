import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { pairedInterval } from "../../src/report/paired.js";

/** Images by who gets them right: both, only the first, only the second, neither. */
function classifiers(both: number, first: number, second: number, neither: number) {
  const of = (right: readonly boolean[]) =>
    [both, first, second, neither].flatMap((images, kind) => Array<boolean>(images).fill(right[kind]!));
  return [of([true, true, false, false]), of([true, false, true, false])] as const;
}

describe("the paired interval of two accuracies", () => {
  // By hand: d = (c − b)/(n + 2) and s = √(b + c + 1 − (c − b)²/(n + 2))/(n + 2), times 1.959964.
  test("closed cases", () => {
    const found = pairedInterval(...classifiers(80, 7, 3, 10));
    expect(found).toMatchObject({ difference: -0.04, images: 100 });
    const [centre, half] = [-4 / 102, (1.959964 * Math.sqrt(11 - 16 / 102)) / 102];
    expect(found.low).toBeCloseTo(centre - half, 12);
    expect(found.high).toBeCloseTo(centre + half, 12);
    // Approval of a prime minister in two polls of the same 1,600 people (A. Agresti, Categorical Data Analysis, table
    // 10.1: 794, 150, 86, 570): the unadjusted interval is −0.059 to −0.021, as is this one with so many people.
    const polls = pairedInterval(...classifiers(794, 150, 86, 570));
    expect(polls.difference).toBe(-0.04);
    expect(polls.low).toBeCloseTo(-0.059, 3);
    expect(polls.high).toBeCloseTo(-0.021, 3);
  });

  test("is not empty where no image differs, and has all of −1 to 1 for no image", () => {
    const same = pairedInterval(...classifiers(90, 0, 0, 10));
    expect(same.difference).toBe(0);
    expect([same.low, same.high]).toEqual([-1.959964 / 102, 1.959964 / 102]);
    expect(pairedInterval([], [])).toEqual({ difference: 0, low: -0.979982, high: 0.979982, images: 0 });
    expect(pairedInterval([false], [true])).toMatchObject({ difference: 1, high: 1 });
  });

  test("takes bytes, does not depend on the order of images, and turns round with the classifiers", () => {
    const kinds = fc.array(fc.nat(3), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(kinds, (images) => {
        const a = Uint8Array.from(images, (kind) => (kind < 2 ? 1 : 0));
        const b = Uint8Array.from(images, (kind) => (kind % 2 === 0 ? 1 : 0));
        const found = pairedInterval(a, b);
        const right = (values: Uint8Array) => values.reduce((sum, value) => sum + value, 0);
        expect(found.difference).toBeCloseTo((right(b) - right(a)) / images.length, 12);
        expect(found.low).toBeLessThan(found.high);
        const sorted = (values: Uint8Array) =>
          images
            .map((kind, i) => [kind, values[i]!] as const)
            .sort((x, y) => x[0] - y[0])
            .map(([, value]) => value === 1);
        expect(pairedInterval(sorted(a), sorted(b))).toEqual(found);
        const turned = pairedInterval(b, a);
        expect([turned.low, turned.high].map((end) => -end)).toEqual([found.high, found.low]);
      }),
      { numRuns: 100 },
    );
  });

  test("refuses other numbers of images", () => {
    expect(() => pairedInterval([true], [true, false])).toThrow("one classifier has 1 images, the other 2");
  });
});
