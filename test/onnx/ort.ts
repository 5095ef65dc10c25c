import * as ort from "onnxruntime-node";

export interface Output {
  readonly type: string;
  readonly dims: readonly number[];
  readonly data: readonly (number | bigint)[];
}

ort.env.logLevel = "error";

/** Runs a model in plain ONNX Runtime, without its graph rewrites, on f32 inputs given as [shape, elements]. */
export async function run(
  bytes: Uint8Array,
  feeds: Record<string, readonly [readonly number[], readonly number[]]>,
): Promise<Record<string, Output>> {
  const session = await ort.InferenceSession.create(bytes, {
    graphOptimizationLevel: "disabled",
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
  });
  const inputs = Object.entries(feeds).map(
    ([name, [shape, data]]) => [name, new ort.Tensor("float32", Float32Array.from(data), shape)] as const,
  );
  const outputs = await session.run(Object.fromEntries(inputs));
  const entries = Object.entries(outputs).map(([name, { type, dims, data }]) => {
    const elements = Array.from(data as Iterable<number | bigint>);
    return [name, { type, dims, data: elements }] as const;
  });
  return Object.fromEntries(entries);
}
