import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { estimatePlaced } from "../../src/cost/analytic/chip.js";
import { designFor } from "../../src/cost/analytic/read-model.js";
import { readSubArray } from "../../src/cost/circuits/read.js";
import {
  allComponents,
  type Cost,
  type CostReport,
  countPlacement,
  estimate,
  estimateNetwork,
  networkShape,
  sensitivity,
  subArrayReport,
} from "../../src/cost/index.js";
import { denseCounts } from "../../src/cost/network/dense-counts.js";
import { type HardwareOverrides, resolveHardware, withOverrides } from "../../src/hardware/index.js";
import { analytic } from "../../src/hardware/presets/analytic.js";
import { meng2021 } from "../../src/hardware/presets/meng2021.js";
import { neurosimReference } from "../../src/hardware/presets/neurosim-reference.js";
import type { AnalyticCost, HardwareSpec } from "../../src/hardware/types.js";
import { encodingOf } from "../../src/mapping/encoding.js";
import { place } from "../../src/mapping/place.js";
import { unitSuffixes } from "../../src/units.js";
import { convChain, groupedCodes, uniformActivity } from "./support.js";

type Analytic = HardwareSpec & { readonly cost: AnalyticCost };
const um2 = (area_m2: number): number => area_m2 * 1e12;
const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0);

/** A chip of the default style with random sizes. */
const chips = fc
  .record({
    rows: fc.integer({ min: 8, max: 300 }),
    columns: fc.integer({ min: 4, max: 150 }).map((n) => 2 * n),
    adcBits: fc.integer({ min: 2, max: 10 }),
    node_nm: fc.constantFrom(130, 90, 65, 45, 32, 22, 14, 10, 7),
    phases: fc.constantFrom(1, 2, 4, 8),
    roadmap: fc.constantFrom("LSTP", "HP"),
    kind: fc.constantFrom("sar", "flash"),
    rowSelect: fc.constantFrom("switchMatrix", "decoder"),
    access: fc.constantFrom("1T1R", "1R"),
    sign: fc.constantFrom("offset", "splitArrays", "pairedColumns"),
    compose: fc.constantFrom("digital", "analog"),
    temperature_K: fc.integer({ min: 300, max: 400 }),
  })
  .map((o): Analytic => {
    const roadmap = o.node_nm < 22 ? "LSTP" : o.roadmap;
    const flash = { kind: "flash", step_s: 1e-9, comparatorLoad: 40, comparatorArea: 60 } as const;
    const cost: AnalyticCost = {
      ...analytic.cost,
      technology: {
        node_m: o.node_nm * 1e-9,
        roadmap,
        temperature_K: o.temperature_K,
      } as AnalyticCost["technology"],
      cell: { ...analytic.cost.cell, width: 12, access: o.access as "1T1R" },
      columnsPerConverter: o.phases,
      rowSelect: o.rowSelect as "decoder",
      converter: o.kind === "flash" ? flash : analytic.cost.converter,
    };
    const overrides = {
      rows: o.rows,
      columns: o.columns,
      activeRows: o.rows,
      adcBits: o.adcBits,
      sign: o.sign,
      compose: o.compose,
    } as HardwareOverrides;
    return withOverrides({ ...analytic, cost }, overrides);
  });

const designOf = (hardware: Analytic) =>
  designFor(hardware, hardware.cost, encodingOf(4, hardware.encoding), 4);

describe("one read of a sub-array, circuits computed", () => {
  test("every component that exists costs something positive and finite", () => {
    fc.assert(
      fc.property(chips, fc.double({ min: 0.01, max: 1, noNaN: true }), (hardware, activity) => {
        const { components } = subArrayReport(hardware, { activity });
        for (const part of Object.values(components)) {
          for (const value of Object.values(part)) {
            expect(value).toBeGreaterThan(0);
            expect(Number.isFinite(value)).toBe(true);
          }
        }
      }),
      { numRuns: 150 },
    );
  });

  test("totals are the sums of their parts, bit by bit", () => {
    fc.assert(
      fc.property(chips, (hardware) => {
        const { components, total } = subArrayReport(hardware, { activity: 0.5 });
        for (const key of ["area_m2", "latency_s", "energy_J", "leakage_W"] as const) {
          expect(total[key]).toBe(sum(Object.values(components).map((part) => part[key])));
        }
      }),
      { numRuns: 60 },
    );
  });

  test("array plus converter energy never rises with sparsity", () => {
    fc.assert(
      fc.property(
        chips,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (hardware, a, b) => {
          const energy = (activity: number): number => {
            const { components } = subArrayReport(hardware, { activity });
            return components["array"]!.energy_J + components["adc"]!.energy_J;
          };
          expect(energy(Math.min(a, b))).toBeLessThanOrEqual(energy(Math.max(a, b)));
        },
      ),
      { numRuns: 60 },
    );
  });

  test.each<[string, (hardware: Analytic) => HardwareOverrides]>([
    ["rows", ({ array }) => ({ rows: array.rows + 1, activeRows: array.activeRows + 1 })],
    ["columns", ({ array }) => ({ columns: array.columns + 2 })],
    ["ADC bits", ({ adc }) => ({ adcBits: adc.bits! + 1 })],
  ])("area grows with %s", (_, next) => {
    fc.assert(
      fc.property(chips, (hardware) => {
        const area = (chip: HardwareSpec): number => subArrayReport(chip).total.area_m2;
        expect(area(withOverrides(hardware, next(hardware)))).toBeGreaterThanOrEqual(
          area(hardware) * (1 - 1e-12),
        );
      }),
      { numRuns: 100 },
    );
  });

  test("columns that share a converter bring multiplexer, decoder and sample-and-hold", () => {
    const shared = { ...analytic, cost: { ...analytic.cost, columnsPerConverter: 8 } };
    const names = (chip: HardwareSpec): string[] => Object.keys(subArrayReport(chip).components);
    expect(names(analytic)).not.toContain("columnMux");
    expect(names(shared)).toEqual(expect.arrayContaining(["columnMux", "columnDecoder", "sampleHold"]));
    const analog = withOverrides(analytic, { compose: "analog" });
    expect(names(analog)).toContain("analogComposition");
    expect(names(analog)).not.toContain("shiftAddWeight");
  });

  test("a component may come from the table", () => {
    const cost: AnalyticCost = { ...analytic.cost, fromTable: ["adc"], table: meng2021.cost };
    const { components, total } = subArrayReport({ ...analytic, cost });
    expect(um2(components["adc"]!.area_m2)).toBeCloseTo(8409.3, 6);
    expect(components["array"]).toEqual(subArrayReport(analytic).components["array"]);
    expect(total.area_m2).toBe(sum(Object.values(components).map((part) => part.area_m2)));
  });

  test("hotter chips leak more and read no faster", () => {
    const at = (temperature_K: number) =>
      subArrayReport({
        ...analytic,
        cost: { ...analytic.cost, technology: { ...analytic.cost.technology, temperature_K } },
      }).total;
    expect(at(350).leakage_W / at(300).leakage_W).toBeGreaterThan(3);
    expect(at(400).leakage_W).toBeGreaterThan(at(350).leakage_W);
    expect(at(350).latency_s).toBeGreaterThanOrEqual(at(300).latency_s);
  });

  test("the computed converter stands between the best and the usual of the survey (kull2013: 2.6 pJ at 8 bits)", () => {
    const hp = { ...analytic.cost, technology: { ...analytic.cost.technology, roadmap: "HP" as const } };
    const chip = withOverrides({ ...analytic, cost: hp }, { adcBits: 8 });
    const conversion_J = subArrayReport(chip).components["adc"]!.energy_J / 32;
    expect(conversion_J).toBeGreaterThan(0.2e-12);
    expect(conversion_J).toBeLessThan(2.6e-12);
  });
});

describe("Table I of meng2021 in reference mode", () => {
  const { components } = subArrayReport(neurosimReference, { activity: 1 });
  test("areas of array and converters within 0.1 %", () => {
    expect(Math.abs(um2(components["array"]!.area_m2) / 75.5 - 1)).toBeLessThan(1e-3);
    expect(Math.abs(um2(components["adc"]!.area_m2) / 8409.3 - 1)).toBeLessThan(1e-3);
  });

  // The other lines are explained in docs/cost.md; these pin the numbers that the explanations give.
  test("what the others are", () => {
    expect(um2(components["switchMatrix"]!.area_m2)).toBeCloseTo(645.5, 1);
    expect(um2(components["shiftAddInput"]!.area_m2)).toBeCloseTo(1954.5, 1);
    expect(um2(components["shiftAddWeight"]!.area_m2)).toBeCloseTo(1296.4, 1);
    expect(components["adc"]!.energy_J * 1e12).toBeCloseTo(13.17, 2);
  });

  test("one rule at a time shows where a number comes from", () => {
    const rules = neurosimReference.cost.rules;
    const without = (rule: (typeof rules)[number]) =>
      subArrayReport({
        ...neurosimReference,
        cost: { ...neurosimReference.cost, rules: rules.filter((r) => r !== rule) },
      });
    const all = subArrayReport(neurosimReference);
    expect(um2(all.total.area_m2)).toBeCloseTo(113244.7, 1);
    expect(um2(without("boundingBoxArea").total.area_m2)).toBeCloseTo(12503.6, 1);
    expect(all.components["shiftAddInput"]!.energy_J).toBe(0);
    expect(without("wholeWeightShiftAdds").components["shiftAddInput"]!.energy_J).toBeGreaterThan(0);
    expect(all.components["adc"]!.leakage_W).toBe(0);
    expect(without("noAnalogLeakage").components["adc"]!.leakage_W).toBeGreaterThan(0);
    expect(without("freeSourceLines").components["sourceLineSwitch"]!.energy_J).toBeGreaterThan(0);
    expect(without("columnCurrentInConverter").components["array"]!.energy_J).toBeGreaterThan(
      all.components["array"]!.energy_J,
    );
    const network = networkShape(model(neurosimReference).model);
    const reads = (chip: Analytic): number => estimateNetwork(network, chip).counts.reads;
    const strip = (rule: (typeof rules)[number]): Analytic => ({
      ...neurosimReference,
      cost: { ...neurosimReference.cost, rules: rules.filter((r) => r !== rule) },
    });
    expect(reads(neurosimReference)).toBeGreaterThan(reads(strip("kernelPositionReads")));
    expect(reads(strip("unpaddedOutputs"))).toBeGreaterThan(reads(neurosimReference));
  });
});

const keep =
  (seed: number) =>
  (output: number, band: number): boolean =>
    (output * 7 + band * 3 + seed) % 5 < 2;

function model(hardware: HardwareSpec, alive = keep, scheme: "dense" | "packed" = "dense") {
  const layers = [
    { name: "first", outputs: 16, codes: groupedCodes(16, 3, 72, () => true), groupRows: null },
    { name: "second", outputs: 48, codes: groupedCodes(48, 16, 72, alive(1)), groupRows: 72 },
    { name: "third", outputs: 80, codes: groupedCodes(80, 48, 72, alive(2)), groupRows: 72 },
  ];
  return place(convChain(3, 8, layers), hardware, { scheme });
}

describe("a placed network, circuits computed", () => {
  const placed = model(analytic, keep, "packed");
  const reports: [string, CostReport][] = [
    ["stated activity", estimate(placed)],
    ["measured", estimate(placed, uniformActivity(placed, 64, 0.3))],
  ];

  describe.each(reports)("%s", (_, report) => {
    test.each(["energy_J", "latency_s", "area_m2"] as const)(
      "%s equals the sum of its parts, bit by bit",
      (key) => {
        const parts = (breakdown: CostReport["breakdown"]): number[] =>
          allComponents.flatMap((name) => breakdown[name]?.[key] ?? []);
        expect(report[key]).toBe(sum(parts(report.breakdown)));
        for (const name of allComponents) {
          const of = [...report.layers.map((layer) => layer.breakdown), report.shared];
          const values = of.flatMap((breakdown) => breakdown[name]?.[key] ?? []);
          if (report.breakdown[name]) expect(report.breakdown[name][key]).toBe(sum(values));
        }
        for (const layer of report.layers) expect(layer[key]).toBe(sum(parts(layer.breakdown)));
      },
    );

    test("every quantity's key ends in its unit; only counts have none", () => {
      const unnamed: string[] = [];
      const walk = (value: unknown, path: string[], named: boolean): void => {
        if (typeof value === "object" && value !== null) {
          for (const [key, inner] of Object.entries(value)) {
            const unit = unitSuffixes.some((suffix) => key.endsWith(`_${suffix}`));
            walk(inner, [...path, key], named || unit || key === "counts");
          }
        } else if (typeof value === "number") {
          if (!named) unnamed.push(path.join("."));
          expect(Number.isFinite(value) && value >= 0).toBe(true);
        }
      };
      walk(report, [], false);
      walk(subArrayReport(analytic), [], false);
      expect(unnamed).toEqual([]);
    });

    test("every component that exists takes area, and energy or time", () => {
      for (const [name, part] of Object.entries(report.breakdown) as [string, Cost][]) {
        if (name === "leakage") expect(part.energy_J).toBeGreaterThan(0);
        else {
          expect(part.area_m2).toBeGreaterThan(0);
          expect(part.energy_J).toBeGreaterThan(0);
          expect(part.latency_s).toBeGreaterThan(0);
        }
      }
      expect(report.leakage_W).toBeGreaterThan(0);
      expect(report.programming!.counts.cells).toBe(report.counts.cells.used + report.counts.cells.reference);
      expect(report.programming!.energy_J).toBeGreaterThan(0);
    });
  });

  test("pruned groups and idle word lines never cost energy of arrays and converters", () => {
    const energy = (alive: typeof keep, activity: number): number => {
      const chip = model(analytic, alive, "packed");
      const { breakdown } = estimate(chip, uniformActivity(chip, 64, activity));
      return breakdown.array.energy_J + breakdown.adc.energy_J;
    };
    const all = () => () => true;
    expect(energy(keep, 0.3)).toBeLessThan(energy(all, 0.3));
    expect(energy(keep, 0.1)).toBeLessThan(energy(keep, 0.3));
    expect(energy(keep, 0)).toBeLessThan(energy(keep, 0.1));
  });

  test.each<HardwareOverrides>([
    {},
    { sign: "splitArrays" },
    { sign: "pairedColumns" },
    { compose: "analog" },
    { offsetBy: "dummyColumn" },
    { rows: 128, columns: 64, activeRows: 48 },
    { cellBits: 1 },
    { adcBits: null },
  ])("%j: shapes alone count and cost what a dense placement does", (overrides) => {
    const hardware = withOverrides(analytic, overrides);
    const dense = model(hardware);
    const bare = { ...dense, matrices: dense.matrices.map((matrix) => ({ ...matrix, groupRows: null })) };
    const byShape = estimateNetwork(networkShape(dense.model), hardware);
    const byPlacement = estimatePlaced(bare, hardware);
    bare.matrices.forEach((matrix) => {
      expect(denseCounts(matrix, matrix.encoding, hardware.array)).toEqual(
        countPlacement(matrix, hardware.array),
      );
    });
    for (const key of ["energy_J", "latency_s", "area_m2"] as const) {
      expect(byShape[key] / byPlacement[key]).toBeCloseTo(1, 9);
    }
  });

  test("copies share the products and take the arrays again", () => {
    const twice = { ...placed, matrices: placed.matrices.map((m) => ({ ...m, copies: 2 })) };
    const [one, two] = [estimate(placed), estimate(twice)];
    expect(two.breakdown.array.area_m2 / one.breakdown.array.area_m2).toBeCloseTo(2, 9);
    expect(two.breakdown.adc.energy_J / one.breakdown.adc.energy_J).toBeCloseTo(1, 12);
    expect(two.breakdown.adc.latency_s / one.breakdown.adc.latency_s).toBeCloseTo(0.5, 9);
  });

  test("in a pipeline images follow one another as fast as the slowest layer", () => {
    const chip = { ...analytic.cost.chip, timing: "pipelined" as const };
    const pipelined = { ...analytic, cost: { ...analytic.cost, chip } };
    const [serial, parallel] = [analytic, pipelined].map((hardware) =>
      estimateNetwork(networkShape(placed.model), hardware),
    ) as [CostReport, CostReport];
    expect(parallel.interval_s).toBe(Math.max(...parallel.layers.map((layer) => layer.latency_s)));
    expect(parallel.interval_s!).toBeLessThan(serial.interval_s!);
    expect(parallel.breakdown.leakage!.energy_J).toBeLessThan(serial.breakdown.leakage!.energy_J);
  });

  test("sensitivity names knobs, the strongest first", () => {
    const entries = sensitivity(networkShape(placed.model), analytic);
    const reach = entries.map(({ ratio }) =>
      Math.max(...Object.values(ratio).map((r) => Math.abs(Math.log(r)))),
    );
    expect(reach).toEqual([...reach].sort((a, b) => b - a));
    const bits = entries.find((entry) => entry.knob === "adc.bits")!;
    expect(bits).toMatchObject({ from: "5", to: "6" });
    expect(bits.ratio.energy).toBeGreaterThan(1);
    expect(entries.find((entry) => entry.knob === "inputActivity")!.ratio.energy).toBeLessThan(1);
  });
});

describe("hardware files on a base", () => {
  test("values hold where the file gives none, lists are replaced", () => {
    const chip = resolveHardware({
      base: "analytic-32nm",
      array: { rows: 64 },
      cost: { columnsPerConverter: 8 },
    });
    expect(chip.array).toMatchObject({ rows: 64, columns: 32, activeRows: 64 });
    expect(chip.name).toBe("analytic-32nm-variant");
    expect((chip.cost as AnalyticCost).columnsPerConverter).toBe(8);
    expect(chip.differs.at(-1)).toBe("cost.columnsPerConverter is 8 instead of 1.");
    expect(
      resolveHardware({ base: "neurosim-reference", encoding: { cellBits: 1 } }).device.levels_ohm,
    ).toEqual([1e6, 1e5]);
  });

  test("what is wrong is named", () => {
    expect(() => resolveHardware({ base: "analytic" })).toThrow(/no preset/);
    expect(() => resolveHardware({ base: "analytic-32nm", cost: { technolgy: {} } })).toThrow(/technolgy/);
    const odd = resolveHardware({ base: "analytic-32nm", cost: { technology: { node_m: 28e-9 } } });
    expect(() => readSubArray(designOf(odd as Analytic), { activity: 1 })).toThrow(/not in the tables/);
    expect(() => resolveHardware({ base: "analytic-32nm", cost: { columnsPerConverter: 64 } })).toThrow(
      /the array has 32 columns/,
    );
    expect(() => resolveHardware({ base: "analytic-32nm", cost: { fromTable: ["adc"] } })).toThrow(
      /table is null/,
    );
  });
});
