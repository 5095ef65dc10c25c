import type { Technology } from "../../hardware/technology/index.js";
import { deviceDrain } from "./drain.js";
import { cellHeight, diffusionHeight, fingersWidth, foldInto } from "./layout.js";
import { gateCapacitance, onResistance, type Widths } from "./transistor.js";

/** An n- and a p-channel device side by side, on or off together. */
export interface PassGate {
  readonly width_m: number;
  readonly height_m: number;
  readonly nGate_F: number;
  readonly pGate_F: number;
  /** At each of its two ends. */
  readonly drain_F: number;
  readonly on_ohm: number;
}

/** Fingers of both devices and the height of one of each. */
interface Fingers {
  readonly n: number;
  readonly p: number;
  readonly n_m: number;
  readonly p_m: number;
}

function build(
  t: Technology,
  widths: Widths,
  fingers: Fingers,
  outline: { readonly fingers: number; readonly height_m: number },
  pAsN: boolean,
): PassGate {
  const n_ohm = onResistance(t, "n", widths.n_m);
  const p_ohm = onResistance(t, pAsN ? "n" : "p", widths.p_m);
  return {
    width_m: fingersWidth(t, outline.fingers),
    height_m: outline.height_m,
    nGate_F: gateCapacitance(t, widths.n_m),
    pGate_F: gateCapacitance(t, widths.p_m),
    drain_F: deviceDrain(t, fingers.n_m, fingers.n) + deviceDrain(t, fingers.p_m, fingers.p),
    on_ohm: (n_ohm * p_ohm) / (n_ohm + p_ohm),
  };
}

/**
 * Beside a row of cells. Folded devices are drawn as high as their share of the height; of fins each has its drain.
 * @param pAsN gives the p-channel device the current of an n-channel one
 */
export function passGateInCell(t: Technology, widths: Widths, pAsN = false): PassGate {
  const height_m = t.cell.switchHeight * t.node_m;
  const { n, p } = foldInto(t, widths, height_m);
  const usable_m = diffusionHeight(t, height_m) / (widths.n_m + widths.p_m);
  const finger = (width_m: number, fingers: number): number =>
    fingers === 1 ? width_m : Math.min(width_m, width_m * usable_m);
  const drawn = t.fin
    ? { n: 1, p: 1, ...widths }
    : { n, p, n_m: finger(widths.n_m, n), p_m: finger(widths.p_m, p) };
  return build(t, widths, drawn, { fingers: Math.max(n, p), height_m: cellHeight(t) }, pAsN);
}

/** Between columns: as many fingers as the pitch leaves room for, and as high as they then are. */
export function passGateInPitch(t: Technology, widths: Widths, pitch_m: number): PassGate {
  const count = Math.max(1, Math.floor(pitch_m / (t.cell.polyPitch * t.node_m) + 1e-9) - 1);
  const fingers = { n: count, p: count, n_m: widths.n_m / count, p_m: widths.p_m / count };
  const gaps_m = -diffusionHeight(t, 0);
  const height_m = fingers.n_m + fingers.p_m + gaps_m;
  return build(t, widths, fingers, { fingers: count, height_m }, false);
}
