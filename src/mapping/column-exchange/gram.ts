import { type BlockLines, blockLines, type ColumnBits, popcount } from "./bits.js";

/** How many lines every two columns of a block share; on the diagonal, how many a column has. */
export interface Gram {
  readonly columns: number;
  /** [columns × columns], symmetric */
  readonly shared: Int32Array;
}

/**
 * All pairwise intersections of columns: all that k-means needs to know of them. Where lines are sparse every pair of
 * columns that has a line counts it; where they are not, words of 32 lines are intersected and their bits counted.
 */
export function gramMatrix(bits: ColumnBits, lines: BlockLines = blockLines(bits)): Gram {
  const { starts } = lines.byLine;
  let pairs = 0;
  for (let l = 0; l + 1 < starts.length; l++) pairs += (starts[l + 1]! - starts[l]!) ** 2;
  // A pair counted takes about as long as half the two columns' words of 32 lines, of which only half are looked at.
  const words = bits.columns ** 2 * bits.stride;
  return { columns: bits.columns, shared: pairs < words ? fromLines(bits.columns, lines) : fromWords(bits) };
}

function fromLines(columns: number, { byLine: { starts, items } }: BlockLines): Int32Array {
  const shared = new Int32Array(columns * columns);
  for (let l = 0; l + 1 < starts.length; l++) {
    const end = starts[l + 1]!;
    for (let i = starts[l]!; i < end; i++) {
      const row = items[i]! * columns;
      for (let j = starts[l]!; j < end; j++) shared[row + items[j]!]!++;
    }
  }
  return shared;
}

function fromWords({ columns, stride, words }: ColumnBits): Int32Array {
  const shared = new Int32Array(columns * columns);
  for (let a = 0; a < columns; a++) {
    for (let b = 0; b <= a; b++) {
      let count = 0;
      for (let w = 0, i = a * stride, j = b * stride; w < stride; w++)
        count += popcount(words[i + w]! & words[j + w]!);
      shared[a * columns + b] = count;
      shared[b * columns + a] = count;
    }
  }
  return shared;
}

/** The intersections of some of the columns; `members` are ascending. */
export function gramOf(gram: Gram, members: Int32Array): Gram {
  const n = members.length;
  if (n === gram.columns) return gram;
  const shared = new Int32Array(n * n);
  for (let i = 0; i < n; i++) {
    const row = members[i]! * gram.columns;
    for (let j = 0; j < n; j++) shared[i * n + j] = gram.shared[row + members[j]!]!;
  }
  return { columns: n, shared };
}
