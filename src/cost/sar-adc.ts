import type { TableCost } from "../hardware/types.js";
import type { GroupLoad } from "./load.js";
import type { Cost } from "./types.js";

/**
 * Area of the converters of one sub-array: count · (base + perBit · (bits − 1)), or the printed figure for the
 * printed count and bits. Where columns share one, the count is that of the columns over those that share.
 * Source: docs/sources.md#neurosim, SAR converter; docs/sources.md#meng2021, Table I.
 */
export function sarAdcArea(table: TableCost, columns: number, bits: number): number {
  const { printedFor, adcArea, subArray } = table;
  if (bits === printedFor.adcBits && columns === printedFor.columns) return subArray.adc.area_m2;
  const converters = Math.ceil(columns / table.columnsPerConverter);
  return converters * (adcArea.base_m2 + adcArea.perBit_m2 * (bits - 1));
}

/** Duration of one conversion: (bits + 1) steps of the comparator's clock. Source: docs/sources.md#neurosim. */
export const conversionTime = (table: TableCost, bits: number): number => (bits + 1) * table.adcStep_s;

/**
 * Energy of one conversion: t · (perBit · bits + base + load_W · load^exponent). Read as the energy of the reads
 * of one input bit, the printed table draws as many times more as the product has bits, at any load.
 * Source: docs/sources.md#neurosim, SAR converter at 32 nm.
 * @param load column conductance over the reference conductance
 */
export function conversionEnergy(table: TableCost, bits: number, load: number): number {
  const { perBit_W, base_W, load_W, exponent } = table.adcPower;
  const power_W = perBit_W * bits + base_W + load_W * load ** exponent;
  const scale = table.tableIEnergyScope === "bit" ? table.printedFor.inputBits : 1;
  return scale * power_W * conversionTime(table, bits);
}

/** Energy of the conversions of one product: every row group once per input bit, each bit at its own load. */
export function productConversionEnergy(table: TableCost, bits: number, loads: readonly GroupLoad[]): number {
  let energy_J = 0;
  for (const { conversions, load } of loads) {
    for (const ofBit of load) energy_J += conversions * conversionEnergy(table, bits, ofBit);
  }
  return energy_J;
}

/** All converters of a layer: energy as summed over their conversions, latency of the reads in a row and of the turns. */
export function sarAdcCost(
  table: TableCost,
  use: {
    readonly arrays: number;
    /** Columns of one array that are converted. */
    readonly columns: number;
    readonly bits: number;
    readonly sequentialReads: number;
    readonly products: number;
    readonly loads: readonly GroupLoad[];
  },
): Cost {
  return {
    energy_J: use.products * productConversionEnergy(table, use.bits, use.loads),
    latency_s:
      use.sequentialReads *
      Math.min(table.columnsPerConverter, use.columns) *
      conversionTime(table, use.bits),
    area_m2: use.arrays * sarAdcArea(table, use.columns, use.bits),
  };
}
