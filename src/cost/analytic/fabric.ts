import type { Technology } from "../../hardware/technology/index.js";
import type { AnalyticCost } from "../../hardware/types.js";
import { bufferArea, bufferCost, type Moved } from "../buffer.js";
import { hTree, xyBus } from "../circuits/bus.js";
import { type Memory, registerFile, sram } from "../circuits/memory.js";
import { repeatedWire } from "../circuits/repeated-wire.js";
import { type TileUse, tileOf } from "../circuits/tile.js";
import { type CircuitCost, nothing } from "../circuits/types.js";
import { interconnectCost } from "../interconnect.js";
import { sumCosts } from "../sum.js";
import type { Cost } from "../types.js";
import { tableFor } from "./from-table.js";

/** What layers share: the buffers, the wires between them and the arrays, banks of trees and activation units. */
export interface Fabric {
  /** Trees and activation units that work at once. */
  readonly units: number;
  /** Silicon of the global buffer, of all tiles' buffers, and of all wires; what a table prints leaks nothing. */
  readonly silicon: {
    readonly buffer: CircuitCost;
    readonly tileBuffer: CircuitCost;
    readonly interconnect: CircuitCost;
  };
  /** Where each stored group's output is looked up, or null where every column has an output of its own. */
  readonly index: Memory | null;
  readonly tiles: number;
  readonly buffer: (moved: Moved, rounds: number) => Cost;
  /** @param arrays of the layer, over which its inputs and outputs are spread */
  readonly tileBuffer: (moved: Moved, arrays: number, rounds: number) => Cost;
  readonly wires: (moved: Moved, rounds: number) => Cost;
}

export interface FabricUse {
  readonly arrays: number;
  readonly capacity_bit: number;
  readonly index_bit: number;
  readonly units: number;
  readonly tile: TileUse;
}

/**
 * A floor of square tiles around their wires. Every product reads its inputs from the global buffer and writes its
 * outputs there; each bit travels the mean way between buffer and tile, and within the tile; a bus carries its width
 * per clock.
 */
export function fabricOf(t: Technology, spec: AnalyticCost, use: FabricUse): Fabric {
  const { chip } = spec;
  const memory = (chip.buffer === "sram" ? sram : registerFile)(t, use.capacity_bit);
  const tile = tileOf(t, chip, use.tile);
  const tiles = Math.max(1, Math.ceil(use.arrays / chip.arraysPerTile));
  const columns = Math.ceil(Math.sqrt(tiles));
  const floor = { columns, rows: Math.ceil(tiles / columns), side_m: Math.sqrt(tile.area_m2) };
  const wire = repeatedWire(t, 4);
  const network =
    chip.interconnect === "bus"
      ? xyBus(wire, floor, chip.busWidth_bit)
      : hTree(wire, floor, chip.busWidth_bit, 8);
  const table = { buffer: tableFor(spec, "buffer"), wires: tableFor(spec, "interconnect")?.interconnect };
  const printed = (area_m2: number): CircuitCost => ({ ...nothing, area_m2 });
  return {
    units: use.units,
    silicon: {
      buffer: table.buffer ? printed(bufferArea(table.buffer, use.capacity_bit)) : memory,
      tileBuffer: times(tile.buffer, tiles),
      interconnect: table.wires
        ? printed(use.arrays * table.wires.perArray_m2)
        : sumLeaking(network, times(tile.wires, tiles)),
    },
    index: use.index_bit > 0 ? sram(t, use.index_bit) : null,
    tiles,
    buffer: (moved, rounds) =>
      table.buffer
        ? bufferCost(table.buffer, moved)
        : memoryCost(memory, Math.min(memory.cores * memory.line_bit, chip.busWidth_bit), {
            ...bitsOf(moved),
            positions: moved.products,
            rounds,
          }),
    tileBuffer: (moved, arrays, rounds) => {
      const parallel_bit = Math.max(1, Math.ceil(arrays / chip.arraysPerTile)) * tile.buffer.line_bit;
      const bits = { ...bitsOf(moved), positions: moved.products, rounds };
      const once = memoryCost(tile.buffer, parallel_bit, bits);
      // Written once and read once; reading overlaps with the arrays' work.
      return { ...once, energy_J: 2 * once.energy_J };
    },
    wires: (moved, rounds) =>
      table.wires
        ? interconnectCost(table.wires, moved, 0)
        : wireCost(spec, [network, tile.wires], { ...bitsOf(moved), positions: moved.products, rounds }),
  };
}

const times = ({ area_m2, latency_s, energy_J, leakage_W }: CircuitCost, count: number): CircuitCost => ({
  area_m2: count * area_m2,
  latency_s,
  energy_J,
  leakage_W: count * leakage_W,
});

const sumLeaking = (a: CircuitCost, b: CircuitCost): CircuitCost => ({
  ...sumCosts([a, b]),
  leakage_W: a.leakage_W + b.leakage_W,
});

interface Bits {
  readonly inputs_bit: number;
  readonly outputs_bit: number;
  readonly positions: number;
  readonly rounds: number;
}

const bitsOf = ({ inputs, inputBits, outputs, outputBits }: Moved) => ({
  inputs_bit: inputs * inputBits,
  outputs_bit: outputs * outputBits,
});

function memoryCost(memory: Memory, parallel_bit: number, use: Bits): Cost {
  const accesses = Math.ceil(use.inputs_bit / parallel_bit) + Math.ceil(use.outputs_bit / parallel_bit);
  return {
    energy_J: (use.positions * (use.inputs_bit + use.outputs_bit) * memory.energy_J) / memory.line_bit,
    latency_s: use.rounds * accesses * memory.latency_s,
    area_m2: 0,
  };
}

/**
 * A bit toggles its wires with the stated probability, ½ C · V² each time; there and back once per round, a bus width
 * per clock.
 */
function wireCost({ chip, clock_Hz }: AnalyticCost, ways: readonly CircuitCost[], use: Bits): Cost {
  const { energy_J, latency_s } = sumCosts(ways);
  const clocks =
    Math.ceil(use.inputs_bit / chip.busWidth_bit) + Math.ceil(use.outputs_bit / chip.busWidth_bit);
  return {
    energy_J: use.positions * (use.inputs_bit + use.outputs_bit) * chip.wireActivity * energy_J,
    latency_s: use.rounds * (2 * latency_s + clocks / clock_Hz),
    area_m2: 0,
  };
}
