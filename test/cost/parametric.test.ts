import { describe, expect, test } from "vitest";
import { estimate, networkShape, subArrayReport } from "../../src/cost/index.js";
import { converterOf, shareConverters } from "../../src/cost/parametric/converter.js";
import { mirrorDevices, type ParametricHardware } from "../../src/cost/parametric/layer.js";
import { bareFormula, parametricReport } from "../../src/cost/parametric/report.js";
import { denseWork, workOf } from "../../src/cost/parametric/work.js";
import { lin2019 } from "../../src/hardware/presets/lin2019.js";
import { prime } from "../../src/hardware/presets/prime.js";
import type { EncodingSpec } from "../../src/hardware/types.js";
import { place } from "../../src/mapping/place.js";
import { createRandom } from "../../src/random.js";
import { expectSums } from "./sums.js";
import { convChain } from "./support.js";

/** A network of two convolutions: 9 × 3 and 27 × 5 weights of 4 bits, on maps of 4 × 4. */
function twoLayers(alive: (i: number) => boolean = () => true) {
  const codes = (count: number) =>
    Int16Array.from({ length: count }, (_, i) => (alive(i) ? ((i * 5) % 7) + 1 : 0) * (i % 3 === 0 ? -1 : 1));
  return convChain(1, 4, [
    { name: "a", outputs: 3, codes: codes(27), groupRows: null },
    { name: "b", outputs: 5, codes: codes(135), groupRows: null },
  ]);
}

// Whole numbers, so that sums are exact in any order.
const chip: ParametricHardware = {
  ...lin2019,
  name: "chip",
  array: { rows: 16, columns: 8, activeRows: 16, inputSliceBits: 1 },
  adc: { ...lin2019.adc, bits: 6 },
  cost: {
    style: "parametric",
    node_m: 32e-9,
    cell: { energy_J: 2, area_m2: 3 },
    rowDriver: { energy_J: 5, area_m2: 7 },
    inputBit: { energy_J: 11, area_m2: 13 },
    sampleHold: { energy_J: 17, area_m2: 19 },
    converter: {
      energy_J: 23,
      area_m2: 29,
      bits: 6,
      conversion_s: 31,
      capacitorEnergy: 0.5,
      capacitorArea: 0.25,
    },
    conversionsPerConverter: 8,
    sharedConverters: true,
    shiftAdd: { energy_J: 37, area_m2: 41 },
    result_m2: 43,
    mirror: { energy_J: 47, area_m2: 53 },
    partialSum: { energy_J: 59, area_m2: 61 },
    indexBit: { energy_J: 67, area_m2: 71 },
    indexMemory: "outputsAndInputs",
    read: { base_s: 73, perRow_s: 79, perColumn_s: 83 },
  },
};

describe("two layers by hand", () => {
  const model = twoLayers();
  const report = estimate(place(model, chip, { scheme: "dense" }));

  // A weight of 4 bits has 3 bits of magnitude, two cells; four weights stand across an array, one sign each.
  // Layer a: 9 × 3 on one pair. Layer b: rows 16 + 11, columns 4 + 1, four pairs; 16 products of 4 phases each.
  test("energy", () => {
    const conversion = 2 * 17 + 23 + 37 + 28 * 47; // two bit lines sampled; 4 · (1 + 1) + 4 · (4 + 1) devices
    const a = 4 * (18 * (5 + 11) + 9 * 3 * 2 * 2 * 2 + 3 * conversion) + 3 * 59;
    const b = 4 * (27 * 2 * 2 * (5 + 11) + 27 * 5 * 2 * 2 * 2 + 2 * 5 * conversion) + 2 * 5 * 59;
    expect(report.layers.map(({ energy_J }) => energy_J)).toEqual([16 * a, 16 * b]);
    expect(report.energy_J).toBe(16 * (a + b));
  });

  test("time: 3 conversions in turn; of two arrays with 4 each that share a converter, 8", () => {
    const read = 73 + 79 * 16 + 83 * 8;
    const a = 16 * 4 * (read + 3 * 31);
    const b = 16 * 4 * (read + 8 * 31);
    expect(report.layers.map(({ latency_s }) => latency_s)).toEqual([a, b]);
    expect(report.latency_s).toBe(a + b);
    expect(report.interval_s).toBe(b);
  });

  test("area: 2 and 8 arrays, 1 and 2 converters", () => {
    const array = 16 * 8 * 3 + 16 * 7 + 16 * 4 * 13;
    const converting = 4 * 2 * 19 + 4 * 43;
    const converter = 29 + 28 * 53 + 41 + 61;
    const a = 2 * array + converting + converter;
    const b = 8 * array + 4 * converting + 2 * converter;
    expect(report.layers.map(({ area_m2 }) => area_m2)).toEqual([a, b]);
  });

  test("digital composition converts every bit line, without mirrors", () => {
    const encoding = { ...chip.encoding, compose: "digital" } as const;
    const digital = parametricReport(
      { ...chip, encoding },
      denseWork(networkShape(model).layers, { ...chip, encoding }),
    );
    const a = 4 * (18 * (5 + 11) + 108 * 2 + 6 * (17 + 23 + 37)) + 3 * 59;
    expect(digital.layers[0]!.energy_J).toBe(16 * a);
    expect(digital.breakdown.analogComposition).toBeUndefined();
  });

  test("copies share the products and take area again", () => {
    const work = denseWork(networkShape(model).layers, chip);
    const copied = parametricReport(chip, work, [3, 1]);
    expect(copied.energy_J).toBe(report.energy_J);
    expect(copied.layers[0]!.area_m2).toBe(3 * report.layers[0]!.area_m2);
    expect(copied.layers[0]!.latency_s).toBe((6 / 16) * report.layers[0]!.latency_s);
  });

  test("the bare formula has rows, cells, conversions and partial sums", () => {
    const bare = parametricReport(
      { ...chip, cost: bareFormula(chip.cost) },
      denseWork(networkShape(model).layers, chip),
    );
    expect(bare.layers[0]!.energy_J).toBe(16 * (4 * (18 * 5 + 108 * 2 + 3 * 23) + 3 * 59));
    const printed = report.alternatives.find(({ name }) => name === "bare formula")!;
    expect(printed.energy_J).toBe(bare.energy_J);
  });

  test("inputs two bits at a time take half of the phases and the same registers", () => {
    const array = { ...chip.array, inputSliceBits: 2 };
    const sliced = estimate(place(model, { ...chip, array }, { scheme: "dense" }));
    expect(sliced.breakdown.adc.energy_J).toBe(report.breakdown.adc.energy_J / 2);
    expect(sliced.breakdown.tileBuffer).toEqual(report.breakdown.tileBuffer);
    expect(sliced.latency_s).toBe(report.latency_s / 2);
  });
});

test("totals are the sums of what is printed, with numbers that round", () => {
  for (const scheme of ["dense", "column-exchange"] as const)
    expectSums(
      estimate(
        place(
          twoLayers((i) => i % 4 === 0),
          lin2019,
          { scheme },
        ),
      ),
    );
});

const encodings: readonly [string, Partial<EncodingSpec>][] = [
  ["split arrays, analog", {}],
  ["split arrays, digital", { compose: "digital" }],
  ["offset and dummy column", { sign: "offset", offsetBy: "dummyColumn", compose: "digital" }],
  ["paired columns, analog", { sign: "pairedColumns" }],
];

describe("counts from sizes are those of the placed dense network", () => {
  const random = createRandom(7);
  test.each(encodings)("%s", (_, changed) => {
    for (let round = 0; round < 12; round++) {
      const upTo = (n: number) => 1 + Math.floor(random.uniform() * n);
      const rows = upTo(20);
      const array = { rows, columns: 8 + 2 * upTo(12), activeRows: upTo(rows), inputSliceBits: upTo(4) };
      const hardware = { ...chip, array, encoding: { ...chip.encoding, ...changed } };
      const channels = upTo(3);
      const outputs = upTo(20);
      const codes = new Int16Array(outputs * channels * 9).fill(3);
      const model = convChain(channels, upTo(6), [{ name: "a", outputs, codes, groupRows: null }]);
      const placed = place(model, hardware, { scheme: "dense" });
      expect(denseWork(networkShape(model).layers, hardware)).toEqual(workOf(placed));
    }
  });
});

describe("index memory", () => {
  const model = twoLayers((i) => i % 5 === 0);
  const priced = (indexMemory: "none" | "outputs" | "outputsAndInputs") => {
    const hardware = { ...chip, cost: { ...chip.cost, indexMemory } };
    const placed = place(model, hardware, { scheme: "column-exchange" });
    const matrices = placed.matrices.map((matrix) => ({ ...matrix, copies: 2 }));
    return { work: workOf(placed), report: estimate({ ...placed, matrices }) };
  };
  const { work, report: without } = priced("none");
  const bits = (key: "index_bit" | "inputSchedule_bit") => work.reduce((sum, layer) => sum + layer[key], 0);

  test("is read once per product and stored with every copy", () => {
    expect(bits("index_bit")).toBeGreaterThan(0);
    expect(bits("inputSchedule_bit")).toBeGreaterThan(0);
    for (const [kept, stored] of [
      ["outputs", bits("index_bit")],
      ["outputsAndInputs", bits("index_bit") + bits("inputSchedule_bit")],
    ] as const) {
      const { report } = priced(kept);
      expect(report.energy_J - without.energy_J).toBe(16 * stored * 67);
      expect(report.area_m2 - without.area_m2).toBe(2 * stored * 71);
      expect(report.latency_s).toBe(without.latency_s);
      expect(report.inputSchedule_bit).toBe(bits("inputSchedule_bit"));
      const { chosen } = report.alternatives.find(({ name }) => name === `indexMemory ${kept}`)!;
      expect(chosen).toBe(true);
    }
    expect(without.breakdown.indexMemory).toBeUndefined();
  });

  test("positive and negative arrays both count, and only those that convert have converters", () => {
    for (const layer of without.layers) {
      expect(layer.counts.convertingArrays).toBeLessThan(layer.counts.arrays);
      const perArray = 16 * 8 * 3;
      expect(layer.breakdown.array.area_m2).toBe(2 * layer.counts.arrays * perArray);
    }
  });
});

describe("converters", () => {
  test("32 rows of four 2-bit digits reach 8,160: 13 bits, 14 for a difference; digital 4-bit cells of 256 rows need 12 and 13", () => {
    const model = twoLayers();
    const eight = { ...model, layers: model.layers.map((layer) => ({ ...layer, weightBits: 8 })) };
    const widths = (hardware: ParametricHardware) =>
      parametricReport(hardware, denseWork(networkShape(eight).layers, hardware)).converters;
    expect(widths(lin2019)).toEqual({
      charged_bits: 8,
      lossless_bits: 14,
      losslessAlone_bits: 13,
      largestSum: 8160,
    });
    const { array, encoding, adc } = prime;
    expect(widths({ ...lin2019, array, encoding, adc })).toEqual({
      charged_bits: 6,
      lossless_bits: 13,
      losslessAlone_bits: 12,
      largestSum: 3840,
    });
    const ideal = { ...lin2019, adc: { ...lin2019.adc, bits: null } };
    expect(widths(ideal)!.charged_bits).toBe(14);
    const conversions_J = (hardware: ParametricHardware) =>
      parametricReport(hardware, denseWork(networkShape(eight).layers, hardware)).breakdown.adc.energy_J;
    const ratio = conversions_J(ideal) / conversions_J(lin2019);
    const { energy_J } = converterOf(lin2019.cost, 14);
    expect(ratio).toBeCloseTo(energy_J / lin2019.cost.converter.energy_J, 10);
    expect(ratio).toBeGreaterThan(5);
  });

  test.each([
    // arrays, room, widest, shared → converters, turns
    [0, 4, 0, true, 0, 0],
    [1, 4, 3, true, 1, 3],
    [4, 4, 4, true, 2, 8],
    [5, 4, 4, true, 3, 8],
    [5, 3, 2, true, 3, 4],
    [5, 4, 4, false, 5, 4],
    [2, 8, 8, true, 2, 8],
    [2, 20, 20, true, 6, 7],
    [2, 20, 10, true, 6, 4],
  ])(
    "%i arrays of %i conversions, %i at most, shared %s: %i converters, %i turns",
    (arrays, room, widest, sharedConverters, converters, turns) => {
      const cost = { conversionsPerConverter: 8, sharedConverters };
      expect(shareConverters(cost, arrays, room, widest)).toEqual({ converters, turns });
    },
  );

  test("mirrors of four 2-bit slices: 4 · (2 + 5 + 17 + 65) devices; none for one slice", () => {
    expect(mirrorDevices(4, 2)).toBe(356);
    expect(mirrorDevices(1, 4)).toBe(0);
  });
});

test("a sub-array's read is its share of the formula", () => {
  const { components, total } = subArrayReport(chip, { weightBits: 4, inputBits: 4, activity: 0.5 });
  expect(components["switchMatrix"]!.energy_J).toBe(8 * 5);
  expect(components["array"]!.energy_J).toBe(8 * 8 * 2);
  expect(components["tileBuffer"]).toEqual({
    energy_J: 8 * 11,
    area_m2: 16 * 4 * 13,
    latency_s: 0,
    leakage_W: 0,
  });
  expect(components["adc"]).toEqual({ energy_J: 4 * 23, area_m2: 29, latency_s: 4 * 31, leakage_W: 0 });
  expect(total.energy_J).toBe(Object.values(components).reduce((sum, { energy_J }) => sum + energy_J, 0));
});
