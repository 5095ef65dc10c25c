import type { ArrayShape } from "../dense.js";
import { bitLinesPerWeight, dummyBitLines, weightsAcross } from "../encoding.js";
import { ArrayTableBuilder } from "../table.js";
import type { ArrayTable, ExchangeBlocks, WeightEncoding } from "../types.js";
import type { ColumnExchange, ExchangedBlock, Room } from "./types.js";

/** Weights that an array has room for. */
export const roomOf = (shape: ArrayShape, encoding: WeightEncoding): Room => ({
  rows: shape.rows,
  columns: weightsAcross(encoding, shape.columns),
});

/** Signs whose rows are kept apart: two where each sign has arrays of its own. */
export const planesOf = (encoding: WeightEncoding): 1 | 2 => (encoding.sign === "splitArrays" ? 2 : 1);

/**
 * Arrays of a matrix whose columns were exchanged: every group of columns keeps the rows that are not all zero in it,
 * stacked in their order and cut into arrays. Where each sign has arrays of its own, the groups are the same and the
 * rows are not: array k of the positive weights subtracts array k of the negative ones, as far as there are both;
 * columns stand on the same bit lines, so that the currents are subtracted before conversion (spec of Lin et al., 2.4).
 * @param codes [rows × columns] those that were exchanged
 */
export function exchangedArrays(
  codes: Int16Array,
  exchange: ColumnExchange,
  shape: ArrayShape,
  encoding: WeightEncoding,
): ArrayTable {
  const builder = new ArrayTableBuilder();
  for (const block of exchange.blocks) {
    for (const group of block.groups) {
      const add = (rows: readonly number[], options: ArrayOptions) =>
        addArray(builder, rows, group, shape, encoding, options);
      if (block.sign !== 0) {
        const rows = keptRows(codes, exchange.columns, block, group, block.sign);
        for (const tile of tiles(rows, shape.rows)) add(tile, { polarity: block.sign });
        continue;
      }
      if (planesOf(encoding) === 1) {
        const reference = dummyBitLines(encoding) > 0 ? group.length * bitLinesPerWeight(encoding) : -1;
        const rows = keptRows(codes, exchange.columns, block, group, 0);
        for (const tile of tiles(rows, shape.rows)) add(tile, { reference });
        continue;
      }
      const negative = tiles(keptRows(codes, exchange.columns, block, group, -1), shape.rows);
      const positive = tiles(keptRows(codes, exchange.columns, block, group, 1), shape.rows);
      for (let k = 0; k < Math.max(negative.length, positive.length); k++) {
        const below = negative[k];
        const above = positive[k];
        const partner = below ? add(below, { polarity: -1 }) : -1;
        // Who converts reads at least as often as the array that it subtracts.
        if (above) add(above, { polarity: 1, partner, reads: readsOf(below ?? [], shape) });
      }
    }
  }
  return builder.build();
}

/** Where an exchange cut the matrix, for the index memory. */
export const exchangeBlocks = ({ blocks, split }: ColumnExchange): ExchangeBlocks => ({
  blockStarts: [...new Set(blocks.map((block) => block.firstRow))],
  blockRows: split.rows,
  blockColumns: split.columns,
  signs: blocks.some((block) => block.sign !== 0) ? "independent" : "shared",
});

/** Rows in which a group has a code of a sign, or any for 0. */
function keptRows(
  codes: Int16Array,
  columns: number,
  { firstRow, endRow }: ExchangedBlock,
  group: Int32Array,
  sign: -1 | 0 | 1,
): number[] {
  const rows: number[] = [];
  for (let row = firstRow; row < endRow; row++) {
    const start = row * columns;
    for (let i = 0; i < group.length; i++) {
      const code = codes[start + group[i]!]!;
      if (code === 0 || code * sign < 0) continue;
      rows.push(row);
      break;
    }
  }
  return rows;
}

function tiles(rows: readonly number[], height: number): number[][] {
  return Array.from({ length: Math.ceil(rows.length / height) }, (_, i) =>
    rows.slice(i * height, (i + 1) * height),
  );
}

const readsOf = (rows: readonly number[], { activeRows }: ArrayShape): number =>
  Math.ceil(rows.length / activeRows);

interface ArrayOptions {
  readonly polarity?: -1 | 1;
  readonly partner?: number;
  readonly reference?: number;
  /** Row groups at least; beyond its own rows it reads none, while the array that it subtracts does. */
  readonly reads?: number;
}

/** One array of these rows and this group of columns. @returns its number */
function addArray(
  builder: ArrayTableBuilder,
  rows: readonly number[],
  group: Int32Array,
  shape: ArrayShape,
  encoding: WeightEncoding,
  { reads = 0, ...options }: ArrayOptions,
): number {
  const number = builder.array(options);
  const width = bitLinesPerWeight(encoding);
  for (let read = 0; read < Math.max(reads, readsOf(rows, shape)); read++) {
    builder.group();
    const first = read * shape.activeRows;
    for (let i = first; i < Math.min(rows.length, first + shape.activeRows); i++)
      builder.words(i, rows[i]!, 1);
    for (const [j, output] of group.entries()) builder.slot(j * width, output);
  }
  return number;
}
