import { afterEach, describe, expect, test } from "vitest";
import { InputError, InterruptedError } from "../../src/errors.js";
import { handOver, openPool, type Pool, type PoolOptions } from "../../src/node/pool.js";

const worker = new URL("./fixtures/pool-worker.mjs", import.meta.url);
const broken = new URL("./fixtures/broken-worker.mjs", import.meta.url);
const handlers = { square: (x: number) => x * x, failAtThree: (x: number) => (x === 3 ? fail() : x) };
const fail = () => {
  throw new Error("task three is wrong");
};

const pools: Pool[] = [];
afterEach(async () => {
  for (const pool of pools.splice(0)) await pool.close();
});
const opened = (options: PoolOptions) => {
  const pool = openPool(options);
  pools.push(pool);
  return pool;
};
const numbers = Array.from({ length: 30 }, (_, i) => i);
const squares = numbers.map((x) => x * x);

describe.each<[string, PoolOptions, number]>([
  ["two workers", { threads: 2, worker }, 2],
  ["one worker", { threads: 1, worker }, 1],
  ["this thread", { threads: 1, worker, handlers }, 0],
  ["this thread, for want of a worker file", { threads: 4, handlers }, 0],
])("%s", (_, options, threads) => {
  test("results come in the order of the tasks, with progress", async () => {
    const pool = opened(options);
    expect(pool.threads).toBe(threads);
    const progress: number[] = [];
    expect(await pool.map(numbers, "square", { onProgress: (done) => progress.push(done) })).toEqual(squares);
    expect(progress).toEqual(numbers.map((x) => x + 1));
    expect(await pool.map([], "square")).toEqual([]);
  });

  test("the first error stops the map; the pool works on", async () => {
    const pool = opened(options);
    await expect(pool.map(numbers, "failAtThree")).rejects.toThrow("task three is wrong");
    expect(await pool.map([2, 3], "square")).toEqual([4, 9]);
  });

  test("an unknown function and a stopped signal", async () => {
    const pool = opened(options);
    await expect(pool.map([1], "nothing")).rejects.toThrow(Error);
    await expect(pool.map([1], "square", { signal: AbortSignal.abort() })).rejects.toThrow(InterruptedError);
  });
});

describe("workers", () => {
  test("tasks are drawn as workers become free", async () => {
    let drawn = 0;
    let finished = 0;
    // However long the one task takes to fail: what is drawn and not finished is at work or waits for its worker.
    let most = 0;
    const endless = function* () {
      for (;;) {
        most = Math.max(most, drawn + 1 - finished);
        yield drawn++;
      }
    };
    const pool = opened({ threads: 2, worker });
    const onProgress = (done: number) => {
      finished = done;
    };
    await expect(pool.map(endless(), "failAtThree", { onProgress })).rejects.toThrow("task three is wrong");
    expect(most).toBe(2 * pool.threads);
  });

  test("a worker that dies rejects the map and is replaced", async () => {
    const pool = opened({ threads: 2, worker });
    await expect(pool.map(numbers, "exitAtThree")).rejects.toThrow(
      'a worker ended with exit code 7 during "exitAtThree"',
    );
    expect(await pool.map(numbers, "square")).toEqual(squares);
  });

  test("workers that do not start reject every map", async () => {
    const pool = opened({ threads: 2, worker: broken });
    await expect(pool.map(numbers, "square")).rejects.toThrow("a worker that does not start");
    await expect(pool.map(numbers, "square")).rejects.toThrow("a worker that does not start");
  });

  test("buffers are moved where asked for, and copied otherwise", async () => {
    const pool = opened({ threads: 1, worker });
    const task = Float32Array.of(1, 2, 3);
    expect(await pool.map([task], "sum")).toEqual([6]);
    expect(task.length).toBe(3);
    expect(await pool.map([task], "sum", { transfer: (x) => [x.buffer] })).toEqual([6]);
    expect(task.length).toBe(0);
  });

  test("data go to every worker", async () => {
    const pool = opened({ threads: 2, worker, data: { bits: 4 } });
    expect(await pool.map([0, 0], "shared")).toEqual([{ bits: 4 }, { bits: 4 }]);
  });

  test("a signal stops tasks at work", async () => {
    const pool = opened({ threads: 2, worker });
    const stop = new AbortController();
    const mapped = pool.map([1, 2, 3], "sleep", { signal: stop.signal });
    setTimeout(() => stop.abort(), 50);
    await expect(mapped).rejects.toThrow(InterruptedError);
    expect(await pool.map([5], "square")).toEqual([25]);
  });
});

test("a result that is handed over is itself where no thread is crossed", async () => {
  const result = { sums: Float32Array.of(1) };
  const pool = opened({ threads: 0, handlers: { hand: () => handOver(result, [result.sums.buffer]) } });
  expect((await pool.map([1], "hand"))[0]).toBe(result);
});

test("wrong options", () => {
  expect(() => openPool({ threads: -1, handlers })).toThrow(InputError);
  expect(() => openPool({ threads: 1.5, worker })).toThrow("threads is 1.5");
  expect(() => openPool({ threads: 2 })).toThrow("a pool needs the file of its worker");
});
