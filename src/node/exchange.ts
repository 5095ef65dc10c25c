import { betterOrder, holdsAll } from "../compress/prune/crossbar/orders.js";
import type { CompressedModel } from "../graph/types.js";
import type { HardwareSpec } from "../hardware/types.js";
import { layerMatrices } from "../lower/matrices.js";
import { type ExchangeProblem, planExchange } from "../mapping/column-exchange/exchange.js";
import { type BlockResult, type BlockTask, solveBlock } from "../mapping/column-exchange/solve.js";
import type { ColumnExchange } from "../mapping/column-exchange/types.js";
import { exchangeProblem, type PlaceOptions, place } from "../mapping/place.js";
import type { Placement } from "../mapping/types.js";
import { compiledWorker } from "./files.js";
import { openPool } from "./pool.js";
import type { Progress } from "./progress.js";

export interface PlaceOnThreadsOptions {
  readonly threads: number;
  readonly progress: Progress;
  readonly signal?: AbortSignal | undefined;
}

export interface PlaceOnThreadsKnown {
  /** Orders of columns by matrix, such as pruning ended with; of each and what is found here the better one is taken. */
  readonly known?: ReadonlyMap<string, ColumnExchange>;
}

/**
 * Places a network as {@link place} does. Columns are exchanged block by block on worker threads first; a block is the
 * same computation wherever it runs, so that the placement does not depend on the number of threads.
 * @throws InterruptedError where the signal stops it
 */
export async function placeOnThreads(
  model: CompressedModel,
  hardware: HardwareSpec,
  options: Omit<PlaceOptions, "onProgress" | "exchanged"> & PlaceOnThreadsKnown,
  run: PlaceOnThreadsOptions,
): Promise<Placement> {
  const exchanged =
    options.scheme === "column-exchange" ? await exchangeOnThreads(model, hardware, options, run) : null;
  const stage = run.progress.stage("place", model.layers.length);
  const placed = place(model, hardware, {
    ...options,
    ...(exchanged && { exchanged }),
    onProgress: (done) => stage.update(done),
  });
  stage.done();
  return placed;
}

async function exchangeOnThreads(
  model: CompressedModel,
  hardware: HardwareSpec,
  options: PlaceOptions & PlaceOnThreadsKnown,
  { threads, progress, signal }: PlaceOnThreadsOptions,
): Promise<ReadonlyMap<string, ColumnExchange>> {
  const matrices = layerMatrices(model);
  const weights = matrices.reduce((sum, { rows, columns }) => sum + rows * columns, 0);
  const stage = progress.stage("exchange columns, weight by weight", weights);
  const exchanged = new Map<string, ColumnExchange>();
  const problems = function* () {
    for (const matrix of matrices) yield exchangeProblem(model, matrix, hardware, options);
  };
  await solveOnThreads(
    problems(),
    { threads, ...(signal && { signal }) },
    {
      onProgress: (done, name) => stage.update(done, name),
      solved: (problem, found) => exchanged.set(problem.name, better(problem, found, options.known)),
    },
  );
  stage.done();
  return exchanged;
}

/** An order that is known already, where it is better than the one that was found. */
function better(
  problem: ExchangeProblem,
  found: ColumnExchange,
  known: PlaceOnThreadsKnown["known"],
): ColumnExchange {
  const order = known?.get(problem.name);
  return order && holdsAll(problem, order) ? betterOrder(problem, found, order) : found;
}

/** Exchanges the columns of matrices block by block on worker threads, one matrix after another. */
export async function solveOnThreads(
  problems: Iterable<ExchangeProblem>,
  { threads, signal }: { readonly threads: number; readonly signal?: AbortSignal },
  on: {
    /** Weights that are done, and the matrix that is at work. */
    readonly onProgress: (weights: number, name: string) => void;
    readonly solved: (problem: ExchangeProblem, exchange: ColumnExchange) => void;
  },
): Promise<void> {
  const pool = openPool({
    threads,
    worker: compiledWorker("exchange-worker", import.meta.url),
    handlers: { solveBlock },
  });
  let before = 0;
  try {
    for (const problem of problems) {
      const size = problem.rows * problem.columns;
      const { blocks, tasks, assemble } = planExchange(problem);
      const results = await pool.map<BlockTask, BlockResult>(tasks(), "solveBlock", {
        onProgress: (done) => on.onProgress(before + Math.round((done * size) / blocks), problem.name),
        transfer: ({ bits }) => [bits.words.buffer as ArrayBuffer],
        ...(signal && { signal }),
      });
      on.solved(problem, assemble(results));
      before += size;
    }
  } finally {
    await pool.close();
  }
}
