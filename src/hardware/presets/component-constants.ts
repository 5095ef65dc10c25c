import { ns } from "../../units.js";
import type { ParametricCost, PartCost } from "../types.js";
import { isaacTable } from "./isaac.js";

// Every constant of the parametric cost style, at 32 nm, in one place. docs/equal-area.md lists them with their sources.

const { ima, tile } = isaacTable;

/** A read, and the stage of the pipeline in which its columns are converted. Source: docs/sources.md#isaac. */
const cycle_s = ns(100);
/** Of an in-situ unit (IMA): arrays of 128 × 128, each with one converter, and the weights of 16 bits across one. */
const arrays = 8;
const lines = 128;
const weightsAcross = 16;
/** Bits of the IMA's input register of 2 KB, and IMAs of a tile. */
const inputRegister_bit = 2048 * 8;
const imas = 12;

/** A line of Table I, in mW and mm², shared out: energy of one of `uses` a cycle, area of one of `parts`. */
const share = ([power_mW, area_mm2]: readonly [number, number], uses: number, parts: number): PartCost => ({
  energy_J: (power_mW * 1e-3 * cycle_s) / uses,
  area_m2: (area_mm2 * 1e-6) / parts,
});

/** Conversions of an IMA's eight converters in a cycle, and its word lines: 1,024 of either. */
const perCycle = arrays * lines;

/** A value stored in the output register, as often as something is added to it. */
const stored_J = share(ima.outputRegister, perCycle, 1).energy_J;
const shiftAdd = share(ima.shiftAdd, perCycle, arrays);
/** The tile's adder is one of the same kind: 0.05 mW, a quarter of the four of an IMA. */
const tileAddition_J = share(tile.shiftAdd, perCycle / 4, 1).energy_J;

/**
 * What one read settles slower for every word line and every bit line: word line, source line and bit line of the circuits of
 * `analytic-32nm`, from 16 to 256 lines (test/hardware/component-constants). The read itself is ISAAC's, at its own size.
 */
const perRow_s = 1.353e-12;
const perColumn_s = 8.669e-14;

/**
 * The components of ISAAC's Table I at 32 nm: power times the cycle of 100 ns over what a cycle does, and area.
 * Source: docs/sources.md#isaac, converters of other widths included.
 */
export const isaacComponents: ParametricCost = {
  style: "parametric",
  node_m: ns(32),
  // 1.83 fJ; 25 µm² over 128 × 128.
  cell: share(ima.array, arrays * lines * lines, arrays * lines * lines),
  // 0.391 pJ, 0.166 µm².
  rowDriver: share(ima.dac, perCycle, perCycle),
  // 0.121 pJ, 0.128 µm² a bit.
  inputBit: share(ima.inputRegister, perCycle, inputRegister_bit),
  // 0.98 fJ, 0.039 µm².
  sampleHold: share(ima.sampleHold, perCycle, perCycle),
  converter: {
    // 1.5625 pJ, 1,200 µm².
    ...share(ima.adc, perCycle, arrays),
    bits: 8,
    conversion_s: cycle_s / lines,
    // Of 1.6667 pJ and 1,200 µm² at 8 bits, 0.1075 pJ and 546.1 µm² double with every bit: with them the published scaled
    // figures of 4 to 10 bits come out within 1 % (energy) and 0.1 % (area).
    capacitorEnergy: 0.0645,
    capacitorArea: 0.4551,
  },
  conversionsPerConverter: lines,
  sharedConverters: true,
  // 0.042 pJ, of which the register 0.022; 30 µm².
  shiftAdd: { energy_J: shiftAdd.energy_J + stored_J, area_m2: shiftAdd.area_m2 },
  // 6.02 µm².
  result_m2: share(ima.outputRegister, 1, arrays * weightsAcross).area_m2,
  // Gates and area of the smallest inverter at 32 nm, low standby power: C · V² and its cell.
  mirror: { energy_J: 2.192e-16, area_m2: 2.179e-13 },
  partialSum: {
    energy_J: tileAddition_J + stored_J,
    area_m2: share(tile.shiftAdd, 1, imas * arrays).area_m2,
  },
  // Registers like those of the inputs.
  indexBit: share(ima.inputRegister, perCycle, inputRegister_bit),
  indexMemory: "outputsAndInputs",
  read: { base_s: cycle_s - lines * (perRow_s + perColumn_s), perRow_s, perColumn_s },
};
