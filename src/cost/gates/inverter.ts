import type { Technology } from "../../hardware/technology/index.js";
import { deviceDrain } from "./drain.js";
import { cellHeight, foldInto, gateWidth } from "./layout.js";
import {
  gateCapacitance,
  minimumWidths,
  offCurrent,
  switchingResistance,
  type Widths,
} from "./transistor.js";

/** A gate as its surroundings see it. */
export interface Gate {
  readonly width_m: number;
  readonly height_m: number;
  readonly area_m2: number;
  readonly input_F: number;
  readonly output_F: number;
  /** Of one device of each kind while it switches. */
  readonly pullDown_ohm: number;
  readonly pullUp_ohm: number;
  readonly leakage_W: number;
}

/**
 * An inverter: one device leaks at a time, the n-channel one half of the time.
 * Source: docs/sources.md#weste2010; off-state stack factors in docs/sources.md#mcpat.
 */
export function inverter(t: Technology, widths: Widths = minimumWidths(t), height_m = cellHeight(t)): Gate {
  const folding = foldInto(t, widths, height_m);
  const width_m = gateWidth(t, 1, folding);
  const off_A = (offCurrent(t, "n", widths.n_m) + offCurrent(t, "p", widths.p_m)) / 2;
  return {
    width_m,
    height_m,
    area_m2: width_m * height_m,
    input_F: gateCapacitance(t, widths.n_m) + gateCapacitance(t, widths.p_m),
    output_F:
      deviceDrain(t, widths.n_m / folding.n, folding.n) + deviceDrain(t, widths.p_m / folding.p, folding.p),
    pullDown_ohm: switchingResistance(t, "n", widths.n_m),
    pullUp_ohm: switchingResistance(t, "p", widths.p_m),
    leakage_W: off_A * t.supply_V,
  };
}
