import type { Technology } from "../../hardware/technology/index.js";
import type { ChipSpec } from "../../hardware/types.js";
import { hTree } from "./bus.js";
import { type Memory, registerFile, sram } from "./memory.js";
import { repeatedWire } from "./repeated-wire.js";
import { type CircuitCost, nothing } from "./types.js";

/** What sub-arrays that stand together share: a buffer, and wires between it and them. */
export interface Tile {
  /** Holds the inputs of a product while their bits are read, and its outputs until they leave. */
  readonly buffer: Memory;
  /** One bit's way between buffer and sub-array; nothing where a tile is one sub-array. */
  readonly wires: CircuitCost;
  readonly area_m2: number;
}

export interface TileUse {
  /** A sub-array's outline as a square, and the word lines that are fed at once. */
  readonly array_m2: number;
  readonly rows: number;
  /** Inputs and outputs of one product of one sub-array. */
  readonly held_bit: number;
}

/** As many of a tile's repeaters stand in gaps of the logic below as of the chip's H-tree. */
const tileFolding = 8;

/**
 * A tile of `chip.arraysPerTile` sub-arrays on a square floor: an H-tree with a wire per word line of a sub-array, in wires
 * twice as wide as the smallest, and a buffer of the chip's kind for what all of its sub-arrays take and give.
 * Source: docs/sources.md#isaac (input and output registers beside the arrays, tiles on a network),
 * docs/sources.md#bakoglu1990.
 */
export function tileOf(t: Technology, chip: ChipSpec, { array_m2, rows, held_bit }: TileUse): Tile {
  const { arraysPerTile } = chip;
  const buffer = (chip.buffer === "sram" ? sram : registerFile)(t, arraysPerTile * held_bit);
  const columns = Math.ceil(Math.sqrt(arraysPerTile));
  const floor = { columns, rows: Math.ceil(arraysPerTile / columns), side_m: Math.sqrt(array_m2) };
  const wires = arraysPerTile === 1 ? nothing : hTree(repeatedWire(t, 2), floor, rows, tileFolding);
  return { buffer, wires, area_m2: arraysPerTile * array_m2 + buffer.area_m2 + wires.area_m2 };
}
