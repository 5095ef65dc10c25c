export { exchangeBlocks, exchangedArrays, planesOf, roomOf } from "./arrays.js";
export type { Weights } from "./bits.js";
export { countExchange, type ExchangeCount } from "./count.js";
export { type ExchangePlan, type ExchangeProblem, exchangeColumns, planExchange } from "./exchange.js";
export { type ExchangeMemory, exchangeMemory } from "./index-memory.js";
export { type BlockResult, type BlockTask, solveBlock } from "./solve.js";
export { type MatrixSize, type Split, splitOf } from "./split.js";
export {
  fitSplitTable,
  type SplitFit,
  type SplitProblem,
  shippedFit,
  splitCandidates,
  splitCosts,
} from "./split-fit.js";
export { splitTable } from "./split-table.js";
export * from "./types.js";
export { paddingColumns } from "./use.js";
