import type { RuntimeKind } from "./types.js";

/** What this project uses of the interface that both packages share (onnxruntime-common). */
export interface OrtTensor {
  readonly type: string;
  readonly dims: readonly number[];
  readonly data: unknown;
}

export interface OrtSession {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  run(feeds: Record<string, OrtTensor>): Promise<Record<string, OrtTensor>>;
  release(): Promise<void>;
}

export interface OrtSessionOptions {
  readonly executionProviders: readonly string[];
  readonly graphOptimizationLevel: "disabled" | "basic" | "all";
  readonly executionMode: "sequential";
  readonly interOpNumThreads: 1;
  readonly intraOpNumThreads?: number;
  readonly extra?: { readonly session: Readonly<Record<string, string>> };
  readonly logSeverityLevel: 0 | 1 | 2 | 3 | 4;
}

export interface OrtPackage {
  readonly Tensor: new (type: string, data: unknown, dims: readonly number[]) => OrtTensor;
  readonly InferenceSession: {
    create(model: Uint8Array, options: OrtSessionOptions): Promise<OrtSession>;
  };
  readonly env: {
    logLevel?: string;
    readonly wasm: { numThreads?: number };
    readonly versions: { readonly common: string; readonly node?: string; readonly web?: string };
  };
  /** Only in onnxruntime-node. */
  readonly listSupportedBackends?: () => readonly { readonly name: string; readonly bundled: boolean }[];
}

/** How each build is imported; an argument so that a missing build can be tested. */
export type OrtPackages = { readonly [K in RuntimeKind]: () => Promise<OrtPackage> };

export const packageNames: { readonly [K in RuntimeKind]: string } = {
  native: "onnxruntime-node",
  web: "onnxruntime-web",
};

// The native package is optional and means nothing to a browser's bundler, so its name is not a literal there.
const nativeName: string = packageNames.native;

export const ortPackages: OrtPackages = {
  native: async () => unwrap(await import(/* @vite-ignore */ nativeName)),
  web: async () => unwrap(await import("onnxruntime-web")),
};

/** A CommonJS package seen from a module may carry its exports on `default` only. */
function unwrap(module: unknown): OrtPackage {
  const outer = module as Partial<OrtPackage> & { default?: OrtPackage };
  return outer.InferenceSession ? (outer as OrtPackage) : outer.default!;
}

export const versionOf = (ort: OrtPackage, kind: RuntimeKind): string =>
  (kind === "native" ? ort.env.versions.node : ort.env.versions.web) ?? ort.env.versions.common;
