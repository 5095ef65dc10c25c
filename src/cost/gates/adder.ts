import type { Technology } from "../../hardware/technology/index.js";
import { behind, chain, step } from "./delay.js";
import type { Gate } from "./inverter.js";
import { nand } from "./nand.js";

export interface Adder {
  readonly gate: Gate;
  readonly gates: number;
  readonly area_m2: number;
  /** All nodes switching once. */
  readonly energy_J: number;
  readonly leakage_W: number;
}

/**
 * A ripple-carry adder: nine NANDs per bit, as wide as their cells allow. The energy counts each node's load once per
 * addition in which it switches.
 * Source: docs/sources.md#weste2010, section 11.2 (full adder of NAND gates).
 */
export function adder(t: Technology, bits: number): Adder {
  const gate = nand(t, 2, true);
  const { input_F: i, output_F: o } = gate;
  const first_F = 6 * i + 2 * o + 2 * (o + i) + (o + 2 * i) + (o + 3 * i) + (o + i);
  const further_F = 7 * i + 3 * o + (o + 3 * i) + (o + i) + 2 * (o + i);
  return {
    gate,
    gates: 9 * bits,
    area_m2: 9 * bits * gate.area_m2,
    energy_J: (first_F + (bits - 1) * further_F) * t.supply_V ** 2,
    leakage_W: 9 * bits * gate.leakage_W,
  };
}

/**
 * The carry's way: two gates of the first bit, a pull-down and a pull-up in each bit between, three gates of the last.
 * Each bit between sees the edge that leaves the first.
 */
export function adderLatency(t: Technology, bits: number, load_F = 0): number {
  const { input_F: i, output_F: o, pullDown_ohm, pullUp_ohm } = nand(t, 2, true);
  const down = (load: number): number => 2 * pullDown_ohm * (o + load);
  const up = (load: number): number => pullUp_ohm * (o + load);
  const carry = [down(3 * i), up(2 * i)];
  const first = chain(step, carry);
  const between = chain(first, carry);
  const last = chain(between, [down(3 * i), up(i), down(load_F)]);
  return first.delay_s + Math.max(0, bits - 2) * between.delay_s + last.delay_s;
}

/** Delay of one inverter that drives another like it. */
export const stageDelay = ({ pullDown_ohm, input_F, output_F }: Gate): number =>
  behind(step, pullDown_ohm * (input_F + output_F)).delay_s;
