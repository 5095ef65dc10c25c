import type { CompressedModel } from "../graph/types.js";
import type { HardwareSpec } from "../hardware/types.js";
import { layerMatrices } from "../lower/matrices.js";
import { planExchange } from "../mapping/column-exchange/exchange.js";
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

/**
 * Places a network as {@link place} does. Columns are exchanged block by block on worker threads first; a block is the
 * same computation wherever it runs, so that the placement does not depend on the number of threads.
 * @throws InterruptedError where the signal stops it
 */
export async function placeOnThreads(
  model: CompressedModel,
  hardware: HardwareSpec,
  options: Omit<PlaceOptions, "onProgress" | "exchanged">,
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
  options: PlaceOptions,
  { threads, progress, signal }: PlaceOnThreadsOptions,
): Promise<ReadonlyMap<string, ColumnExchange>> {
  const matrices = layerMatrices(model);
  const weights = matrices.reduce((sum, { rows, columns }) => sum + rows * columns, 0);
  const stage = progress.stage("exchange columns, weight by weight", weights);
  const pool = openPool({
    threads,
    worker: compiledWorker("exchange-worker", import.meta.url),
    handlers: { solveBlock },
  });
  const exchanged = new Map<string, ColumnExchange>();
  let before = 0;
  try {
    for (const matrix of matrices) {
      const size = matrix.rows * matrix.columns;
      const { blocks, tasks, assemble } = planExchange(exchangeProblem(model, matrix, hardware, options));
      const results = await pool.map<BlockTask, BlockResult>(tasks(), "solveBlock", {
        onProgress: (done) => stage.update(before + Math.round((done * size) / blocks), matrix.name),
        transfer: ({ bits }) => [bits.words.buffer as ArrayBuffer],
        ...(signal && { signal }),
      });
      exchanged.set(matrix.name, assemble(results));
      before += size;
    }
  } finally {
    await pool.close();
  }
  stage.done();
  return exchanged;
}
