import { notFinite } from "../../lower/matrices.js";

/**
 * Where the weights of a block of a matrix are not zero, column by column, one bit per line. With one plane a line is
 * a row of the block. With two, plane 0 has the rows of positive weights and plane 1 those of negative ones, line =
 * plane · rows + row: the two signs stand on arrays of their own and keep different rows.
 */
export interface ColumnBits {
  /** Rows of the block, the lines of one plane. */
  readonly rows: number;
  readonly planes: 1 | 2;
  readonly columns: number;
  /** Words of 32 lines that a column takes. */
  readonly stride: number;
  /** [columns × stride] Bit l % 32 of word l / 32 is line l; bits beyond the last line are 0. */
  readonly words: Int32Array;
}

/** Integer codes or weights, [rows × columns] row-major. */
export type Weights = Int16Array | Float32Array;

/**
 * The block of the given matrix rows and columns.
 * @param weights [.. × columns] row-major, `columns` of the whole matrix
 * @param sign +1 or −1: only weights of that sign
 * @throws InputError for a weight that is not finite
 */
export function columnBits(
  weights: Weights,
  columns: number,
  block: { readonly rows: ArrayLike<number>; readonly columns: ArrayLike<number> },
  planes: 1 | 2,
  sign: -1 | 0 | 1 = 0,
): ColumnBits {
  const rows = block.rows.length;
  const stride = Math.ceil((planes * rows) / 32);
  const words = new Int32Array(block.columns.length * stride);
  for (let r = 0; r < rows; r++) {
    const start = block.rows[r]! * columns;
    for (let c = 0; c < block.columns.length; c++) {
      const weight = weights[start + block.columns[c]!]!;
      if (weight === 0) continue;
      if (!Number.isFinite(weight)) throw notFinite(weight, block.rows[r]!, block.columns[c]!);
      if (weight * sign < 0) continue;
      const line = planes === 2 && weight < 0 ? rows + r : r;
      words[c * stride + (line >> 5)]! |= 1 << (line & 31);
    }
  }
  return { rows, planes, columns: block.columns.length, stride, words };
}

/** Bits that are set in a 32-bit word. */
export function popcount(word: number): number {
  let v = word - ((word >>> 1) & 0x55555555);
  v = (v & 0x33333333) + ((v >>> 2) & 0x33333333);
  return Math.imul((v + (v >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** Compressed lists of numbers: list i is `items[starts[i]]` to `items[starts[i + 1]]`, ascending. */
export interface Lists {
  readonly starts: Int32Array;
  readonly items: Int32Array;
}

/** The lines of every column. */
function linesOfColumns({ columns, stride, words }: ColumnBits): Lists {
  const starts = new Int32Array(columns + 1);
  for (let c = 0; c < columns; c++) {
    let count = 0;
    for (let w = c * stride; w < (c + 1) * stride; w++) count += popcount(words[w]!);
    starts[c + 1] = starts[c]! + count;
  }
  const items = new Int32Array(starts[columns]!);
  let at = 0;
  for (let c = 0; c < columns; c++) {
    for (let w = 0; w < stride; w++) {
      // The lowest set bit is taken off until none is left.
      for (let word = words[c * stride + w]!; word !== 0; word &= word - 1)
        items[at++] = 32 * w + 31 - Math.clz32(word & -word);
    }
  }
  return { starts, items };
}

/** The columns of every line, from the lines of every column. */
function columnsOfLines(byColumn: Lists, lines: number): Lists {
  const starts = new Int32Array(lines + 1);
  for (const line of byColumn.items) starts[line + 1]!++;
  for (let l = 0; l < lines; l++) starts[l + 1]! += starts[l]!;
  const items = new Int32Array(byColumn.items.length);
  const next = starts.slice();
  for (let c = 0; c + 1 < byColumn.starts.length; c++) {
    for (let i = byColumn.starts[c]!; i < byColumn.starts[c + 1]!; i++)
      items[next[byColumn.items[i]!]!++] = c;
  }
  return { starts, items };
}

/** Where the bits of a block are set, both ways. */
export interface BlockLines {
  readonly byColumn: Lists;
  readonly byLine: Lists;
}

export function blockLines(bits: ColumnBits): BlockLines {
  const byColumn = linesOfColumns(bits);
  return { byColumn, byLine: columnsOfLines(byColumn, bits.rows * bits.planes) };
}

/** [planes] Rows of each plane that a group of columns does not leave empty. */
export function rowsOfGroup(bits: ColumnBits, group: ArrayLike<number>): number[] {
  const { rows, planes, stride, words } = bits;
  const union = new Int32Array(stride);
  for (let i = 0; i < group.length; i++) {
    const start = group[i]! * stride;
    for (let w = 0; w < stride; w++) union[w]! |= words[start + w]!;
  }
  let all = 0;
  let first = 0;
  for (let w = 0; w < stride; w++) {
    const before = rows - 32 * w;
    all += popcount(union[w]!);
    if (before >= 32) first += popcount(union[w]!);
    else if (before > 0) first += popcount(union[w]! & (2 ** before - 1));
  }
  return planes === 1 ? [all] : [first, all - first];
}
