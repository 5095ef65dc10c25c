import { InputError } from "../../errors.js";
import type { FittedSarSpec } from "../../hardware/types.js";
import { inverter } from "../gates/inverter.js";
import type { SubArrayDesign } from "./design.js";

/** Area of one converter: (slots + slotsPerBit · (bits − 1)) inverter slots. Source: the preset's. */
export const fittedSarArea = (fit: FittedSarSpec, { technology, adcBits }: SubArrayDesign): number =>
  (fit.slots + fit.slotsPerBit * (adcBits - 1)) * inverter(technology).area_m2;

/**
 * Energy of one conversion: t · (perBit · b + base + column · exp(−k · log10 R)), R being the column's resistance
 * times fittedAt / read voltage; a column that carries nothing draws `idle`.
 * @param column_S conductance of the column with the rows that are driven
 * @throws InputError where the fit has no entry for the node
 */
export function fittedSarEnergy(fit: FittedSarSpec, design: SubArrayDesign, column_S: number): number {
  const { technology: t, adcBits, readVoltage_V } = design;
  const time_s = (adcBits + 1) * fit.step_s;
  if (column_S === 0) return fit.idle_W * time_s;
  const law = fit.power.find((p) => p.roadmap === t.roadmap && Math.abs(p.node_m / t.node_m - 1) < 1e-6);
  if (!law) {
    throw new InputError(`cost.converter.power has no entry for ${t.roadmap} at ${t.node_m} m`, {
      hint: 'add one, or choose cost.converter.model "charge"',
    });
  }
  const r_ohm = fit.fittedAt_V / (readVoltage_V * column_S);
  const power_W =
    law.perBit_W * adcBits + law.base_W + law.column_W * Math.exp(-law.exponent * Math.log10(r_ohm));
  return power_W * (1 + fit.perKelvin * (t.temperature_K - 300)) * time_s;
}
