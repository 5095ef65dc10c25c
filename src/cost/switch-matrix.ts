import type { ArraySpec, TableCost } from "../hardware/types.js";
import { readsPerPrintedEnergy, readsPerPrintedLatency } from "./reads.js";
import type { Cost } from "./types.js";

/**
 * The switch matrices of word and source lines: per read E = E_table / reads, t = t_table / reads; area and energy
 * grow with the word lines of the array, driven or not, because its flip-flops hold them all. That everything
 * grows with the word lines, the source-line part too, is our assumption.
 * Source: docs/sources.md#meng2021, Table I.
 * @param reads reads of a row group, and those of them that follow one another
 */
export function switchMatrixCost(
  table: TableCost,
  shape: ArraySpec,
  use: { readonly arrays: number; readonly reads: number; readonly sequentialReads: number },
): Cost {
  const printed = table.subArray.switchMatrix;
  const size = shape.rows / table.printedFor.rows;
  return {
    energy_J: (use.reads * size * printed.energy_J) / readsPerPrintedEnergy(table),
    latency_s: (use.sequentialReads * printed.latency_s) / readsPerPrintedLatency(table),
    area_m2: use.arrays * size * printed.area_m2,
  };
}
