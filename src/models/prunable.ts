import type { Graph } from "../graph/types.js";
import { elementCount } from "../tensor.js";

/**
 * Weights that structured pruning on 3 × 3 groups may remove: those of every 3 × 3 convolution but the network's
 * first. Source: Meng et al., TCAS-II 2021, table II, whose parameter counts follow from it.
 */
export function prunableWeightCount(graph: Graph): number {
  const convolutions = graph.nodes.filter((node) => node.op === "Conv");
  return convolutions
    .slice(1)
    .filter(({ attributes }) => attributes.kernel[0] === 3 && attributes.kernel[1] === 3)
    .reduce((sum, node) => sum + elementCount(graph.initializers.get(node.inputs[1]!)?.shape ?? [0]), 0);
}
