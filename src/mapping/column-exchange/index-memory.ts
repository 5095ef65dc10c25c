import { arrayOfGroup } from "../table.js";
import type { MatrixPlacement } from "../types.js";

/** Memory that an exchange of columns needs (spec of Lin et al., 2.6). */
export interface ExchangeMemory {
  /** Columns in groups, per row block: each says which output it is added to. */
  readonly entries: number;
  /** Of all entries, ⌈log2 of a block's columns⌉ each. */
  readonly index_bit: number;
  /**
   * The order in which inputs are fetched, ⌈log2 of a block's rows⌉ for every word line. The paper, which schedules
   * inputs when it compiles, does not count it.
   */
  readonly inputSchedule_bit: number;
}

/** Bits that tell apart so many things. */
export const bitsFor = (things: number): number => Math.ceil(Math.log2(Math.max(1, things)));

/** Counted on the arrays; zero for a matrix whose columns stand where they did. */
export function exchangeMemory(matrix: MatrixPlacement): ExchangeMemory {
  const { arrays: t, exchange, rows, columns } = matrix;
  if (!exchange) return { entries: 0, index_bit: 0, inputSchedule_bit: 0 };
  const { blockStarts, signs } = exchange;
  // One order serves both signs, or each has its own.
  const seen = new Uint8Array(2 * blockStarts.length * columns);
  const owners = arrayOfGroup(t);
  for (let g = 0; g + 1 < t.wordStart.length; g++) {
    // A block's rows have their arrays to themselves; a row group without lines belongs to a pair that has another.
    if (t.wordStart[g] === t.wordStart[g + 1]) continue;
    const own = signs === "independent" && t.polarity[owners[g]!]! < 0 ? blockStarts.length : 0;
    const block = own + blockOf(blockStarts, t.input[t.wordStart[g]!]!);
    for (let s = t.slotStart[g]!; s < t.slotStart[g + 1]!; s++) seen[block * columns + t.output[s]!] = 1;
  }
  const entries = seen.reduce((sum, one) => sum + one, 0);
  return {
    entries,
    index_bit: entries * bitsFor(Math.min(columns, exchange.blockColumns)),
    inputSchedule_bit: t.input.length * bitsFor(Math.min(rows, exchange.blockRows)),
  };
}

/** The last block that starts at or before the row. */
function blockOf(starts: readonly number[], row: number): number {
  let block = 0;
  while (block + 1 < starts.length && starts[block + 1]! <= row) block++;
  return block;
}
