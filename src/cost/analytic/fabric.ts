import type { Technology } from "../../hardware/technology/index.js";
import type { AnalyticCost } from "../../hardware/types.js";
import { hTree, xyBus } from "../circuits/bus.js";
import { type Memory, registerFile, sram } from "../circuits/memory.js";
import { repeatedWire } from "../circuits/repeated-wire.js";
import type { CircuitCost } from "../circuits/types.js";
import type { Cost } from "../types.js";

export interface Moved {
  /** Bits that one product reads and writes. */
  readonly inputs_bit: number;
  readonly outputs_bit: number;
}

/** What layers share: the buffer, the wires between it and the tiles, banks of trees and activation units. */
export interface Fabric {
  /** Trees and activation units that work at once. */
  readonly units: number;
  readonly memory: Memory;
  /** Where each stored group's output is looked up, or null where every column has an output of its own. */
  readonly index: Memory | null;
  readonly network: CircuitCost;
  readonly tiles: number;
  readonly buffer: (moved: Moved, positions: number, rounds: number) => Cost;
  readonly wires: (moved: Moved, positions: number, rounds: number) => Cost;
}

/**
 * A floor of square tiles around their wires. Every product reads its inputs from the global buffer and writes its
 * outputs there; each bit travels the mean way between buffer and tile; a bus carries its width per clock.
 * @param arrays_m2 area of all sub-arrays
 */
export function fabricOf(
  t: Technology,
  spec: AnalyticCost,
  use: {
    readonly arrays: number;
    readonly arrays_m2: number;
    readonly capacity_bit: number;
    readonly index_bit: number;
    readonly units: number;
  },
): Fabric {
  const { chip, clock_Hz } = spec;
  const memory = (chip.buffer === "sram" ? sram : registerFile)(t, use.capacity_bit);
  const tiles = Math.max(1, Math.ceil(use.arrays / chip.arraysPerTile));
  const columns = Math.ceil(Math.sqrt(tiles));
  const floor = {
    columns,
    rows: Math.ceil(tiles / columns),
    side_m: Math.sqrt(use.arrays_m2 / tiles),
  };
  const wire = repeatedWire(t, 4);
  const network =
    chip.interconnect === "bus"
      ? xyBus(wire, floor, chip.busWidth_bit)
      : hTree(wire, floor, chip.busWidth_bit, 8);
  const parallel_bit = Math.min(memory.cores * memory.line_bit, chip.busWidth_bit);
  return {
    units: use.units,
    memory,
    index: use.index_bit > 0 ? sram(t, use.index_bit) : null,
    network,
    tiles,
    buffer: ({ inputs_bit, outputs_bit }, positions, rounds) => ({
      energy_J: (positions * (inputs_bit + outputs_bit) * memory.energy_J) / memory.line_bit,
      latency_s:
        rounds *
        (Math.ceil(inputs_bit / parallel_bit) + Math.ceil(outputs_bit / parallel_bit)) *
        memory.latency_s,
      area_m2: 0,
    }),
    wires: ({ inputs_bit, outputs_bit }, positions, rounds) => ({
      energy_J: positions * (inputs_bit + outputs_bit) * 2 * chip.wireActivity * network.energy_J,
      latency_s:
        rounds *
        (2 * network.latency_s +
          (Math.ceil(inputs_bit / chip.busWidth_bit) + Math.ceil(outputs_bit / chip.busWidth_bit)) /
            clock_Hz),
      area_m2: 0,
    }),
  };
}
