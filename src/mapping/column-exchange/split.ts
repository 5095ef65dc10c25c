import { InputError } from "../../errors.js";
import { splitTable } from "./split-table.js";
import type { Room, SplitRule, SplitTable } from "./types.js";

export interface Split {
  readonly rows: number;
  readonly columns: number;
}

export interface MatrixSize {
  readonly rows: number;
  readonly columns: number;
  /** Share of the weights that is zero. */
  readonly sparsity: number;
}

/** Rows of a block where there is no table. */
const defaultRows = 4096;
const defaultArraysAcross = 8;
/** Columns of any block at most: the matrix of their intersections is their square. */
const mostColumns = 4096;

/**
 * Rows and columns of the blocks into which a matrix is cut before its columns are exchanged, whole arrays each.
 * @param size of the matrix without the rows and columns that are all zero
 */
export function splitOf(rule: SplitRule, size: MatrixSize, room: Room): Split {
  const wanted = wantedSplit(rule, size, room);
  if (!(wanted.rows >= 1 && wanted.columns >= 1)) {
    throw new InputError(`the split is ${wanted.rows} × ${wanted.columns}`, {
      hint: "give rows and columns of at least 1 each",
    });
  }
  const most = Math.max(1, Math.floor(mostColumns / room.columns)) * room.columns;
  return {
    rows: wholeArrays(wanted.rows, room.rows),
    columns: Math.min(most, wholeArrays(wanted.columns, room.columns)),
  };
}

function wantedSplit(rule: SplitRule, size: MatrixSize, room: Room): Split {
  if (rule === "fitted") return fittedSplit(splitTable, size, room);
  if (rule === "default")
    return {
      rows: Math.min(Math.max(1, size.rows), defaultRows),
      columns: defaultArraysAcross * room.columns,
    };
  return rule;
}

const wholeArrays = (lines: number, room: number): number => Math.max(1, Math.ceil(lines / room)) * room;

/**
 * The paper's f_split: interpolated in log2 of array size, rows and columns, and in sparsity, between what was best on
 * random matrices of those sizes; beyond the table its edge holds. The matrix is cut into as many parts as come nearest
 * to that, all of a size, so that none is left over that is too small to gain anything.
 */
export function fittedSplit(table: SplitTable, size: MatrixSize, room: Room): Split {
  const axes = [
    weightsOn(table.arraySizes.map(Math.log2), Math.log2(room.columns)),
    weightsOn(table.rows.map(Math.log2), Math.log2(Math.max(1, size.rows))),
    weightsOn(table.columns.map(Math.log2), Math.log2(Math.max(1, size.columns))),
    weightsOn(table.sparsities, size.sparsity),
  ];
  let rows = 0;
  let columns = 0;
  for (const corner of corners(axes)) {
    const [l, x, y, s] = corner.at as [number, number, number, number];
    const at = ((l * table.rows.length + x) * table.columns.length + y) * table.sparsities.length + s;
    rows += corner.weight * Math.log2(table.best[2 * at]! * table.arraySizes[l]!);
    columns += corner.weight * Math.log2(table.best[2 * at + 1]! * table.arraySizes[l]!);
  }
  return { rows: evenParts(size.rows, 2 ** rows), columns: evenParts(size.columns, 2 ** columns) };
}

/** Lines of each part where so many lines fall into equal parts of about the wanted size. */
const evenParts = (lines: number, wanted: number): number =>
  Math.max(1, Math.ceil(lines / Math.max(1, Math.round(lines / wanted))));

/** The one or two places of an axis around a value, and how much each counts. */
function weightsOn(places: readonly number[], value: number): readonly (readonly [number, number])[] {
  const last = places.length - 1;
  if (value <= places[0]!) return [[0, 1]];
  if (value >= places[last]!) return [[last, 1]];
  const above = places.findIndex((place) => place > value);
  const share = (value - places[above - 1]!) / (places[above]! - places[above - 1]!);
  return [
    [above - 1, 1 - share],
    [above, share],
  ];
}

function corners(
  axes: readonly (readonly (readonly [number, number])[])[],
): { at: number[]; weight: number }[] {
  return axes.reduce(
    (found, axis) =>
      found.flatMap(({ at, weight }) =>
        axis.map(([place, share]) => ({ at: [...at, place], weight: weight * share })),
      ),
    [{ at: [] as number[], weight: 1 }],
  );
}
