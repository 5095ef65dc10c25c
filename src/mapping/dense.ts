import { bitLinesPerWeight, dummyBitLines, weightsAcross } from "./encoding.js";
import { ArrayTableBuilder } from "./table.js";
import type { ArrayTable, WeightEncoding } from "./types.js";

export interface ArrayShape {
  readonly rows: number;
  readonly columns: number;
  /** Rows driven together at most. */
  readonly activeRows: number;
}

/**
 * Every weight of a [rows × columns] matrix, zeros too: the matrix is cut into tiles of one array each, and the
 * rows of a tile into row groups of at most `activeRows`. The baseline of every method.
 */
export function denseArrays(
  rows: number,
  columns: number,
  shape: ArrayShape,
  encoding: WeightEncoding,
): ArrayTable {
  const builder = new ArrayTableBuilder();
  const across = weightsAcross(encoding, shape.columns);
  for (let firstRow = 0; firstRow < rows; firstRow += shape.rows) {
    const rowCount = Math.min(shape.rows, rows - firstRow);
    for (let first = 0; first < columns; first += across) {
      const count = Math.min(across, columns - first);
      addSigned(builder, encoding, count, () => {
        for (let r = 0; r < rowCount; r += shape.activeRows) {
          builder.group();
          builder.words(r, firstRow + r, Math.min(shape.activeRows, rowCount - r));
          for (let c = 0; c < count; c++) builder.slot(c * bitLinesPerWeight(encoding), first + c);
        }
      });
    }
  }
  return builder.build();
}

/**
 * One array, or for split signs the pair of arrays (negative part first, then the positive one that subtracts it
 * before conversion), filled by the same function. The dummy column stands behind the widest row group's weights.
 */
export function addSigned(
  builder: ArrayTableBuilder,
  encoding: WeightEncoding,
  widest: number,
  fill: () => void,
): void {
  if (encoding.sign === "splitArrays") {
    const negative = builder.array({ polarity: -1 });
    fill();
    builder.array({ polarity: 1, partner: negative });
    fill();
    return;
  }
  const reference = dummyBitLines(encoding) > 0 ? widest * bitLinesPerWeight(encoding) : -1;
  builder.array({ reference });
  fill();
}
