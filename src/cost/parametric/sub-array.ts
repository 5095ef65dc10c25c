import { encodingOf, weightsAcross } from "../../mapping/encoding.js";
import type { CircuitCost } from "../circuits/types.js";
import { type ParametricHardware, parametricLayer } from "./layer.js";
import { denseWork } from "./work.js";

/**
 * One read of one full array: its share of the rows driven, all columns converted, its inputs in registers of `inputBits`.
 * The index and leakage are no array's own.
 */
export function parametricSubArray(
  hardware: ParametricHardware,
  use: { readonly weightBits: number; readonly inputBits: number; readonly activity: number },
): Record<string, CircuitCost> {
  const { array, encoding } = hardware;
  const { rows, inputSliceBits } = array;
  const drivenRows = Math.min(array.activeRows, use.activity * rows);
  const columns = weightsAcross(encodingOf(use.weightBits, encoding), array.columns);
  const shape = {
    ...{ matrix: "", rows, columns, positions: 1, unpaddedPositions: 1, kernelPositions: 1, channels: rows },
    ...{ side: 1, inputValues: rows, weightBits: use.weightBits, inputBits: inputSliceBits, outputBits: 1 },
  };
  const [full] = denseWork([shape], { array: { ...array, activeRows: rows }, encoding });
  const { counts } = full!;
  const perArray = { used: counts.cells.used / counts.arrays, reference: counts.cells.reference };
  const driven = {
    used: (perArray.used * drivenRows) / rows,
    reference: (perArray.reference * drivenRows) / rows,
  };
  const one = {
    ...full!,
    counts: { ...counts, arrays: 1, cells: { ...counts.cells, ...driven } },
    drivenLines: drivenRows,
  };
  const { breakdown } = parametricLayer(hardware, one, 1);
  const parts = Object.entries(breakdown).filter(([, { area_m2, energy_J }]) => area_m2 > 0 || energy_J > 0);
  return Object.fromEntries(
    parts.map(([name, cost]) => {
      const registers = name === "tileBuffer" ? use.inputBits / inputSliceBits : 1;
      return [name, { ...cost, area_m2: registers * cost.area_m2, leakage_W: 0 }];
    }),
  );
}
