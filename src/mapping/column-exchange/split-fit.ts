import type { Random } from "../../random.js";
import { countExchange } from "./count.js";
import { exchangeColumns } from "./exchange.js";
import type { Split } from "./split.js";
import type { SplitTable } from "./types.js";

/** The sizes and sparsities of the table, and how its entries are found (spec of Lin et al., 2.3). */
export interface SplitFit {
  readonly arraySizes: readonly number[];
  readonly rows: readonly number[];
  readonly columns: readonly number[];
  readonly sparsities: readonly number[];
  /** Tiles that one tile's worth of index bits counts as. */
  readonly indexWeight: number;
  readonly seed: number;
}

export const shippedFit: SplitFit = {
  arraySizes: [16, 32, 64, 128],
  rows: [64, 256, 1024, 4096],
  columns: [64, 256, 1024, 4096],
  sparsities: [0.75, 0.85, 0.9, 0.95, 0.98],
  indexWeight: 1,
  seed: 1,
};

export interface SplitProblem {
  readonly arraySize: number;
  readonly rows: number;
  readonly columns: number;
  readonly sparsity: number;
}

/** Weights that are drawn for one entry in all, so that small matrices are not decided by chance; and most matrices. */
const fewestWeights = 2 ** 19;
const mostMatrices = 16;

/** 4, 16 and 64 arrays of rows or all, by 4, 8 and 16 arrays of columns; those that cut alike stand once. */
export function splitCandidates({ arraySize, rows, columns }: SplitProblem): Split[] {
  const whole = (lines: number) => Math.ceil(lines / arraySize) * arraySize;
  const sizes = (lines: number, arrays: readonly number[]) => [
    ...new Set(arrays.map((count) => Math.min(whole(lines), count * arraySize))),
  ];
  const across = sizes(columns, [4, 8, 16]);
  return sizes(rows, [4, 16, 64, Number.POSITIVE_INFINITY]).flatMap((r) =>
    across.map((c) => ({ rows: r, columns: c })),
  );
}

/**
 * Mean cost of every split on the same random matrices, signs apart: crossbars, and index bits in weights of a
 * crossbar times `indexWeight`. The strategy is greedy union and local search, which is the best start on independent
 * weights and ends where "auto" does, in a fifth of the time.
 */
export function splitCosts(
  problem: SplitProblem,
  splits: readonly Split[],
  indexWeight: number,
  random: Random,
): number[] {
  const { arraySize, rows, columns, sparsity } = problem;
  const matrices = Math.min(mostMatrices, Math.ceil(fewestWeights / (rows * columns)));
  const costs = splits.map(() => 0);
  const room = { rows: arraySize, columns: arraySize };
  for (let m = 0; m < matrices; m++) {
    const weights = bernoulliWeights(rows * columns, sparsity, random);
    for (const [i, split] of splits.entries()) {
      const settings = { strategy: "greedy-union", split } as const;
      const problem = { name: "random", weights, rows, columns, room, planes: 2, settings, seed: 0 } as const;
      const { tiles, index_bit } = countExchange(weights, exchangeColumns(problem), room, 2);
      costs[i]! += (tiles + (indexWeight * index_bit) / arraySize ** 2) / matrices;
    }
  }
  return costs;
}

/** Independent weights of ±1 and 0. */
export function bernoulliWeights(count: number, sparsity: number, random: Random): Int16Array {
  const half = (1 - sparsity) / 2;
  return Int16Array.from({ length: count }, () => {
    const u = random.uniform();
    return u < half ? 1 : u < 2 * half ? -1 : 0;
  });
}

/** Fits the table anew. @param onEntry after each of its entries */
export function fitSplitTable(
  fit: SplitFit,
  randomOf: (problem: SplitProblem) => Random,
  onEntry: (problem: SplitProblem, best: Split) => void = () => {},
): SplitTable {
  const best: number[] = [];
  const { arraySizes, sparsities, indexWeight } = fit;
  for (const arraySize of arraySizes) {
    for (const rows of fit.rows) {
      for (const columns of fit.columns) {
        for (const sparsity of sparsities) {
          const problem = { arraySize, rows, columns, sparsity };
          const splits = splitCandidates(problem);
          const costs = splitCosts(problem, splits, indexWeight, randomOf(problem));
          const least = splits[costs.indexOf(Math.min(...costs))]!;
          best.push(least.rows / arraySize, least.columns / arraySize);
          onEntry(problem, least);
        }
      }
    }
  }
  return { arraySizes, rows: fit.rows, columns: fit.columns, sparsities, best };
}
