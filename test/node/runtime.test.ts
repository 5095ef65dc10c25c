import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { compiledWorker } from "../../src/node/files.js";
import { openWorkerRuntime, probeMachine } from "../../src/node/runtime.js";
import { f32 } from "../../src/tensor.js";
import { oneOpModel } from "../runtime/tiny-models.js";

const dying = new URL("./fixtures/dying-runtime.mjs", import.meta.url);
const built = compiledWorker("runtime-worker", new URL("../../src/node/runtime.ts", import.meta.url).href);
const negation = oneOpModel("Neg", { x: "f32" }, "f32");
const feeds = { x: f32([2], [1, -3]) };

describe("a worker that dies", () => {
  test.each([
    ["by ending", 0, "the worker that runs ONNX Runtime ended with exit code 3"],
    ["by an error", 1, "the worker that runs ONNX Runtime failed: out of luck"],
  ])("%s rejects what waits and what comes; closing it is quiet", async (_, way, message) => {
    const runtime = await openWorkerRuntime({ worker: dying });
    const session = await runtime.load(Uint8Array.of(way));
    const waiting = await Promise.allSettled([session.run(feeds), session.run(feeds)]);
    for (const result of waiting) expect(result).toMatchObject({ status: "rejected", reason: { message } });
    await expect(session.run(feeds)).rejects.toThrow(message);
    await runtime.close();
    await runtime.close();
  });

  test("before it opens rejects", async () => {
    const missing = new URL("./fixtures/nothing-here.mjs", import.meta.url);
    await expect(openWorkerRuntime({ worker: missing })).rejects.toThrow(
      /failed: Cannot find module .*nothing-here/,
    );
  });
});

test("without a worker the runtime works in this thread", async () => {
  const runtime = await openWorkerRuntime({ threads: 1, worker: null });
  const session = await runtime.load(negation);
  expect((await session.run(feeds))["y"]).toEqual(f32([2], [-1, 3]));
  await runtime.close();
});

describe.skipIf(!built)("the compiled worker (skipped where dist is missing or older than src)", () => {
  test.each(["native", "web"] as const)(
    "computes with the %s build, on one thread and on two",
    async (prefer) => {
      for (const threads of [1, 2]) {
        const runtime = await openWorkerRuntime({ prefer, threads, worker: built! });
        expect([runtime.kind, runtime.fallback]).toEqual([prefer, undefined]);
        const session = await runtime.load(negation, { name: "negation" });
        const results = await Promise.all([1, 2, 3].map((x) => session.run({ x: f32([1], [x]) })));
        expect(results.map(({ y }) => y!.data[0])).toEqual([-1, -2, -3]);
        await expect(runtime.load(Uint8Array.of(9), { name: "x.onnx" })).rejects.toThrow(
          /cannot load x\.onnx: /,
        );
        await runtime.close();
      }
    },
  );

  test("this thread goes on while the worker computes", async () => {
    const runtime = await openWorkerRuntime({ threads: 1, worker: built! });
    const session = await runtime.load(oneOpModel("Erf", { x: "f32" }, "f32"));
    let ticks = 0;
    const ticking = setInterval(() => ticks++, 1);
    await session.run({ x: f32([8_000_000], new Float32Array(8_000_000)) });
    clearInterval(ticking);
    expect(ticks).toBeGreaterThan(2);
    await runtime.close();
  });

  test("neither a closed nor a forgotten runtime keeps a process alive", () => {
    for (const close of ["await runtime.close();", ""]) {
      const program = `
        const { openWorkerRuntime } = await import(${JSON.stringify(new URL("./runtime.js", built).href)});
        const runtime = await openWorkerRuntime({ threads: 1 });
        await runtime.load(Uint8Array.from(${JSON.stringify([...negation])}));
        ${close}
        console.log("end");`;
      const args = ["--input-type=module", "-e", program];
      expect(execFileSync(process.execPath, args, { encoding: "utf8", timeout: 20_000 })).toBe("end\n");
    }
  });

  test("the probe tries each provider in a process of its own", async () => {
    const { runtimes, problem } = await probeMachine(built);
    expect(problem).toBeUndefined();
    expect(runtimes.map(({ kind, works }) => [kind, works])).toEqual([
      ["native", true],
      ["web", true],
    ]);
    expect(runtimes[0]!.providers[0]).toEqual({ name: "cpu", works: true });
    for (const { works, error } of runtimes.flatMap(({ providers }) => providers))
      expect(works).toBe(error === undefined);
  });
});

test("a probe whose process dies still says what the CPU can do, and what happened", async () => {
  const { runtimes, problem } = await probeMachine(new URL("./fixtures/broken-worker.mjs", import.meta.url));
  expect(problem).toBe("the process that tried the accelerators ended with 1");
  expect(runtimes.map(({ works, providers }) => [works, providers.map(({ name }) => name)])).toEqual([
    [true, ["cpu"]],
    [true, ["wasm"]],
  ]);
});
