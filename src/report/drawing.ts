import { bitLinesPerWeight } from "../mapping/encoding.js";
import { packedLines } from "../mapping/packed.js";
import { arrayCount } from "../mapping/table.js";
import type { MatrixPlacement } from "../mapping/types.js";
import type { ArrayDrawing } from "./types.js";

/** Arrays of one layer that a report draws; the rest is counted, not drawn. */
export const mostArraysDrawn = 48;

/** Where the weights of a matrix's first arrays stand. */
export function drawArrays(
  matrix: MatrixPlacement,
  array: { readonly rows: number; readonly columns: number },
): ArrayDrawing {
  const { arrays: t, encoding } = matrix;
  const total = arrayCount(t);
  const shown = Math.min(total, mostArraysDrawn);
  const width = bitLinesPerWeight(encoding);
  const arrays = Array.from({ length: shown }, (_, a) => {
    const groups: RowGroup[] = [];
    for (let g = t.groupStart[a]!; g < t.groupStart[a + 1]!; g++) {
      let end = 0;
      for (let s = t.slotStart[g]!; s < t.slotStart[g + 1]!; s++) end = Math.max(end, t.bit[s]! + width);
      const words = t.wordStart[g + 1]! - t.wordStart[g]!;
      if (end > 0) groups.push([t.word[t.wordStart[g]!]!, words, end]);
    }
    return [...groups, ...prunedBands(groups, packedLines(matrix, array.rows, a) ?? 0)];
  });
  return { arraysShown: shown, arraysTotal: total, rows: array.rows, columns: array.columns, arrays };
}

type RowGroup = readonly [firstLine: number, lines: number, bitLines: number];

/** Lines from 0 to `end` that no row group covers: bands whose groups are all pruned in this array. */
function prunedBands(groups: readonly RowGroup[], end: number): RowGroup[] {
  const pruned: RowGroup[] = [];
  let free = 0;
  for (const [first, lines] of [...groups].sort((a, b) => a[0] - b[0])) {
    if (first > free) pruned.push([free, first - free, 0]);
    free = first + lines;
  }
  if (end > free) pruned.push([free, end - free, 0]);
  return pruned;
}
