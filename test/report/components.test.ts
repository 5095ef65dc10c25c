import { describe, expect, test } from "vitest";
import { type Broken, componentsOf, partOf } from "../../src/report/figures/cost.js";

const cost = (values: Readonly<Record<string, number>>): Broken => {
  const breakdown = Object.fromEntries(
    Object.entries(values).map(([key, v]) => [key, { energy_J: v, latency_s: v, area_m2: v }]),
  );
  const all = Object.values(values).reduce((a, b) => a + b, 0);
  return { breakdown, energy_J: all, latency_s: all, area_m2: all };
};
const small = Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`small${i}`, 1]));
const many = cost({ array: 50, adc: 100, ...small });

describe("components of a stacked cost", () => {
  test("few have a colour each, small ones too", () => {
    const few = cost({ array: 50, adc: 100, small0: 1 });
    expect(componentsOf([few], [few], "energy_J").map(({ name }) => name)).toEqual([
      "cells",
      "ADC",
      "small0",
    ]);
  });

  test("of many, those below 3 % of the largest cost are shown as one", () => {
    const series = componentsOf([many], [many], "energy_J");
    expect(series.map(({ name }) => name)).toEqual(["cells", "ADC", "others"]);
    expect(series.map((component) => partOf(many, component, "energy_J"))).toEqual([50, 100, 9]);
    expect(new Set(series.map(({ colour }) => colour)).size).toBe(3);
  });

  test("one that is large in another cost of the page keeps its colour", () => {
    const other = cost({ ...small, array: 50, adc: 40, small3: 60 });
    const names = componentsOf([many, other], [many], "energy_J").map(({ name }) => name);
    expect(names).toEqual(["cells", "ADC", "small3", "others"]);
  });
});
