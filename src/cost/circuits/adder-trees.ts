import type { Technology } from "../../hardware/technology/index.js";
import { adder, adderLatency } from "../gates/adder.js";
import { flipFlop } from "../gates/flip-flop.js";
import type { CircuitCost } from "./types.js";

/** Adders of a tree over `inputs` operands: floor(j / 2) per stage, a bit wider from stage to stage. */
export function treeBits(inputs: number, bits: number, carryOdd: boolean): { bits: number; stages: number } {
  let sum = 0;
  let stages = 0;
  let width = bits;
  for (let j = inputs; j > 1; j = carryOdd ? Math.ceil(j / 2) : Math.floor(j / 2)) {
    sum += Math.floor(j / 2) * width;
    width++;
    stages++;
  }
  return { bits: sum, stages };
}

/**
 * One tree of two-input ripple adders over 2^stages operands, with a register behind it. Time: an adder of the first
 * width and two bits more per stage, since carries ripple through the stages side by side. Energy: of one sum.
 * Source: docs/sources.md#weste2010 (section 11.2).
 */
export function adderTree(t: Technology, operands: number, bits: number, activity: number): CircuitCost {
  const { bits: adderBits, stages } = treeBits(operands, bits, true);
  if (stages === 0) return { area_m2: 0, latency_s: 0, energy_J: 0, leakage_W: 0 };
  const unit = adder(t, 1);
  const whole = adder(t, adderBits);
  const register = flipFlop(t);
  const outputs = bits + stages;
  return {
    area_m2: adderBits * unit.area_m2 + outputs * register.area_m2,
    latency_s: adderLatency(t, bits) + (stages - 1) * adderLatency(t, 2) + register.latency_s,
    energy_J: activity * whole.energy_J + outputs * (register.clock_J + activity * register.change_J),
    leakage_W: adderBits * unit.leakage_W + outputs * register.leakage_W,
  };
}
