import { bitLine_F } from "./cell-array.js";
import { meanCell_ohm, type SubArrayDesign, wordLine_F } from "./design.js";

/** What it takes to store the weights of a network once. */
export interface ProgrammingCost {
  readonly cells: number;
  readonly energy_J: number;
  readonly latency_s: number;
}

/**
 * Writing cells pulse by pulse until they read as they should: per pulse V² · G · t in the cell and its access transistor
 * at the mean conductance, the charge of its bit line, and a share of its word line. The cells of a row are written side
 * by side, rows one after another, arrays at the same time.
 * Source: Ohm's law; pulses and voltages of write-and-verify, docs/sources.md#milo2021.
 */
export function programming(design: SubArrayDesign, cells: number, rowsPerArray: number): ProgrammingCost {
  const { voltage_V, pulse_s, pulses } = design.spec.write;
  const cell_J = (voltage_V ** 2 / meanCell_ohm(design)) * pulse_s;
  const lines_J = (bitLine_F(design) + wordLine_F(design) / design.columns) * voltage_V ** 2;
  return {
    cells,
    energy_J: cells * pulses * (cell_J + lines_J),
    latency_s: rowsPerArray * pulses * pulse_s,
  };
}
