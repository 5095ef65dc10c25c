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

/** Lines and bits of a core. */
const core = 128;
/** Six-transistor cell in square features, and its sides; the share of a core that is cells. */
const sramCell = { area: 146, width: 16.9, height: 8.65 };
const arrayShare = 0.5;
/** Bit lines swing by this much before the sense amplifier decides. */
const swing_V = 0.2;

/**
 * SRAM in cores of 128 × 128. A read charges a word line over all cells of the line, lets each bit line fall by 0.2 V
 * and restores it; a decode chooses the line. Two of a cell's inverters leak.
 * Source: docs/sources.md#cacti; cell of about 146 F², docs/sources.md#itrs.
 */
export function sram(t: Technology, capacity_bit: number): Memory {
  const cores = Math.max(1, Math.ceil(capacity_bit / core ** 2));
  const F = t.node_m;
  const { n_m } = minimumWidths(t);
  const word_F = core * (2 * gateCapacitance(t, n_m) + sramCell.width * F * t.wire.capacitance_F_per_m);
  const bit_F = core * (deviceDrain(t, n_m, 1) + sramCell.height * F * t.wire.capacitance_F_per_m);
  const select = decoder(t, { lines: core, path_F: word_F, line_F: word_F, driver: 8 });
  const discharge_s = (bit_F * swing_V * 2 * switchingResistance(t, "n", n_m)) / t.supply_V;
  return {
    cores,
    line_bit: core,
    area_m2: (cores * core ** 2 * sramCell.area * F ** 2) / arrayShare,
    latency_s: select.latency_s + discharge_s,
    energy_J: select.energy_J + core * bit_F * swing_V * t.supply_V,
    leakage_W:
      cores *
      (select.leakage_W + core ** 2 * (offCurrent(t, "n", n_m) + offCurrent(t, "p", n_m)) * t.supply_V),
  };
}

/** Flip-flops in cores of 128 lines with a decoder: dearer and larger than SRAM, faster where small. */
export function registerFile(t: Technology, capacity_bit: number): Memory {
  const cores = Math.max(1, Math.ceil(capacity_bit / core ** 2));
  const cell = flipFlop(t);
  const select = decoder(t, {
    lines: core,
    path_F: core * cell.height_m * t.wire.capacitance_F_per_m,
    line_F: 0,
    driver: 8,
  });
  return {
    cores,
    line_bit: core,
    area_m2: cores * (core ** 2 * cell.area_m2 + select.area_m2),
    latency_s: select.latency_s + cell.latency_s,
    energy_J: select.energy_J + core * (cell.clock_J + 0.5 * cell.change_J),
    leakage_W: cores * (core ** 2 * cell.leakage_W + select.leakage_W),
  };
}
