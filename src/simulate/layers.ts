import { type RoundedCells, roundCells } from "../array/rounding.js";
import type { ArrayProgram } from "../array/types.js";
import { invariant } from "../errors.js";
import { type LayerMatrix, layerMatrices } from "../lower/matrices.js";
import type { MatrixPlacement, Placement } from "../mapping/types.js";
import type { FastOptions, LayerProgram } from "./fast/network.js";
import { type SharedTables, shareTables } from "./fast/tables.js";
import { arrayProgram } from "./program.js";
import { type AdcRanges, rangeFor } from "./ranges.js";

/** What every matrix of a placement does, in its order. @param ranges null: every converter is ideal */
export function layerPrograms(
  placed: Placement,
  ranges: AdcRanges | null,
  { conductanceBits }: FastOptions = {},
): LayerProgram[] {
  const matrices = new Map(layerMatrices(placed.model).map((m) => [m.name, m]));
  return placed.matrices.map((placement) => {
    const matrix = matrices.get(placement.matrix);
    invariant(matrix, `matrix ${placement.matrix} has no layer`);
    const program = programOf(placed, placement, matrix, ranges);
    return {
      matrix,
      program: () =>
        conductanceBits === undefined ? program() : roundCells(program(), conductanceBits).program,
      columnSums: sumColumns(placement),
    };
  });
}

/**
 * The tables of a placed network, for simulators on several threads. null where the engine shares no memory, or some
 * layer needs the plain kernels.
 */
export const sharedTables = (
  placed: Placement,
  ranges: AdcRanges | null,
  options: FastOptions = {},
): SharedTables | null => shareTables(layerPrograms(placed, ranges, options), options.variant);

/** How far rounding conductances to `bits` bits moves the cells of a placement: the worst of all matrices. */
export function roundingErrors(placed: Placement, bits: number): Omit<RoundedCells, "program"> {
  const worst = { largestError: 0, rmsError: 0 };
  for (const { program } of layerPrograms(placed, null)) {
    const { largestError, rmsError } = roundCells(program(), bits);
    worst.largestError = Math.max(worst.largestError, largestError);
    worst.rmsError = Math.max(worst.rmsError, rmsError);
  }
  return worst;
}

const programOf = (
  { hardware }: Placement,
  placement: MatrixPlacement,
  matrix: LayerMatrix,
  ranges: AdcRanges | null,
): (() => ArrayProgram) => {
  const { bits } = hardware.adc;
  const range = ranges && bits !== null ? rangeFor(ranges, placement, bits) : null;
  return () => arrayProgram(placement, hardware, matrix.layer.input.bits, range);
};

function sumColumns(placement: MatrixPlacement): Float64Array {
  const sums = new Float64Array(placement.columns);
  for (let i = 0; i < placement.codes.length; i++) sums[i % placement.columns]! += placement.codes[i]!;
  return sums;
}
