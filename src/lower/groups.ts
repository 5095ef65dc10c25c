import { InputError } from "../errors.js";

/**
 * How a matrix is cut into prunable groups (spec of Meng et al., section 1): rows fall into chunks of `chunkRows`
 * consecutive rows, each chunk into positions of `groupRows`; a group is one column's rows of one position of one
 * chunk. For 3×3 kernels and channels in multiples of 16 this is the paper's rule; elsewhere tails are shorter.
 */
export interface GroupGrid {
  readonly rows: number;
  readonly columns: number;
  readonly groupRows: number;
  readonly chunkRows: number;
  readonly chunks: number;
  /** Positions of a full chunk: 1, 2 or 4 for groups of 144, 72 or 36 rows in arrays of 144. */
  readonly positions: number;
}

/** @param arrayRows word lines of one sub-array; a chunk is the largest whole number of groups that fits. */
export function groupGrid(rows: number, columns: number, groupRows: number, arrayRows: number): GroupGrid {
  if (!Number.isInteger(groupRows) || groupRows < 1 || groupRows > arrayRows) {
    throw new InputError(`groupRows is ${groupRows}, but an array has ${arrayRows} word lines`, {
      hint: `choose a whole number from 1 to ${arrayRows}`,
    });
  }
  const positions = Math.floor(arrayRows / groupRows);
  const chunkRows = positions * groupRows;
  return { rows, columns, groupRows, chunkRows, chunks: Math.ceil(rows / chunkRows), positions };
}

export interface GroupAddress {
  readonly column: number;
  readonly chunk: number;
  readonly position: number;
  /** First matrix row and number of rows (fewer than `groupRows` at the tail). */
  readonly firstRow: number;
  readonly rowCount: number;
}

/** The bands (chunk, position) of a matrix from the top, tails included, without those that hold no row. */
export function bands(grid: GroupGrid): Omit<GroupAddress, "column">[] {
  const list: Omit<GroupAddress, "column">[] = [];
  for (let firstRow = 0; firstRow < grid.rows; firstRow += grid.groupRows) {
    const chunk = Math.floor(firstRow / grid.chunkRows);
    const position = Math.floor((firstRow - chunk * grid.chunkRows) / grid.groupRows);
    const rowCount = Math.min(grid.groupRows, grid.rows - firstRow);
    list.push({ chunk, position, firstRow, rowCount });
  }
  return list;
}

/** All groups of a matrix: band by band, column by column. */
export function crossbarGroups(grid: GroupGrid): GroupAddress[] {
  return bands(grid).flatMap((band) =>
    Array.from({ length: grid.columns }, (_, column) => ({ ...band, column })),
  );
}

/** Which group a matrix element belongs to, and its row inside it. */
export function groupOf(grid: GroupGrid, row: number): { chunk: number; position: number; bandRow: number } {
  const chunk = Math.floor(row / grid.chunkRows);
  const inChunk = row - chunk * grid.chunkRows;
  const position = Math.floor(inChunk / grid.groupRows);
  return { chunk, position, bandRow: inChunk - position * grid.groupRows };
}

/**
 * Columns of a band whose group survives: at least one code is not zero.
 * @param codes [rows × columns], row-major
 */
export function survivors(
  codes: Int16Array,
  columns: number,
  band: { readonly firstRow: number; readonly rowCount: number },
): Int32Array {
  const alive = new Uint8Array(columns);
  for (let r = band.firstRow; r < band.firstRow + band.rowCount; r++) {
    for (let c = 0, at = r * columns; c < columns; c++, at++) if (codes[at] !== 0) alive[c] = 1;
  }
  return Int32Array.from(Array.from(alive.keys()).filter((c) => alive[c] === 1));
}
