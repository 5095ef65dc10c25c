import type { ArraySpec, TableCost } from "../hardware/types.js";
import type { GroupLoad } from "./load.js";
import { readsPerPrintedEnergy, readsPerPrintedLatency } from "./reads.js";
import type { Cost } from "./types.js";

/**
 * The cells of `arrays` sub-arrays: A = rows · columns · cell area. Energy: every conversion draws a column's share of
 * the printed energy, in proportion to its load. Tables that book the cells' current under the converters print none.
 * Source: docs/sources.md#meng2021, Table I (75.5 µm² for 144 × 32), and its cell of 16 F² for other sizes;
 * docs/sources.md#isaac for energy.
 */
export function arrayCost(
  table: TableCost,
  shape: ArraySpec,
  use: {
    readonly arrays: number;
    readonly sequentialReads: number;
    readonly products: number;
    readonly loads: readonly GroupLoad[];
  },
): Cost {
  const { printedFor, subArray } = table;
  const column_J = subArray.array.energy_J / readsPerPrintedEnergy(table) / printedFor.columns;
  return {
    energy_J: column_J === 0 ? 0 : use.products * column_J * loadsOf(use.loads),
    latency_s: (use.sequentialReads * subArray.array.latency_s) / readsPerPrintedLatency(table),
    area_m2: use.arrays * cellArea(table, shape),
  };
}

const loadsOf = (groups: readonly GroupLoad[]): number =>
  groups.reduce((sum, { conversions, load }) => sum + conversions * load.reduce((a, b) => a + b, 0), 0);

function cellArea(table: TableCost, { rows, columns }: ArraySpec): number {
  const { printedFor, subArray, cell_m2 } = table;
  const printed = rows === printedFor.rows && columns === printedFor.columns;
  return printed ? subArray.array.area_m2 : rows * columns * cell_m2;
}
