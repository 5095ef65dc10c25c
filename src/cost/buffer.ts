import type { TableCost } from "../hardware/types.js";
import type { Cost } from "./types.js";

/** What a layer reads and writes. */
export interface Moved {
  readonly products: number;
  /** Values of one product, and bits of each. */
  readonly inputs: number;
  readonly inputBits: number;
  readonly outputs: number;
  readonly outputBits: number;
}

/**
 * Traffic of a layer with the global buffer: every product reads its inputs and writes its outputs,
 * E = accesses in bits · energy per bit. The table prints its latency per bit and access. Read as "bitPlane" one
 * access moves one bit of all values of a product, so that a product takes (input bits + output bits) · t; as
 * "serial" each bit of each value takes its turn.
 * Source: docs/sources.md#meng2021, Table I; accesses as in spec 6.2.
 */
export function bufferCost(table: TableCost, use: Moved): Cost {
  const { perBit_J, perBit_s, latencyScope } = table.buffer;
  const bits = use.inputs * use.inputBits + use.outputs * use.outputBits;
  const accesses = latencyScope === "serial" ? bits : use.inputBits + use.outputBits;
  return {
    energy_J: use.products * bits * perBit_J,
    latency_s: use.products * accesses * perBit_s,
    area_m2: 0,
  };
}

/** A buffer of that capacity; area is linear in bits. */
export const bufferArea = ({ buffer }: TableCost, capacity_bit: number): number =>
  (buffer.area_m2 * capacity_bit) / buffer.capacity_bit;
