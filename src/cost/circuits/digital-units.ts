import type { Technology } from "../../hardware/technology/index.js";
import { adder, adderLatency } from "../gates/adder.js";
import { flipFlop } from "../gates/flip-flop.js";
import { inverter } from "../gates/inverter.js";
import { nand } from "../gates/nand.js";
import { onResistance } from "../gates/transistor.js";
import type { CircuitCost } from "./types.js";

/** Rectifier of a value: the sign gates its bits on their way into a register. */
export function activationUnit(t: Technology, bits: number, activity: number): CircuitCost {
  const gate = nand(t, 2);
  const register = flipFlop(t);
  const node_J = (gate.input_F + gate.output_F) * t.supply_V ** 2;
  return {
    area_m2: bits * (gate.area_m2 + register.area_m2),
    latency_s: Math.LN2 * 2 * gate.pullDown_ohm * (gate.input_F + gate.output_F) + register.latency_s,
    energy_J: bits * (activity * (node_J + register.change_J) + register.clock_J),
    leakage_W: bits * (gate.leakage_W + register.leakage_W),
  };
}

/** One comparison or addition of a pooling window: an adder, and a register for the result so far. */
export function poolingUnit(t: Technology, bits: number, activity: number): CircuitCost {
  const sum = adder(t, bits);
  const register = flipFlop(t);
  return {
    area_m2: sum.area_m2 + bits * register.area_m2,
    latency_s: adderLatency(t, bits) + register.latency_s,
    energy_J: activity * sum.energy_J + bits * (register.clock_J + activity * register.change_J),
    leakage_W: sum.leakage_W + bits * register.leakage_W,
  };
}

/**
 * De-multiplexer to `fanout` places: a switch of four smallest widths per place and bit, and a select gate per place.
 * A result passes one switch and charges the drains of all.
 */
export function demuxUnit(t: Technology, fanout: number, bits: number, activity: number): CircuitCost {
  const gate = nand(t, 2);
  const switchUnit = inverter(t);
  const node_F = fanout * switchUnit.output_F + gate.input_F;
  return {
    area_m2: fanout * (bits * switchUnit.area_m2 + gate.area_m2),
    latency_s: Math.LN2 * onResistance(t, "n", 4 * t.node_m) * node_F,
    energy_J: activity * bits * node_F * t.supply_V ** 2 + (gate.input_F + gate.output_F) * t.supply_V ** 2,
    leakage_W: fanout * (bits * switchUnit.leakage_W + gate.leakage_W),
  };
}
