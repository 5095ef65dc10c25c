import { describe, expect, test } from "vitest";
import { adderTreeBank, adderTreeCost } from "../../src/cost/adder-tree.js";
import { arrayCost } from "../../src/cost/array.js";
import { bufferArea, bufferCost } from "../../src/cost/buffer.js";
import { demuxUnit, fanoutFor } from "../../src/cost/demux.js";
import { converterBits } from "../../src/cost/load.js";
import { reluCost } from "../../src/cost/relu.js";
import {
  conversionEnergy,
  conversionTime,
  productConversionEnergy,
  sarAdcArea,
} from "../../src/cost/sar-adc.js";
import { convertedColumns, subArrayCosts } from "../../src/cost/sub-array.js";
import { sumCosts } from "../../src/cost/sum.js";
import { withOverrides } from "../../src/hardware/index.js";
import { meng2021 } from "../../src/hardware/presets/meng2021.js";
import type { WeightEncoding } from "../../src/mapping/types.js";

const table = meng2021.cost;
const bitScope = withOverrides(meng2021, { tableIEnergyScope: "bit" }).cost;
const encoding: WeightEncoding = { bits: 4, ...meng2021.encoding };
const um2 = (area_m2: number): number => area_m2 * 1e12;
const pJ = (energy_J: number): number => energy_J * 1e12;
const ns = (latency_s: number): number => latency_s * 1e9;

/** Conversions of all 32 columns at every read of one product, `rows` at a time under the table's condition. */
const product = (rows: number) =>
  Array.from({ length: 144 / rows }, () => ({ conversions: 32, load: new Float64Array(4).fill(rows / 72) }));

describe("a sub-array is Table I (spec check 8)", () => {
  const use = {
    arrays: 1,
    convertingArrays: 1,
    reads: 8,
    convertedReads: 8,
    sequentialReads: 8,
    products: 1,
    loads: product(72),
  };
  const costs = subArrayCosts(meng2021, encoding, use);
  const sum = sumCosts(Object.values(costs));

  test("its areas sum to 11,180.8 µm²", () => {
    expect(um2(sum.area_m2)).toBeCloseTo(11180.8, 8);
  });

  test("its reads take 7.8 ns each, 15.6 ns for the two of an input bit", () => {
    expect(ns(sum.latency_s)).toBeCloseTo(8 * 7.8, 9);
    const bit = sumCosts(Object.values(subArrayCosts(meng2021, encoding, { ...use, sequentialReads: 2 })));
    expect(ns(bit.latency_s)).toBeCloseTo(15.6, 10);
  });

  test("a product takes the printed energies, the converter's within 0.1 %", () => {
    expect(pJ(costs.switchMatrix.energy_J)).toBeCloseTo(1.1, 10);
    expect(pJ(costs.shiftAddInput.energy_J)).toBeCloseTo(6.8, 10);
    expect(pJ(costs.shiftAddWeight.energy_J)).toBeCloseTo(1.0, 10);
    expect(pJ(costs.adc.energy_J)).toBeCloseTo(40.4, 1);
    expect(pJ(sum.energy_J)).toBeCloseTo(49.3, 1);
  });

  test("read per input bit, everything draws four times as much", () => {
    const perBit = subArrayCosts({ ...meng2021, cost: bitScope }, encoding, use);
    for (const name of ["switchMatrix", "adc", "shiftAddInput", "shiftAddWeight"] as const) {
      expect(perBit[name].energy_J / costs[name].energy_J).toBeCloseTo(4, 12);
      expect(perBit[name].area_m2).toBe(costs[name].area_m2);
      expect(perBit[name].latency_s).toBe(costs[name].latency_s);
    }
  });

  test("an array that another one subtracts has no converters and no shift-adds", () => {
    const pair = subArrayCosts(meng2021, { ...encoding, sign: "splitArrays" }, { ...use, arrays: 2 });
    expect(um2(sumCosts(Object.values(pair)).area_m2)).toBeCloseTo(11180.8 + 75.5 + 457.3, 8);
  });

  test("slices composed in analog need no shift and add over slices", () => {
    const analog = subArrayCosts(meng2021, { ...encoding, compose: "analog" }, use);
    expect(analog.shiftAddWeight).toEqual({ energy_J: 0, latency_s: 0, area_m2: 0 });
    expect(analog.shiftAddInput.area_m2).toBeCloseTo(costs.shiftAddInput.area_m2 / 2, 20);
  });
});

describe("SAR converter", () => {
  test("the printed area at 5 bits and 32 columns, the law elsewhere", () => {
    const law = (bits: number): number =>
      um2(32 * (table.adcArea.base_m2 + (bits - 1) * table.adcArea.perBit_m2));
    expect(um2(sarAdcArea(table, 32, 5))).toBeCloseTo(8409.3, 8);
    expect(law(5)).toBeCloseTo(8409.5, 1);
    expect(um2(sarAdcArea(table, 32, 6))).toBeCloseTo(9678.6, 1);
    expect(um2(sarAdcArea(table, 64, 5))).toBeCloseTo(2 * law(5), 8);
  });

  test("6 ns at 5 bits, 7 at 6", () => {
    expect(ns(conversionTime(table, 5))).toBeCloseTo(6, 12);
    expect(ns(conversionTime(table, 6))).toBeCloseTo(7, 12);
  });

  test.each([
    [36, 0.117, 59.9],
    [72, 0.158, 40.4],
    [144, 0.24, 30.7],
  ])("%i rows: %f pJ per conversion, %f pJ per product", (rows, conversion, whole) => {
    expect(pJ(conversionEnergy(table, 5, rows / 72))).toBeCloseTo(conversion, 3);
    expect(pJ(productConversionEnergy(table, 5, product(rows)))).toBeCloseTo(whole, 1);
  });

  test("an ideal converter has the bits that lose nothing", () => {
    const ideal = { ...meng2021.adc, bits: null };
    const lines = (activeRows: number, inputSliceBits = 1) => ({ activeRows, inputSliceBits });
    expect(converterBits(meng2021.adc, encoding, lines(72))).toBe(5);
    // Sums 0 ... 216, 0 ... 432, −216 ... 216, 0 ... 1,080.
    expect(converterBits(ideal, encoding, lines(72))).toBe(8);
    expect(converterBits(ideal, encoding, lines(144))).toBe(9);
    expect(converterBits(ideal, { ...encoding, sign: "pairedColumns" }, lines(72))).toBe(9);
    expect(converterBits(ideal, { ...encoding, compose: "analog" }, lines(72))).toBe(11);
    expect(converterBits(ideal, { ...encoding, cellBits: 1 }, lines(3))).toBe(2);
    // Levels of 0 to 3 on each line: 0 ... 648.
    expect(converterBits(ideal, encoding, lines(72, 2))).toBe(10);
  });

  test.each<[Partial<WeightEncoding>, number]>([
    [{}, 32],
    [{ compose: "analog" }, 16],
    [{ sign: "pairedColumns" }, 16],
    [{ sign: "pairedColumns", compose: "analog" }, 8],
    [{ sign: "splitArrays" }, 32],
    [{ bits: 2 }, 32],
  ])("%j: %i converters for 32 bit lines", (change, converters) => {
    expect(convertedColumns({ ...encoding, ...change }, 32)).toBe(converters);
  });
});

describe("other components", () => {
  test("cells: printed for 144 × 32, 16 F² each elsewhere", () => {
    const area = (rows: number, columns: number): number =>
      um2(
        arrayCost(
          table,
          { rows, columns, activeRows: 1, inputSliceBits: 1 },
          { arrays: 1, sequentialReads: 1, products: 1, loads: [] },
        ).area_m2,
      );
    expect(area(144, 32)).toBeCloseTo(75.5, 10);
    expect(area(128, 128)).toBeCloseTo(128 * 128 * 16 * 0.032 ** 2, 8);
    expect(144 * 32 * um2(table.cell_m2)).toBeCloseTo(75.5, 1);
  });

  test("de-multiplexers: a quarter of the outputs, the next printed size, cascades of the largest", () => {
    expect([1, 10, 16, 32, 64, 128].map(fanoutFor)).toEqual([1, 3, 4, 8, 16, 32]);
    const area = (fanout: number): number => um2(demuxUnit(table, fanout).area_m2);
    const energy = (fanout: number): number => pJ(demuxUnit(table, fanout).energy_J);
    expect([1, 4, 5, 8, 9, 16].map(area).map((a) => Math.round(a * 10) / 10)).toEqual([
      7.9, 7.9, 57.2, 57.2, 111, 111,
    ]);
    expect(area(32)).toBeCloseTo(7.9 + 2 * 111, 9);
    expect(energy(32)).toBeCloseTo(0.01 + 0.2, 12);
    expect(area(128)).toBeCloseTo(57.2 + 8 * 111, 9);
    expect(area(512)).toBeCloseTo(7.9 + 2 * 111 + 32 * 111, 8);
    expect(energy(512)).toBeCloseTo(0.01 + 0.2 + 0.2, 12);
    expect(ns(demuxUnit(table, 512).latency_s)).toBeCloseTo(0.003, 12);
  });

  test("adder trees: as printed to three stages, then linear per adder", () => {
    expect(adderTreeBank(table, 0)).toEqual({ energy_J: 0, latency_s: 0, area_m2: 0 });
    expect(adderTreeBank(table, 2)).toBe(table.adderTree[1]);
    const four = adderTreeBank(table, 4);
    expect(um2(four.area_m2)).toBeCloseTo(15 * (2 * (18408.8 / 7) - 7740.1 / 3), 6);
    expect(pJ(four.energy_J)).toBeCloseTo(15 * (2 * (32.6 / 7) - 13.7 / 3), 9);
    expect(ns(four.latency_s)).toBeCloseTo(1.35, 12);
    expect(ns(adderTreeBank(table, 6).latency_s)).toBeCloseTo(2.05, 12);
  });

  test("an output passes the stages of its own partial sums, 128 at a time", () => {
    const cost = adderTreeCost(table, {
      outputsByStages: [3, 64, 128],
      products: 10,
      rounds: 10,
      outputsPerRound: 195,
    });
    expect(pJ(cost.energy_J)).toBeCloseTo(10 * (4.4 / 2 + 13.7), 9);
    expect(ns(cost.latency_s)).toBeCloseTo(10 * 2 * 0.6, 9);
    expect(cost.area_m2).toBe(0);
  });

  test("buffer: bits moved, both readings of its latency, area linear in bits", () => {
    const use = { products: 2, inputs: 144, inputBits: 4, outputs: 16, outputBits: 4 };
    const plane = bufferCost(table, use);
    expect(pJ(plane.energy_J)).toBeCloseTo(2 * 640 * 0.003, 9);
    expect(ns(plane.latency_s)).toBeCloseTo(2 * 8 * 0.9, 9);
    const serial = bufferCost(withOverrides(meng2021, { bufferLatencyScope: "serial" }).cost, use);
    expect(ns(serial.latency_s)).toBeCloseTo(2 * 640 * 0.9, 6);
    expect(serial.energy_J).toBe(plane.energy_J);
    expect(um2(bufferArea(table, 65536))).toBeCloseTo(173266, 6);
    expect(um2(bufferArea(table, 32768))).toBeCloseTo(86633, 6);
  });

  test("activations: 128 at a time", () => {
    const cost = reluCost(table, { products: 4, outputs: 64, rounds: 2, outputsPerRound: 129 });
    expect(pJ(cost.energy_J)).toBeCloseTo((4 * 64 * 0.9) / 128, 12);
    expect(ns(cost.latency_s)).toBeCloseTo(2 * 2 * 0.5, 12);
  });
});
