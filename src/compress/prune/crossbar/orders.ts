import { type ColumnExchange, countExchange } from "../../../mapping/column-exchange/index.js";
import { isBetter } from "../../../mapping/column-exchange/use.js";
import { weightCount } from "./segments.js";
import type { CrossbarMatrix } from "./types.js";

/** An order of columns as JSON. */
export type PlainExchange = Omit<ColumnExchange, "blocks"> & {
  readonly blocks: readonly (Omit<ColumnExchange["blocks"][number], "groups"> & {
    readonly groups: readonly (readonly number[])[];
  })[];
};

export const plainExchange = (exchange: ColumnExchange): PlainExchange => ({
  ...exchange,
  blocks: exchange.blocks.map((block) => ({ ...block, groups: block.groups.map((group) => [...group]) })),
});

export const exchangeOf = (plain: PlainExchange): ColumnExchange => ({
  ...plain,
  blocks: plain.blocks.map((block) => ({
    ...block,
    groups: block.groups.map((group) => Int32Array.from(group)),
  })),
});

/** Whether every weight that is not zero stands in a group of the order: weights may have come since it was made. */
export function holdsAll(
  { weights, rows, columns }: Pick<CrossbarMatrix, "weights" | "rows" | "columns">,
  exchange: ColumnExchange,
): boolean {
  if (exchange.rows !== rows || exchange.columns !== columns) return false;
  let held = 0;
  for (const { firstRow, endRow, sign, groups } of exchange.blocks)
    for (const group of groups)
      for (let row = firstRow; row < endRow; row++)
        for (const column of group) {
          const weight = weights[row * columns + column]!;
          if (sign === 0 ? weight !== 0 : weight * sign > 0) held++;
        }
  return held === weightCount(weights);
}

/**
 * Of two orders of a matrix's columns the one with fewer arrays, or as many with fewer rows; the first where neither is
 * better.
 */
export function betterOrder(
  { weights, room, planes }: Pick<CrossbarMatrix, "weights" | "room" | "planes">,
  first: ColumnExchange,
  second: ColumnExchange,
): ColumnExchange {
  const [a, b] = [first, second].map((exchange) => countExchange(weights, exchange, room, planes));
  return isBetter(b!, a!) ? second : first;
}
