import { offCurrent, widthForResistance } from "../gates/transistor.js";
import { meanCell_ohm, type SubArrayDesign } from "./design.js";
import { columnGate } from "./source-line-switch.js";
import type { Block } from "./types.js";

/**
 * Column multiplexer: a pass gate per bit line, its resistance a fraction of that of a column with all rows on. A
 * phase opens one gate per converter and charges both of its ends to the read voltage. t = 2.3 · R · C (to 10 %).
 * Source: docs/sources.md#chen2018; RC of a pass gate.
 */
export function columnMux(
  design: SubArrayDesign,
): Block & { readonly nGate_F: number; readonly pGate_F: number } {
  const { technology: t, sizing, spec, columns, converters, readVoltage_V } = design;
  const target_ohm = (sizing.columnSwitch * meanCell_ohm(design)) / design.activeRows;
  const width = (kind: "n" | "p"): number => Math.max(t.node_m, widthForResistance(t, kind, 2 * target_ohm));
  const gate = columnGate(design, { n_m: width("n"), p_m: width("p") }, columns);
  const off_A = offCurrent(t, "n", width("n")) + offCurrent(t, "p", width("p"));
  const phase_J = converters * (gate.nGate_F * t.supply_V ** 2 + 2 * gate.drain_F * readVoltage_V ** 2);
  return {
    width_m: design.width_m,
    height_m: gate.height_m,
    area_m2: design.width_m * gate.height_m,
    latency_s: 2.3 * gate.on_ohm * (gate.drain_F + 0.5 * gate.nGate_F + 0.5 * gate.pGate_F),
    energy_J: phase_J * spec.columnsPerConverter,
    leakage_W: design.has("noAnalogLeakage") ? 0 : columns * off_A * readVoltage_V,
    nGate_F: gate.nGate_F,
    pGate_F: gate.pGate_F,
  };
}
