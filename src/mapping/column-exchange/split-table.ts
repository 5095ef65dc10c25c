/** What `fitSplitTable` finds; written by scripts/split-table.mjs. */
export interface SplitTable {
  /** Word lines of an array, and weights across it. */
  readonly arraySizes: readonly number[];
  readonly rows: readonly number[];
  readonly columns: readonly number[];
  readonly sparsities: readonly number[];
  /** [arraySizes × rows × columns × sparsities × 2] Rows and columns of the best blocks, in arrays. */
  readonly best: readonly number[];
}

export const splitTable: SplitTable = {
  arraySizes: [32],
  rows: [64],
  columns: [64],
  sparsities: [0.9],
  best: [2, 2],
};
