import { ns, uW } from "../../units.js";
import type { AnalyticCost, FittedSarSpec, HardwareSpec, SizingSpec } from "../types.js";
import { referenceRules } from "../types.js";

const power = (
  roadmap: "LSTP" | "HP",
  node_nm: number,
  perBit_uW: number,
  base_uW: number,
  column_W: number,
  exponentPerMille: number,
): FittedSarSpec["power"][number] => ({
  node_m: ns(node_nm),
  roadmap,
  perBit_W: uW(perBit_uW),
  base_W: uW(base_uW),
  column_W,
  exponent: exponentPerMille / 1000,
});

const sizing = (
  node_nm: number | null,
  wordLineSwitch: number,
  sourceLineSwitch: number,
  decoderDriver: number,
): SizingSpec => ({
  node_m: node_nm === null ? null : ns(node_nm),
  wordLineSwitch,
  sourceLineSwitch,
  columnSwitch: 0.25,
  decoderDriver,
});

/**
 * Coefficients that DNN+NeuroSim V1.4 fits to circuits: cited reference data under CC BY-NC 4.0, here and nowhere else.
 * The default chips use none of them.
 */
const cost: AnalyticCost = {
  style: "analytic",
  technology: { node_m: 32e-9, roadmap: "LSTP", temperature_K: 300 },
  cell: { access: "1T1R", width: 4, height: 4, accessResistance: 0.25 },
  write: { voltage_V: 1.5, pulse_s: 50e-9, pulses: 8 },
  rowSelect: "switchMatrix",
  columnsPerConverter: 1,
  sampleHold: false,
  sizing: [
    sizing(22, 14, 0.2, 110),
    sizing(14, 6, 0.2, 130),
    sizing(10, 6, 0.2, 80),
    sizing(7, 6, 0.2, 60),
    sizing(null, 6, 0.1, 1),
  ],
  converter: {
    kind: "sar",
    model: "fit",
    step_s: ns(1),
    slots: 478,
    slotsPerBit: 182,
    fittedAt_V: 0.5,
    idle_W: uW(1),
    perKelvin: 0.0013,
    power: [
      // LSTP
      power("LSTP", 130, 8.4483, 65.243, 0.16938, 2303),
      power("LSTP", 90, 5.9869, 37.462, 0.144323, 2303),
      power("LSTP", 65, 3.7506, 25.844, 0.121272, 2303),
      power("LSTP", 45, 2.1691, 16.693, 0.100225, 2303),
      power("LSTP", 32, 1.1294, 8.8998, 0.079449, 2297),
      power("LSTP", 22, 0.538, 4.3753, 0.072341, 2303),
      power("LSTP", 14, 0.3132, 2.5681, 0.061085, 2303),
      power("LSTP", 10, 0.1823, 1.5073, 0.05158, 2303),
      power("LSTP", 7, 0.1061, 0.8847, 0.043555, 2303),
      // HP
      power("HP", 130, 6.4806, 49.047, 0.207452, 2367),
      power("HP", 90, 4.3474, 31.782, 0.1649, 2345),
      power("HP", 65, 2.9503, 22.047, 0.128483, 2321),
      power("HP", 45, 2.1843, 11.931, 0.097754, 2296),
      power("HP", 32, 1.0157, 7.6286, 0.083709, 2313),
      power("HP", 22, 0.7213, 3.3041, 0.084273, 2311),
    ],
  },
  calibration: {
    levelShifterArea: 1.44,
    sensingTime: 1.4,
    registerActivity: 0.5,
    adderActivity: 0.15,
  },
  clock_Hz: 1e9,
  inputActivity: 0.5,
  chip: {
    interconnect: "bus",
    timing: "pipelined",
    buffer: "registers",
    arraysPerTile: 16,
    busWidth_bit: 2048,
    wireActivity: 0.18,
    floorPlan: "kernel",
    speedUp: 8,
  },
  rules: [...referenceRules],
  fromTable: [],
  table: null,
};

/**
 * The configuration that Table I of meng2021 comes from, costed as DNN+NeuroSim V1.4 would, all of its rules on. Take
 * it as the `base` of a hardware file to see where a published number comes from.
 */
export const neurosimReference: HardwareSpec & { readonly cost: AnalyticCost } = {
  name: "neurosim-reference",
  source: "neurosim14",
  differs: [
    "Equations and rules are written anew from a description of the program; accidents of its rounding are not followed.",
    "Nodes below 22 nm are indicative: the program itself refuses resistive cells there.",
    "Off-current between 300 and 400 K is interpolated exponentially; on-current keeps its value at 300 K.",
  ],
  device: { levels_ohm: [1e6, 250e3, 1e6 / 7, 100e3], readVoltage_V: 0.5, cellModel: "ideal" },
  array: { rows: 144, columns: 32, activeRows: 144, inputSliceBits: 1 },
  adc: { bits: 5, range: "percentile", percentiles: [0.001, 0.001] },
  encoding: { cellBits: 2, sign: "offset", compose: "digital", offsetBy: "digital" },
  cost,
};
