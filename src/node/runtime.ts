import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Worker } from "node:worker_threads";
import { openRuntime } from "../runtime/open.js";
import { connectRuntime } from "../runtime/port.js";
import { probeRuntimes, type RuntimeProbe } from "../runtime/probe.js";
import type { Runtime, RuntimeOptions } from "../runtime/types.js";
import { compiledWorker } from "./files.js";

export interface WorkerRuntimeOptions extends RuntimeOptions {
  /** The worker's file, or null to stay in this thread. Default: this package's own, null where `compiledWorker` finds none. */
  readonly worker?: URL | null;
}

/**
 * ONNX Runtime on a worker thread, so that this thread goes on while it computes. `close` ends the thread; an idle
 * runtime that was not closed does not keep the process alive.
 */
export async function openWorkerRuntime(options: WorkerRuntimeOptions = {}): Promise<Runtime> {
  const { worker: file = compiledWorker("runtime-worker", import.meta.url) ?? null, ...runtimeOptions } =
    options;
  if (file === null) return openRuntime(runtimeOptions);
  // The process's own flags may be for its main program only (`--input-type`).
  const worker = new Worker(file, { name: "xbarkit-runtime", execArgv: [] });
  const onBusy = (busy: boolean) => (busy ? worker.ref() : worker.unref());
  try {
    const runtime = await connectRuntime(worker, { ...runtimeOptions, onBusy });
    let closing: Promise<void> | undefined;
    const close = async () => {
      // A worker that has died has nothing left to close.
      await runtime.close().catch(() => {});
      await worker.terminate();
    };
    return {
      ...runtime,
      close: () => {
        closing ??= close();
        return closing;
      },
    };
  } catch (error) {
    await worker.terminate();
    throw error;
  }
}

/**
 * What the machine's builds of ONNX Runtime offer, accelerators included, found out in a process of its own. Where that
 * process cannot be started or dies, `problem` says so and only the CPU is looked at, in this one.
 */
export async function probeMachine(
  program: URL | undefined = compiledWorker("runtime-worker", import.meta.url),
): Promise<{ readonly runtimes: readonly RuntimeProbe[]; readonly problem?: string }> {
  if (!program)
    return { runtimes: await probeRuntimes(), problem: "accelerators were not tried: no compiled worker" };
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [fileURLToPath(program)], {
      timeout: 60_000,
    });
    // Drivers may print too; the answer is the last line.
    return { runtimes: JSON.parse(stdout.trim().split("\n").at(-1)!) as RuntimeProbe[] };
  } catch (error) {
    const { code, signal } = error as { code?: unknown; signal?: unknown };
    const how = signal ? `by ${String(signal)}` : `with ${String(code ?? error)}`;
    return {
      runtimes: await probeRuntimes(),
      problem: `the process that tried the accelerators ended ${how}`,
    };
  }
}
