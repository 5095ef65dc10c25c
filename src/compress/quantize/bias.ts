import type { Batch } from "../../data/types.js";
import { freshName, namesOf } from "../../graph/edit.js";
import type { Graph, Node } from "../../graph/types.js";
import { type Tensor, tensor } from "../../tensor.js";
import type { GraphRunner } from "./post-training.js";

/**
 * Gives every quantised layer back the mean that quantisation took from its output channels (empirical bias
 * correction, docs/sources.md#nagel2019). Layer by layer from the input on, because each correction changes
 * what the later layers see. The correction is a bias, which the chip adds digitally.
 * @param float the network before quantisation; its layers have the names of the quantised one's
 */
export async function correctBiases(
  float: Graph,
  quantized: Graph,
  layers: readonly string[],
  batches: readonly Batch[],
  run: GraphRunner,
  onProgress?: (done: number, total: number) => void,
): Promise<Graph> {
  const outputOf = new Map(float.nodes.map((node) => [node.name, node.outputs[0]!]));
  const targets = await channelMeans(
    float,
    layers.map((layer) => outputOf.get(layer)!),
    batches,
    run,
  );
  let graph = quantized;
  for (const [i, layer] of layers.entries()) {
    const output = outputOf.get(layer)!;
    const means = (await channelMeans(graph, [output], batches, run)).get(output)!;
    const target = targets.get(output)!;
    graph = addToBias(
      graph,
      layer,
      means.map((mean, c) => target[c]! - mean),
    );
    onProgress?.(i + 1, layers.length);
  }
  return graph;
}

/** Mean of each channel (axis 1) of each value over images and positions. */
async function channelMeans(
  graph: Graph,
  values: readonly string[],
  batches: readonly Batch[],
  run: GraphRunner,
): Promise<Map<string, Float64Array>> {
  const sums = new Map<string, Float64Array>();
  const counts = new Map<string, number>();
  await run({ ...graph, outputs: [...new Set(values)] }, async (evaluate) => {
    for (const batch of batches) {
      const outputs = await evaluate(batch);
      for (const value of values) {
        const { shape, data } = outputs.get(value)!;
        const channels = shape[1]!;
        const inner = data.length / shape[0]! / channels;
        const sum = sums.get(value) ?? new Float64Array(channels);
        addChannels(sum, data as Float32Array, inner);
        sums.set(value, sum);
        counts.set(value, (counts.get(value) ?? 0) + shape[0]! * inner);
      }
    }
  });
  return new Map([...sums].map(([value, sum]) => [value, sum.map((s) => s / counts.get(value)!)]));
}

/** sum[c] += every element of channel c; a channel is a run of `inner` elements. */
function addChannels(sum: Float64Array, data: Float32Array, inner: number): void {
  for (let at = 0, c = 0; at < data.length; c = (c + 1) % sum.length) {
    let total = 0;
    for (const end = at + inner; at < end; at++) total += data[at]!;
    sum[c]! += total;
  }
}

/** Adds to a Conv's or Gemm's bias, which it may not have had. */
function addToBias(graph: Graph, layer: string, change: Float64Array): Graph {
  const node = graph.nodes.find((n) => n.name === layer)!;
  const old: Tensor | undefined = graph.initializers.get(node.inputs[2] ?? "");
  const values = Float32Array.from(
    change,
    (c, i) => c + (old ? old.data[old.data.length === 1 ? 0 : i]! : 0),
  );
  const name = freshName(namesOf(graph), `${layer}/corrected_bias`);
  const changed = { ...node, inputs: [node.inputs[0]!, node.inputs[1]!, name] } as Node;
  return {
    ...graph,
    nodes: graph.nodes.map((n) => (n === node ? changed : n)),
    initializers: new Map(graph.initializers).set(name, tensor("f32", [values.length], values)),
  };
}
