import { bands, type GroupGrid, groupGrid, survivors } from "../lower/groups.js";
import { type ArrayShape, addSigned } from "./dense.js";
import { bitLinesPerWeight, weightsAcross } from "./encoding.js";
import { ArrayTableBuilder } from "./table.js";
import type { ArrayTable, MatrixPlacement, WeightEncoding } from "./types.js";

/**
 * Group-wise recombination (Meng et al. 2021, Fig. 3; spec 4.2). Within one chunk of input rows, the surviving
 * groups of every position are pushed together along the columns: packed column p holds in band i the p-th filter
 * that survives there. Groups of different chunks never share word lines, because a word line carries one input.
 * Bands without a survivor in an array are not read; a chunk without survivors has no array.
 *
 * @param codes [rows × columns] integer weights
 */
export function packedArrays(
  codes: Int16Array,
  grid: GroupGrid,
  shape: ArrayShape,
  encoding: WeightEncoding,
): ArrayTable {
  const builder = new ArrayTableBuilder();
  const across = weightsAcross(encoding, shape.columns);
  const perWeight = bitLinesPerWeight(encoding);
  const all = bands(grid);
  for (let chunk = 0; chunk < grid.chunks; chunk++) {
    const alive = all
      .filter((band) => band.chunk === chunk)
      .map((band) => ({ ...band, outputs: survivors(codes, grid.columns, band) }));
    const packedColumns = Math.max(...alive.map((band) => band.outputs.length));
    for (let first = 0; first < packedColumns; first += across) {
      const count = Math.min(across, packedColumns - first);
      addSigned(builder, encoding, count, () => {
        for (const band of alive) {
          const outputs = band.outputs.subarray(first, first + across);
          if (outputs.length === 0) continue;
          const word = band.firstRow - chunk * grid.chunkRows;
          for (let r = 0; r < band.rowCount; r += shape.activeRows) {
            builder.group();
            builder.words(word + r, band.firstRow + r, Math.min(shape.activeRows, band.rowCount - r));
            outputs.forEach((output, p) => {
              builder.slot(p * perWeight, output);
            });
          }
        }
      });
    }
  }
  return builder.build();
}

/**
 * Word lines of array a for which a packed matrix has a row: packing keeps a chunk's rows on their own word lines,
 * from 0 on, and leaves out the bands that are pruned away; those lines are there all the same. Undefined for
 * placements in which only driven lines stand for rows, and for an array that is never read.
 */
export function packedLines(matrix: MatrixPlacement, arrayRows: number, a: number): number | undefined {
  const { groupRows, routing, rows, columns, arrays: t } = matrix;
  const first = t.groupStart[a]!;
  if (routing !== "bitmap" || groupRows === null || first === t.groupStart[a + 1]) return undefined;
  const { chunkRows } = groupGrid(rows, columns, groupRows, arrayRows);
  const chunk = Math.floor(t.input[t.wordStart[first]!]! / chunkRows);
  return Math.min(chunkRows, rows - chunk * chunkRows);
}
