import type { Technology } from "../../hardware/technology/index.js";
import { deviceDrain } from "./drain.js";
import { inverter } from "./inverter.js";
import { gateCapacitance, minimumWidths } from "./transistor.js";

export interface FlipFlop {
  readonly width_m: number;
  readonly height_m: number;
  readonly area_m2: number;
  /** Of a clock edge, whether or not the datum changes, and what a change adds. */
  readonly clock_J: number;
  readonly change_J: number;
  readonly leakage_W: number;
  /** Clock to output: through a pass gate and two inverters. */
  readonly latency_s: number;
}

/**
 * A master-slave flip-flop of pass gates and inverters, twelve inverters wide: each clock edge charges the local clock
 * drivers and the pass gates' gates; a new datum the inner nodes. Eight of the inverters leak.
 * Source: docs/sources.md#weste2010, section 10.3 (transmission-gate flip-flop).
 */
export function flipFlop(t: Technology): FlipFlop {
  const inv = inverter(t);
  const { n_m, p_m } = minimumWidths(t);
  const passDrain_F = deviceDrain(t, n_m, 1) + deviceDrain(t, p_m, 1);
  const square_V2 = t.supply_V ** 2;
  const clocked_F =
    4 * (inv.input_F + inv.output_F) + 2 * gateCapacitance(t, n_m) + 2 * gateCapacitance(t, p_m);
  const changed_F = 4 * passDrain_F + 2 * inv.input_F + 2 * inv.output_F;
  const stage_s = Math.LN2 * inv.pullDown_ohm * (inv.input_F + inv.output_F + passDrain_F);
  return {
    width_m: 12 * inv.width_m,
    height_m: inv.height_m,
    area_m2: 12 * inv.area_m2,
    clock_J: clocked_F * square_V2,
    change_J: changed_F * square_V2,
    leakage_W: 8 * inv.leakage_W,
    latency_s: 3 * stage_s,
  };
}

/** A clock edge of `count` flip-flops of which `changing` take a new datum. */
export const clockEnergy = ({ clock_J, change_J }: FlipFlop, count: number, changing: number): number =>
  count * clock_J + changing * change_J;
