import type { Technology } from "../../hardware/technology/index.js";
import { deviceDrain } from "../gates/drain.js";
import { flipFlop } from "../gates/flip-flop.js";
import { gateCapacitance, minimumWidths, offCurrent, switchingResistance } from "../gates/transistor.js";
import { decoder } from "./decoder.js";
import type { CircuitCost } from "./types.js";

/** A memory of lines of one core's width; energy and latency are those of one line. */
export interface Memory extends CircuitCost {
  readonly line_bit: number;
  readonly cores: number;
}

/** Cores of at most 128 lines of 128 bits; a small memory is one core of as many lines as it needs. */
function coresOf(capacity_bit: number) {
  const line_bit = Math.min(128, Math.max(32, 2 ** Math.ceil(Math.log2(Math.sqrt(capacity_bit)))));
  const lines = Math.min(line_bit, Math.max(2, Math.ceil(capacity_bit / line_bit)));
  const cores = Math.max(1, Math.ceil(capacity_bit / (lines * line_bit)));
  return { cores, line_bit, lines, cells: cores * lines * line_bit };
}
/** Six-transistor cell in square features, and its sides; the share of a core that is cells. */
const sramCell = { area: 146, width: 16.9, height: 8.65 };
const arrayShare = 0.5;
/** Bit lines swing by this much before the sense amplifier decides. */
const swing_V = 0.2;

/**
 * SRAM. A read charges a word line over all cells of the line, lets each bit line fall by 0.2 V
 * and restores it; a decode chooses the line. Two of a cell's inverters leak.
 * Source: docs/sources.md#cacti; cell of about 146 F², docs/sources.md#itrs.
 */
export function sram(t: Technology, capacity_bit: number): Memory {
  const { cores, line_bit, lines, cells } = coresOf(capacity_bit);
  const F = t.node_m;
  const { n_m } = minimumWidths(t);
  const word_F = line_bit * (2 * gateCapacitance(t, n_m) + sramCell.width * F * t.wire.capacitance_F_per_m);
  const bit_F = lines * (deviceDrain(t, n_m, 1) + sramCell.height * F * t.wire.capacitance_F_per_m);
  const select = decoder(t, { lines, path_F: word_F, line_F: word_F, driver: 8 });
  const discharge_s = (bit_F * swing_V * 2 * switchingResistance(t, "n", n_m)) / t.supply_V;
  return {
    cores,
    line_bit,
    area_m2: (cells * sramCell.area * F ** 2) / arrayShare,
    latency_s: select.latency_s + discharge_s,
    energy_J: select.energy_J + line_bit * bit_F * swing_V * t.supply_V,
    leakage_W:
      cores * select.leakage_W + cells * (offCurrent(t, "n", n_m) + offCurrent(t, "p", n_m)) * t.supply_V,
  };
}

/** Flip-flops in cores with a decoder: dearer and larger than SRAM, faster where small. */
export function registerFile(t: Technology, capacity_bit: number): Memory {
  const { cores, line_bit, lines, cells } = coresOf(capacity_bit);
  const cell = flipFlop(t);
  const select = decoder(t, {
    lines,
    path_F: line_bit * cell.height_m * t.wire.capacitance_F_per_m,
    line_F: 0,
    driver: 8,
  });
  return {
    cores,
    line_bit,
    area_m2: cells * cell.area_m2 + cores * select.area_m2,
    latency_s: select.latency_s + cell.latency_s,
    energy_J: select.energy_J + line_bit * (cell.clock_J + 0.5 * cell.change_J),
    leakage_W: cells * cell.leakage_W + cores * select.leakage_W,
  };
}
