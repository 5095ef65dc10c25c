import type { Technology } from "../../hardware/technology/index.js";

/** Widths of the n- and the p-channel device of a gate. A FinFET's width stands for fins: one per 2 F, at least one. */
export interface Widths {
  readonly n_m: number;
  readonly p_m: number;
}

/** The smallest pair: 2 F, and 2 F times the ratio that balances the p-channel device. */
export const minimumWidths = ({ node_m, pToN }: Technology): Widths => ({
  n_m: 2 * node_m,
  p_m: 2 * node_m * pToN,
});

export const scaled = ({ n_m, p_m }: Widths, factor: number): Widths => ({
  n_m: n_m * factor,
  p_m: p_m * factor,
});

/** Fins of a width, never a part of one. */
export const fins = (t: Technology, width_m: number): number =>
  Math.max(1, Math.ceil(width_m / (2 * t.node_m) - 1e-9));

/** Width that carries current: the drawn one, or all sides of the fins. */
export const channelWidth = (t: Technology, width_m: number): number =>
  t.fin ? fins(t, width_m) * t.fin.effectiveWidth_m : width_m;

/** C = (ideal + overlap + fringe) · W, or that of the fins. */
export function gateCapacitance(t: Technology, width_m: number): number {
  if (t.fin) return fins(t, width_m) * t.fin.gateCapacitance_F;
  return (t.gate_F_per_m.ideal + t.gate_F_per_m.overlap + t.gate_F_per_m.fringe) * width_m;
}

/** R = V / (I_on · W) of a device that is on: what a pass transistor has. */
export const onResistance = (t: Technology, kind: "n" | "p", width_m: number): number =>
  t.supply_V / (t.on_A_per_m[kind] * channelWidth(t, width_m));

/** The same while it switches a load from rail to rail. */
export const switchingResistance = (t: Technology, kind: "n" | "p", width_m: number): number =>
  t.effectiveResistance * onResistance(t, kind, width_m);

/** Width of an n-channel device that has this resistance when on. */
export const widthForResistance = (t: Technology, kind: "n" | "p", resistance_ohm: number): number =>
  t.supply_V / (t.on_A_per_m[kind] * resistance_ohm);

export const offCurrent = (t: Technology, kind: "n" | "p", width_m: number): number =>
  t.off_A_per_m[kind] * channelWidth(t, width_m);
