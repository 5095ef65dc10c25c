import { inverter } from "../gates/inverter.js";
import { switchingResistance } from "../gates/transistor.js";
import type { SubArrayDesign } from "./design.js";
import type { Block } from "./types.js";

/**
 * Analog composition: a weight's slices are added as currents before its one conversion, each through a current mirror
 * of the ratio that its place has, base^k. A mirror of ratio m is m + 1 devices of four smallest widths; it carries the
 * column's current a second time at the supply.
 * Source: current mirrors, docs/sources.md#razavi2001 (chapter 5); sizes are ours.
 */
export function analogComposition(
  design: SubArrayDesign,
  read: { columns_S: number; conducting_s: number; base: number },
): Block {
  const { technology: t, columns, cellsPerWeight, conversionsPerWeight, readVoltage_V } = design;
  const slices = cellsPerWeight / conversionsPerWeight;
  const weights = Math.floor(columns / slices);
  let devices = 0;
  for (let k = 0; k < slices; k++) devices += 4 * (read.base ** k + 1);
  const unit = inverter(t);
  const area_m2 = weights * devices * unit.area_m2;
  const mirrored_A = readVoltage_V * read.columns_S;
  return {
    width_m: design.width_m,
    height_m: area_m2 / design.width_m,
    area_m2,
    latency_s: 3 * switchingResistance(t, "n", 8 * t.node_m) * devices * unit.input_F,
    energy_J:
      mirrored_A * t.supply_V * read.conducting_s + weights * devices * unit.input_F * t.supply_V ** 2,
    leakage_W: weights * devices * unit.leakage_W,
  };
}
