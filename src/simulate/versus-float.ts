import type { Batch } from "../data/types.js";
import type { Graph, NodeOf } from "../graph/types.js";
import type { Placement } from "../mapping/types.js";
import { type Tensor, tensor } from "../tensor.js";
import { Simulator } from "./simulator.js";

/** How often the float fake-quantised network and the integer one, as ideal arrays compute it, disagree. */
export interface IntegerVersusFloat {
  readonly images: number;
  readonly predictionsThatDiffer: number;
  /** Activation codes of all quantisers, and those of them that differ. */
  readonly codes: number;
  readonly codesThatDiffer: number;
}

/** Loads a graph for as long as `use` evaluates batches with it; ONNX Runtime behind it. */
export type LoadGraph = <R>(
  graph: Graph,
  use: (evaluate: (batch: Batch) => Promise<ReadonlyMap<string, Tensor>>) => Promise<R>,
) => Promise<R>;

/**
 * Both networks mean the same numbers, but the float one adds them in single precision, in its own order; where a
 * sum stands near the edge between two codes, rounding decides.
 * @param placed any placement of the model: with ideal converters all of them compute the same integers
 */
export async function integerVersusFloat(
  placed: Placement,
  images: Iterable<Batch>,
  load: LoadGraph,
): Promise<IntegerVersusFloat> {
  const { graph } = placed.model;
  const quantizers = graph.nodes.filter((node) => node.op === "FakeQuantize");
  const names = quantizers.map((node) => node.outputs[0]!);
  const logits = graph.outputs[0]!;
  const simulator = new Simulator(placed, null);
  const result = { images: 0, predictionsThatDiffer: 0, codes: 0, codesThatDiffer: 0 };
  await load({ ...graph, outputs: [...new Set([logits, ...names])] }, async (evaluate) => {
    for (const batch of images) {
      const floats = await evaluate(batch);
      const integers = simulator.values(tensor("f32", batch.shape, batch.data), names);
      for (const node of quantizers) {
        const { codes, differ } = compareCodes(node, floats, integers);
        result.codes += codes;
        result.codesThatDiffer += differ;
      }
      result.images += batch.shape[0]!;
      result.predictionsThatDiffer += countDifferent(floats.get(logits)!, integers.get(logits)!);
    }
  });
  return result;
}

function compareCodes(
  node: NodeOf<"FakeQuantize">,
  floats: ReadonlyMap<string, Tensor>,
  integers: ReadonlyMap<string, Tensor>,
): { codes: number; differ: number } {
  const a = floats.get(node.outputs[0]!)!.data;
  const b = integers.get(node.outputs[0]!)!.data;
  const half = node.attributes.scale / 2;
  let differ = 0;
  for (let i = 0; i < a.length; i++) if (Math.abs(a[i]! - b[i]!) > half) differ++;
  return { codes: a.length, differ };
}

function countDifferent(a: Tensor, b: Tensor): number {
  const classes = a.shape[1]!;
  let differ = 0;
  for (let n = 0; n < a.shape[0]!; n++) if (argmaxRow(a, n, classes) !== argmaxRow(b, n, classes)) differ++;
  return differ;
}

function argmaxRow(t: Tensor, row: number, classes: number): number {
  let best = 0;
  for (let c = 1; c < classes; c++) if (t.data[row * classes + c]! > t.data[row * classes + best]!) best = c;
  return best;
}
