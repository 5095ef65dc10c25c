import { inverter } from "../gates/inverter.js";
import { onResistance } from "../gates/transistor.js";
import type { SubArrayDesign } from "./design.js";
import type { Block } from "./types.js";

/** kT/C noise below a quarter of a step of the read voltage: C = 16 · kT · 4^b / V². */
const boltzmann_J_per_K = 1.380649e-23;

/**
 * Sample and hold: a switch and a capacitor per column, so that a converter can serve columns one after another while
 * the rows are driven once. C is what kT/C noise asks for, one femtofarad at least.
 * Source: docs/sources.md#isaac (the place in the array), thermal noise of a sampled capacitor.
 */
export function sampleHold(design: SubArrayDesign): Block {
  const { technology: t, columns, adcBits, readVoltage_V } = design;
  const noise_F = (16 * boltzmann_J_per_K * t.temperature_K * 4 ** adcBits) / readVoltage_V ** 2;
  const hold_F = Math.max(1e-15, noise_F);
  const density_F_per_m2 = 2e-3;
  const area_m2 = columns * (hold_F / density_F_per_m2 + inverter(t).area_m2);
  return {
    width_m: design.width_m,
    height_m: area_m2 / design.width_m,
    area_m2,
    latency_s: Math.log(2 ** (adcBits + 1)) * onResistance(t, "n", 4 * t.node_m) * hold_F,
    energy_J: columns * hold_F * readVoltage_V ** 2,
    leakage_W: columns * inverter(t).leakage_W,
  };
}
