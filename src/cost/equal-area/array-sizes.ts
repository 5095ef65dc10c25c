import { InputError } from "../../errors.js";
import type { CompressedModel } from "../../graph/types.js";
import { lin2019 } from "../../hardware/presets/lin2019.js";
import { prime } from "../../hardware/presets/prime.js";
import type { HardwareSpec, ParametricCost } from "../../hardware/types.js";
import { layerMatrices, matrixCodes } from "../../lower/matrices.js";
import type { ColumnExchange, ExchangeSettings } from "../../mapping/column-exchange/types.js";
import { bitLinesPerWeight, encodingOf } from "../../mapping/encoding.js";
import { encodingFor, placeExchanged } from "../../mapping/place.js";
import { networkShape } from "../network/shapes.js";
import type { ParametricHardware } from "../parametric/layer.js";
import { parametricReport } from "../parametric/report.js";
import { denseWork, type MatrixWork, matrixWork } from "../parametric/work.js";
import type { Breakdown, ConverterWidths } from "../types.js";

/** What L counts: weights across an array, which is then L × (L · bit lines of a weight) cells, or cells. */
export type SizeMeaning = "weights" | "cells";

export interface ArraySizeOptions {
  /** Default: 16, 32, 64, 128, 256. */
  readonly sizes?: readonly number[];
  /** Default: both. */
  readonly meanings?: readonly SizeMeaning[];
  /** The chip whose arrays change size; its converters keep their width. Default: the preset `lin2019`. */
  readonly hardware?: HardwareSpec & { readonly cost: ParametricCost };
  /** Whose arrays, cells, composition and converters the dense baseline has. Default: the preset `prime`. */
  readonly baseline?: HardwareSpec;
  readonly exchange?: Partial<ExchangeSettings>;
  /** Of the chance in the exchange. Default: 1. */
  readonly seed?: number;
  /** Orders of columns that are known already, such as were found on several threads. */
  readonly exchanged?: (
    matrix: string,
    array: { readonly rows: number; readonly columns: number },
  ) => ColumnExchange | undefined;
  /** Called after each matrix of each size. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** One copy of every layer, with columns exchanged or dense. */
export interface SizedCost {
  readonly arrays: number;
  readonly energy_J: number;
  readonly latency_s: number;
  readonly interval_s: number;
  readonly area_m2: number;
  readonly breakdown: Breakdown;
  /** Energy with the narrowest converters that lose nothing. */
  readonly lossless_J: number;
  /** Energy with neither index nor input schedule. */
  readonly withoutIndex_J: number;
}

export interface ArraySizePoint {
  readonly size: number;
  readonly means: SizeMeaning;
  readonly rows: number;
  readonly columns: number;
  readonly converters: ConverterWidths;
  readonly exchanged: SizedCost;
  /** The same weights on the same arrays, every weight stored. */
  readonly dense: SizedCost;
}

export interface ArraySizeCosts {
  readonly baseline: SizedCost;
  /** Size by size, in the order given, with every meaning of it. */
  readonly points: readonly ArraySizePoint[];
}

/**
 * A pruned network on arrays of several sizes: its columns exchanged anew for each, beside the dense map on the same arrays
 * and the baseline, at the same components (spec of Lin et al., 2.5 and checks 12 and 15). One matrix is placed at a time.
 * @throws InputError where a size is no number of lines, or too small for a weight
 */
export function costOverArraySizes(model: CompressedModel, options: ArraySizeOptions = {}): ArraySizeCosts {
  const {
    sizes = [16, 32, 64, 128, 256],
    meanings = ["weights", "cells"],
    hardware = lin2019,
    baseline = prime,
  } = options;
  for (const size of sizes) {
    if (Number.isInteger(size) && size >= 1) continue;
    throw new InputError(`an array size is ${size}`, { hint: "give whole numbers from 1, such as 32" });
  }
  const { layers: shapes } = networkShape(model);
  const steps = sizes.length * meanings.length * shapes.length;
  let done = 0;
  const progress = (): void => options.onProgress?.(++done, steps);
  const points = sizes.flatMap((size) =>
    meanings.map((means): ArraySizePoint => {
      const sized = withSize(hardware, size, means, shapes);
      const exchanged = exchangedWork(model, sized, options, progress);
      const { rows, columns } = sized.array;
      return {
        ...{ size, means, rows, columns },
        converters: parametricReport(sized, exchanged).converters!,
        exchanged: sizedCost(sized, exchanged),
        dense: sizedCost(sized, denseWork(shapes, sized)),
      };
    }),
  );
  const onBaseline = { ...baseline, cost: hardware.cost };
  return { baseline: sizedCost(onBaseline, denseWork(shapes, onBaseline)), points };
}

/** The chip with arrays of that size, all rows driven together; weights of the layer that takes most bit lines fit L times. */
function withSize(
  hardware: ParametricHardware,
  size: number,
  means: SizeMeaning,
  shapes: readonly { readonly weightBits: number }[],
): ParametricHardware {
  const widths = shapes.map(({ weightBits }) => bitLinesPerWeight(encodingOf(weightBits, hardware.encoding)));
  const columns = means === "cells" ? size : size * Math.max(1, ...widths);
  return { ...hardware, array: { ...hardware.array, rows: size, columns, activeRows: size } };
}

function exchangedWork(
  model: CompressedModel,
  hardware: ParametricHardware,
  { exchange = {}, seed = 1, exchanged }: ArraySizeOptions,
  progress: () => void,
): MatrixWork[] {
  const { layers } = networkShape(model);
  return layerMatrices(model).map((matrix, i) => {
    const { name } = matrix;
    const known = exchanged?.(name, hardware.array);
    const placed = placeExchanged(
      name,
      matrixCodes(model, matrix),
      matrix,
      encodingFor(matrix, hardware),
      hardware,
      { exchange, seed, ...(known && { exchanged: new Map([[name, known]]) }) },
    );
    const shape = layers[i]!;
    const work = matrixWork(placed, hardware.array, {
      activity: null,
      positions: shape.positions,
      inputBits: shape.inputBits,
      inputSlices: Math.ceil(shape.inputBits / hardware.array.inputSliceBits),
      outputBits: shape.outputBits,
    });
    progress();
    return work;
  });
}

function sizedCost(hardware: ParametricHardware, work: readonly MatrixWork[]): SizedCost {
  const { energy_J, latency_s, interval_s, area_m2, breakdown, counts } = parametricReport(hardware, work);
  const energyOf = (changed: Partial<ParametricHardware>): number =>
    parametricReport({ ...hardware, ...changed }, work).energy_J;
  return {
    arrays: counts.arrays,
    ...{ energy_J, latency_s, interval_s: interval_s!, area_m2, breakdown },
    lossless_J: energyOf({ adc: { ...hardware.adc, bits: null } }),
    withoutIndex_J: energyOf({ cost: { ...hardware.cost, indexMemory: "none" } }),
  };
}
