import { describe, expect, test } from "vitest";
import { type CostReport, compareWithBaselines, componentNames, estimate } from "../../src/cost/index.js";
import { levelConductances, measuredLoads } from "../../src/cost/load.js";
import { type HardwareOverrides, withOverrides } from "../../src/hardware/index.js";
import { meng2021 } from "../../src/hardware/presets/meng2021.js";
import { place } from "../../src/mapping/place.js";
import type { Activity, Placement } from "../../src/mapping/types.js";
import { unitSuffixes } from "../../src/units.js";
import { convChain, groupedCodes, uniformActivity } from "./support.js";

const pJ = (energy_J: number): number => energy_J * 1e12;
const ns = (latency_s: number): number => latency_s * 1e9;
const um2 = (area_m2: number): number => area_m2 * 1e12;

/** 16 → 16 channels on a 32 × 32 map: one array, as in the first stage of ResNet-20. */
function firstStage(groupRows: number | null, alive: (output: number, band: number) => boolean): Placement {
  const codes = groupedCodes(16, 16, groupRows ?? 72, alive);
  return place(convChain(16, 32, [{ name: "conv", outputs: 16, codes, groupRows }]), meng2021);
}

const all = (): boolean => true;

/** Three layers, pruned and packed, with chunks and arrays of all kinds. */
function smallNet(overrides: HardwareOverrides = {}, dense = false): Placement {
  const keep =
    (seed: number) =>
    (output: number, band: number): boolean =>
      (output * 7 + band * 3 + seed) % 5 < 2;
  const layers = [
    { name: "first", outputs: 16, codes: groupedCodes(16, 3, 72, all), groupRows: null },
    { name: "second", outputs: 48, codes: groupedCodes(48, 16, 72, keep(1)), groupRows: 72 },
    { name: "third", outputs: 80, codes: groupedCodes(80, 48, 72, keep(2)), groupRows: 72 },
  ];
  const hardware = withOverrides(meng2021, overrides);
  return place(convChain(3, 8, layers), hardware, { scheme: dense ? "dense" : "packed" });
}

describe("one sub-array, by hand", () => {
  const report = estimate(firstStage(72, all));

  test("a 32 × 32 map at 72 rows takes 8,192 reads; without the bottom band half (spec check 7)", () => {
    expect(report.counts).toMatchObject({ arrays: 1, rowGroups: 2, reads: 8192, conversions: 262144 });
    const top = estimate(firstStage(72, (_, band) => band === 0));
    expect(top.counts).toMatchObject({ arrays: 1, rowGroups: 1, reads: 4096, conversions: 131072 });
    expect(top.layers[0]!.counts.sequentialReads).toBe(4);
  });

  test.each([
    [144, 4],
    [72, 8],
    [36, 16],
  ])("%i rows at a time: %i reads per product", (activeRows, reads) => {
    const hardware = withOverrides(meng2021, { activeRows });
    const placed = place(firstStage(null, all).model, hardware, { scheme: "dense" });
    const { counts } = estimate(placed).layers[0]!;
    expect(counts).toMatchObject({ readsPerProduct: reads, sequentialReads: reads, reads: 1024 * reads });
  });

  test.each([
    [2, 4],
    [3, 4],
    [4, 2],
    [8, 2],
  ])("inputs of four bits, %i at a time: %i reads per product", (inputSliceBits, reads) => {
    const hardware = withOverrides(meng2021, { inputSliceBits });
    const sliced = estimate(place(firstStage(72, all).model, hardware));
    expect(sliced.layers[0]!.counts).toMatchObject({
      inputBits: 4,
      readsPerProduct: reads,
      sequentialReads: reads,
      conversions: 1024 * reads * 32,
    });
    expect(sliced.breakdown.adc.energy_J).toBeCloseTo((report.breakdown.adc.energy_J * reads) / 8, 20);
    // The buffer moves every bit as before.
    expect(sliced.breakdown.buffer).toEqual(report.breakdown.buffer);
    expect(sliced.notes.join()).toContain(`${inputSliceBits} bits at a time`);
    expect(report.notes.join()).not.toContain("at a time");
  });

  test("energies are Table I's, 1,024 times", () => {
    const { breakdown } = report;
    expect(pJ(breakdown.switchMatrix.energy_J)).toBeCloseTo(1024 * 1.1, 6);
    expect(pJ(breakdown.adc.energy_J)).toBeCloseTo(1024 * 256 * 6e-3 * (5 * 1.0157 + 7.6286 + 13.6), 6);
    expect(pJ(breakdown.shiftAddInput.energy_J)).toBeCloseTo(1024 * 6.8, 6);
    expect(pJ(breakdown.shiftAddWeight.energy_J)).toBeCloseTo(1024, 6);
    expect(pJ(breakdown.demux.energy_J)).toBeCloseTo(1024 * 32 * 0.01, 6);
    expect(pJ(breakdown.adderTree.energy_J)).toBeCloseTo((1024 * 16 * 4.4) / 128, 6);
    expect(pJ(breakdown.relu.energy_J)).toBeCloseTo((1024 * 16 * 0.9) / 128, 6);
    expect(pJ(breakdown.buffer.energy_J)).toBeCloseTo(1024 * (144 + 16) * 4 * 0.003, 6);
  });

  test("latency: eight reads, de-multiplexer, adder tree, activation, buffer", () => {
    const perProduct = 8 * 7.8 + 2 * 0.001 + 0.3 + 0.5 + 8 * 0.9;
    expect(ns(report.latency_s)).toBeCloseTo(1024 * perProduct, 5);
  });

  test("area: one sub-array, 16 de-multiplexers, one bank of trees and activations, the published buffer", () => {
    expect(um2(report.area_m2)).toBeCloseTo(11180.8 + 16 * 7.9 + 2510.3 + 939.5 + 173266, 5);
    expect(um2(report.shared.buffer.area_m2)).toBeCloseTo(173266, 6);
  });

  test("dense placements have no de-multiplexers and no index", () => {
    const dense = estimate(firstStage(null, all));
    expect(dense.breakdown.demux).toEqual({ energy_J: 0, latency_s: 0, area_m2: 0 });
    expect(dense.indexMemory_bit).toEqual({ bitmap: 0, explicit: 0 });
    expect(report.indexMemory_bit).toEqual({ bitmap: 32, explicit: 32 * 4 });
  });

  test("copies share the products and take the arrays again", () => {
    const placed = firstStage(72, all);
    const twice = estimate({ ...placed, matrices: placed.matrices.map((m) => ({ ...m, copies: 2 })) });
    expect(twice.counts).toMatchObject({ arrays: 2, arraysOfOneCopy: 1, reads: 8192 });
    expect(twice.breakdown.adc.energy_J).toBe(report.breakdown.adc.energy_J);
    expect(twice.breakdown.adc.latency_s).toBe(report.breakdown.adc.latency_s / 2);
    expect(twice.breakdown.adc.area_m2).toBe(report.breakdown.adc.area_m2 * 2);
    expect(twice.breakdown.buffer).toEqual(report.breakdown.buffer);
  });

  test("a transposed copy takes arrays, and inference does not read it", () => {
    const placed = firstStage(72, all);
    const [matrix] = placed.matrices;
    const both = estimate({ ...placed, matrices: [matrix!, { ...matrix!, role: "transposed" }] });
    expect(both.counts).toMatchObject({ arrays: 2, reads: 8192 });
    expect(both.energy_J).toBe(report.energy_J);
    expect(both.latency_s).toBe(report.latency_s);
  });
});

describe("totals", () => {
  const placed = smallNet();
  const reports: [string, CostReport][] = [
    ["by the table", estimate(placed)],
    ["measured", estimate(placed, uniformActivity(placed, 64, 0.3))],
  ];
  const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0);

  describe.each(reports)("%s", (_, report) => {
    test.each(["energy_J", "latency_s", "area_m2"] as const)(
      "%s equals the sum of its parts, bit by bit",
      (key) => {
        expect(report[key]).toBe(sum(componentNames.map((name) => report.breakdown[name][key])));
        for (const name of componentNames) {
          const parts = [
            ...report.layers.map((layer) => layer.breakdown[name][key]),
            report.shared[name][key],
          ];
          expect(report.breakdown[name][key]).toBe(sum(parts));
        }
        for (const layer of report.layers) {
          expect(layer[key]).toBe(sum(componentNames.map((name) => layer.breakdown[name][key])));
        }
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
          if (path.includes("counts")) expect(Number.isInteger(value)).toBe(true);
          expect(Number.isFinite(value) && value >= 0).toBe(true);
        }
      };
      walk(report, [], false);
      expect(unnamed).toEqual([]);
    });

    test("both readings of the table are there, the chosen ones equal to the totals", () => {
      const byName = new Map(report.alternatives.map((a) => [a.name, a]));
      expect(byName.get("tableIEnergyScope mvm")!.energy_J).toBe(report.energy_J);
      expect(byName.get("tableIEnergyScope bit")!.energy_J).toBeGreaterThan(3 * report.energy_J);
      expect(byName.get("buffer.latencyScope bitPlane")!.latency_s).toBe(report.latency_s);
      expect(byName.get("buffer.latencyScope serial")!.latency_s).toBeGreaterThan(report.latency_s);
      for (const alternative of report.alternatives.filter((a) => a.chosen)) {
        expect(alternative.energy_J).toBe(report.energy_J);
        expect(alternative.latency_s).toBe(report.latency_s);
      }
      expect(byName.get("adcLoad table")!.energy_J).toBe(reports[0]![1].energy_J);
    });
  });

  test("notes name what lies beyond the table, and only that", () => {
    expect(reports[0]![1].notes).toEqual([
      "Not in the table of meng2021, so not priced: index memory, pooling, residual additions, control and wires.",
      "De-multiplexers to 20 are cascades; the table ends at 16.",
    ]);
    expect(estimate(smallNet({ adcBits: null, activeRows: 24 })).notes.slice(1, 4)).toEqual([
      "An ideal converter is priced as the narrowest that loses nothing: 7 bits, by the area and power laws.",
      "The shift-adders are those of the printed 5-bit converters; the converters follow their laws.",
      "Adder trees of 4 stages are extrapolated; the table ends at 3.",
    ]);
  });

  test.each<HardwareOverrides>([
    { sign: "splitArrays" },
    { sign: "pairedColumns" },
    { compose: "analog" },
    { offsetBy: "dummyColumn" },
    { rows: 128, columns: 128 },
    { cellBits: 1 },
  ])("%j is costed, its counts walked", (overrides) => {
    const chip = smallNet(overrides);
    const report = estimate(chip, uniformActivity(chip, 64, 0.5));
    const { used, reference, wasted, empty } = report.counts.cells;
    const { rows, columns } = chip.hardware.array;
    expect(used + reference + wasted + empty).toBe(report.counts.arrays * rows * columns);
    expect(report.energy_J).toBeGreaterThan(0);
  });
});

describe("measured load", () => {
  /** A full array of code 3: stored as 10, both slices at level 2, 7 µS where levels are even. */
  function constant(code: number, overrides: HardwareOverrides = {}): Placement {
    const codes = new Int16Array(16 * 144).fill(code);
    const model = convChain(16, 4, [{ name: "conv", outputs: 16, codes, groupRows: null }]);
    return place(model, withOverrides(meng2021, overrides));
  }
  const loadsOf = (placed: Placement, activity: Activity): number[] =>
    measuredLoads(placed.matrices[0]!, placed.hardware, activity.matrices[0]!).flatMap(({ load }) => [
      ...load,
    ]);

  test("levels: even steps from 1 to 10 µS, or as published", () => {
    const rounded = (cellModel: "ideal" | "conductance"): number[] =>
      [...levelConductances({ ...meng2021.device, cellModel })].map((g_S) => Math.round(g_S * 1e9) / 1e3);
    expect(rounded("ideal")).toEqual([1, 4, 7, 10]);
    expect(rounded("conductance")).toEqual([1, 1.429, 2.5, 10]);
  });

  test("of a slice, mean level over the highest", () => {
    const placed = constant(3, { inputSliceBits: 3 });
    const activity = uniformActivity(placed, 16, 0);
    [0.5, 0.25, 0.75, 0.1].forEach((share, z) => {
      activity.matrices[0]!.ones.fill(share, z * 144, (z + 1) * 144);
    });
    const loads = loadsOf(placed, activity);
    const levels = [(0.5 + 2 * 0.25 + 4 * 0.75) / 7, 0.1];
    expect(loads).toHaveLength(2 * 2);
    [...levels, ...levels].forEach((level, i) => {
      expect(loads[i]).toBeCloseTo((72 * 7 * level) / 169, 12);
    });
  });

  test("Σ driven share × conductance over 169 µS", () => {
    const placed = constant(3);
    const activity = uniformActivity(placed, 16, 0.25);
    for (let z = 0; z < 4; z++) activity.matrices[0]!.ones.fill(0.25 * z, z * 144, (z + 1) * 144);
    const loads = loadsOf(placed, activity);
    expect(loads).toHaveLength(2 * 4);
    [0, 1, 2, 3, 0, 1, 2, 3].forEach((z, i) => {
      expect(loads[i]).toBeCloseTo((72 * 7 * 0.25 * z) / 169, 12);
    });
    const { breakdown } = estimate(placed, activity);
    const power_uW = [0, 1, 2, 3].map(
      (z) => 5 * 1.0157 + 7.6286 + 13.6 * ((72 * 7 * 0.25 * z) / 169) ** 1.0045,
    );
    const perProduct_pJ = 2 * 32 * 6e-3 * power_uW.reduce((a, b) => a + b, 0);
    expect(pJ(breakdown.adc.energy_J)).toBeCloseTo(16 * perProduct_pJ, 7);
  });

  test.each<[HardwareOverrides, number, number]>([
    // Slices 2 and 2 of code 10, and of code −3 (stored as 4): 0 and 1.
    [{}, 3, 7],
    [{}, -3, 2.5],
    // Level 3 of the magnitude; the other cell of the pair at level 0.
    [{ sign: "pairedColumns" }, 3, (10 + 1 + 1 + 1) / 2],
    [{ sign: "pairedColumns" }, -3, (10 + 1 + 1 + 1) / 2],
    [{ sign: "splitArrays" }, 3, (10 + 1 + 1 + 1) / 2],
    [{ compose: "analog" }, 3, 14],
    // Fifteen weights stand beside the dummy columns of value 1.4, 5.2 µS.
    [{ offsetBy: "dummyColumn" }, 3, (15 * 7 + 5.2) / 16],
  ])("%j, code %i: %f µS per cell and conversion", (overrides, code, each_uS) => {
    const placed = constant(code, overrides);
    const loads = loadsOf(placed, uniformActivity(placed, 16, 1));
    expect(loads[0]).toBeCloseTo((72 * each_uS) / 169, 10);
  });

  test("the table's load on demand", () => {
    const placed = constant(3);
    const activity = uniformActivity(placed, 16, 1);
    const byTable = estimate(placed, activity, { adcLoad: "table" });
    expect(byTable.adcLoad).toBe("table");
    expect(byTable.energy_J).toBe(estimate(placed).energy_J);
    expect(estimate(placed, activity).adcLoad).toBe("measured");
  });

  test("activity of another network is refused", () => {
    const placed = constant(3);
    const good = uniformActivity(placed, 16, 1);
    const wrong = (change: object): Activity => ({
      images: 1,
      matrices: good.matrices.map((m) => ({ ...m, ...change })),
    });
    expect(() => estimate(placed, wrong({ matrix: "other" }))).toThrow('no entry for matrix "conv"');
    expect(() => estimate(placed, wrong({ inputBits: 8 }))).toThrow(
      "measured at 8 input bits, but the layer has 4",
    );
    expect(() => estimate(placed, wrong({ ones: new Float64Array(9) }))).toThrow("has 9 entries");
  });
});

describe("group sizes and sparsity", () => {
  const energy = (groupRows: number, share: number): number => {
    const codes = groupedCodes(16, 16, groupRows, (output) => output < 16 * share);
    const model = convChain(16, 8, [{ name: "conv", outputs: 16, codes, groupRows }]);
    return estimate(place(model, withOverrides(meng2021, { activeRows: groupRows }))).energy_J;
  };

  test("at equal sparsity smaller groups take more energy; more sparsity takes less (spec check 15)", () => {
    for (const share of [1, 0.5, 0.25]) {
      expect(energy(36, share)).toBeGreaterThan(energy(72, share));
      expect(energy(72, share)).toBeGreaterThan(energy(144, share));
    }
    for (const rows of [144, 72, 36]) {
      const falling = [1, 0.75, 0.5, 0.25].map((share) => energy(rows, share));
      expect([...falling].sort((a, b) => b - a)).toEqual(falling);
    }
  });
});

describe("baselines", () => {
  const placed = smallNet();
  const fullColumn = smallNet({ activeRows: 144 }, true);
  const sameBands = smallNet({}, true);

  test("savings are shares of the unpruned network, read both ways", () => {
    const result = compareWithBaselines({ placed, fullColumn, sameBands });
    expect(result.cost).toEqual(estimate(placed));
    expect(result.fullColumn).toEqual(estimate(fullColumn));
    expect(result.savings.sameBands.energy).toBe(1 - result.cost.energy_J / result.sameBands.energy_J);
    expect(result.savings.fullColumn.area).toBe(1 - result.cost.area_m2 / result.fullColumn.area_m2);
    expect(result.savings.sameBands.energy).toBeGreaterThan(result.savings.fullColumn.energy);
    expect(result.savings.sameBands.latency).toBeGreaterThan(result.savings.fullColumn.latency);
  });

  test("a baseline that is none is refused", () => {
    expect(() => compareWithBaselines({ placed, fullColumn: sameBands, sameBands })).toThrow(
      "baseline fullColumn drives 72 rows together, not 144",
    );
    expect(() => compareWithBaselines({ placed, fullColumn, sameBands: placed })).toThrow(
      'baseline sameBands holds "second" packed',
    );
  });
});
