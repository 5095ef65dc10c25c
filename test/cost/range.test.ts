import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { designFor, readModel } from "../../src/cost/analytic/read-model.js";
import { subArray } from "../../src/cost/circuits/sub-array.js";
import {
  asAnalytic,
  estimateNetwork,
  type LayerShape,
  type NetworkShape,
  subArrayReport,
} from "../../src/cost/index.js";
import { resolveHardware } from "../../src/hardware/index.js";
import type { AnalyticCost, HardwareSpec } from "../../src/hardware/types.js";
import { encodingOf } from "../../src/mapping/encoding.js";

type Analytic = HardwareSpec & { readonly cost: AnalyticCost };

const nodes_nm = [130, 90, 65, 45, 32, 22, 14, 10, 7] as const;
const dimensions = {
  rows: fc.constantFrom(16, 64, 100, 128, 144, 256, 512),
  columns: fc.constantFrom(16, 32, 64, 128, 256),
  adcBits: fc.integer({ min: 1, max: 12 }),
  node_nm: fc.constantFrom(...nodes_nm),
  roadmap: fc.constantFrom("LSTP" as const, "HP" as const),
  phases: fc.constantFrom(1, 2, 3, 4, 8, 16),
  cellBits: fc.integer({ min: 1, max: 4 }),
  temperature_K: fc.integer({ min: 250, max: 420 }),
  flash: fc.boolean(),
  rowSelect: fc.constantFrom("switchMatrix" as const, "decoder" as const),
  /** All rows together, a part of them, or one by one. */
  together: fc.constantFrom(1, 0.5, 0),
  on_ohm: fc.constantFrom<number>(25e3, 100e3, 1e6),
  range: fc.constantFrom(2, 10, 100),
  access: fc.constantFrom("1T1R" as const, "1R" as const),
  compose: fc.constantFrom("digital" as const, "analog" as const),
  sampleHold: fc.boolean(),
  write_V: fc.constantFrom(1.2, 2, 3),
};
type Dimensions = {
  [K in keyof typeof dimensions]: (typeof dimensions)[K] extends fc.Arbitrary<infer T> ? T : never;
};

function build(base: string, o: Dimensions): Analytic {
  const levels = 2 ** o.cellBits;
  const low_S = 1 / (o.on_ohm * o.range);
  const step_S = (1 / o.on_ohm - low_S) / (levels - 1);
  const flash = { kind: "flash", step_s: 1e-9, comparatorLoad: 40, comparatorArea: 60 };
  const hardware = resolveHardware({
    base,
    device: { levels_ohm: Array.from({ length: levels }, (_, code) => 1 / (low_S + code * step_S)) },
    array: {
      rows: o.rows,
      columns: o.columns,
      activeRows: Math.max(1, Math.round(o.together * o.rows)),
    },
    adc: { bits: o.adcBits },
    encoding: { cellBits: o.cellBits, compose: o.compose },
    cost: {
      technology: {
        node_m: o.node_nm * 1e-9,
        roadmap: o.node_nm < 22 ? "LSTP" : o.roadmap,
        temperature_K: o.temperature_K,
      },
      cell: { width: 24, access: o.access },
      write: { voltage_V: o.write_V },
      rowSelect: o.rowSelect,
      columnsPerConverter: o.phases,
      sampleHold: o.sampleHold,
      ...(o.flash ? { converter: flash } : {}),
    },
  });
  return asAnalytic(hardware)!;
}

const spec = fc.record(dimensions);
const designOf = (hardware: Analytic) =>
  designFor(hardware, hardware.cost, encodingOf(4, hardware.encoding), 4);

/** Three layers as of a small network. */
const conv = (matrix: string, channels: number, columns: number, side: number): LayerShape => ({
  matrix,
  rows: 9 * channels,
  columns,
  positions: side ** 2,
  unpaddedPositions: (side - 2) ** 2,
  kernelPositions: 9,
  channels,
  side,
  inputValues: channels * side ** 2,
  weightBits: 4,
  inputBits: 4,
  outputBits: 4,
});
const network: NetworkShape = {
  layers: [conv("a", 3, 16, 32), conv("b", 16, 32, 32), conv("c", 32, 64, 16)],
  poolingOperations: 64 * 63,
  residualAdditions: 1000,
};

describe.each(["analytic-32nm", "neurosim-reference"])("over the whole range, %s", (base) => {
  test("every number is finite and none below zero", () => {
    fc.assert(
      fc.property(spec, fc.double({ min: 0, max: 1, noNaN: true }), (o, activity) => {
        const { components } = subArrayReport(build(base, o), { activity });
        for (const [name, part] of Object.entries(components)) {
          for (const value of Object.values(part)) {
            expect(Number.isFinite(value) && value >= 0, `${name} ${value}`).toBe(true);
          }
          expect(part.area_m2).toBeGreaterThan(0);
        }
      }),
      { numRuns: 250 },
    );
  });

  test("a network costs something finite, leaks, and is programmed", () => {
    fc.assert(
      fc.property(spec, (o) => {
        const cost = estimateNetwork(network, build(base, o));
        for (const value of [cost.energy_J, cost.latency_s, cost.area_m2, cost.leakage_W, cost.interval_s]) {
          expect(value).toBeGreaterThan(0);
          expect(Number.isFinite(value)).toBe(true);
        }
        expect(cost.programming!.energy_J).toBeGreaterThan(0);
      }),
      { numRuns: 100 },
    );
  });

  test("a read is what its model of driven rows and conductance says", () => {
    fc.assert(
      fc.property(
        spec,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1e-2, noNaN: true }),
        (o, share, columns_S) => {
          const design = designOf(build(base, o));
          const drivenRows = share * design.activeRows;
          const { parts } = readModel(design);
          const { blocks } = subArray(design, { drivenRows, columns_S, conversions_J: 0 });
          for (const [name, { fixed_J, perRow_J, perSiemens_J }] of parts) {
            const model_J = fixed_J + perRow_J * drivenRows + perSiemens_J * columns_S;
            expect(Math.abs(model_J - blocks[name]!.energy_J)).toBeLessThanOrEqual(1e-6 * model_J + 1e-24);
          }
        },
      ),
      { numRuns: 100 },
    );
  });

  test.each<[string, (o: Dimensions) => Dimensions]>([
    ["warmer chips leak more", (o) => ({ ...o, temperature_K: o.temperature_K + 10 })],
    ["one more bit of the converter takes more energy and area", (o) => ({ ...o, adcBits: o.adcBits + 1 })],
  ])("%s", (what, change) => {
    fc.assert(
      fc.property(spec, (o) => {
        fc.pre(o.adcBits < 12 && o.temperature_K <= 410);
        const [before, after] = [o, change(o)].map((x) => subArrayReport(build(base, x), { activity: 0.5 }));
        if (what.startsWith("warmer")) {
          expect(after!.total.leakage_W).toBeGreaterThan(before!.total.leakage_W);
          return;
        }
        const [less, more] = [before!.components["adc"]!, after!.components["adc"]!];
        expect(more.energy_J).toBeGreaterThan(less.energy_J);
        expect(more.area_m2).toBeGreaterThan(less.area_m2);
        if (!o.flash) expect(more.latency_s).toBeGreaterThan(less.latency_s);
      }),
      { numRuns: 100 },
    );
  });

  // A FinFET of one fin is wider than the smallest planar device, so that large devices grow from 22 to 14 nm.
  test.each([nodes_nm.slice(0, 6), nodes_nm.slice(6)])(
    "finer nodes of one kind take less area",
    (...nodes) => {
      fc.assert(
        fc.property(spec, (o) => {
          const area = (node_nm: (typeof nodes_nm)[number]): number =>
            Object.values(subArrayReport(build(base, { ...o, node_nm })).components).reduce(
              (all, part) => all + part.area_m2,
              0,
            );
          const areas = nodes.map(area);
          for (let i = 1; i < areas.length; i++) expect(areas[i]).toBeLessThan(areas[i - 1]!);
        }),
        { numRuns: 40 },
      );
    },
  );
});

test("drivers of long lines are chains: a decoder before 100 times the load is not 100 times as slow", () => {
  const at = (on_ohm: number) =>
    subArrayReport(
      build("analytic-32nm", {
        rows: 256,
        columns: 256,
        adcBits: 6,
        node_nm: 65,
        roadmap: "LSTP",
        phases: 8,
        cellBits: 2,
        temperature_K: 300,
        flash: false,
        rowSelect: "switchMatrix",
        together: 1,
        on_ohm,
        range: 10,
        access: "1R",
        compose: "digital",
        sampleHold: true,
        write_V: 2,
      }),
    ).components["columnDecoder"]!;
  expect(at(1e3).latency_s).toBeLessThan(3 * at(100e3).latency_s);
});
