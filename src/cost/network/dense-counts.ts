import type { ArraySpec } from "../../hardware/types.js";
import {
  bitLinesPerWeight,
  conversionsPerWeight,
  dummyBitLines,
  weightsAcross,
} from "../../mapping/encoding.js";
import type { WeightEncoding } from "../../mapping/types.js";
import { type MatrixCounts, stagesFor } from "../counts.js";

/** Row groups of one size: how many there are along the rows of a matrix. */
export interface RowGroups {
  readonly rows: number;
  readonly times: number;
}

/** Arrays along the rows of a matrix, and the row groups in them. */
export interface RowBlocks {
  readonly arrays: number;
  readonly groups: readonly RowGroups[];
  readonly maxGroups: number;
}

/** `parts` matrices of `rows` rows each, cut at the arrays and then at the rows that are driven together. */
export function rowBlocks(rows: number, array: ArraySpec, parts = 1): RowBlocks {
  const groups = new Map<number, number>();
  let arrays = 0;
  let maxGroups = 0;
  for (let first = 0; first < rows; first += array.rows) {
    const inArray = Math.min(array.rows, rows - first);
    arrays += parts;
    maxGroups = Math.max(maxGroups, Math.ceil(inArray / array.activeRows));
    const whole = Math.floor(inArray / array.activeRows);
    if (whole > 0) groups.set(array.activeRows, (groups.get(array.activeRows) ?? 0) + parts * whole);
    const rest = inArray % array.activeRows;
    if (rest > 0) groups.set(rest, (groups.get(rest) ?? 0) + parts);
  }
  return { arrays, groups: [...groups].map(([size, times]) => ({ rows: size, times })), maxGroups };
}

/** What `countPlacement` finds on a dense placement without prunable groups, from the sizes alone. */
export function denseCounts(
  matrix: { readonly rows: number; readonly columns: number },
  encoding: WeightEncoding,
  array: ArraySpec,
  blocks: RowBlocks = rowBlocks(matrix.rows, array),
): MatrixCounts {
  const { rows, columns } = matrix;
  const width = bitLinesPerWeight(encoding);
  const dummy = dummyBitLines(encoding);
  const signs = encoding.sign === "splitArrays" ? 2 : 1;
  const across = Math.ceil(columns / weightsAcross(encoding, array.columns));
  const rowGroups = blocks.groups.reduce((sum, { times }) => sum + times, 0);
  const convertingArrays = blocks.arrays * across;
  const arrays = signs * convertingArrays;
  const used = rows * columns * width * signs;
  const reference = rows * across * dummy;
  const usedBitLines = blocks.arrays * columns * width * signs;
  const outputsByStages = new Array<number>(stagesFor(rowGroups) + 1).fill(0);
  outputsByStages[outputsByStages.length - 1] = columns;
  return {
    arrays,
    convertingArrays,
    rowGroups: rowGroups * across * signs,
    convertedRowGroups: rowGroups * across,
    maxRowGroups: blocks.maxGroups,
    conversionsPerBit: rowGroups * (columns + (dummy > 0 ? across : 0)) * conversionsPerWeight(encoding),
    results: rowGroups * columns,
    storedWeights: rows * columns,
    groups: 0,
    survivingGroups: 0,
    cells: { used, reference, wasted: 0, empty: arrays * array.rows * array.columns - used - reference },
    usedBitLines,
    unusedBitLines: arrays * array.columns - usedBitLines - convertingArrays * dummy,
    logicalColumns: blocks.arrays * columns * signs,
    mismatchBitLines: { layer: 0, chunks: 0 },
    partialSums: { max: rowGroups, total: rowGroups * columns },
    outputsByStages,
    inputs: rows,
    demuxes: 0,
    index_bit: { bitmap: 0, explicit: 0 },
  };
}
