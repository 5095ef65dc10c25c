import { describe, expect, test } from "vitest";
import {
  compareEqualArea,
  costOverArraySizes,
  type EqualArea,
  networkShape,
  type Replicable,
  replicate,
  scheduleTime,
} from "../../src/cost/index.js";
import { parametricReport } from "../../src/cost/parametric/report.js";
import { denseWork } from "../../src/cost/parametric/work.js";
import type { CompressedModel } from "../../src/graph/types.js";
import { isaacComponents } from "../../src/hardware/presets/component-constants.js";
import { lin2019 } from "../../src/hardware/presets/lin2019.js";
import { prime } from "../../src/hardware/presets/prime.js";
import { place } from "../../src/mapping/place.js";
import { createRandom, type Random } from "../../src/random.js";
import { equalAreaData, equalAreaTables } from "../../src/report/equal-area.js";
import { expectSums } from "./sums.js";
import { convChain } from "./support.js";

/** Convolutions of 8 bits with that share of weights, which are random: nothing here rests on how weights hang together. */
function sparse(channels: readonly number[], side: number, density: number, seed = 3): CompressedModel {
  const random = createRandom(seed);
  let depth = channels[0]!;
  const chain = convChain(
    depth,
    side,
    channels.slice(1).map((outputs, i) => {
      const codes = Int16Array.from({ length: outputs * depth * 9 }, () =>
        random.uniform() < density ? Math.round(random.uniform() * 200) - 100 : 0,
      );
      depth = outputs;
      return { name: `conv${i}`, outputs, codes, groupRows: null };
    }),
  );
  const eight = (layer: CompressedModel["layers"][number]) => ({
    ...layer,
    weightBits: 8,
    input: { ...layer.input, bits: 8 },
  });
  return { ...chain, layers: chain.layers.map(eight) };
}

const exchanged = (model: CompressedModel, hardware = lin2019) =>
  place(model, hardware, { scheme: "column-exchange", exchange: { strategy: "density-sort" } });

describe("copies on an area", () => {
  /** The least time of all plans that fit, by trying them all. */
  function exhaustive(
    layers: readonly Replicable[],
    budget_m2: number,
    schedule: "pipelined" | "serial",
  ): number | null {
    let best: number | null = null;
    const walk = (copies: readonly number[], left_m2: number): void => {
      const layer = layers[copies.length];
      if (!layer) {
        const time = scheduleTime(layers, copies, schedule);
        if (best === null || time < best) best = time;
        return;
      }
      for (let n = 1; n <= layer.positions && n * layer.area_m2 <= left_m2; n++)
        walk([...copies, n], left_m2 - n * layer.area_m2);
    };
    walk([], budget_m2);
    return best;
  }

  const networks = (random: Random, count: number) =>
    Array.from({ length: count }, () => {
      const upTo = (n: number) => 1 + Math.floor(random.uniform() * n);
      const layers = Array.from({ length: upTo(4) }, () => ({
        positions: upTo(9),
        product_s: upTo(12),
        area_m2: upTo(7),
      }));
      const one = layers.reduce((sum, { area_m2 }) => sum + area_m2, 0);
      return { layers, budget_m2: one - 2 + upTo(4 * one) };
    });

  test("pipelined: as fast as the fastest of all plans", () => {
    for (const { layers, budget_m2 } of networks(createRandom(11), 300)) {
      const copies = replicate(layers, budget_m2, "pipelined");
      const best = exhaustive(layers, budget_m2, "pipelined");
      expect(copies && scheduleTime(layers, copies, "pipelined")).toBe(best);
      if (!copies) continue;
      expect(layers.reduce((sum, { area_m2 }, i) => sum + copies[i]! * area_m2, 0)).toBeLessThanOrEqual(
        budget_m2,
      );
    }
  });

  test("serial: saves at least half of what the fastest of all plans saves, and mostly all of it", () => {
    let equal = 0;
    let fits = 0;
    for (const { layers, budget_m2 } of networks(createRandom(12), 300)) {
      const copies = replicate(layers, budget_m2, "serial");
      const best = exhaustive(layers, budget_m2, "serial");
      expect(copies === null).toBe(best === null);
      if (!copies || best === null) continue;
      fits++;
      const one = scheduleTime(
        layers,
        layers.map(() => 1),
        "serial",
      );
      const time = scheduleTime(layers, copies, "serial");
      expect(time).toBeGreaterThanOrEqual(best);
      expect(one - time).toBeGreaterThanOrEqual((one - best) / 2);
      if (time === best) equal++;
    }
    expect(fits).toBeGreaterThan(200);
    expect(equal / fits).toBeGreaterThan(0.8);
  });

  test("a layer with one product gains nothing from copies and gets none", () => {
    const layers = [
      { positions: 1, product_s: 100, area_m2: 1 },
      { positions: 8, product_s: 1, area_m2: 1 },
    ];
    expect(replicate(layers, 9, "pipelined")).toEqual([1, 1]);
    expect(replicate(layers, 9, "serial")).toEqual([1, 8]);
    expect(replicate(layers, 2, "serial")).toEqual([1, 1]);
    expect(replicate(layers, 1.9, "serial")).toBeNull();
  });
});

describe("on the area of PRIME's dense map", () => {
  const model = sparse([16, 40, 24], 6, 0.1);
  const placed = exchanged(model);
  const found = compareEqualArea(placed);
  const [own, baseline, dense, denseDigital] = found.designs as [
    EqualArea["designs"][number],
    EqualArea["designs"][number],
    EqualArea["designs"][number],
    EqualArea["designs"][number],
  ];

  test("every chip is built of the same components at one node, each on its own arrays", () => {
    expect(found.node_m).toBe(32e-9);
    expect(
      found.designs.map(({ array, encoding: { cellBits, compose } }) => [
        array.rows,
        array.columns,
        cellBits,
        compose,
      ]),
    ).toEqual([
      [32, 128, 2, "analog"],
      [256, 256, 4, "digital"],
      [32, 128, 2, "analog"],
      [32, 128, 2, "digital"],
    ]);
    expect(found.designs.map(({ converters }) => converters.charged_bits)).toEqual([8, 6, 8, 8]);
    expect(found.designs.map(({ converters }) => converters.lossless_bits)).toEqual([14, 13, 14, 8]);
  });

  test("totals are the sums of what is printed, copied or not", () => {
    for (const { cost, pipelined, serial } of found.designs)
      for (const report of [cost, pipelined?.cost, serial?.cost]) if (report) expectSums(report);
  });

  test("the baseline fills its own area with one copy of each layer", () => {
    expect(found.budget_m2).toBe(baseline.cost.area_m2);
    expect(baseline.pipelined!.copies).toEqual([1, 1]);
    expect(baseline.serial!.copies).toEqual([1, 1]);
    const { layers } = networkShape(model);
    const alone = parametricReport({ ...prime, cost: isaacComponents }, denseWork(layers, prime));
    expect(baseline.cost).toEqual(alone);
  });

  test("arrays are those of the placement, of both signs, and fewer than dense on the same arrays", () => {
    const arrays = placed.matrices.reduce((sum, { arrays: t }) => sum + t.polarity.length, 0);
    expect(own.cost.counts.arrays).toBe(arrays);
    expect(dense.cost.counts.arrays).toBe(2 * (5 * 2 + 12 * 1));
    expect(denseDigital.cost.counts.arrays).toBe(dense.cost.counts.arrays);
    expect(own.cost.counts.arrays).toBeLessThan(dense.cost.counts.arrays);
  });

  test("gains are the other chip's figure over the placement's own", () => {
    const { gains } = found.variants[0]!;
    for (const other of [baseline, dense, denseDigital]) {
      const gain = gains[other.name as "dense"];
      expect(gain.energy).toBeCloseTo(other.cost.energy_J / own.cost.energy_J, 12);
      for (const [schedule, time] of [
        ["pipelined", "interval_s"],
        ["serial", "latency_s"],
      ] as const) {
        const [a, b] = [own[schedule], other[schedule]];
        if (a && b) expect(gain[schedule]).toBeCloseTo(b.cost[time]! / a.cost[time]!, 10);
        else expect(gain[schedule]).toBeNull();
      }
    }
  });

  test("without input schedule, and without index, less energy is counted, on the placement alone", () => {
    const energy = (name: string) =>
      found.variants.find((variant) => variant.name === name)!.gains.baseline.energy!;
    expect(energy("noInputSchedule")).toBeGreaterThan(energy("asConfigured"));
    expect(energy("noIndex")).toBeGreaterThan(energy("noInputSchedule"));
    // The baseline has 6 bits of its own; with 8 it takes more.
    expect(energy("sameConverters")).toBeGreaterThan(energy("asConfigured"));
    // Composed sums need 14 bits, PRIME's 13.
    expect(energy("losslessConverters")).toBeLessThan(energy("sameConverters"));
  });

  test("a given area: all chips are copied into it, or said not to fit", () => {
    const wide = compareEqualArea(placed, { budget_m2: 20 * found.budget_m2 });
    expect(wide.budgetFrom).toBe("given");
    for (const { cost, pipelined, serial } of wide.designs) {
      expect(pipelined!.cost.area_m2).toBeLessThanOrEqual(wide.budget_m2 * (1 + 1e-9));
      expect(serial!.cost.area_m2).toBeLessThanOrEqual(wide.budget_m2 * (1 + 1e-9));
      expect(pipelined!.cost.interval_s!).toBeLessThan(cost.interval_s!);
      expect(serial!.cost.latency_s).toBeLessThan(cost.latency_s);
      expect(pipelined!.cost.energy_J).toBe(cost.energy_J);
    }
    expect(wide.notes.join(" ")).not.toContain("does not hold");
    const narrow = compareEqualArea(placed, { budget_m2: own.cost.area_m2 / 2 });
    expect(narrow.designs[0]!.pipelined).toBeNull();
    expect(narrow.variants[0]!.gains.baseline).toEqual({
      energy: wide.variants[0]!.gains.baseline.energy,
      pipelined: null,
      serial: null,
    });
    expect(narrow.notes.join(" ")).toContain(
      'does not hold one copy of every layer of the chip "exchanged columns"',
    );
  });

  test("the tables have every chip and every assumption, and no number that is none", () => {
    const [chips, gains] = equalAreaTables(equalAreaData(found));
    expect(chips!.rows).toHaveLength(4);
    expect(gains!.rows).toHaveLength(found.variants.length);
    for (const { columns, rows } of [chips!, gains!])
      for (const row of rows) {
        expect(row).toHaveLength(columns.length);
        expect(row.join(" ")).not.toMatch(/NaN|undefined|Infinity/);
      }
  });

  test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])("an area of %d is refused", (budget_m2) => {
    expect(() => compareEqualArea(placed, { budget_m2 })).toThrow(`the area budget is ${budget_m2} m²`);
  });

  test("a placement without exchanged columns is refused", () => {
    expect(() => compareEqualArea(place(model, lin2019, { scheme: "dense" }))).toThrow(
      "the placement has no exchanged columns",
    );
  });

  test("a network of zeros takes no arrays, and has no gain", () => {
    const zeros = compareEqualArea(exchanged(sparse([2, 3], 3, 0)));
    expect(zeros.designs[0]!.cost.energy_J).toBe(0);
    expect(zeros.variants[0]!.gains.baseline).toEqual({ energy: null, pipelined: null, serial: null });
  });
});

describe("over array sizes", () => {
  const model = sparse([16, 64], 4, 0.1);
  const costs = costOverArraySizes(model, { exchange: { strategy: "density-sort", searchPasses: 0 } });

  test("each size both ways: L × 4 L cells, or L × L", () => {
    expect(costs.points.map(({ size, means, rows, columns }) => [size, means, rows, columns])).toEqual(
      [16, 32, 64, 128, 256].flatMap((size) => [
        [size, "weights", size, 4 * size],
        [size, "cells", size, size],
      ]),
    );
    for (const { converters, exchanged: own } of costs.points) {
      expect(converters.charged_bits).toBe(8);
      expect(own.lossless_J).toBeGreaterThan(own.energy_J);
      expect(own.withoutIndex_J).toBeLessThan(own.energy_J);
    }
    expect(costs.points[0]!.converters.lossless_bits).toBe(13);
  });

  test("is what the placement on such arrays costs", () => {
    const placed = place(model, lin2019, {
      scheme: "column-exchange",
      exchange: { strategy: "density-sort", searchPasses: 0 },
    });
    const { designs } = compareEqualArea(placed);
    const { exchanged: own, dense } = costs.points.find(
      ({ size, means }) => size === 32 && means === "weights",
    )!;
    expect(own.energy_J).toBe(designs[0]!.cost.energy_J);
    expect(own.arrays).toBe(designs[0]!.cost.counts.arrays);
    expect(dense.energy_J).toBe(designs[2]!.cost.energy_J);
    expect(costs.baseline.energy_J).toBe(designs[1]!.cost.energy_J);
  });

  test("what the exchange saves falls with L", () => {
    for (const means of ["weights", "cells"] as const) {
      const kept = costs.points
        .filter((point) => point.means === means)
        .map(
          ({ exchanged: own, dense }) =>
            own.breakdown.switchMatrix.energy_J / dense.breakdown.switchMatrix.energy_J,
        );
      for (let i = 1; i < kept.length; i++) expect(kept[i]!).toBeGreaterThanOrEqual(kept[i - 1]!);
      expect(kept[0]!).toBeLessThan(kept.at(-1)!);
    }
  });

  test.each([0, 2.5, Number.NaN])("a size of %d is refused", (size) => {
    expect(() => costOverArraySizes(model, { sizes: [size] })).toThrow(`an array size is ${size}`);
  });

  test("a size too small for a weight is refused", () => {
    expect(() => costOverArraySizes(model, { sizes: [2], meanings: ["cells"] })).toThrow(
      "array.columns is 2",
    );
  });
});
