import { InputError } from "../../errors.js";
import { notFinite } from "../../lower/matrices.js";
import { columnBits, type Weights } from "./bits.js";
import { type BlockResult, type BlockTask, solveBlock } from "./solve.js";
import { splitOf } from "./split.js";
import {
  type ColumnExchange,
  defaultExchange,
  type ExchangedBlock,
  type ExchangeSettings,
  type Room,
} from "./types.js";

export interface ExchangeProblem {
  /** Names the matrix in errors and in its streams of chance. */
  readonly name: string;
  /** [rows × columns] row-major */
  readonly weights: Weights;
  readonly rows: number;
  readonly columns: number;
  readonly room: Room;
  /** 2: positive and negative weights stand on arrays of their own, with one order of columns and rows of their own. */
  readonly planes: 1 | 2;
  readonly settings?: Partial<ExchangeSettings>;
  readonly seed: number;
}

/** A matrix cut into blocks that are solved one by one, and what to make of their results. */
export interface ExchangePlan {
  readonly blocks: number;
  /** Made one after another, so that they are not all in memory. */
  readonly tasks: () => Generator<BlockTask>;
  /** @param results of all tasks, in their order */
  readonly assemble: (results: readonly BlockResult[]) => ColumnExchange;
}

/**
 * Gathers the columns of a matrix so that as many rows as possible of every group are all zero and need no place
 * (Lin et al. 2019, Algorithm 1, as repaired in its spec, 2.2).
 * @param onProgress after each block
 * @throws InputError for weights that are not finite, or sizes and settings that make no sense
 */
export function exchangeColumns(
  problem: ExchangeProblem,
  onProgress?: (done: number, total: number) => void,
): ColumnExchange {
  const plan = planExchange(problem);
  const results: BlockResult[] = [];
  for (const task of plan.tasks()) {
    results.push(solveBlock(task));
    onProgress?.(results.length, plan.blocks);
  }
  return plan.assemble(results);
}

/** The same in parts, for whoever spreads the blocks over threads. @throws InputError as {@link exchangeColumns} */
export function planExchange(problem: ExchangeProblem): ExchangePlan {
  const { name, weights, columns, room, planes, seed } = problem;
  checkProblem(problem);
  const settings = { ...defaultExchange, ...problem.settings };
  const used = usedLines(problem);
  const split = splitOf(settings.split, sizeOf(used), room);
  const rowParts = parts(used.rows, split.rows);
  const columnParts = parts(used.columns, split.columns);
  const signs = planes === 2 && settings.signs === "independent" ? ([1, -1] as const) : ([0] as const);
  const places = signs.flatMap((sign) =>
    rowParts.flatMap((rows) => columnParts.map((own) => ({ sign, rows, columns: own }))),
  );
  return {
    blocks: places.length,
    tasks: function* () {
      for (const [i, place] of places.entries()) {
        const bits = columnBits(weights, columns, place, place.sign === 0 ? planes : 1, place.sign);
        yield { bits, room, settings, seed, name: [name, i] };
      }
    },
    assemble: (results) => {
      const blocks = places.map((place, i) => exchanged(place, results[i]!));
      return { rows: problem.rows, columns, split, blocks };
    },
  };
}

interface BlockPlace {
  readonly sign: -1 | 0 | 1;
  readonly rows: Int32Array;
  readonly columns: Int32Array;
}

function exchanged({ sign, rows, columns }: BlockPlace, result: BlockResult): ExchangedBlock {
  const groups = Array.from({ length: result.starts.length - 1 }, (_, g) =>
    result.columns.slice(result.starts[g], result.starts[g + 1]).map((c) => columns[c]!),
  );
  return { firstRow: rows[0]!, endRow: rows.at(-1)! + 1, sign, groups };
}

function parts(lines: Int32Array, size: number): Int32Array[] {
  const list: Int32Array[] = [];
  for (let i = 0; i < lines.length; i += size) list.push(lines.subarray(i, i + size));
  return list;
}

interface UsedLines {
  readonly rows: Int32Array;
  readonly columns: Int32Array;
  readonly weights: number;
}

/** Rows and columns that are not all zero, and how many weights are not. */
function usedLines({ weights, rows, columns }: ExchangeProblem): UsedLines {
  const inRow = new Uint8Array(rows);
  const inColumn = new Uint8Array(columns);
  let count = 0;
  for (let r = 0, at = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++, at++) {
      const weight = weights[at]!;
      if (weight === 0) continue;
      if (!Number.isFinite(weight)) throw notFinite(weight, r, c);
      inRow[r] = 1;
      inColumn[c] = 1;
      count++;
    }
  }
  const used = (marks: Uint8Array) => Int32Array.from(marks.keys()).filter((line) => marks[line] === 1);
  return { rows: used(inRow), columns: used(inColumn), weights: count };
}

const sizeOf = ({ rows, columns, weights }: UsedLines) => ({
  rows: rows.length,
  columns: columns.length,
  sparsity: weights === 0 ? 1 : 1 - weights / (rows.length * columns.length),
});

function checkProblem({ name, weights, rows, columns, room, settings = {} }: ExchangeProblem): void {
  const whole = (value: number, least: number) => Number.isInteger(value) && value >= least;
  if (!whole(rows, 0) || !whole(columns, 0) || weights.length !== rows * columns) {
    throw new InputError(`"${name}" has ${weights.length} weights, but is said to be ${rows} × ${columns}`, {
      hint: "give rows and columns of the matrix, and one weight for each of their crossings",
    });
  }
  if (!whole(room.rows, 1) || !whole(room.columns, 1)) {
    throw new InputError(`an array has room for ${room.rows} × ${room.columns} weights`, {
      hint: "use arrays that hold at least one weight",
    });
  }
  for (const [key, least] of [
    ["restarts", 1],
    ["runs", 1],
    ["searchPasses", 0],
  ] as const) {
    const value = settings[key];
    if (value !== undefined && !whole(value, least))
      throw new InputError(`${key} is ${value}`, { hint: `give a whole number of at least ${least}` });
  }
}
