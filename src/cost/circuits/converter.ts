import type { SubArrayDesign } from "./design.js";
import { flashArea, flashEnergy, flashLatency, flashLeakage } from "./flash.js";
import { chargeSarArea, chargeSarEnergy, chargeSarLeakage } from "./sar-charge.js";
import { fittedSarArea, fittedSarEnergy } from "./sar-fit.js";
import type { Block } from "./types.js";

/** One of a sub-array's converters. */
export function converterArea(design: SubArrayDesign): number {
  const { converter } = design.spec;
  if (converter.kind === "flash") return flashArea(converter, design);
  return converter.model === "fit" ? fittedSarArea(converter, design) : chargeSarArea(converter, design);
}

/** Duration of one conversion: (bits + 1) steps of a successive approximation. */
export function conversionTime(design: SubArrayDesign): number {
  const { converter } = design.spec;
  return converter.kind === "flash"
    ? flashLatency(converter, design)
    : (design.adcBits + 1) * converter.step_s;
}

/** Energy of one conversion of a column of that conductance. */
export function conversionEnergy(design: SubArrayDesign, column_S: number): number {
  const { converter } = design.spec;
  if (converter.kind === "flash") return flashEnergy(converter, design);
  return converter.model === "fit"
    ? fittedSarEnergy(converter, design, column_S)
    : chargeSarEnergy(converter, design);
}

function converterLeakage(design: SubArrayDesign): number {
  const { converter } = design.spec;
  if (design.has("noAnalogLeakage")) return 0;
  if (converter.kind === "flash") return flashLeakage(converter, design);
  // A fit says nothing of leakage; its logic is that of a converter built from parts.
  const parts = converter.model === "charge" ? converter : { ...nominalParts, step_s: converter.step_s };
  return chargeSarLeakage(parts, design);
}

const nominalParts = {
  kind: "sar",
  model: "charge",
  unitCapacitor_F: 1e-15,
  capacitorDensity_F_per_m2: 2e-3,
  comparatorLoad: 20,
  comparatorArea: 20,
} as const;

/** All converters of a sub-array, spread along its width. `energy_J` is that of the conversions given. */
export function converters(design: SubArrayDesign, energy_J: number, phases: number): Block {
  const area_m2 = design.converters * converterArea(design);
  return {
    width_m: design.width_m,
    height_m: area_m2 / design.width_m,
    area_m2,
    latency_s: phases * conversionTime(design),
    energy_J,
    leakage_W: design.converters * converterLeakage(design),
  };
}
