import { describe, expect, test } from "vitest";
import { subArrayReport } from "../../src/cost/index.js";
import { resolveHardware, withOverrides } from "../../src/hardware/index.js";
import { analytic } from "../../src/hardware/presets/analytic.js";
import { isaac, isaacTable } from "../../src/hardware/presets/isaac.js";
import type { AnalyticCost } from "../../src/hardware/types.js";

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

describe("ISAAC's Table I", () => {
  const { ima, tile } = isaacTable;
  const [power, area] = [0, 1].map((at) => ({
    ima: sum(Object.values(ima).map((line) => line[at]!)),
    tile: sum(Object.values(tile).map((line) => line[at]!)),
  })) as [{ ima: number; tile: number }, { ima: number; tile: number }];

  test("its lines add up to the printed totals: 289 mW of twelve IMAs, 330 mW and 0.372 mm² of a tile", () => {
    expect(12 * power.ima).toBeCloseTo(289, 0);
    expect(12 * area.ima).toBeCloseTo(0.157, 3);
    expect(power.tile).toBeCloseTo(40.9, 1);
    expect(area.tile).toBeCloseTo(0.215, 3);
    expect(12 * power.ima + power.tile).toBeCloseTo(330, 0);
    expect(12 * area.ima + area.tile).toBeCloseTo(0.372, 3);
  });

  test("one read of an array: 0.39 pJ per driver, 1.83 fJ per cell, 1.56 pJ per conversion, 100 ns", () => {
    const { components, total } = subArrayReport(isaac, { activity: 1 });
    const { switchMatrix, array, adc, sampleHold } = components;
    const registers_J = (1.24e-3 / 8) * 100e-9;
    expect(((switchMatrix!.energy_J - registers_J) / 128) * 1e12).toBeCloseTo(0.391, 3);
    expect((array!.energy_J / 128 ** 2) * 1e15).toBeCloseTo(1.83, 2);
    expect((adc!.energy_J / 128) * 1e12).toBeCloseTo(1.5625, 3);
    expect((sampleHold!.energy_J / 128) * 1e15).toBeCloseTo(0.98, 2);
    expect(adc!.area_m2 * 1e12).toBeCloseTo(1200, 6);
    expect(array!.area_m2 * 1e12).toBeCloseTo(25, 6);
    expect(total.latency_s * 1e9).toBeCloseTo(100, 6);
  });

  test("other widths: energies of 4 to 8 bits as published, within 1 %", () => {
    const conversion = (adcBits: number): number =>
      subArrayReport(withOverrides(isaac, { adcBits })).components["adc"]!.energy_J;
    for (const [bits, published] of [
      [4, 0.79],
      [5, 0.99],
      [6, 1.2],
      [7, 1.42],
    ] as const) {
      expect(Math.abs(conversion(bits) / conversion(8) / (published / 1.67) - 1)).toBeLessThan(0.01);
    }
  });

  test("narrower arrays have fewer drivers, cells and conversions; idle rows draw no current in the cells", () => {
    const at = (columns: number, activity: number) =>
      subArrayReport(withOverrides(isaac, { columns }), { activity }).components;
    expect(at(64, 1)["adc"]!.latency_s).toBeCloseTo(at(128, 1)["adc"]!.latency_s / 2, 15);
    expect(at(128, 0.5)["array"]!.energy_J).toBeCloseTo(at(128, 1)["array"]!.energy_J / 2, 18);
    expect(at(128, 0)["array"]!.energy_J).toBe(0);
  });
});

describe("lines of a table in a computed chip", () => {
  test.each(["array", "switchMatrix", "adc", "shiftAddInput", "shiftAddWeight"] as const)(
    "%s of ISAAC",
    (name) => {
      const mixed = resolveHardware({
        base: "analytic-32nm",
        array: { rows: 128, columns: 128, activeRows: 128 },
        adc: { bits: 8 },
        cost: { columnsPerConverter: 128, fromTable: [name], table: "isaac" },
      });
      const { components, total } = subArrayReport(mixed, { activity: 0.5 });
      expect(components[name]).toEqual(subArrayReport(isaac, { activity: 0.5 }).components[name]);
      const others = Object.keys(components).filter((key) => key !== name);
      expect(others).toContain("columnMux");
      expect(total.energy_J).toBeCloseTo(sum(Object.values(components).map((part) => part.energy_J)), 20);
    },
  );

  test("a table is named by its preset", () => {
    const named = (table: string) => resolveHardware({ base: "analytic-32nm", cost: { table } });
    expect((named("isaac").cost as AnalyticCost).table).toEqual(isaac.cost);
    expect(() => named("analytic-32nm")).toThrow(/circuits are computed/);
    expect(() => named("issac")).toThrow(/no preset/);
  });

  test("converters that serve other numbers of columns do not mix", () => {
    expect(() =>
      resolveHardware({ base: analytic.name, cost: { fromTable: ["adc"], table: isaac.cost } }),
    ).toThrow(/columnsPerConverter/);
  });
});
