import type { ArraySpec, TableCost } from "../hardware/types.js";
import type { Cost } from "./types.js";

/**
 * The cells of `arrays` sub-arrays: A = rows · columns · cell area. Their read current is booked under the
 * converters, as the table does.
 * Source: docs/sources.md#meng2021, Table I (75.5 µm² for 144 × 32), and its cell of 16 F² for other sizes.
 */
export function arrayCost(table: TableCost, shape: ArraySpec, arrays: number): Cost {
  return { energy_J: 0, latency_s: 0, area_m2: arrays * cellArea(table, shape) };
}

function cellArea(table: TableCost, { rows, columns }: ArraySpec): number {
  const { printedFor, subArray, cell_m2 } = table;
  const printed = rows === printedFor.rows && columns === printedFor.columns;
  return printed ? subArray.array.area_m2 : rows * columns * cell_m2;
}
