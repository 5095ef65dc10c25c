import { MessageChannel, type MessagePort } from "node:worker_threads";
import { afterEach, describe, expect, test } from "vitest";
import { InputError } from "../../src/errors.js";
import { connectRuntime, serveRuntime } from "../../src/runtime/port.js";
import type { Runtime, Session } from "../../src/runtime/types.js";
import { f32, type Tensor, tensor } from "../../src/tensor.js";

const open: MessagePort[] = [];
afterEach(() => {
  for (const port of open.splice(0)) port.close();
});

function channel(): [here: MessagePort, there: MessagePort] {
  const { port1, port2 } = new MessageChannel();
  open.push(port1, port2);
  return [port1, port2];
}

/** A runtime that keeps a diary instead of computing; sessions answer after the time that `x` holds, in ms. */
function diaryRuntime(diary: string[]): Runtime {
  const session = (name: string): Session => ({
    inputs: ["x"],
    outputs: ["y"],
    run: async ({ x }) => {
      const [wait] = x!.data;
      diary.push(`run ${wait}`);
      if (wait! < 0) throw new Error(`${name} cannot wait ${wait}`);
      if (wait === 99) throw new InputError("x is 99", { hint: "give less" });
      await new Promise((resolve) => setTimeout(resolve, wait));
      diary.push(`end ${wait}`);
      return { y: { ...x!, data: x!.data.slice() } as Tensor, same: x! };
    },
    dispose: async () => {
      diary.push(`dispose ${name}`);
    },
  });
  return {
    kind: "web",
    version: "0.1",
    fallback: "no native build",
    load: async (model, options) => {
      if (model.length === 0) throw new Error("an empty model");
      diary.push(`load ${options?.name} [${model}] ${options?.optimization}`);
      return session(options?.name ?? "?");
    },
    close: async () => {
      diary.push("close");
    },
  };
}

async function connected(): Promise<{
  runtime: Runtime;
  diary: string[];
  there: MessagePort;
  here: MessagePort;
}> {
  const [here, there] = channel();
  const diary: string[] = [];
  serveRuntime(there, async (options) => {
    diary.push(`open ${JSON.stringify(options)}`);
    return diaryRuntime(diary);
  });
  const runtime = await connectRuntime(here, { threads: 3, prefer: "web", onBusy: () => {} });
  return { runtime, diary, here, there };
}

const number = (x: number) => ({ x: f32([1], [x]) });

describe("a runtime behind a port", () => {
  test("opens, loads, runs, disposes and closes like one that is not", async () => {
    const { runtime, diary } = await connected();
    expect([runtime.kind, runtime.version, runtime.fallback]).toEqual(["web", "0.1", "no native build"]);
    const bytes = Buffer.from([7, 1, 2, 3, 7]).subarray(1, 4);
    const session = await runtime.load(bytes, { name: "net", optimization: "none" });
    expect([...bytes]).toEqual([1, 2, 3]);
    expect([session.inputs, session.outputs]).toEqual([["x"], ["y"]]);
    expect((await session.run(number(1)))["y"]).toEqual(f32([1], [1]));
    await session.dispose();
    await session.dispose();
    await runtime.close();
    await runtime.close();
    expect(diary).toEqual([
      'open {"threads":3,"prefer":"web"}',
      "load net [1,2,3] none",
      "run 1",
      "end 1",
      "dispose net",
      "close",
    ]);
    await expect(session.run(number(1))).rejects.toThrow("net has been disposed");
    await expect(runtime.load(bytes, { name: "net" })).rejects.toThrow(
      "the runtime is closed: net cannot be loaded",
    );
  });

  test("concurrent runs are served in the order of the calls, whatever they take", async () => {
    const { runtime, diary } = await connected();
    const session = await runtime.load(Uint8Array.of(1), { name: "net" });
    const waits = [20, 1, 10, 0, 5];
    const results = await Promise.all(waits.map((wait) => session.run(number(wait))));
    expect(results.map(({ y }) => y!.data[0])).toEqual(waits);
    expect(diary.slice(2)).toEqual(waits.flatMap((wait) => [`run ${wait}`, `end ${wait}`]));
  });

  test("errors cross with their message, input errors with their hint, and the next call works", async () => {
    const { runtime } = await connected();
    await expect(runtime.load(new Uint8Array(0))).rejects.toThrow("an empty model");
    const session = await runtime.load(Uint8Array.of(1), { name: "net" });
    await expect(session.run(number(-1))).rejects.toThrow("net cannot wait -1");
    const error = await session.run(number(99)).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(InputError);
    expect(String(error)).toBe("x is 99\n  give less");
    expect((await session.run(number(0)))["y"]).toEqual(f32([1], [0]));
  });

  test("a runtime that does not open rejects the connection", async () => {
    const [here, there] = channel();
    serveRuntime(there, async () => {
      throw new Error("no builds");
    });
    await expect(connectRuntime(here)).rejects.toThrow("no builds");
  });

  test("inputs stay the caller's, unless they are given up; views and shared buffers are copied", async () => {
    const { runtime } = await connected();
    const session = await runtime.load(Uint8Array.of(1));
    const kept = number(0);
    await session.run(kept);
    expect([...kept.x.data]).toEqual([0]);

    const given = number(0);
    expect((await session.run(given, { transfer: true }))["y"]!.data.length).toBe(1);
    expect(given.x.data.length).toBe(0);

    const backing = Float32Array.of(5, 0, 6);
    const view = tensor("f32", [1], backing.subarray(1, 2));
    const seen = await session.run({ x: view }, { transfer: true });
    expect([...backing]).toEqual([5, 0, 6]);
    // Two results in one buffer arrive as two.
    expect([...seen["y"]!.data, ...seen["same"]!.data]).toEqual([0, 0]);
    expect(seen["y"]!.data.buffer.byteLength).toBe(4);
  });

  test("a port that closes rejects what waits and what comes", async () => {
    const { runtime, there } = await connected();
    const session = await runtime.load(Uint8Array.of(1), { name: "net" });
    const waiting = [session.run(number(50)), session.run(number(50))];
    there.close();
    for (const result of await Promise.allSettled(waiting)) {
      expect(result).toMatchObject({
        reason: { message: "the worker that runs ONNX Runtime closed its port" },
      });
    }
    await expect(session.run(number(1))).rejects.toThrow("closed its port");
  });

  test("says when it is busy, once for several calls", async () => {
    const [here, there] = channel();
    const busy: boolean[] = [];
    serveRuntime(there, async () => diaryRuntime([]));
    const runtime = await connectRuntime(here, { onBusy: (state) => busy.push(state) });
    const session = await runtime.load(Uint8Array.of(1));
    expect(busy).toEqual([true, false, true, false]);
    await Promise.all([session.run(number(1)), session.run(number(0))]);
    expect(busy.slice(4)).toEqual([true, false]);
  });

  test("works over a browser's ports, which have no `on`", async () => {
    const [a, b] = channel();
    const browser = (port: MessagePort) => ({
      postMessage: (message: unknown, transfer: ArrayBuffer[]) => port.postMessage(message, transfer),
      addEventListener: (event: string, listener: (event: Event) => void) =>
        port.on(event, (data: unknown) =>
          listener(event === "message" ? new MessageEvent(event, { data }) : new Event(event)),
        ),
    });
    serveRuntime(browser(b), async () => diaryRuntime([]));
    const runtime = await connectRuntime(browser(a));
    const session = await runtime.load(Uint8Array.of(1));
    expect((await session.run(number(0)))["y"]).toEqual(f32([1], [0]));
  });
});
