import { deviceDrain } from "../gates/drain.js";
import { offCurrent } from "../gates/transistor.js";
import { bitLine_ohm, meanCell_ohm, type SubArrayDesign, wordLine_F, wordLine_ohm } from "./design.js";
import type { Block } from "./types.js";

/** What one read does to the cells. */
export interface ArrayRead {
  /** Word lines that carry a 1. */
  readonly drivenRows: number;
  /** Conductance of a column with the rows that are driven, summed over the columns that are converted. */
  readonly columns_S: number;
  /** How long the cells conduct, all column phases together. */
  readonly conducting_s: number;
  /** Turns of the columns at their converter. */
  readonly phases: number;
}

/** C = rows · (wire + drain of the access transistor). */
export const bitLine_F = ({ technology: t, rows, cell }: SubArrayDesign): number =>
  rows *
  (cell.height_m * t.wire.capacitance_F_per_m + (cell.access_m > 0 ? deviceDrain(t, cell.access_m, 1) : 0));

/**
 * Mean conductance of a column per driven row: every level equally often, in series with the access transistor and
 * half of the row's and of the column's wire. With the rule "swappedCellPitch" the wires of a cell are as long as its
 * other side and measured in wire widths.
 */
export function rowConductance(
  design: SubArrayDesign,
  levels_S: readonly number[] = design.levels_S,
): number {
  const wires_ohm = wireInSeries(design);
  const { access_ohm } = design.cell;
  return (
    levels_S.reduce((sum, level_S) => sum + 1 / (1 / level_S + access_ohm + wires_ohm), 0) / levels_S.length
  );
}

export function wireInSeries(design: SubArrayDesign): number {
  const { technology: t, spec, rows, columns } = design;
  if (!design.has("swappedCellPitch")) return (wordLine_ohm(design) + bitLine_ohm(design)) / 2;
  const perPitch_ohm = t.wire.resistance_ohm_per_m * t.wire.width_m;
  const row_ohm = (t.wire.metal1_ohm_per_m * t.wire.width_m * spec.cell.height * (columns + 1)) / 2;
  return row_ohm + (perPitch_ohm * spec.cell.width * (rows + 1)) / 2;
}

/** Energy of the word lines of one phase: E = C · V² · driven rows. */
export const wordLineEnergy = (design: SubArrayDesign, drivenRows: number): number =>
  wordLine_F(design) * design.technology.supply_V ** 2 * drivenRows;

/**
 * The cells. Energy: the word lines, and V² · G · t of the columns that conduct. Time: the bit line's RC until it has
 * settled to half of a converter's step, ln(2^(bits+1)) τ, with τ = C / G of all columns' rows on; the rule
 * "meanColumnDelay" takes 0.2 τ of half the rows, and adds nothing of it to a read. Rows that are off leak.
 * Source: Ohm and Kirchhoff; docs/sources.md#chen2018 for the array's structure.
 */
export function cellArray(design: SubArrayDesign, read: ArrayRead): Block {
  const { technology: t, rows, columns, cell, readVoltage_V } = design;
  const phases = design.has("rowsDrivenPerPhase") ? read.phases : 1;
  const current_J = design.has("columnCurrentInConverter")
    ? 0
    : readVoltage_V ** 2 * read.columns_S * (read.conducting_s / read.phases);
  const offRows = rows - read.drivenRows;
  const off_A =
    cell.access_m > 0 ? offCurrent(t, "n", cell.access_m) : readVoltage_V / (meanCell_ohm(design) * 1e3);
  return {
    width_m: design.width_m,
    height_m: design.height_m,
    area_m2: design.width_m * design.height_m,
    latency_s: settling(design),
    energy_J: wordLineEnergy(design, read.drivenRows) * phases + current_J,
    leakage_W: design.has("noAnalogLeakage")
      ? 0
      : Math.max(offRows, rows / 2) * columns * off_A * readVoltage_V,
  };
}

function settling(design: SubArrayDesign): number {
  const tau_s = (bitLine_F(design) * meanCell_ohm(design)) / (design.activeRows / 2);
  if (design.has("meanColumnDelay")) return 0.2 * tau_s;
  const wire_s = 0.5 * bitLine_F(design) * bitLine_ohm(design);
  return Math.log(2 ** (design.adcBits + 1)) * (tau_s / 2 + wire_s);
}
