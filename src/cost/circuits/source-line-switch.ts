import { flipFlop } from "../gates/flip-flop.js";
import { packInRows } from "../gates/layout.js";
import { passGateInCell, passGateInPitch } from "../gates/pass-gate.js";
import { onResistance } from "../gates/transistor.js";
import { bitLine_F } from "./cell-array.js";
import { linearRegion, meanCell_ohm, type SubArrayDesign } from "./design.js";
import type { Block } from "./types.js";

/**
 * Switch matrix of the source lines: two pass gates per column (to the read and to the write supply), so wide that they take little of the read
 * voltage, and a flip-flop that opens them. They stay as they are while the array is read; a read charges what hangs
 * on the line. The rule "freeSourceLines" leaves energy and time out.
 * Source: docs/sources.md#chen2018.
 */
export function sourceLineSwitch(design: SubArrayDesign): Block {
  const { technology: t, columns, sizing, readVoltage_V } = design;
  const target_ohm = sizing.sourceLineSwitch * meanCell_ohm(design);
  const widths = switchWidths(design, target_ohm);
  const gate = columnGate(design, widths, 2 * columns);
  const register = flipFlop(t);
  const registers_m = design.has("stretchedBlocks")
    ? packInRows(columns, register, design.width_m).height_m
    : (columns * register.area_m2) / design.width_m;
  const height_m = gate.height_m + registers_m;
  const free = design.has("freeSourceLines");
  return {
    width_m: design.width_m,
    height_m,
    area_m2: design.width_m * height_m,
    latency_s: free ? 0 : Math.LN2 * gate.on_ohm * (bitLine_F(design) + 2 * gate.drain_F),
    energy_J: free ? 0 : columns * 2 * gate.drain_F * readVoltage_V ** 2,
    leakage_W: columns * register.leakage_W,
  };
}

/** Each device of the pair has twice the resistance of the pair, in the linear region, and is a feature wide at least. */
function switchWidths({ technology: t }: SubArrayDesign, pair_ohm: number) {
  const width = (kind: "n" | "p"): number =>
    Math.max(t.node_m, (onResistance(t, kind, t.node_m) * linearRegion * t.node_m) / (2 * pair_ohm));
  return { n_m: width("n"), p_m: width("p") };
}

/**
 * Pass gates of `count` lines under the array: cells without gaps. With the rule "stretchedBlocks" they stand in as few
 * rows as the width of the array allows, each as wide as its share of it.
 */
export function columnGate(design: SubArrayDesign, widths: { n_m: number; p_m: number }, count: number) {
  const { technology: t, width_m } = design;
  if (!design.has("stretchedBlocks")) {
    const gate = passGateInCell(t, widths);
    const cell_m2 = gate.width_m * t.cell.switchHeight * t.node_m;
    return { ...gate, height_m: (count * cell_m2) / width_m };
  }
  const least_m = 2 * t.cell.polyPitch * t.node_m;
  const perRow = Math.max(1, Math.floor(width_m / least_m + 1e-9));
  const rows = Math.ceil(count / perRow);
  const gate = passGateInPitch(t, widths, width_m / Math.ceil(count / rows));
  return { ...gate, height_m: rows * gate.height_m };
}
