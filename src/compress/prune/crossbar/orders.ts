import { type ColumnExchange, countExchange } from "../../../mapping/column-exchange/index.js";
import { isBetter } from "../../../mapping/column-exchange/use.js";
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
