import { type OrtPackage, type OrtPackages, ortPackages, packageNames, versionOf } from "./packages.js";
import type { RuntimeKind } from "./types.js";

/** Whether one execution provider computes here. */
export interface ProviderProbe {
  readonly name: string;
  readonly works: boolean;
  readonly error?: string;
}

/** What one build of ONNX Runtime offers on this machine. */
export interface RuntimeProbe {
  readonly kind: RuntimeKind;
  readonly package: string;
  /** The package loads, and its CPU provider computed a small model. */
  readonly works: boolean;
  readonly version?: string;
  readonly providers: readonly ProviderProbe[];
  readonly error?: string;
}

export interface ProbeOptions {
  /**
   * Try the accelerators too. A broken driver can print to the process's standard error or even end it, so a program
   * that wants to live does this in a process of its own.
   */
  readonly accelerators?: boolean;
}

/** Imports both builds and runs a small model on each of their execution providers. */
export async function probeRuntimes(
  { accelerators = false }: ProbeOptions = {},
  packages: OrtPackages = ortPackages,
): Promise<RuntimeProbe[]> {
  const probes: RuntimeProbe[] = [];
  for (const kind of ["native", "web"] as const) {
    const about = { kind, package: packageNames[kind] };
    try {
      const ort = await packages[kind]();
      ort.env.logLevel = "fatal";
      const listed =
        kind === "web" ? ["wasm"] : (ort.listSupportedBackends?.().map(({ name }) => name) ?? ["cpu"]);
      const providers: ProviderProbe[] = [];
      for (const name of accelerators ? listed : listed.slice(0, 1))
        providers.push(await probeProvider(ort, name));
      probes.push({ ...about, works: providers[0]!.works, version: versionOf(ort, kind), providers });
    } catch (error) {
      probes.push({ ...about, works: false, providers: [], error: messageOf(error) });
    }
  }
  return probes;
}

async function probeProvider(ort: OrtPackage, name: string): Promise<ProviderProbe> {
  try {
    const session = await ort.InferenceSession.create(negationModel(), {
      executionProviders: [name],
      graphOptimizationLevel: "all",
      executionMode: "sequential",
      interOpNumThreads: 1,
      intraOpNumThreads: 1,
      logSeverityLevel: 4,
    });
    const { y } = await session.run({ x: new ort.Tensor("float32", Float32Array.of(3), [1]) });
    await session.release();
    const value = (y!.data as Float32Array)[0];
    return value === -3
      ? { name, works: true }
      : { name, works: false, error: `it computes −(3) = ${value}` };
  } catch (error) {
    return { name, works: false, error: messageOf(error) };
  }
}

/** The ONNX model y = −x on one float, in protobuf's wire format; the numbers are the fields of onnx.proto. */
function negationModel(): Uint8Array {
  const bytes = (field: number, content: readonly number[]) => [(field << 3) | 2, content.length, ...content];
  const text = (field: number, value: string) =>
    bytes(
      field,
      [...value].map((c) => c.charCodeAt(0)),
    );
  const integer = (field: number, value: number) => [field << 3, value];
  const shape = bytes(2, bytes(1, integer(1, 1)));
  const floatOfOne = bytes(2, bytes(1, [...integer(1, 1), ...shape]));
  const node = [...text(1, "x"), ...text(2, "y"), ...text(4, "Neg")];
  const graph = [
    ...bytes(1, node),
    ...text(2, "probe"),
    ...bytes(11, [...text(1, "x"), ...floatOfOne]),
    ...bytes(12, [...text(1, "y"), ...floatOfOne]),
  ];
  const opset = integer(2, 13);
  return Uint8Array.from([...integer(1, 8), ...bytes(7, graph), ...bytes(8, opset)]);
}

const messageOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).trim().split("\n", 1)[0]!;
