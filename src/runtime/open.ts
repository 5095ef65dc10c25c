import { InputError } from "../errors.js";
import type { Tensor } from "../tensor.js";
import {
  type OrtPackage,
  type OrtPackages,
  type OrtSession,
  ortPackages,
  packageNames,
  versionOf,
} from "./packages.js";
import { fromOrt, toOrt } from "./tensors.js";
import type { LoadOptions, Runtime, RuntimeKind, RuntimeOptions, Session, TensorMap } from "./types.js";

/**
 * ONNX Runtime in this thread: the native build, or the WebAssembly one where the native one is missing or does not
 * load. `run` blocks the thread while it computes, so a program with anything else to do puts the runtime on a
 * worker (`serveRuntime`, `connectRuntime`).
 *
 * @throws InputError for a thread count that is no positive whole number; Error where neither build loads.
 */
export async function openRuntime(
  options: RuntimeOptions = {},
  packages: OrtPackages = ortPackages,
): Promise<Runtime> {
  const { prefer = "native", threads } = options;
  if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1)) {
    throw new InputError(`threads is ${threads}`, { hint: "give a whole number of at least 1" });
  }
  const order: RuntimeKind[] = prefer === "native" ? ["native", "web"] : ["web", "native"];
  const failures: string[] = [];
  for (const kind of order) {
    try {
      const ort = await packages[kind]();
      if (kind === "web") setWebThreads(ort, threads);
      return createRuntime(ort, kind, threads, failures[0]);
    } catch (error) {
      failures.push(`${packageNames[kind]} does not load: ${firstLine(error)}`);
    }
  }
  throw new Error(
    `ONNX Runtime is not available\n  ${failures.join("\n  ")}\n  install it with \`npm install onnxruntime-node\`, ` +
      "or `npm install onnxruntime-web` where there is no native build",
  );
}

// The WebAssembly build starts its threads once for the JavaScript thread that imports it.
let webThreads: { readonly count: number | undefined } | undefined;

function setWebThreads(ort: OrtPackage, threads: number | undefined): void {
  if (webThreads && threads !== undefined && webThreads.count !== threads) {
    throw new Error(
      `it already runs with ${webThreads.count ?? "its own choice of"} threads here, so ${threads} need a worker of their own`,
    );
  }
  if (webThreads) return;
  if (threads !== undefined) ort.env.wasm.numThreads = threads;
  webThreads = { count: threads };
}

function createRuntime(
  ort: OrtPackage,
  kind: RuntimeKind,
  threads: number | undefined,
  fallback: string | undefined,
): Runtime {
  const version = versionOf(ort, kind);
  const label = `ONNX Runtime (${kind} ${version})`;
  const inOrder = createQueue();
  const sessions = new Set<Session>();
  let closed = false;

  const load = async (model: Uint8Array, options: LoadOptions = {}): Promise<Session> => {
    const name = options.name ?? "the model";
    if (closed) throw new Error(`${label} is closed: ${name} cannot be loaded`);
    const raw = await ort.InferenceSession.create(model, {
      executionProviders: options.providers ?? [kind === "native" ? "cpu" : "wasm"],
      graphOptimizationLevel: options.optimization === "none" ? "disabled" : (options.optimization ?? "all"),
      executionMode: "sequential",
      interOpNumThreads: 1,
      ...(options.keepQuantizers ? { extra: { session: { disable_quant_qdq: "1" } } } : {}),
      ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
      // Errors are thrown; a second copy on standard error helps nobody.
      logSeverityLevel: 4,
    }).catch((error: unknown) => {
      throw new Error(`${label} cannot load ${name}: ${firstLine(error)}`, { cause: error });
    });
    const session = createSession(ort, raw, label, name, inOrder, () => sessions.delete(session));
    sessions.add(session);
    return session;
  };

  return {
    kind,
    version,
    fallback,
    load: (model, options) => inOrder(() => load(model, options)),
    close: async () => {
      closed = true;
      await inOrder(async () => {});
      for (const session of [...sessions]) await session.dispose();
    },
  };
}

type Queue = <T>(task: () => Promise<T>) => Promise<T>;

/** Runs one task after another, in the order of the calls; a failed task does not stop the next. */
function createQueue(): Queue {
  let last: Promise<unknown> = Promise.resolve();
  return (task) => {
    const result = last.then(task);
    last = result.catch(() => {});
    return result;
  };
}

function createSession(
  ort: OrtPackage,
  raw: OrtSession,
  label: string,
  name: string,
  inOrder: Queue,
  onDispose: () => void,
): Session {
  let disposed = false;
  const run = async (feeds: TensorMap): Promise<Record<string, Tensor>> => {
    const given: Record<string, ReturnType<typeof toOrt>> = {};
    for (const [input, value] of Object.entries(feeds)) given[input] = toOrt(ort, input, value);
    const results = await raw.run(given).catch((error: unknown) => {
      throw new Error(`${label} cannot run ${name}: ${firstLine(error)}`, { cause: error });
    });
    return Object.fromEntries(raw.outputNames.map((output) => [output, fromOrt(output, results[output]!)]));
  };
  return {
    inputs: [...raw.inputNames],
    outputs: [...raw.outputNames],
    run: async (feeds) => {
      if (disposed) throw new Error(`${name} has been disposed`);
      checkFeeds(name, raw.inputNames, feeds);
      return inOrder(() => run(feeds));
    },
    dispose: async () => {
      if (disposed) return;
      disposed = true;
      onDispose();
      await inOrder(() => raw.release());
    },
  };
}

function checkFeeds(name: string, inputs: readonly string[], feeds: TensorMap): void {
  const given = Object.keys(feeds);
  const missing = inputs.filter((input) => !Object.hasOwn(feeds, input));
  const unknown = given.filter((input) => !inputs.includes(input));
  if (missing.length === 0 && unknown.length === 0) return;
  const list = (names: readonly string[]) => names.map((input) => `"${input}"`).join(", ") || "none";
  throw new Error(`${name} has the inputs ${list(inputs)}, but was given ${list(given)}`);
}

/** ONNX Runtime's messages can hold whole call stacks. */
function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.trim().split("\n", 1)[0]!;
}
