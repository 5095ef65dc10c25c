import { consumers } from "../edit.js";
import { inferTypes } from "../infer.js";
import type { Graph, Node } from "../types.js";

/**
 * Writes dense layers the one way that goes onto crossbars: a MatMul of a batch of vectors with a constant matrix,
 * and the Add of a constant bias behind it where nothing else reads the product, become one Gemm.
 */
export function matMulToGemm(graph: Graph): Graph {
  const types = inferTypes(graph);
  const readers = consumers(graph);
  const replaced = new Map<Node, Node>();
  const absorbed = new Set<Node>();
  for (const node of graph.nodes) {
    const weight = node.op === "MatMul" ? graph.initializers.get(node.inputs[1]!) : undefined;
    const batchOfVectors = types.get(node.inputs[0] ?? "")?.shape.length === 2;
    if (weight?.dtype !== "f32" || weight.shape.length !== 2 || !batchOfVectors) continue;
    const product = node.outputs[0]!;
    const [next, ...others] = readers.get(product) ?? [];
    const alone = others.length === 0 && !graph.outputs.includes(product);
    const bias = alone && next?.op === "Add" ? biasOf(graph, next, product, weight.shape[1]!) : undefined;
    if (bias !== undefined && next) absorbed.add(next);
    replaced.set(node, {
      op: "Gemm",
      name: node.name,
      inputs: [...node.inputs, ...(bias === undefined ? [] : [bias])],
      outputs: bias !== undefined && next ? next.outputs : node.outputs,
      attributes: { alpha: 1, beta: 1, transA: false, transB: false },
    });
  }
  const nodes = graph.nodes.filter((node) => !absorbed.has(node)).map((node) => replaced.get(node) ?? node);
  return { ...graph, nodes };
}

/** The constant that an Add puts onto the product, if it is one number per output. */
function biasOf(graph: Graph, add: Node, product: string, outputs: number): string | undefined {
  const name = add.inputs.find((input) => input !== product);
  const value = graph.initializers.get(name ?? "");
  const perOutput = value?.dtype === "f32" && value.data.length === outputs && value.shape.at(-1) === outputs;
  return perOutput && value.shape.length <= 2 ? name : undefined;
}
