import { inverter } from "../gates/inverter.js";
import { cellHeight } from "../gates/layout.js";
import { minimumWidths, type Widths } from "../gates/transistor.js";
import type { SubArrayDesign } from "./design.js";
import type { Block } from "./types.js";

/** Above this, a line needs devices that stand a higher voltage than logic does. */
export const needsLevelShifters = (write_V: number): boolean => write_V > 1.5;

/** Widths of the three stages in smallest devices of each kind: input, cross-coupled pair, output. */
const stages = { input: [30, 40], latch: [64, 20], output: [128, 164] } as const;
/** High-voltage devices are so much larger than logic of the same width. */
const highVoltage = 2.5;

/**
 * A bank of level shifters, one per line along one side of the array: an input pair, a cross-coupled pair and an output
 * stage of high-voltage devices. Reading, the output stage of a driven line is charged to the read voltage; the rule
 * "freeSourceLines" leaves energy, time and leakage out.
 * Source: docs/sources.md#weste2010 (cross-coupled level converter); sizes as in docs/sources.md#neurosim14.
 * @param side "rows": stacked along the array's height; "columns": along its width
 */
export function levelShifters(design: SubArrayDesign, side: "rows" | "columns", driven: number): Block {
  const { technology: t, rows, columns, spec, readVoltage_V } = design;
  const unit = shifter(design);
  const count = side === "rows" ? rows : columns;
  const area_m2 = count * unit.area_m2;
  const along_m = side === "rows" ? design.height_m : design.width_m;
  const free = design.has("freeSourceLines");
  const voltage_V = side === "rows" ? Math.max(t.supply_V, readVoltage_V) : readVoltage_V;
  return {
    width_m: side === "rows" ? area_m2 / along_m : along_m,
    height_m: side === "rows" ? along_m : area_m2 / along_m,
    area_m2,
    latency_s: free ? 0 : Math.LN2 * unit.output_ohm * unit.output_F,
    energy_J: free ? 0 : driven * unit.output_F * voltage_V ** 2,
    leakage_W: free ? 0 : count * unit.leakage_W * (spec.write.voltage_V / t.supply_V),
  };
}

function shifter({ technology: t, spec }: SubArrayDesign) {
  const height_m = highVoltage * cellHeight(t);
  const least = minimumWidths(t);
  const sized = ([n, p]: readonly [number, number]): Widths => ({ n_m: n * least.n_m, p_m: p * least.p_m });
  const input = inverter(t, sized(stages.input), height_m);
  const latch = inverter(t, sized(stages.latch), height_m);
  const output = inverter(t, sized(stages.output), height_m);
  const width_m = input.width_m + highVoltage * (2 * latch.width_m + output.width_m);
  return {
    area_m2: width_m * height_m * spec.calibration.levelShifterArea,
    output_F: output.output_F,
    output_ohm: output.pullUp_ohm,
    leakage_W: input.leakage_W + 2 * latch.leakage_W + output.leakage_W,
  };
}
