import { clockEnergy, flipFlop } from "../gates/flip-flop.js";
import { inverter } from "../gates/inverter.js";
import { nand } from "../gates/nand.js";
import type { SubArrayDesign } from "./design.js";
import type { Block } from "./types.js";

/** What the controller does in turn, one flip-flop each: load rows, choose columns, sample, convert, add slices, add inputs. */
const states = 6;
/** Gates per bit of a counter: four NANDs are its exclusive or, one with an inverter its carry. */
const nandsPerBit = 5;
/** Flip-flops that change per clock: a binary counter turns Σ 2^−i < 2 of its bits, a one-hot state leaves one for another. */
const changing = 4;

/** Bits of a counter through so many things. */
const bitsFor = (things: number): number => Math.ceil(Math.log2(Math.max(1, things)));

/** Clocks of one turn of the converters: every step of a conversion, and the other states once. */
const stepsPerPhase = ({ spec, adcBits }: SubArrayDesign): number =>
  (spec.converter.kind === "flash" ? 1 : adcBits + 1) + states - 1;

/**
 * The controller of a sub-array: counters through row groups, slices of the input, turns of the columns and steps of a turn,
 * and a one-hot state machine with a NAND pair of next-state logic per state. Energy: a read clocks all flip-flops once
 * per step; the logic behind those that change switches. Time: clock to output and one gate, before a read begins. Not
 * there under the rule "freeControl".
 * Source: docs/sources.md#weste2010 (counters, section 11.5; state machines of flip-flops); the states are ours.
 */
export function control(design: SubArrayDesign): Block {
  const { technology: t, spec, rows, activeRows, inputSlices } = design;
  const phases = spec.columnsPerConverter;
  const steps = stepsPerPhase(design);
  const counter =
    bitsFor(Math.ceil(rows / activeRows)) + bitsFor(inputSlices) + bitsFor(phases) + bitsFor(steps);
  const registers = counter + states;
  const nands = nandsPerBit * counter + 2 * states;
  const register = flipFlop(t);
  const gate = nand(t, 2);
  const inv = inverter(t);
  const stage_F = gate.input_F + gate.output_F;
  const area_m2 = registers * register.area_m2 + nands * gate.area_m2 + counter * inv.area_m2;
  const logic_J = changing * (nandsPerBit * stage_F + inv.input_F + inv.output_F) * t.supply_V ** 2;
  return {
    width_m: design.width_m,
    height_m: area_m2 / design.width_m,
    area_m2,
    latency_s: register.latency_s + Math.LN2 * 2 * gate.pullDown_ohm * stage_F,
    energy_J: phases * steps * (clockEnergy(register, registers, changing) + logic_J),
    leakage_W: registers * register.leakage_W + nands * gate.leakage_W + counter * inv.leakage_W,
  };
}
