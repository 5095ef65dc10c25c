import { adder, adderLatency } from "../gates/adder.js";
import { clockEnergy, flipFlop } from "../gates/flip-flop.js";
import { cellHeight, packInRows } from "../gates/layout.js";
import type { SubArrayDesign } from "./design.js";
import type { Block } from "./types.js";

/** An adder and the register that keeps its sum while later terms come. */
export interface ShiftAddShape {
  readonly adderBits: number;
  readonly registers: number;
}

/** Over the slices of a weight: b-bit results, shifted by one slice after the other. */
export const overSlices = ({ adcBits, cellsPerWeight }: SubArrayDesign): ShiftAddShape => ({
  adderBits: adcBits,
  registers: adcBits + 1 + (cellsPerWeight - 1),
});

/** Over the slices of the input: what the cell slices gave, shifted by one input slice after the other. */
export const overInputs = ({ adcBits, cellsPerWeight, inputShift }: SubArrayDesign): ShiftAddShape => ({
  adderBits: adcBits + cellsPerWeight,
  registers: adcBits + cellsPerWeight + 1 + inputShift,
});

/**
 * Shift-and-add units, one per converter; with the rule "stretchedBlocks" in whole rows of cells along the width of the
 * array, and a row of buffers between adders and registers. Time: the adder and the register behind it; the rule "halfCycleRegisters" takes half a clock
 * of 1 GHz for the latter. Energy per use: a share of the adder's nodes, and a clock of the registers.
 * Source: docs/sources.md#weste2010 (accumulator).
 * @param uses additions of one unit in the read
 */
export function shiftAddUnits(design: SubArrayDesign, shape: ShiftAddShape, uses: number): Block {
  const { technology: t, spec, converters } = design;
  const { registerActivity, adderActivity } = spec.calibration;
  const sum = adder(t, shape.adderBits);
  const register = flipFlop(t);
  const count = converters * shape.registers;
  const adders_m = (converters * sum.area_m2) / design.width_m;
  const registers_m = design.has("stretchedBlocks")
    ? cellHeight(t) + packInRows(count, register, design.width_m).height_m
    : (count * register.area_m2) / design.width_m;
  const height_m = adders_m + registers_m;
  const half = design.has("halfCycleRegisters");
  const load_F = half ? 0 : sum.gate.input_F;
  const use_J =
    converters * adderActivity * sum.energy_J + registerActivity * clockEnergy(register, count, count);
  const clocked_J =
    converters * adderActivity * sum.energy_J + clockEnergy(register, count, registerActivity * count);
  return {
    width_m: design.width_m,
    height_m,
    area_m2: design.width_m * height_m,
    latency_s: adderLatency(t, shape.adderBits, load_F) + (half ? 0.5e-9 : register.latency_s),
    energy_J: uses * (half ? use_J : clocked_J),
    leakage_W: converters * sum.leakage_W + count * register.leakage_W,
  };
}
