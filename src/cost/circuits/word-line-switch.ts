import { clockEnergy, flipFlop } from "../gates/flip-flop.js";
import { packInColumns } from "../gates/layout.js";
import { passGateInCell } from "../gates/pass-gate.js";
import { minimumWidths, scaled } from "../gates/transistor.js";
import { type SubArrayDesign, wordLine_F, wordLine_ohm } from "./design.js";
import type { Block } from "./types.js";

/** Gate voltage that opens an access transistor fully. Source: docs/sources.md#chen2018. */
const access_V = 1.1;

/**
 * Switch matrix of the word lines: a flip-flop per row holds its input bit and opens four pass gates. Time: RC of the pass gate and the line, and the flip-flop unless the rule
 * "freeRowRegisters" is on. Energy per phase: the lines of the driven rows, and the clock of all flip-flops.
 * Source: docs/sources.md#chen2018 (switch matrix); Elmore delay of a line, docs/sources.md#weste2010.
 */
export function wordLineSwitch(design: SubArrayDesign, read: { drivenRows: number; phases: number }): Block {
  const { technology: t, rows, sizing, readVoltage_V } = design;
  const gate = passGateInCell(
    t,
    scaled(minimumWidths(t), sizing.wordLineSwitch),
    design.has("nTypePassGates"),
  );
  const register = flipFlop(t);
  const outline = outlineOf(design, gate, register);
  const line_F = wordLine_F(design);
  const open_F = 2 * gate.drain_F + 0.5 * (gate.nGate_F + gate.pGate_F) + line_F;
  const line_s = Math.LN2 * (gate.on_ohm * open_F + (wordLine_ohm(design) * line_F) / 2);
  const free = design.has("freeRowRegisters");
  const perRow_J =
    2 * gate.drain_F * access_V ** 2 +
    3 * gate.drain_F * readVoltage_V ** 2 +
    3 * (gate.nGate_F + gate.pGate_F) * t.supply_V ** 2;
  const clock_J = clockEnergy(register, rows, free ? rows : read.drivenRows);
  const phases = design.has("rowsDrivenPerPhase") ? read.phases : 1;
  return {
    ...outline,
    area_m2: outline.width_m * outline.height_m,
    latency_s: line_s + (free ? 0 : register.latency_s),
    energy_J: (read.drivenRows * perRow_J + clock_J) * phases,
    leakage_W: rows * register.leakage_W,
  };
}

/** Cells without gaps along the array; with the rule "stretchedBlocks" in whole columns as high as the array. */
function outlineOf(
  { rows, height_m, has }: SubArrayDesign,
  gate: { readonly width_m: number },
  register: { readonly width_m: number; readonly height_m: number },
): { readonly width_m: number; readonly height_m: number } {
  const cell_m = 4 * gate.width_m + register.width_m;
  if (!has("stretchedBlocks")) return { width_m: (rows * cell_m * register.height_m) / height_m, height_m };
  const packed = packInColumns(rows, register, height_m);
  return { width_m: packed.columns * cell_m, height_m: packed.height_m };
}
