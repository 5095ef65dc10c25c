import { bitLine_F } from "./cell-array.js";
import { conversionEnergy, conversionTime } from "./converter.js";
import { meanCell_ohm, type SubArrayDesign, wordLine_F } from "./design.js";

/** What it takes to store the weights of a network once. */
export interface ProgrammingCost {
  readonly cells: number;
  readonly energy_J: number;
  readonly latency_s: number;
}

/**
 * Writing cells pulse by pulse until they read as they should: per pulse V² · G · t in the cell and its access transistor
 * at the mean conductance, the charge of its bit line, and a share of its word line; after each pulse a read of the cell
 * through its column's converter. The cells of a row are written side by side, rows one after another, arrays at the same
 * time.
 * Source: Ohm's law; pulses and voltages of write-and-verify, docs/sources.md#milo2021.
 */
export function programming(design: SubArrayDesign, cells: number, rowsPerArray: number): ProgrammingCost {
  const { spec, readVoltage_V } = design;
  const { voltage_V, pulse_s, pulses } = spec.write;
  const cell_S = 1 / meanCell_ohm(design);
  const lines_F = bitLine_F(design) + wordLine_F(design) / design.columns;
  const pulse_J = voltage_V ** 2 * cell_S * pulse_s + lines_F * voltage_V ** 2;
  const read_s = conversionTime(design);
  const verify_J = readVoltage_V ** 2 * cell_S * read_s + conversionEnergy(design, cell_S);
  return {
    cells,
    energy_J: cells * pulses * (pulse_J + verify_J),
    latency_s: rowsPerArray * pulses * (pulse_s + spec.columnsPerConverter * read_s),
  };
}
