import { type ColumnBits, popcount } from "./bits.js";

/** How many lines every two columns of a block share; on the diagonal, how many a column has. */
export interface Gram {
  readonly columns: number;
  /** [columns × columns], symmetric */
  readonly shared: Int32Array;
}

/** All pairwise intersections of columns, by AND and popcount: all that k-means needs to know of the columns. */
export function gramMatrix({ columns, stride, words }: ColumnBits): Gram {
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
  return { columns, shared };
}
