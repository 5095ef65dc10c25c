import { describe, expect, test } from "vitest";
import { compareReference, readReference } from "../../scripts/compare-reference.mjs";
import * as xbarkit from "../../src/index.js";

describe("the reference mode lands near the reference estimator (golden/neurosim)", () => {
  const rows = compareReference(xbarkit as never, readReference());
  const counted = rows.filter((row) => !row.indicative);
  const quantities = [...new Set(counted.map((row) => row.quantity))];

  test("every component of 39 configurations is compared", () => {
    expect(counted.length).toBeGreaterThan(3900);
    expect(new Set(counted.map((row) => row.configuration)).size).toBe(39);
    expect(quantities).toHaveLength(40);
  });

  test.each(quantities)("%s", (quantity) => {
    const of = counted.filter((row) => row.quantity === quantity);
    expect(of.length).toBeGreaterThan(0);
    expect(of.filter((row) => !row.inside)).toEqual([]);
  });

  test("areas of parts agree to a hundredth of a percent", () => {
    const parts = counted.filter((row) =>
      / area$|outline|chip (array|converters|accumulation)/.test(row.quantity),
    );
    for (const row of parts) expect(Math.abs(row.error)).toBeLessThan(1e-4);
  });
});
