import { ns, pJ, um2, uS, uW } from "../../units.js";
import type { ComponentCost, HardwareSpec, TableCost } from "../types.js";

/** A line of Table I in the paper's own units; what it leaves blank is 0. */
const line = (area_um2: number, latency_ns: number, energy_pJ: number): ComponentCost => ({
  area_m2: um2(area_um2),
  latency_s: ns(latency_ns),
  energy_J: pJ(energy_pJ),
});

/** Minimum feature size: "projected to 32nm CMOS node" (section III). */
const F_m = 32e-9;

/** Layout of a minimum inverter slot in NeuroSim's SAR converter, 28 F × 7.6 F (docs/sources.md#neurosim). */
const inverter_m2 = 28 * 7.6 * F_m ** 2;

/**
 * Meng et al. 2021: 2-bit HfO₂ cells in arrays of 144 × 32 lines, one 5-bit SAR converter per bit line, 32 nm.
 * Table I is printed for ResNet-20 at 4 bits with groups of 72 × 1, that is two row groups per array.
 */
export const meng2021: HardwareSpec & { readonly cost: TableCost } = {
  name: "meng2021",
  source: "meng2021",
  differs: [
    'The four levels stand at equal conductance steps between 1 and 10 µS; the published resistances are not evenly spaced in conductance (device.cellModel "conductance" reads them as they are).',
    "The resistances are assigned to codes here, 1 MΩ to code 0; the paper does not say which level holds which code.",
    "The offset of the weights is removed digitally; the authors' public code uses a dummy column (encoding.offsetBy).",
    "Converter ranges are frozen per layer from training images; the authors' public code takes them from the tensor being converted.",
    "Table I's energies of a sub-array are read as those of a whole product of eight reads; the paper does not say what they cover (cost.tableIEnergyScope).",
    "The buffer's latency is read as that of one bit plane of all word lines; the paper prints it per bit and access (cost.buffer.latencyScope).",
    "Sub-arrays of other sizes and converters of other widths follow NeuroSim's laws; the paper prints one size, and 6 bits without figures.",
  ],
  device: {
    // Section III: "100kΩ, 400kΩ, 700kΩ, and 1MΩ ... 0.5V read voltage".
    levels_ohm: [1e6, 700e3, 400e3, 100e3],
    readVoltage_V: 0.5,
    cellModel: "ideal",
  },
  // Section III: "memory size as 144×32". 72 rows together is the group size that Table I is printed for.
  array: { rows: 144, columns: 32, activeRows: 72, inputSliceBits: 1 },
  // Section III: 5 or 6 bits, Table I has 5. The percentiles are ours: the paper names no range.
  adc: { bits: 5, range: "percentile", percentiles: [0.001, 0.001] },
  // Section III: 2 bits per cell; Table I: "2 col use 1" for a weight of 4 bits. The offset is the authors' code's.
  encoding: { cellBits: 2, sign: "offset", compose: "digital", offsetBy: "digital" },
  cost: {
    style: "table",
    // The caption of Table I and its first two columns of components.
    printedFor: { rows: 144, columns: 32, adcBits: 5, rowGroups: 2, inputBits: 4 },
    // Inferred: 40.4 pJ over 32 columns × 8 reads is an ordinary load in NeuroSim's converter model.
    tableIEnergyScope: "mvm",
    // Table I, "RRAM Sub-Array"; the sum of these lines is its "Total", 11,180.8 µm², 15.6 ns, 49.3 pJ.
    subArray: {
      array: line(75.5, 0, 0),
      switchMatrix: line(457.3, 2, 1.1),
      adc: line(8409.3, 12, 40.4),
      shiftAddInput: line(1412.9, 0.8, 6.8),
      shiftAddWeight: line(825.8, 0.8, 1.0),
      sampleHold: null,
    },
    columnsPerConverter: 1,
    // 75.5 µm² over 144 × 32 cells is 4 F × 4 F.
    cell_m2: 16 * F_m ** 2,
    // NeuroSim V1.3: 478 + 182 (bits − 1) inverter slots per SAR converter; at 5 bits 8,409.5 µm² per 32.
    adcArea: { base_m2: 478 * inverter_m2, perBit_m2: 182 * inverter_m2 },
    // NeuroSim V1.3, 32 nm HP: (1.0157 b + 7.6286) µW + 0.083709 W · exp(−2.313 · log10 R). The last term is a power
    // of 2.313 / ln 10 = 1.0045 of the conductance, and 13.60 µW at 169 µS (5.9 kΩ), the load that Table I implies.
    adcPower: {
      perBit_W: uW(1.0157),
      base_W: uW(7.6286),
      load_W: uW(13.6),
      exponent: 1.0045,
      reference_S: uS(169),
      referenceRows: 72,
    },
    // NeuroSim V1.3: (bits + 1) ns per conversion; twice 6 ns is Table I's 12 ns for the two row groups.
    adcStep_s: ns(1),
    // Table I, "Peripheral Circuits", from here on.
    demux: [
      { fanout: 4, cost: line(7.9, 0.001, 0.01) },
      { fanout: 8, cost: line(57.2, 0.001, 0.1) },
      { fanout: 16, cost: line(111.0, 0.001, 0.2) },
    ],
    adderTree: [line(2510.3, 0.3, 4.4), line(7740.1, 0.6, 13.7), line(18408.8, 1.0, 32.6)],
    adderTreeUnits: 128,
    buffer: {
      area_m2: um2(173266),
      // "32×32×16×4": the largest feature map of ResNet-20 at 4 bits.
      capacity_bit: 32 * 32 * 16 * 4,
      perBit_J: pJ(0.003),
      perBit_s: ns(0.9),
      latencyScope: "bitPlane",
    },
    relu: line(939.5, 0.5, 0.9),
    reluUnits: 128,
    pooling: null,
    interconnect: null,
    openReadings: ["tableIEnergyScope", "buffer.latencyScope"],
  },
};
