import { type ColumnBits, rowsOfGroup } from "./bits.js";
import type { Room, Use } from "./types.js";

/** Crossbars of one group: its rows are stacked and cut, those of the two signs each for themselves. */
export const tilesOfRows = (rows: readonly number[], room: Room): number =>
  rows.reduce((sum, count) => sum + Math.ceil(count / room.rows), 0);

export function useOfGroups(bits: ColumnBits, groups: readonly ArrayLike<number>[], room: Room): Use {
  let tiles = 0;
  let rows = 0;
  for (const group of groups) {
    const counts = rowsOfGroup(bits, group);
    tiles += tilesOfRows(counts, room);
    rows += counts.reduce((sum, count) => sum + count, 0);
  }
  return { tiles, rows };
}

/** Fewer crossbars, or as many with fewer rows. */
export const isBetter = (a: Use, b: Use): boolean =>
  a.tiles < b.tiles || (a.tiles === b.tiles && a.rows < b.rows);

/** Columns by which the last group of a block falls short of a whole array: places that stay free. */
export const paddingColumns = (columns: number, across: number): number =>
  (across - (columns % across)) % across;
