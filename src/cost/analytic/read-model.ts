import type { AnalyticCost, HardwareSpec } from "../../hardware/types.js";
import { bitLinesPerWeight, conversionsPerWeight } from "../../mapping/encoding.js";
import type { WeightEncoding } from "../../mapping/types.js";
import { designOf, type SubArrayDesign } from "../circuits/design.js";
import { type SubArrayPart, subArray, subArrayParts } from "../circuits/sub-array.js";
import { converterBits, levelConductances } from "../load.js";

/** The energy of a part in one read: fixed + perRow · driven rows + perSiemens · summed column conductance. */
export interface PartModel {
  readonly area_m2: number;
  readonly latency_s: number;
  readonly leakage_W: number;
  readonly fixed_J: number;
  readonly perRow_J: number;
  readonly perSiemens_J: number;
}

/** A sub-array's circuits, designed once, as what its reads add up from. Conversions are not in it. */
export interface ReadModel {
  readonly design: SubArrayDesign;
  readonly parts: ReadonlyMap<SubArrayPart, PartModel>;
  readonly latency_s: number;
  readonly area_m2: number;
}

export function designFor(
  hardware: HardwareSpec,
  spec: AnalyticCost,
  encoding: WeightEncoding,
  inputBits: number,
): SubArrayDesign {
  return designOf(hardware, spec, {
    adcBits: converterBits(hardware.adc, encoding, hardware.array),
    inputBits,
    cellsPerWeight: bitLinesPerWeight(encoding),
    conversionsPerWeight: conversionsPerWeight(encoding),
    levels_S: [...levelConductances(hardware.device)],
  });
}

export function readModel(design: SubArrayDesign): ReadModel {
  const none = { drivenRows: 0, columns_S: 0, conversions_J: 0 };
  const idle = subArray(design, none);
  const row = subArray(design, { ...none, drivenRows: 1 });
  const siemens = subArray(design, { ...none, columns_S: 1 });
  const parts = new Map<SubArrayPart, PartModel>();
  for (const name of subArrayParts) {
    const block = idle.blocks[name];
    if (!block) continue;
    const fixed_J = block.energy_J;
    parts.set(name, {
      area_m2: block.area_m2,
      latency_s: block.latency_s,
      leakage_W: block.leakage_W,
      fixed_J,
      perRow_J: row.blocks[name]!.energy_J - fixed_J,
      perSiemens_J: siemens.blocks[name]!.energy_J - fixed_J,
    });
  }
  return { design, parts, latency_s: idle.total.latency_s, area_m2: idle.total.area_m2 };
}
