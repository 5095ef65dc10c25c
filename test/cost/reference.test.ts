import { describe, expect, test } from "vitest";
import { compareImages, compareReference, readReference } from "../../scripts/compare-reference.mjs";
import * as xbarkit from "../../src/index.js";

describe("the reference mode lands near the reference estimator (golden/neurosim)", () => {
  const rows = compareReference(xbarkit as never, readReference());
  const counted = rows.filter((row) => !row.indicative);
  const quantities = [...new Set(counted.map((row) => row.quantity))];

  test("every component of 39 configurations is compared", () => {
    expect(counted.length).toBeGreaterThan(5800);
    expect(new Set(counted.map((row) => row.configuration)).size).toBe(39);
    expect(quantities).toHaveLength(60);
  });

  test.each(quantities)("%s", (quantity) => {
    const of = counted.filter((row) => row.quantity === quantity);
    expect(of.length).toBeGreaterThan(0);
    expect(of.filter((row) => !row.inside)).toEqual([]);
  });

  test("areas of parts agree to a hundredth of a percent", () => {
    const parts = counted.filter((row) =>
      /^(?!chip).* area$|outline|chip (array|converters|accumulation)/.test(row.quantity),
    );
    for (const row of parts) expect(Math.abs(row.error)).toBeLessThan(1e-4);
  });

  test("leakage of parts as well, but for the decoder of which the description gives only the path", () => {
    const parts = counted.filter((row) => / leakage$/.test(row.quantity) && !/Decoder/.test(row.quantity));
    expect(parts.length).toBeGreaterThan(500);
    for (const row of parts) expect(Math.abs(row.error)).toBeLessThan(1e-4);
  });

  test("switches below 22 nm too, which are indicative", () => {
    const small = rows.filter((row) => row.indicative && row.quantity === "switchMatrix area");
    expect(small.length).toBeGreaterThan(0);
    for (const row of small) expect(Math.abs(row.error)).toBeLessThan(1e-3);
  });

  test("what moves data stays within the bands that docs/cost-errors.md explains", () => {
    const images = compareImages(xbarkit as never, readReference());
    expect(images).toHaveLength(41 * 7);
    expect(
      images.filter((row: { inside: boolean; indicative: boolean }) => !row.inside && !row.indicative),
    ).toEqual([]);
  });

  test("its multi-level sense amplifier: a third of the SAR converters' area at 5 bits, a cycle of 2.3 ns", () => {
    const flash = { kind: "flash", step_s: 1.56e-9, comparatorLoad: 40, comparatorArea: 9.2 };
    const adc = (hardware: xbarkit.HardwareSpec) => xbarkit.subArrayReport(hardware).components["adc"]!;
    const sar = adc(xbarkit.resolveHardware({ base: "neurosim-reference" }));
    const other = adc(xbarkit.resolveHardware({ base: "neurosim-reference", cost: { converter: flash } }));
    expect(other.area_m2 / sar.area_m2).toBeCloseTo(1 / 3, 2);
    expect(1.4 * other.latency_s * 1e9).toBeCloseTo(2.3, 1);
  });
});
