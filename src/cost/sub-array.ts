import type { HardwareSpec, TableCost } from "../hardware/types.js";
import { bitLinesPerWeight, conversionsPerWeight } from "../mapping/encoding.js";
import type { WeightEncoding } from "../mapping/types.js";
import { arrayCost } from "./array.js";
import { converterBits, type GroupLoad } from "./load.js";
import { sarAdcCost } from "./sar-adc.js";
import { sampleHoldCost, shiftAddInputCost, shiftAddWeightCost } from "./shift-add.js";
import { free } from "./sum.js";
import { switchMatrixCost } from "./switch-matrix.js";
import type { Breakdown } from "./types.js";

/** What the sub-arrays of a layer do for one image. */
export interface SubArrayUse {
  readonly arrays: number;
  /** Arrays with converters; one that is subtracted in analog from another has none, nor shift-adds. */
  readonly convertingArrays: number;
  /** Reads of a row group: of all arrays, of those with converters, and those that follow one another. */
  readonly reads: number;
  readonly convertedReads: number;
  readonly sequentialReads: number;
  readonly products: number;
  readonly loads: readonly GroupLoad[];
}

type Always = "array" | "switchMatrix" | "adc" | "shiftAddInput" | "shiftAddWeight";

/** The components of a layer's sub-arrays; with one array and its printed product, the published table. */
export function subArrayCosts(
  hardware: HardwareSpec & { readonly cost: TableCost },
  encoding: WeightEncoding,
  use: SubArrayUse,
): Pick<Breakdown, Always> & Partial<Pick<Breakdown, "sampleHold">> {
  const { array, cost: table } = hardware;
  const columns = convertedColumns(encoding, array.columns);
  const shiftAdd = {
    arrays: use.convertingArrays,
    columns,
    reads: use.convertedReads,
    sequentialReads: use.sequentialReads,
  };
  return {
    array: arrayCost(table, array, use),
    switchMatrix: switchMatrixCost(table, array, use),
    adc: sarAdcCost(table, {
      arrays: use.convertingArrays,
      columns,
      bits: converterBits(hardware.adc, encoding, array),
      sequentialReads: use.sequentialReads,
      products: use.products,
      loads: use.loads,
    }),
    shiftAddInput: shiftAddInputCost(table, shiftAdd),
    shiftAddWeight: conversionsPerWeight(encoding) > 1 ? shiftAddWeightCost(table, shiftAdd) : free,
    ...(table.subArray.sampleHold && {
      sampleHold: sampleHoldCost(table, table.subArray.sampleHold, shiftAdd),
    }),
  };
}

/** Columns that are converted: all, fewer where bit lines are subtracted or composed before they are converted. */
export const convertedColumns = (encoding: WeightEncoding, columns: number): number =>
  Math.ceil((columns * conversionsPerWeight(encoding)) / bitLinesPerWeight(encoding));
