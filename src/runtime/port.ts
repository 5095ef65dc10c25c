import { InputError } from "../errors.js";
import type { Tensor } from "../tensor.js";
import { openRuntime } from "./open.js";
import { copied } from "./tensors.js";
import type {
  LoadOptions,
  RunOptions,
  Runtime,
  RuntimeKind,
  RuntimeOptions,
  Session,
  TensorMap,
} from "./types.js";

/** Node's MessagePort, Worker and parentPort. */
export interface NodePort {
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  on(event: string, listener: (value: unknown) => void): unknown;
}

/** A browser's MessagePort, Worker and worker scope. */
export interface WebPort {
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  addEventListener(event: string, listener: (event: Event) => void): void;
  start?(): void;
}

export type RuntimePort = NodePort | WebPort;

type Request =
  | { readonly op: "open"; readonly options: RuntimeOptions }
  | { readonly op: "load"; readonly model: Uint8Array; readonly options: LoadOptions }
  | { readonly op: "run"; readonly session: number; readonly feeds: TensorMap }
  | { readonly op: "dispose"; readonly session: number }
  | { readonly op: "close" };

/** What each request is answered with. */
interface Answers {
  open: { readonly kind: RuntimeKind; readonly version: string; readonly fallback: string | undefined };
  load: { readonly session: number; readonly inputs: readonly string[]; readonly outputs: readonly string[] };
  run: Record<string, Tensor>;
  dispose: undefined;
  close: undefined;
}
type Op = keyof Answers;

interface Failure {
  readonly message: string;
  /** Set where the error is an InputError. */
  readonly input?: { readonly hint: string | undefined };
}

type Asked = Request & { readonly id: number };
type Reply = { readonly id: number; readonly value?: unknown; readonly error?: Failure };

/** Answers the requests of `connectRuntime` at the other end of the port, in the order in which they come. */
export function serveRuntime(
  port: RuntimePort,
  open: (options: RuntimeOptions) => Promise<Runtime> = openRuntime,
): void {
  const sessions = new Map<number, Session>();
  let runtime: Runtime | undefined;
  let opened = 0;

  const answer: { [K in Op]: (request: Extract<Request, { op: K }>) => Promise<Answers[K]> } = {
    open: async ({ options }) => {
      runtime = await open(options);
      return { kind: runtime.kind, version: runtime.version, fallback: runtime.fallback };
    },
    load: async ({ model, options }) => {
      const session = await runtime!.load(model, options);
      sessions.set(opened, session);
      return { session: opened++, inputs: session.inputs, outputs: session.outputs };
    },
    run: ({ session, feeds }) => sessions.get(session)!.run(feeds),
    dispose: async ({ session }) => {
      await sessions.get(session)?.dispose();
      sessions.delete(session);
    },
    close: async () => {
      await runtime?.close();
      return undefined;
    },
  };

  let last: Promise<unknown> = Promise.resolve();
  listen(port, "message", (message) => {
    const request = message as Asked;
    last = last
      .then(() => (answer[request.op] as (request: Request) => Promise<unknown>)(request))
      .then(
        (value) => {
          const [movable, buffers] = request.op === "run" ? owned(value as TensorMap, true) : [value, []];
          port.postMessage({ id: request.id, value: movable } satisfies Reply, buffers);
        },
        (error: unknown) => port.postMessage({ id: request.id, error: describe(error) } satisfies Reply, []),
      );
  });
  if ("start" in port) port.start?.();
}

/** Told when the first call of several begins to wait, and when none waits any more. */
export interface ConnectOptions extends RuntimeOptions {
  readonly onBusy?: (busy: boolean) => void;
}

/**
 * The runtime that `serveRuntime` offers at the other end of the port. Inputs are copied (unless `transfer` is set),
 * results are moved. Errors arrive with their message; where the other end dies, every waiting and later call is
 * rejected.
 */
export async function connectRuntime(port: RuntimePort, options: ConnectOptions = {}): Promise<Runtime> {
  const { onBusy, ...runtimeOptions } = options;
  const ask = createClient(port, onBusy ?? (() => {}));
  const { kind, version, fallback } = await ask({ op: "open", options: runtimeOptions });
  let closing: Promise<void> | undefined;

  const load = async (model: Uint8Array, loadOptions: LoadOptions = {}): Promise<Session> => {
    const copy = new Uint8Array(model);
    const opened = await ask({ op: "load", model: copy, options: loadOptions }, [copy.buffer]);
    const name = loadOptions.name ?? "the model";
    let disposing: Promise<void> | undefined;
    return {
      inputs: opened.inputs,
      outputs: opened.outputs,
      run: async (feeds: TensorMap, { transfer = false }: RunOptions = {}) => {
        if (disposing) throw new Error(`${name} has been disposed`);
        const [own, buffers] = owned(feeds, transfer);
        return ask({ op: "run", session: opened.session, feeds: own }, buffers);
      },
      dispose: () => {
        disposing ??= closing ?? ask({ op: "dispose", session: opened.session });
        return disposing;
      },
    };
  };

  return {
    kind,
    version,
    fallback,
    load: async (model, loadOptions) => {
      if (closing)
        throw new Error(`the runtime is closed: ${loadOptions?.name ?? "the model"} cannot be loaded`);
      return load(model, loadOptions);
    },
    close: () => {
      closing ??= ask({ op: "close" });
      return closing;
    },
  };
}

type Ask = <R extends Request>(request: R, transfer?: ArrayBuffer[]) => Promise<Answers[R["op"]]>;

function createClient(port: RuntimePort, onBusy: (busy: boolean) => void): Ask {
  const waiting = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>();
  let asked = 0;
  let dead: Error | undefined;

  const settle = (id: number) => {
    const call = waiting.get(id);
    waiting.delete(id);
    if (waiting.size === 0) onBusy(false);
    return call;
  };
  const die = (reason: string, cause?: unknown) => {
    if (dead) return;
    dead = new Error(`the worker that runs ONNX Runtime ${reason}`, { cause });
    for (const id of [...waiting.keys()]) settle(id)?.reject(dead);
  };

  listen(port, "message", (message) => {
    const { id, value, error } = message as Reply;
    const call = settle(id);
    if (error) call?.reject(revive(error));
    else call?.resolve(value as never);
  });
  listen(port, "error", (error) => die(`failed: ${describe(error).message}`, error));
  listen(port, "messageerror", (error) => die("sent what cannot be read", error));
  listen(port, "exit", (code) => die(`ended with exit code ${code}`));
  listen(port, "close", () => die("closed its port"));
  if ("start" in port) port.start?.();

  return (request, transfer = []) =>
    new Promise((resolve, reject) => {
      if (dead) return reject(dead);
      const id = asked++;
      if (waiting.size === 0) onBusy(true);
      waiting.set(id, { resolve: resolve as (value: never) => void, reject });
      try {
        port.postMessage({ ...request, id }, transfer);
      } catch (error) {
        settle(id);
        reject(error);
      }
    });
}

function listen(port: RuntimePort, event: string, listener: (value: unknown) => void): void {
  if ("on" in port) port.on(event, listener);
  else port.addEventListener(event, (e) => listener(e instanceof MessageEvent ? e.data : e));
}

/**
 * Tensors whose memory can be moved through a port, and that memory. Without `giveUp` they are copies. A view is
 * copied in any case: moving it would take the rest of its memory away, sending it would send the rest too.
 */
function owned(
  tensors: TensorMap,
  giveUp: boolean,
): [tensors: Record<string, Tensor>, buffers: ArrayBuffer[]] {
  const buffers = new Set<ArrayBuffer>();
  const own: Record<string, Tensor> = {};
  for (const [name, { dtype, shape, data }] of Object.entries(tensors)) {
    const whole = data.buffer instanceof ArrayBuffer && data.byteLength === data.buffer.byteLength;
    const mine = giveUp && whole && !buffers.has(data.buffer as ArrayBuffer) ? data : copied(data);
    buffers.add(mine.buffer as ArrayBuffer);
    own[name] = { dtype, shape, data: mine };
  }
  return [own, [...buffers]];
}

function describe(error: unknown): Failure {
  if (error instanceof InputError) return { message: error.message, input: { hint: error.hint } };
  const message = (error as { message?: unknown } | null)?.message;
  return { message: typeof message === "string" ? message : String(error) };
}

function revive({ message, input }: Failure): Error {
  if (!input) return new Error(message);
  return new InputError(message, input.hint === undefined ? {} : { hint: input.hint });
}
