import type { ComponentCost, TableCost } from "../hardware/types.js";
import { readsPerPrintedEnergy, readsPerPrintedLatency } from "./reads.js";
import type { Cost } from "./types.js";

export interface ShiftAddUse {
  /** Arrays with converters. */
  readonly arrays: number;
  /** Columns of one array that are converted; the printed bank serves the printed ones. */
  readonly columns: number;
  readonly reads: number;
  readonly sequentialReads: number;
}

/**
 * Shift and add over input bits, a unit per converted column; a read clocks the whole bank (spec 6.2). The units are those
 * of the printed converter width whatever the width: the table says nothing of other adders.
 * Source: docs/sources.md#meng2021, Table I.
 */
export const shiftAddInputCost = (table: TableCost, use: ShiftAddUse): Cost =>
  bankCost(table, table.subArray.shiftAddInput, use);

/**
 * Shift and add over the cell slices of a weight. None where slices are composed before conversion, or where a
 * weight has one slice.
 * Source: docs/sources.md#meng2021, Table I ("2 col use 1").
 */
export const shiftAddWeightCost = (table: TableCost, use: ShiftAddUse): Cost =>
  bankCost(table, table.subArray.shiftAddWeight, use);

/** Sample and hold, one per column, as the shift-adders a bank that every read uses whole. */
export const sampleHoldCost = (table: TableCost, printed: ComponentCost, use: ShiftAddUse): Cost =>
  bankCost(table, printed, use);

function bankCost(table: TableCost, printed: ComponentCost, use: ShiftAddUse): Cost {
  const size = use.columns / table.printedFor.columns;
  return {
    energy_J: (use.reads * size * printed.energy_J) / readsPerPrintedEnergy(table),
    latency_s: (use.sequentialReads * printed.latency_s) / readsPerPrintedLatency(table),
    area_m2: use.arrays * size * printed.area_m2,
  };
}
