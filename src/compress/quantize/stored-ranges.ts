import { InputError } from "../../errors.js";
import { freshName, namesOf, replaceNodes, withInputs } from "../../graph/edit.js";
import { removeDeadCode } from "../../graph/passes/remove.js";
import type { Graph } from "../../graph/types.js";
import { verify } from "../../graph/verify.js";
import { elementCount, f32 } from "../../tensor.js";
import type { GraphRunner } from "./post-training.js";
import { type QuantizedLayer, quantizedLayers } from "./weight-chain.js";

/** Whether every weight quantiser has a range of its own that no longer follows the weights. */
export const hasStoredRanges = (graph: Graph): boolean => {
  const layers = quantizedLayers(graph);
  return layers.length > 0 && layers.every(({ alpha }) => alpha !== null);
};

/**
 * The network with each layer's range α as a stored constant in place of the operators that compute it (spec section 3,
 * step 6): from here on the codes of weights that stay do not change when others become zero. α is what ONNX Runtime
 * computes, so that its outputs are the same before and after, bit for bit. Ranges that are stored already stay.
 */
export async function storeRanges(graph: Graph, run: GraphRunner): Promise<Graph> {
  const open = quantizedLayers(graph).filter(({ alpha }) => alpha === null);
  if (open.length === 0) return graph;
  const ranges = await computedRanges(graph, open, run);
  const taken = namesOf(graph);
  const initializers = new Map(graph.initializers);
  const stored = new Map(
    open.map(({ weight, quantizer }) => {
      const name = freshName(taken, `${weight}/alpha`);
      initializers.set(name, f32([], [ranges.get(quantizer.inputs[1]!)!]));
      return [quantizer.name, name] as const;
    }),
  );
  const constant = replaceNodes({ ...graph, initializers }, (node) => {
    const alpha = stored.get(node.name);
    return node.op === "QuantizeWeights" && alpha !== undefined
      ? [withInputs(node, [node.inputs[0]!, alpha])]
      : undefined;
  });
  return verify(removeDeadCode(constant));
}

async function computedRanges(
  graph: Graph,
  layers: readonly QuantizedLayer[],
  run: GraphRunner,
): Promise<ReadonlyMap<string, number>> {
  const values = [...new Set(layers.map(({ quantizer }) => quantizer.inputs[1]!))];
  // The ranges depend on no image, but a graph is run with one.
  const shape = graph.inputs[0]!.type.shape.map((dim) => (typeof dim === "number" ? dim : 1));
  const image = { shape, data: new Float32Array(elementCount(shape)), labels: new Uint8Array(shape[0] ?? 1) };
  const made = await run(removeDeadCode({ ...graph, outputs: values }), (evaluate) => evaluate(image));
  return new Map(
    values.map((value, i) => {
      const alpha = made.get(value)?.data[0];
      if (alpha !== undefined && alpha > 0 && Number.isFinite(alpha)) return [value, alpha] as const;
      throw new InputError(`the weight range of layer "${layers[i]!.node.name}" is ${alpha}`, {
        hint: "its weights are no finite numbers; go back to an earlier checkpoint",
      });
    }),
  );
}
