import { InputError } from "../errors.js";
import { replaceNodes } from "../graph/edit.js";
import type { Graph, NodeOf } from "../graph/types.js";

/** Running mean and variance of a batch normalisation, and where its training form puts the batch's own. */
export interface RunningStatistics {
  readonly node: string;
  readonly mean: string;
  readonly variance: string;
  readonly batchMean: string;
  readonly batchVariance: string;
}

/** @throws InputError where two nodes share a statistic, or one is computed */
export function runningStatistics(graph: Graph): RunningStatistics[] {
  const found = graph.nodes
    .filter((node) => node.op === "BatchNormalization")
    .map(({ name, inputs }) => ({
      node: name,
      mean: inputs[3]!,
      variance: inputs[4]!,
      batchMean: `${name}/batch_mean`,
      batchVariance: `${name}/batch_variance`,
    }));
  const used = new Set<string>();
  for (const { node, mean, variance } of found)
    for (const name of [mean, variance]) {
      if (!graph.initializers.has(name) || used.has(name))
        throw new InputError(
          `the running statistics "${name}" of BatchNormalization "${node}" are no constant of its own`,
          { hint: "freeze the statistics, or export the network with one constant for each" },
        );
      used.add(name);
    }
  return found;
}

/** The network with these batch normalisations in their training form. */
export function withTrainingBatchNorm(graph: Graph, running: readonly RunningStatistics[]): Graph {
  const byNode = new Map(running.map((statistics) => [statistics.node, statistics]));
  return replaceNodes(graph, (node) => {
    const statistics = byNode.get(node.name);
    if (node.op !== "BatchNormalization" || !statistics) return undefined;
    const training: NodeOf<"BatchNormalizationTraining"> = {
      op: "BatchNormalizationTraining",
      name: node.name,
      inputs: node.inputs,
      outputs: [node.outputs[0]!, statistics.batchMean, statistics.batchVariance],
      // With momentum 0 the operator puts out the batch's own statistics, which the backward pass needs.
      attributes: { epsilon: node.attributes.epsilon, momentum: 0 },
    };
    return [training];
  });
}
