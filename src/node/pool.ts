import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { move, Piscina, transferableSymbol, valueSymbol, workerData } from "piscina";
import { InputError, InterruptedError } from "../errors.js";

/** A pool's functions, by name, for the thread that opened it. */
export type Handlers = Readonly<Record<string, (task: never) => unknown>>;

export interface PoolOptions {
  /** Worker threads; 0 and 1 mean this thread, where there are handlers for it. Default: the machine's. */
  readonly threads?: number;
  /** A module whose exported functions take one task and return its result; `compiledWorker` finds one. */
  readonly worker?: URL | undefined;
  /** The same functions for this thread, used with 0 or 1 threads and where there is no worker file. */
  readonly handlers?: Handlers;
  /** Given to each worker once, at its start; it reads it with `poolData`. */
  readonly data?: unknown;
}

export interface MapOptions<T> {
  /** After each finished task, in the order of finishing. */
  readonly onProgress?: (done: number) => void;
  /** The memory of a task that may be moved to the worker; it is gone from this thread then. */
  readonly transfer?: (task: T) => ArrayBuffer[];
  /** Stops the map, and the workers at work on it. */
  readonly signal?: AbortSignal;
}

export interface Pool {
  /** Workers; 0 where tasks run in this thread. */
  readonly threads: number;
  /**
   * The results of the exported function `name` for each task, in the order of the tasks. Tasks are drawn from the
   * iterable as workers become free, and sent by structured cloning.
   *
   * @throws the first error of a task; Error where a worker dies; InterruptedError where the signal stops it.
   */
  map<T, R>(tasks: Iterable<T>, name: string, options?: MapOptions<T>): Promise<R[]>;
  close(): Promise<void>;
}

/** @throws InputError for a thread count that is no whole number; Error where there is neither worker nor handler. */
export function openPool(options: PoolOptions): Pool {
  const { threads = availableParallelism(), worker, handlers, data } = options;
  if (!(Number.isInteger(threads) && threads >= 0)) {
    throw new InputError(`threads is ${threads}`, { hint: "give a whole number of at least 0" });
  }
  if (handlers && (threads <= 1 || !worker)) return localPool(handlers);
  if (!worker) throw new Error("a pool needs the file of its worker, or handlers for this thread");
  return workerPool(fileURLToPath(worker), Math.max(1, threads), data);
}

function localPool(handlers: Handlers): Pool {
  return {
    threads: 0,
    map: async <T, R>(tasks: Iterable<T>, name: string, { onProgress, signal }: MapOptions<T> = {}) => {
      const handler = handlers[name] as ((task: T) => R | Promise<R>) | undefined;
      if (!handler) throw new Error(`the pool has no function "${name}"`);
      const results: R[] = [];
      for (const task of tasks) {
        // Lets a signal arrive between two tasks that never wait for anything.
        await new Promise(setImmediate);
        throwIfStopped(signal);
        results.push(unwrap(await handler(task)) as R);
        onProgress?.(results.length);
      }
      return results;
    },
    close: async () => {},
  };
}

function workerPool(filename: string, threads: number, data: unknown): Pool {
  const piscina = new Piscina({
    filename,
    minThreads: threads,
    maxThreads: threads,
    workerData: data,
    execArgv: [],
  });
  // A worker that fails with no task in hand (such as at its start) leaves the queued tasks waiting for ever.
  const maps = new Set<(error: Error) => void>();
  let broken: Error | undefined;
  piscina.on("error", (error: Error) => {
    broken = error;
    for (const reject of maps) reject(explainFailure(error, "its start"));
  });

  const map = async <T, R>(tasks: Iterable<T>, name: string, options: MapOptions<T>): Promise<R[]> => {
    const { onProgress, transfer, signal } = options;
    const results: R[] = [];
    const queue = tasks[Symbol.iterator]();
    let drawn = 0;
    let done = 0;
    let stopped = false;
    const lane = async () => {
      while (!stopped) {
        const next = queue.next();
        if (next.done) return;
        const index = drawn++;
        const run = { name, transferList: transfer?.(next.value) ?? [], signal: signal ?? null };
        results[index] = (await piscina.run(next.value, run)) as R;
        if (!stopped) onProgress?.(++done);
      }
    };
    try {
      // Two lanes per worker keep one task waiting while it works on another.
      await Promise.all(Array.from({ length: 2 * threads }, lane));
      return results;
    } catch (error) {
      throwIfStopped(signal);
      throw explainFailure(error, `"${name}"`);
    } finally {
      stopped = true;
    }
  };

  return {
    threads,
    map: async <T, R>(tasks: Iterable<T>, name: string, options: MapOptions<T> = {}) => {
      throwIfStopped(options.signal);
      if (broken) throw explainFailure(broken, "its start");
      let fail: (error: Error) => void = () => {};
      const failure = new Promise<never>((_, reject) => {
        fail = reject;
      });
      maps.add(fail);
      try {
        return await Promise.race([map<T, R>(tasks, name, options), failure]);
      } finally {
        maps.delete(fail);
      }
    },
    close: () => piscina.destroy(),
  };
}

/** The pool's library says only that a worker exited; what a task threw is passed on as it is. */
function explainFailure(error: unknown, during: string): Error {
  if (!(error instanceof Error)) return new Error(`a worker failed during ${during}: ${String(error)}`);
  const exit = /^worker exited with code: (.*)$/.exec(error.message);
  if (exit) return new Error(`a worker ended with exit code ${exit[1]} during ${during}`, { cause: error });
  if ("code" in error && error.code === "ERR_WORKER_OUT_OF_MEMORY") {
    return new Error(`a worker ran out of memory during ${during}; use fewer --threads`, { cause: error });
  }
  return error;
}

/** For a worker's functions: the result, whose buffers are moved to the thread that waits instead of copied. */
export function handOver<R>(result: R, buffers: readonly ArrayBuffer[]): R {
  return move({ [transferableSymbol]: buffers, [valueSymbol]: result } as never) as R;
}

/** What `handOver` wrapped, where no thread is crossed. */
const unwrap = (result: unknown): unknown =>
  typeof result === "object" && result !== null && valueSymbol in result
    ? (result as Record<symbol, unknown>)[valueSymbol]
    : result;

/** For a worker's functions: the `data` that the pool was opened with. */
export const poolData = <D>(): D => workerData as D;

function throwIfStopped(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new InterruptedError("the work was stopped");
}
