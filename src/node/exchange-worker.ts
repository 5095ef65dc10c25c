import { type BlockResult, type BlockTask, solveBlock as solve } from "../mapping/column-exchange/solve.js";
import { handOver } from "./pool.js";

/** Exchanges the columns of one block. */
export function solveBlock(task: BlockTask): BlockResult {
  const result = solve(task);
  return handOver(result, [result.starts.buffer as ArrayBuffer, result.columns.buffer as ArrayBuffer]);
}
