import { columnBits, rowsOfGroup, type Weights } from "./bits.js";
import { bitsFor } from "./index-memory.js";
import type { ColumnExchange, ExchangedBlock, Room } from "./types.js";
import { paddingColumns, tilesOfRows } from "./use.js";

/** What an exchanged matrix takes, counted group by group in whole crossbars. */
export interface ExchangeCount {
  readonly groups: number;
  /** Crossbars, those of both signs. */
  readonly tiles: number;
  /** Rows on them. */
  readonly rows: number;
  /** Places for columns that stay free in last groups; they are no columns and count nowhere else. */
  readonly paddingColumns: number;
  /** Which output each column of each group is added to. */
  readonly index_bit: number;
  /** Crossbars of the matrix as it is, zeros too: each sign has its own. */
  readonly denseTiles: number;
}

/** @param weights [rows × columns], those that were exchanged */
export function countExchange(
  weights: Weights,
  exchange: ColumnExchange,
  room: Room,
  planes: 1 | 2,
): ExchangeCount {
  const { rows, columns, split } = exchange;
  const entry_bit = bitsFor(Math.min(columns, split.columns));
  const sum = { groups: 0, tiles: 0, rows: 0, paddingColumns: 0, index_bit: 0 };
  for (const block of exchange.blocks) {
    let inBlock = 0;
    for (const group of block.groups) {
      const counts = groupRows(weights, columns, block, group, planes);
      sum.groups++;
      sum.tiles += tilesOfRows(counts, room);
      sum.rows += counts.reduce((all, count) => all + count, 0);
      inBlock += group.length;
    }
    sum.paddingColumns += paddingColumns(inBlock, room.columns);
    sum.index_bit += inBlock * entry_bit;
  }
  const denseTiles = planes * Math.ceil(rows / room.rows) * Math.ceil(columns / room.columns);
  return { ...sum, denseTiles };
}

function groupRows(
  weights: Weights,
  columns: number,
  block: ExchangedBlock,
  group: Int32Array,
  planes: 1 | 2,
): number[] {
  const rows = Int32Array.from({ length: block.endRow - block.firstRow }, (_, i) => block.firstRow + i);
  const bits = columnBits(
    weights,
    columns,
    { rows, columns: group },
    block.sign === 0 ? planes : 1,
    block.sign,
  );
  return rowsOfGroup(bits, Array.from(group.keys()));
}
