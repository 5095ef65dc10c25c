import type { Technology } from "../../hardware/technology/index.js";
import { type DrainShape, drainCapacitance } from "./drain.js";
import type { Gate } from "./inverter.js";
import { cellHeight, enlarged, foldInto, gateWidth } from "./layout.js";
import { gateCapacitance, minimumWidths, offCurrent, switchingResistance } from "./transistor.js";

/** Leakage of a stack of k devices that are off over that of k single ones. Source: docs/sources.md#mcpat. */
const nandStack: Readonly<Record<number, number>> = { 2: 0.48, 3: 0.31 };
const norStack: Readonly<Record<number, number>> = { 2: 0.95, 3: 0.62 };

/**
 * A NAND of k inputs: k n-channel devices of k times the smallest width in series, k smallest p-channel ones side by
 * side; `fill` makes all as wide as the cell is high.
 */
export function nand(t: Technology, inputs: number, fill = false): Gate {
  const least = minimumWidths(t);
  const drawn = { n_m: inputs * least.n_m, p_m: least.p_m };
  return stacked(t, inputs, fill ? enlarged(t, drawn) : drawn, "n", fill && t.filledGatesFold);
}

/** A NOR of k inputs: the p-channel devices are in series. */
export function nor(t: Technology, inputs: number, fill = false): Gate {
  const least = minimumWidths(t);
  const drawn = { n_m: least.n_m, p_m: inputs * least.p_m };
  return stacked(t, inputs, fill ? enlarged(t, drawn) : drawn, "p", fill && t.filledGatesFold);
}

/** `folded`: by the rule "roundingFoldsGates", though the devices would fit. */
function stacked(
  t: Technology,
  inputs: number,
  widths: { readonly n_m: number; readonly p_m: number },
  series: "n" | "p",
  folded: boolean,
): Gate {
  const height_m = cellHeight(t);
  const folding = folded ? { n: 2, p: 2 } : foldInto(t, widths, height_m);
  const width_m = gateWidth(t, inputs, folding);
  const other = series === "n" ? "p" : "n";
  const stack_m = widths[`${series}_m`] / (folded ? 1 : folding[series]);
  const side_m = widths[`${other}_m`] / (folded ? 1 : folding[other]);
  // The output hangs on the end of the stack and on the diffusions that neighbours of the other kind share.
  const drains = folded
    ? // Fingers as high as the whole devices, matched to two published values to 5 %.
      [shape(4, 3, 1, stack_m), shape(3, 4, 2, side_m)]
    : [
        shape(inputs * folding[series], 1, folding[series], stack_m),
        shape(Math.ceil(inputs / 2) * folding[other], inputs % 2, folding[other], side_m),
      ];
  const factors = series === "n" ? nandStack : norStack;
  const factor = factors[Math.min(inputs, 3)]!;
  const off_A = factor * inputs * offCurrent(t, other, other === "p" ? widths.p_m : widths.n_m);
  return {
    width_m,
    height_m,
    area_m2: width_m * height_m,
    input_F: gateCapacitance(t, widths.n_m) + gateCapacitance(t, widths.p_m),
    output_F: drains.reduce((sum, drain) => sum + drainCapacitance(t, drain), 0),
    pullDown_ohm: switchingResistance(t, "n", widths.n_m),
    pullUp_ohm: switchingResistance(t, "p", widths.p_m),
    leakage_W: off_A * t.supply_V,
  };
}

const shape = (regions: number, edges: number, channels: number, height_m: number): DrainShape => ({
  regions,
  edges,
  channels,
  height_m,
});
