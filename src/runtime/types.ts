import type { Tensor } from "../tensor.js";

/** `native` is onnxruntime-node, `web` is onnxruntime-web's WebAssembly build, which works in Node too. */
export type RuntimeKind = "native" | "web";

export interface RuntimeOptions {
  /** Which build to try first; the other one is used where it does not load. Default: native. */
  readonly prefer?: RuntimeKind;
  /** Threads inside one operator. Default: what ONNX Runtime chooses for the machine. */
  readonly threads?: number;
}

export interface LoadOptions {
  /** What error messages call the model. Default: "the model". */
  readonly name?: string;
  /**
   * How far ONNX Runtime may rewrite the graph. "all" (the default) fuses operators and changes memory layouts;
   * "basic" folds constants and fuses a convolution with its batch norm or bias; "none" runs the nodes as they stand.
   * Each rounds differently, in the last bits of a logit. For one setting, thread count and machine, results repeat bit
   * for bit.
   */
  readonly optimization?: "none" | "basic" | "all";
  /**
   * Leaves QuantizeLinear and DequantizeLinear where they stand, instead of looking for integer kernels that they
   * could become part of. Training graphs want it: otherwise each reader of a quantised activation dequantises it anew.
   */
  readonly keepQuantizers?: boolean;
  /** ONNX Runtime's execution providers, most wanted first. Default: the CPU ("wasm" in the web build). */
  readonly providers?: readonly string[];
}

export interface RunOptions {
  /**
   * The caller gives its input arrays up: a runtime behind a port then moves them instead of copying, and they are
   * empty afterwards. Without it inputs are never touched.
   */
  readonly transfer?: boolean;
}

export type TensorMap = Readonly<Record<string, Tensor>>;

/** One loaded model. Calls of `run` are served one after another, in the order in which they were made. */
export interface Session {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  run(feeds: TensorMap, options?: RunOptions): Promise<Record<string, Tensor>>;
  /** Frees the model; a later `run` is refused. A second call does nothing. */
  dispose(): Promise<void>;
}

export interface Runtime {
  readonly kind: RuntimeKind;
  readonly version: string;
  /** Why the build that was asked for first is not the one in use; undefined where it is. */
  readonly fallback: string | undefined;
  /** The bytes are not changed, and may be after the returned promise has settled. */
  load(model: Uint8Array, options?: LoadOptions): Promise<Session>;
  /** Disposes every session; later calls are refused. A second call does nothing. */
  close(): Promise<void>;
}
