import { ns } from "../../units.js";
import type { AnalyticCost, HardwareSpec } from "../types.js";
import { meng2021 } from "./meng2021.js";

const cost: AnalyticCost = {
  style: "analytic",
  technology: { node_m: ns(32), roadmap: "LSTP", temperature_K: 300 },
  cell: { access: "1T1R", width: 4, height: 4, accessResistance: 0.25 },
  // Forming-free HfO₂ cells switch at 1 to 2 V within tens of ns; write-and-verify takes several pulses.
  write: { voltage_V: 2, pulse_s: ns(50), pulses: 8 },
  rowSelect: "switchMatrix",
  columnsPerConverter: 1,
  sampleHold: true,
  sizing: [{ node_m: null, wordLineSwitch: 6, sourceLineSwitch: 0.1, columnSwitch: 0.25, decoderDriver: 8 }],
  converter: {
    kind: "sar",
    model: "charge",
    step_s: ns(1),
    unitCapacitor_F: 1e-15,
    capacitorDensity_F_per_m2: 2e-3,
    comparatorLoad: 40,
    comparatorArea: 300,
  },
  calibration: { levelShifterArea: 1, sensingTime: 1, registerActivity: 0.5, adderActivity: 0.5 },
  clock_Hz: 1e9,
  inputActivity: 0.5,
  chip: {
    interconnect: "htree",
    timing: "layerByLayer",
    buffer: "sram",
    arraysPerTile: 16,
    busWidth_bit: 1024,
    wireActivity: 0.5,
    floorPlan: "dense",
    speedUp: 1,
  },
  rules: [],
  fromTable: [],
  table: null,
};

/**
 * The device and the array of meng2021 with circuits computed from the technology up, on open literature alone: none
 * of an estimator's fitted coefficients and none of its rules.
 */
export const analytic: HardwareSpec & { readonly cost: AnalyticCost } = {
  ...meng2021,
  name: "analytic-32nm",
  source: "analytic",
  differs: [
    ...meng2021.differs.slice(0, 4),
    "Sizes of switches, the comparator and the unit capacitor are ours; see docs/cost.md for what is uncertain.",
  ],
  cost,
};
