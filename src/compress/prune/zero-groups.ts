import { invariant } from "../../errors.js";
import { evaluateGraph } from "../../graph/evaluate.js";
import { removeDeadCode } from "../../graph/passes/remove.js";
import type { Graph, NodeOf } from "../../graph/types.js";
import type { Tensor } from "../../tensor.js";
import { eachWeight, type GroupedLayer, groupCount } from "./layers.js";

/** The weights in float, as training holds them. */
export function floatWeights(graph: Graph, { weight, node }: GroupedLayer): Tensor {
  const value = graph.initializers.get(weight);
  invariant(value, `the weights "${weight}" of "${node}" are no constant of "${graph.name}"`);
  return value;
}

/** The node that quantises a layer's weights, if there is one. */
export function quantizerOf(
  graph: Graph,
  layer: Pick<GroupedLayer, "node">,
): NodeOf<"QuantizeWeights"> | undefined {
  const node = graph.nodes.find(({ name }) => name === layer.node);
  invariant(node, `"${graph.name}" has no layer "${layer.node}"`);
  const maker = graph.nodes.find(({ outputs }) => outputs[0] === node.inputs[1]);
  return maker?.op === "QuantizeWeights" ? maker : undefined;
}

/**
 * The weights as the layers multiply with them, in the layers' order: what the graph computes from the float ones,
 * whatever the rule of the ranges is. ONNX Runtime computes the same numbers where ranges are stored; where they are
 * means, they may differ in their last bits.
 */
export function multipliedWeights(graph: Graph, layers: readonly Pick<GroupedLayer, "node">[]): Tensor[] {
  const nodes = new Map(graph.nodes.map((node) => [node.name, node]));
  const names = layers.map(({ node }) => nodes.get(node)!.inputs[1]!);
  const part = removeDeadCode({ ...graph, inputs: [], outputs: [...new Set(names)] });
  const values = evaluateGraph(part, new Map());
  return names.map((name) => values.get(name)!);
}

/** 1 for each group with a weight that is not 0, [columns × bands]. */
export function aliveGroups(weights: ArrayLike<number>, layer: GroupedLayer): Uint8Array {
  const alive = new Uint8Array(groupCount(layer));
  eachWeight(layer, (at, group) => {
    if (weights[at] !== 0) alive[group] = 1;
  });
  return alive;
}

/** Groups that are not all 0 after quantisation, for each layer [columns × bands]. */
export const survivingGroups = (graph: Graph, layers: readonly GroupedLayer[]): Uint8Array[] =>
  multipliedWeights(graph, layers).map(({ data }, i) => aliveGroups(data, layers[i]!));
