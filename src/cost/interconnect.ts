import type { TableCost } from "../hardware/types.js";
import type { Moved } from "./buffer.js";
import type { Cost } from "./types.js";

/**
 * The way between buffer and arrays: each bit of a product's inputs and outputs passes once, a bit of all values
 * at a time; every array brings its share of wires and routers.
 * Source: docs/sources.md#isaac, Table I (bus and router of a tile).
 */
export function interconnectCost(
  { perArray_m2, perBit_J, perBit_s }: NonNullable<TableCost["interconnect"]>,
  use: Moved,
  arrays: number,
): Cost {
  return {
    energy_J: use.products * (use.inputs * use.inputBits + use.outputs * use.outputBits) * perBit_J,
    latency_s: use.products * (use.inputBits + use.outputBits) * perBit_s,
    area_m2: arrays * perArray_m2,
  };
}
