import type { Batch } from "../data/types.js";
import type { Placement } from "../mapping/types.js";
import type {
  AdcRanges,
  Chunk,
  ChunkMapper,
  ChunkResult,
  FastOptions,
  SimulationResult,
} from "../simulate/index.js";
import { Simulator, sharedTables, simulate } from "../simulate/index.js";
import { tensor } from "../tensor.js";
import { compiledWorker } from "./files.js";
import { openPool } from "./pool.js";
import type { StageProgress } from "./progress.js";
import { withSharedArrays } from "./shared-values.js";
import type { SimulationJob } from "./simulate-worker.js";

/** Chunks per worker that are in flight at once; results wait in order, so this bounds the memory. */
const chunksPerWorker = 8;

/**
 * Runs a simulation's chunks on worker threads. Every chunk is the same computation wherever it runs, so the result
 * does not depend on the number of threads.
 */
export async function withSimulationThreads<R>(
  job: {
    readonly placed: Placement;
    readonly ranges: AdcRanges | null;
    readonly histograms?: boolean;
    readonly saturation?: boolean;
    readonly fast?: Omit<FastOptions, "clock">;
  },
  options: { readonly threads: number; readonly signal?: AbortSignal | undefined },
  use: (mapChunks: ChunkMapper) => Promise<R>,
): Promise<R> {
  const { ranges, histograms = false, saturation = false, fast = {} } = job;
  // On several threads the weights and the kernels' tables stand in memory once.
  const several = options.threads > 1;
  const placed = several ? withSharedArrays(job.placed) : job.placed;
  const tables = several ? sharedTables(placed, ranges, fast) : null;
  let simulator: Simulator | undefined;
  const pool = openPool({
    threads: options.threads,
    worker: compiledWorker("simulate-worker", import.meta.url),
    data: { placed, ranges, histograms, saturation, fast: { ...fast, tables } } satisfies SimulationJob,
    handlers: {
      runChunk: ({ shape, data }: Chunk) => {
        simulator ??= new Simulator(placed, ranges, undefined, fast);
        return simulator.run(tensor("f32", shape, data), { histograms, saturation });
      },
    },
  });
  const signal = options.signal ? { signal: options.signal } : {};
  async function* mapChunks(chunks: Iterable<Chunk>): AsyncGenerator<ChunkResult> {
    const queue = chunks[Symbol.iterator]();
    const startWindow = (): Promise<ChunkResult[]> | null => {
      const window: Chunk[] = [];
      while (window.length < chunksPerWorker * Math.max(1, pool.threads)) {
        const next = queue.next();
        if (next.done) break;
        window.push(next.value);
      }
      if (window.length === 0) return null;
      const results = pool.map<Chunk, ChunkResult>(window, "runChunk", signal);
      // A failure is told to whoever waits for this window, which may be a while later.
      results.catch(() => {});
      return results;
    };
    // The next window is under way before one is waited for, so that no worker runs out of work between the two.
    let next = startWindow();
    while (next) {
      const current = next;
      next = startWindow();
      yield* await current;
    }
  }
  try {
    return await use(mapChunks);
  } finally {
    await pool.close();
  }
}

/** Simulates images on worker threads; progress shows the accuracy so far. */
export async function simulateOnThreads(
  job: { readonly placed: Placement; readonly ranges: AdcRanges; readonly saturation?: boolean },
  images: Iterable<Batch>,
  options: { readonly threads: number; readonly signal?: AbortSignal | undefined },
  progress: StageProgress,
): Promise<SimulationResult> {
  const { placed, ranges } = job;
  const result = await withSimulationThreads(job, options, (mapChunks) =>
    simulate(placed, images, {
      ranges,
      mapChunks,
      onProgress: (done, correct) => progress.update(done, `${((100 * correct) / done).toFixed(1)} %`),
    }),
  );
  progress.done(`${(100 * result.accuracy).toFixed(2)} %`);
  return result;
}
