import type { HardwareSpec, ParametricCost } from "../types.js";
import { isaacComponents } from "./component-constants.js";
import { prime } from "./prime.js";

const { levels_ohm } = prime.device;
const low_S = 1 / levels_ohm[0]!;
const high_S = 1 / levels_ohm.at(-1)!;

/** Lin et al. 2019: PRIME with arrays of 32 × 32 weights, 8-bit weights in four 2-bit cells, composed before conversion. */
export const lin2019: HardwareSpec & { readonly cost: ParametricCost } = {
  name: "lin2019",
  source: "lin2019",
  differs: [
    "The paper prints no component numbers: those of ISAAC's Table I at 32 nm stand in (docs/equal-area.md).",
    "An array is 32 × 32 weights, so 32 × 128 cells; the paper calls it 32 × 32.",
    "The cells are PRIME's, 1 to 20 kΩ, with four levels at equal conductance steps.",
    "Converters have 8 bits, the widest of PRIME's; the composed sums of 32 rows need 13, or 14 for the difference of a pair.",
    "The converters' range is calibrated, all but a thousandth of the sums at either end; the paper names none.",
    "Word lines are driven bit by bit.",
  ],
  device: {
    ...prime.device,
    levels_ohm: Array.from({ length: 4 }, (_, code) => 1 / (low_S + (code * (high_S - low_S)) / 3)),
  },
  array: { rows: 32, columns: 128, activeRows: 32, inputSliceBits: 1 },
  adc: { ...prime.adc, bits: 8, range: "percentile" },
  encoding: { cellBits: 2, sign: "splitArrays", compose: "analog", offsetBy: "digital" },
  cost: isaacComponents,
};
