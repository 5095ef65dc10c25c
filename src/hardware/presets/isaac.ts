import { ns } from "../../units.js";
import type { ComponentCost, HardwareSpec, TableCost } from "../types.js";
import { meng2021 } from "./meng2021.js";

/** Read of all rows of an array, its 128 conversions, and every other stage of the pipeline. */
const cycle_s = ns(100);
/** Arrays of an in-situ multiply-accumulate unit (IMA), each with one converter, and IMAs of a tile. */
const arraysPerIma = 8;
const imasPerTile = 12;
const arraysPerTile = arraysPerIma * imasPerTile;
const columns = 128;
/** 128 conversions fit into the cycle: 1.28 GS/s. */
const conversion_s = cycle_s / columns;

/** A line of Table I: power in mW and area in mm², and how many of what stands here share it. */
const line = (power_mW: number, area_mm2: number, sharedBy: number, use_s: number): ComponentCost => ({
  area_m2: (area_mm2 * 1e-6) / sharedBy,
  latency_s: 0,
  energy_J: ((power_mW * 1e-3) / sharedBy) * use_s,
});

const perArray = (power_mW: number, area_mm2: number): ComponentCost =>
  line(power_mW, area_mm2, arraysPerIma, cycle_s);

const plus = (a: ComponentCost, b: ComponentCost): ComponentCost => ({
  area_m2: a.area_m2 + b.area_m2,
  latency_s: a.latency_s + b.latency_s,
  energy_J: a.energy_J + b.energy_J,
});

/** Table I, tile: power in mW and area in mm² of what the preset prices; the router serves four tiles. */
export const isaacTable = {
  ima: {
    adc: [16, 0.0096],
    dac: [4, 0.00017],
    sampleHold: [0.01, 0.00004],
    array: [2.4, 0.0002],
    shiftAdd: [0.2, 0.00024],
    inputRegister: [1.24, 0.0021],
    outputRegister: [0.23, 0.00077],
  },
  tile: {
    eDram: [20.7, 0.083],
    bus: [7, 0.09],
    router: [42 / 4, 0.151 / 4],
    sigmoid: [0.52, 0.0006],
    shiftAdd: [0.05, 0.00006],
    maxPool: [0.4, 0.00024],
    outputRegister: [1.68, 0.0032],
  },
} as const;

const { ima, tile } = isaacTable;

/** Units of a tile work off a value per conversion time. */
const unit_s = conversion_s;
/** The four shift-adders of an IMA take what its eight converters deliver. */
const addition_s = conversion_s / 2;

/**
 * Traffic of a tile at full use: each IMA takes 1,024 inputs of 16 bits and delivers 256 bytes in sixteen cycles (the
 * sizes of its registers, filled and emptied once).
 */
const bitsPerSecond = (imasPerTile * (2 * 1024 * 8 + 256 * 8)) / (16 * cycle_s);
const tilePower_W = (...lines: readonly (readonly [number, number])[]): number =>
  lines.reduce((sum, [power_mW]) => sum + power_mW * 1e-3, 0);

const cost: TableCost = {
  style: "table",
  // Lines are those of one read, so that both readings of "mvm" are the same.
  printedFor: { rows: 128, columns, adcBits: 8, rowGroups: 1, inputBits: 1 },
  tableIEnergyScope: "mvm",
  subArray: {
    array: perArray(...ima.array),
    // Input register and 1-bit drivers of the word lines.
    switchMatrix: plus(perArray(...ima.dac), perArray(...ima.inputRegister)),
    adc: perArray(...ima.adc),
    // One unit adds over slices and over input bits.
    shiftAddInput: plus(perArray(...ima.shiftAdd), perArray(...ima.outputRegister)),
    shiftAddWeight: { area_m2: 0, latency_s: 0, energy_J: 0 },
    sampleHold: perArray(...ima.sampleHold),
  },
  columnsPerConverter: columns,
  // 25 µm² over 128 × 128 cells.
  cell_m2: 0.0002e-6 / arraysPerIma / (128 * columns),
  adcArea: { base_m2: 150e-12, perBit_m2: 150e-12 },
  // 2 mW at 8 bits, whatever the column carries. Energies of 4 to 8 bits stand as 0.47 : 0.59 : 0.72 : 0.85 : 1, the
  // published scaling of converters of this kind (docs/sources.md#isaac), within 1 %.
  adcPower: {
    perBit_W: 0.074e-3,
    base_W: 1.408e-3,
    load_W: 0,
    exponent: 1,
    // All rows driven, levels equally frequent.
    reference_S: 128 * 5.5e-6,
    referenceRows: 128,
  },
  adcStep_s: conversion_s / 9,
  demux: [],
  adderTree: [
    {
      area_m2: tile.shiftAdd[1] * 1e-6,
      latency_s: addition_s,
      energy_J: tile.shiftAdd[0] * 1e-3 * addition_s,
    },
  ],
  adderTreeUnits: 1,
  buffer: {
    area_m2: (tile.eDram[1] + tile.outputRegister[1]) * 1e-6,
    capacity_bit: 64 * 1024 * 8,
    perBit_J: tilePower_W(tile.eDram, tile.outputRegister) / bitsPerSecond,
    // A bit of 128 values at the tile's rate.
    perBit_s: 128 / bitsPerSecond,
    latencyScope: "bitPlane",
  },
  relu: {
    area_m2: tile.sigmoid[1] * 1e-6,
    latency_s: unit_s,
    energy_J: tile.sigmoid[0] * 1e-3 * unit_s,
  },
  reluUnits: 2,
  pooling: {
    bank: { area_m2: tile.maxPool[1] * 1e-6, latency_s: unit_s, energy_J: tile.maxPool[0] * 1e-3 * unit_s },
    units: 1,
  },
  interconnect: {
    perArray_m2: ((tile.bus[1] + tile.router[1]) * 1e-6) / arraysPerTile,
    perBit_J: tilePower_W(tile.bus, tile.router) / bitsPerSecond,
    perBit_s: 128 / bitsPerSecond,
  },
  openReadings: [],
};

/** Shafiee et al. 2016, Table I: 2-bit cells in arrays of 128 × 128, one 8-bit converter per array, 32 nm. */
export const isaac: HardwareSpec & { readonly cost: TableCost } = {
  name: "isaac",
  source: "isaac",
  differs: [
    "Table I prints power and area; energies are power times the 100 ns cycle at full use.",
    "The cells are those of meng2021: the table's power of the array belongs to its whole, not to one resistance.",
    "Weights are not stored flipped, so the 8-bit converter of 128 rows lacks a bit for the largest sums.",
    "Stages work on different reads in the chip's pipeline; one image's latency counts a read once, in the converters.",
    "Energies per bit of buffer, bus and router are their power over the tile's traffic at full use.",
    "One tile's buffer, shift-adder, activation and pooling units serve the chip; buffers grow with the largest map.",
    "Units of a tile are taken as working off a value per conversion; the table gives no rate.",
    "Converters of other widths take 150 µm² per bit and follow published energies; the table has 8 bits alone.",
    "The chip-to-chip link (10.4 W, 22.88 mm²) is left out.",
  ],
  device: meng2021.device,
  array: { rows: 128, columns, activeRows: 128, inputSliceBits: 1 },
  adc: { bits: 8, range: "fullscale", percentiles: [0.001, 0.001] },
  encoding: { cellBits: 2, sign: "offset", compose: "digital", offsetBy: "digital" },
  cost,
};
