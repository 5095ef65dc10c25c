import { rowConductance } from "./cell-array.js";
import { conversionEnergy } from "./converter.js";
import type { SubArrayDesign } from "./design.js";
import { type SubArrayCosts, subArray } from "./sub-array.js";

export interface ReadOptions {
  /** Share of the rows that are driven. */
  readonly activity: number;
  /** Columns that are converted; default: all. */
  readonly columns?: number;
}

/** One read with rows driven evenly and every level equally often in every column. */
export function readSubArray(design: SubArrayDesign, { activity, columns }: ReadOptions): SubArrayCosts {
  const drivenRows = Math.min(design.activeRows, activity * design.rows);
  const column_S = drivenRows * rowConductance(design);
  const converted = columns ?? design.columns;
  const conversions = (converted * design.conversionsPerWeight) / design.cellsPerWeight;
  return subArray(design, {
    drivenRows,
    columns_S: converted * column_S,
    conversions_J: conversions * conversionEnergy(design, column_S),
  });
}
