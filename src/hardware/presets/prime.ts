import { ns, pJ, um2, uW } from "../../units.js";
import type { AnalyticCost, ComponentCost, HardwareSpec, TableCost } from "../types.js";
import { analytic } from "./analytic.js";

const rows = 256;
const columns = 256;
/** 16 levels at equal conductance steps between 20 kΩ and 1 kΩ. */
const low_S = 50e-6;
const high_S = 1e-3;
const levels_ohm = Array.from({ length: 16 }, (_, code) => 1 / (low_S + (code * (high_S - low_S)) / 15));

const chip = {
  device: { levels_ohm, readVoltage_V: 0.1, cellModel: "ideal" },
  array: { rows, columns, activeRows: rows, inputSliceBits: 1 },
  // Eight reconfigurable sense amplifiers of 6 bits per mat.
  adc: { bits: 6, range: "fullscale", percentiles: [0.001, 0.001] },
  encoding: { cellBits: 4, sign: "splitArrays", compose: "digital", offsetBy: "digital" },
} as const;

/** The mat's circuits at 65 nm, from which the lines of the preset's table are computed (test/hardware/prime). */
export const primeCircuits: HardwareSpec & { readonly cost: AnalyticCost } = {
  name: "prime-circuits",
  source: "prime",
  differs: ["Circuits and read voltage are ours."],
  ...chip,
  cost: {
    ...analytic.cost,
    technology: { node_m: ns(65), roadmap: "LSTP", temperature_K: 300 },
    cell: { access: "1R", width: 2, height: 2, accessResistance: 0.25 },
    columnsPerConverter: 32,
    sampleHold: false,
  },
};

const line = (area_um2: number, latency_ns: number, energy_pJ: number): ComponentCost => ({
  area_m2: um2(area_um2),
  latency_s: ns(latency_ns),
  energy_J: pJ(energy_pJ),
});

const cost: TableCost = {
  style: "table",
  printedFor: { rows, columns, adcBits: 6, rowGroups: 1, inputBits: 1 },
  tableIEnergyScope: "mvm",
  // One read, all rows on, 8-bit weights and 6-bit inputs.
  subArray: {
    array: line(1107.6, 0.00087, 2347.5),
    switchMatrix: line(4143, 0.1204, 8.409),
    adc: line(4830.5, 224, 494.88),
    shiftAddInput: line(1985.2, 2.438, 45.92),
    shiftAddWeight: line(1273.1, 1.846, 31.53),
    sampleHold: null,
  },
  columnsPerConverter: 32,
  cell_m2: 4 * ns(65) ** 2,
  adcArea: { base_m2: um2(268), perBit_m2: um2(67.16) },
  adcPower: {
    perBit_W: uW(30.91),
    base_W: uW(90.71),
    load_W: 0,
    exponent: 1,
    reference_S: (rows * (low_S + high_S)) / 2,
    referenceRows: rows,
  },
  adcStep_s: ns(1),
  demux: [],
  adderTree: [line(400.54, 5.051, 0.6511), line(836.14, 5.558, 1.653), line(1708.7, 6.065, 3.677)],
  adderTreeUnits: 1,
  // SRAM of 64 KB, 128 bits a line.
  buffer: {
    area_m2: um2(646_810),
    capacity_bit: 64 * 1024 * 8,
    perBit_J: pJ(1.0648 / 128),
    perBit_s: ns(2.2406),
    latencyScope: "bitPlane",
  },
  relu: line(72.825, 0.1449, 0.06113),
  reluUnits: 1,
  pooling: { bank: line(137.56, 1.796, 0.2278), units: 1 },
  interconnect: null,
  openReadings: [],
};

/** Chi et al. 2016: 4-bit cells in mats of 256 × 256, pairs of them for the two signs, at 65 nm. */
export const prime: HardwareSpec & { readonly cost: TableCost } = {
  name: "prime",
  source: "prime",
  differs: [
    "The paper prints no component numbers, only shares of a mat's area (docs/sources.md): the lines are computed for its circuits by the analytic style, and frozen.",
    "The node is that of the paper's comparison, 65 nm, at low standby power; it names none for its own mats.",
    "The read voltage of 0.1 V is ours; cells of 1 to 20 kΩ take 25 times as much energy at 0.5 V.",
    "Word lines are driven bit by bit; the paper's drivers take 3 bits at a time, a 6-bit input in two phases.",
    "Column multiplexers, level shifters and the wires of the memory are not in the lines.",
    "Sums are subtracted between the two mats and converted at 6 bits in steps of 1 ns; rectifiers stand for the analog sigmoid.",
  ],
  ...chip,
  cost,
};
