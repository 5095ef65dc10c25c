import { elementCount, type Tensor } from "../tensor.js";
import { producers } from "./edit.js";
import { inferTypes } from "./infer.js";
import type { Dim, Graph, Node, TensorType } from "./types.js";

/**
 * Multiply-accumulates of one inference, of every Conv, Gemm and MatMul by node name. The first dimension of a
 * layer's output is the batch and counts once.
 */
export function macsPerNode(
  graph: Graph,
  types: ReadonlyMap<string, TensorType> = inferTypes(graph),
): Map<string, number> {
  const counts = new Map<string, number>();
  for (const node of graph.nodes) {
    const depth = reducedElements(node, (name) => types.get(name)!.shape);
    if (depth === undefined) continue;
    const output = types.get(node.outputs[0]!)!.shape;
    counts.set(node.name, countOnce(output.slice(1)) * depth);
  }
  return counts;
}

/** Multiply-accumulates of one inference of the whole network. */
export const macs = (graph: Graph): number => [...macsPerNode(graph).values()].reduce((sum, n) => sum + n, 0);

/** Products that are summed for one output element, or undefined for an operator that is no product. */
export function reducedElements(node: Node, shapeOf: (name: string) => readonly Dim[]): number | undefined {
  if (node.op === "Conv") return countOnce(shapeOf(node.inputs[1]!).slice(1));
  if (node.op === "Gemm") return countOnce([shapeOf(node.inputs[0]!)[node.attributes.transA ? 0 : 1]!]);
  if (node.op === "MatMul") return countOnce(shapeOf(node.inputs[0]!).slice(-1));
  return undefined;
}

/** Elements of a shape in which a dynamic dimension counts once. */
export const countOnce = (shape: readonly Dim[]): number =>
  elementCount(shape.map((dim) => (typeof dim === "number" ? dim : 1)));

/**
 * Trainable parameters as PyTorch counts them: weights and biases, and the scale and bias of a batch
 * normalisation, but not its running statistics. A tensor that two layers share counts once.
 */
export function parameterCount(graph: Graph): number {
  const madeBy = producers(graph);
  const trainable = new Map<string, Tensor>();
  for (const node of graph.nodes)
    for (const name of parameterInputs(node, madeBy)) {
      const value = graph.initializers.get(name);
      if (value) trainable.set(name, value);
    }
  return [...trainable.values()].reduce((sum, { data }) => sum + data.length, 0);
}

function parameterInputs(node: Node, madeBy: ReadonlyMap<string, Node>): readonly string[] {
  switch (node.op) {
    case "Conv":
    case "Gemm":
    case "BatchNormalization":
      return node.inputs.slice(1, 3);
    case "MatMul":
      return node.inputs;
    case "Add": {
      // PyTorch exports a linear layer on stacked vectors as MatMul and Add.
      const afterProduct = node.inputs.some((name) => madeBy.get(name)?.op === "MatMul");
      return afterProduct ? node.inputs : [];
    }
    default:
      return [];
  }
}
