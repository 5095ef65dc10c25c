export const strategies = ["identity", "density-sort", "greedy-union", "k-means", "auto"] as const;

/** How columns are gathered into groups. "auto" tries all others, block by block, and keeps the best. */
export type Strategy = (typeof strategies)[number];

/** Room of one array: word lines, and weights side by side on its bit lines. Both are L in Lin et al. 2019. */
export interface Room {
  readonly rows: number;
  readonly columns: number;
}

/**
 * Rows and columns of the blocks that are exchanged by themselves: from the table that was fitted on random matrices;
 * 8 arrays across and up to 4,096 rows; or given, and rounded up to whole arrays.
 */
export type SplitRule = "fitted" | "default" | { readonly rows: number; readonly columns: number };

export interface ExchangeSettings {
  readonly strategy: Strategy;
  readonly split: SplitRule;
  /**
   * Where each sign has arrays of its own: one order of columns for both, whose currents can then be subtracted before
   * conversion, or an order for each, which are subtracted as numbers and need twice the index.
   */
  readonly signs: "shared" | "independent";
  /** Times that every k-means starts anew; the clustering of least cost is kept. */
  readonly restarts: number;
  /** Times that a whole block is clustered anew; the groups of fewest crossbars, then rows, are kept. */
  readonly runs: number;
  /** Passes over all columns that exchange two of different groups where that frees crossbars or rows; 0 for none. */
  readonly searchPasses: number;
}

export const defaultExchange: ExchangeSettings = {
  strategy: "auto",
  split: "fitted",
  signs: "shared",
  restarts: 4,
  runs: 1,
  searchPasses: 8,
};

/** Crossbars that groups of columns take, and the rows on them; of two orders the one with fewer of both is better. */
export interface Use {
  readonly tiles: number;
  readonly rows: number;
}

/** The columns of one block, put into groups that stand side by side in an array. */
export interface ExchangedBlock {
  /** Matrix rows of the block, first one and the one behind the last. */
  readonly firstRow: number;
  readonly endRow: number;
  /** 0: the order serves all weights; +1 or −1: those of that sign. */
  readonly sign: -1 | 0 | 1;
  /** Matrix columns of each group, ascending; a column that is zero in the block is in none. */
  readonly groups: readonly Int32Array[];
}

/** The order of one matrix's columns: what an exchange decides. Everything else follows from the weights. */
export interface ColumnExchange {
  readonly rows: number;
  readonly columns: number;
  /** Rows and columns of a block at most. */
  readonly split: { readonly rows: number; readonly columns: number };
  readonly blocks: readonly ExchangedBlock[];
}

/** The best blocks on random matrices of some sizes and sparsities. */
export interface SplitTable {
  /** Word lines of an array, and weights across it. */
  readonly arraySizes: readonly number[];
  readonly rows: readonly number[];
  readonly columns: readonly number[];
  readonly sparsities: readonly number[];
  /** [arraySizes × rows × columns × sparsities × 2] Rows and columns of the best blocks, in arrays. */
  readonly best: readonly number[];
}
