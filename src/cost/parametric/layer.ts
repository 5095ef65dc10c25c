import type { HardwareSpec, ParametricCost } from "../../hardware/types.js";
import {
  conversionsPerWeight,
  dummyBitLines,
  slicesPerWeight,
  weightsAcross,
} from "../../mapping/encoding.js";
import { layerCounts } from "../layer.js";
import { converterBits } from "../load.js";
import { breakdownOf, total } from "../sum.js";
import type { LayerCost } from "../types.js";
import { converterOf, shareConverters } from "./converter.js";
import type { MatrixWork } from "./work.js";

export type ParametricHardware = HardwareSpec & { readonly cost: ParametricCost };

/**
 * One layer and one image. Of a product, with r driven lines, c cells on them, k conversions and k · s sampled bit lines
 * in one read of everything, n results and m bits of index memory:
 *
 *   E = phases · (r · (e_row + e_in) + c · e_cell + k · (s · e_sh + e_adc(b) + e_sa + mirrors · e_mirror)) + n · e_acc + m · e_idx
 *   t = reads · (t₀ + t_r · rows + t_c · columns + turns · t_adc(b))
 *
 * phases: slices of an input; reads: phases · row groups of the array that has most. Mirrors stand before converters whose
 * slices are composed, Σ 4 · (base^k + 1) devices each. Digital additions run behind the conversions and take no time.
 * Source: spec of Lin et al., section 5; without e_in, e_sh, e_sa and mirrors it is the formula given there.
 */
export function parametricLayer(hardware: ParametricHardware, work: MatrixWork, copies: number): LayerCost {
  const { array, cost } = hardware;
  const { encoding, traffic } = work;
  const counts = layerCounts(work.counts, copies, traffic);
  const { positions, inputSlices, inputBits, sequentialReads } = counts;
  const phases = positions * inputSlices;
  const reads = Math.ceil(positions / copies) * sequentialReads;
  const slices = slicesPerWeight(encoding) / conversionsPerWeight(encoding);
  const across = weightsAcross(encoding, array.columns);
  const room = (across + (dummyBitLines(encoding) > 0 ? 1 : 0)) * conversionsPerWeight(encoding);
  const converting = work.counts.convertingArrays;
  const shared = shareConverters(cost, converting, room, work.widestRead);
  const adc = converterOf(cost, converterBits(hardware.adc, encoding, array));
  const devices = mirrorDevices(slices, encoding.cellBits);
  const arrays = copies * work.counts.arrays;
  const converters = copies * shared.converters;
  const { conversions } = counts;
  const memory_bit = indexBits(cost, work);
  const { base_s, perRow_s, perColumn_s } = cost.read;
  const part = (energy_J: number, area_m2: number, latency_s = 0) => ({ energy_J, latency_s, area_m2 });
  const breakdown = breakdownOf({
    array: part(
      phases * (work.counts.cells.used + work.counts.cells.reference) * cost.cell.energy_J,
      arrays * array.rows * array.columns * cost.cell.area_m2,
      reads * (base_s + perRow_s * array.rows + perColumn_s * array.columns),
    ),
    switchMatrix: part(
      phases * work.drivenLines * cost.rowDriver.energy_J,
      arrays * array.rows * cost.rowDriver.area_m2,
    ),
    tileBuffer: part(
      positions * inputBits * work.drivenLines * cost.inputBit.energy_J,
      arrays * array.rows * inputBits * cost.inputBit.area_m2,
    ),
    sampleHold: part(
      conversions * slices * cost.sampleHold.energy_J,
      copies * converting * room * slices * cost.sampleHold.area_m2,
    ),
    adc: part(conversions * adc.energy_J, converters * adc.area_m2, reads * shared.turns * adc.conversion_s),
    ...(devices > 0 && {
      analogComposition: part(
        conversions * devices * cost.mirror.energy_J,
        converters * devices * cost.mirror.area_m2,
      ),
    }),
    shiftAddInput: part(
      conversions * cost.shiftAdd.energy_J,
      converters * cost.shiftAdd.area_m2 + copies * converting * across * cost.result_m2,
    ),
    adderTree: part(
      positions * work.counts.results * cost.partialSum.energy_J,
      converters * cost.partialSum.area_m2,
    ),
    ...(memory_bit > 0 && {
      indexMemory: part(
        positions * memory_bit * cost.indexBit.energy_J,
        copies * memory_bit * cost.indexBit.area_m2,
      ),
    }),
  });
  return { matrix: work.matrix, counts, breakdown, ...total(breakdown) };
}

/**
 * Smallest devices in the mirrors of one composed weight: one of ratio m is m + 1 of four smallest widths.
 * Source: as `analogComposition` of computed circuits.
 */
export function mirrorDevices(slices: number, cellBits: number): number {
  if (slices === 1) return 0;
  let devices = 0;
  for (let k = 0; k < slices; k++) devices += 4 * (2 ** (k * cellBits) + 1);
  return devices;
}

/** Bits of index memory of one copy of a matrix that the chip keeps. */
export function indexBits({ indexMemory }: ParametricCost, work: MatrixWork): number {
  if (indexMemory === "none") return 0;
  return work.index_bit + (indexMemory === "outputsAndInputs" ? work.inputSchedule_bit : 0);
}
