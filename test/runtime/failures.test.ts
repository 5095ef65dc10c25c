import { afterAll, describe, expect, test } from "vitest";
import { InputError } from "../../src/errors.js";
import { openRuntime } from "../../src/runtime/open.js";
import { ortPackages } from "../../src/runtime/packages.js";
import { probeRuntimes } from "../../src/runtime/probe.js";
import { f32 } from "../../src/tensor.js";
import { oneOpModel } from "./tiny-models.js";

const missing = async (): Promise<never> => {
  throw new Error("Cannot find package 'onnxruntime-node'\nRequire stack: here");
};

describe("choosing a build", () => {
  test("the web build steps in where the native one is missing, and says why", async () => {
    const runtime = await openRuntime({}, { ...ortPackages, native: missing });
    expect(runtime.kind).toBe("web");
    expect(runtime.version).toBe("1.30.0");
    expect(runtime.fallback).toBe("onnxruntime-node does not load: Cannot find package 'onnxruntime-node'");
    const session = await runtime.load(oneOpModel("Neg", { x: "f32" }, "f32"));
    expect((await session.run({ x: f32([2], [1, -3]) }))["y"]).toEqual(f32([2], [-1, 3]));
    await runtime.close();
  });

  test("the native build is first, without a fallback", async () => {
    const runtime = await openRuntime({ threads: 1 });
    expect([runtime.kind, runtime.fallback]).toEqual(["native", undefined]);
    await runtime.close();
  });

  test("without either build the message says what to install", async () => {
    const opening = openRuntime({}, { native: missing, web: missing });
    await expect(opening).rejects.toThrow(/ONNX Runtime is not available[\s\S]*npm install onnxruntime-node/);
  });

  test.each([0, -1, 1.5, Number.NaN])("%d threads are refused", async (threads) => {
    await expect(openRuntime({ threads })).rejects.toThrow(InputError);
    await expect(openRuntime({ threads })).rejects.toThrow(`threads is ${threads}`);
  });
});

describe("errors of ONNX Runtime", async () => {
  const runtime = await openRuntime({ threads: 1 });
  afterAll(() => runtime.close());
  const add = oneOpModel("Add", { a: "f32", b: "f32" }, "f32");

  test("bytes that are no model", async () => {
    await expect(runtime.load(Uint8Array.of(1, 2, 3), { name: "x.onnx" })).rejects.toThrow(
      "ONNX Runtime (native 1.30.0) cannot load x.onnx: Failed to load model because protobuf parsing failed.",
    );
  });

  test("an operator that does not exist is named", async () => {
    await expect(runtime.load(oneOpModel("Frobnicate", { x: "f32" }, "f32"))).rejects.toThrow(
      /cannot load the model: .*Frobnicate/,
    );
  });

  test("inputs that are missing or unknown", async () => {
    const session = await runtime.load(add, { name: "sum" });
    expect(session.inputs).toEqual(["a", "b"]);
    const a = f32([1], [1]);
    await expect(session.run({ a })).rejects.toThrow('sum has the inputs "a", "b", but was given "a"');
    await expect(session.run({ a, b: a, c: a })).rejects.toThrow('but was given "a", "b", "c"');
    await expect(session.run({})).rejects.toThrow("but was given none");
  });

  test("shapes that do not fit; the session works on", async () => {
    const session = await runtime.load(add, { name: "sum" });
    await expect(session.run({ a: f32([2], [1, 2]), b: f32([3], [1, 2, 3]) })).rejects.toThrow(
      /^ONNX Runtime \(native 1\.30\.0\) cannot run sum: /,
    );
    expect((await session.run({ a: f32([1], [1]), b: f32([1], [2]) }))["y"]).toEqual(f32([1], [3]));
  });

  test("a provider that is not there", async () => {
    await expect(runtime.load(add, { providers: ["nonesuch"] })).rejects.toThrow(
      /cannot load the model: .*nonesuch/i,
    );
  });

  test("disposed sessions and closed runtimes refuse work, quietly when asked twice", async () => {
    const own = await openRuntime({ threads: 1 });
    const session = await own.load(add, { name: "sum" });
    const late = await own.load(add, { name: "late" });
    const feeds = { a: f32([1], [1]), b: f32([1], [2]) };
    const running = session.run(feeds);
    await session.dispose();
    await session.dispose();
    expect((await running)["y"]).toEqual(f32([1], [3]));
    await expect(session.run(feeds)).rejects.toThrow("sum has been disposed");
    await own.close();
    await own.close();
    await expect(late.run(feeds)).rejects.toThrow("late has been disposed");
    await expect(own.load(add, { name: "sum" })).rejects.toThrow("is closed: sum cannot be loaded");
  });
});

test("every optimisation level gives the same sum", async () => {
  const runtime = await openRuntime({ threads: 1 });
  for (const optimization of ["none", "basic", "all"] as const) {
    const session = await runtime.load(oneOpModel("Add", { a: "f32", b: "f32" }, "f32"), { optimization });
    expect((await session.run({ a: f32([2], [1, 2]), b: f32([2], [3, 4]) }))["y"]).toEqual(f32([2], [4, 6]));
  }
  await runtime.close();
});

test("the probe says which builds compute, and why one does not", async () => {
  const [native, web] = await probeRuntimes({}, { ...ortPackages, native: missing });
  expect(native).toEqual({
    kind: "native",
    package: "onnxruntime-node",
    works: false,
    providers: [],
    error: "Cannot find package 'onnxruntime-node'",
  });
  expect(web).toEqual({
    kind: "web",
    package: "onnxruntime-web",
    works: true,
    version: "1.30.0",
    providers: [{ name: "wasm", works: true }],
  });
  const [here] = await probeRuntimes();
  expect(here).toMatchObject({ kind: "native", works: true, providers: [{ name: "cpu", works: true }] });
});
