import { constantLike } from "../../autodiff/index.js";
import { InputError } from "../../errors.js";
import type { Graph } from "../../graph/types.js";
import type { Tensor } from "../../tensor.js";
import type { LoopAddition } from "../../train/stage.js";
import { withInitializers } from "../../train/step.js";
import { eachWeight, type GroupedLayer } from "./layers.js";
import { scaleGroups } from "./norms.js";
import { aliveGroups, floatWeights, multipliedWeights, quantizerOf } from "./zero-groups.js";

/**
 * Prunes for good what training has made zero (spec 3.6): where all quantised weights of a group are 0, its float
 * weights become exactly 0. The ranges must be stored, so that no other code changes: the network computes the same
 * as before, bit for bit. What is pruned can be read off the result ({@link prunedGroups}).
 * @throws InputError where a layer has no quantiser, or its range is computed from its weights
 */
export function commitPruning(graph: Graph, layers: readonly GroupedLayer[]): Graph {
  for (const layer of layers)
    if (!hasStoredRange(graph, layer))
      throw new InputError(`the weight range of layer "${layer.node}" is not stored`, {
        hint: "store the ranges first: they would fall with the pruned weights, and change the others' codes",
      });
  const alive = multipliedWeights(graph, layers).map(({ data }, i) => aliveGroups(data, layers[i]!));
  return withInitializers(
    graph,
    new Map(layers.map((layer, i) => [layer.weight, withoutGroups(graph, layer, alive[i]!)])),
  );
}

/**
 * 1 for every group that is pruned, for each layer [columns × bands]: all its float weights are 0 and its layer's range
 * is stored. A layer whose range is still computed has no pruned groups.
 */
export const prunedGroups = (graph: Graph, layers: readonly GroupedLayer[]): Uint8Array[] =>
  layers.map((layer) => {
    const alive = aliveGroups(floatWeights(graph, layer).data, layer);
    return hasStoredRange(graph, layer) ? alive.map((survives) => 1 - survives) : alive.fill(0);
  });

/**
 * Training of what a network has left (spec 3.7): behind every update the weights of pruned groups are 0 again,
 * whatever momentum or weight decay has made of them.
 */
export function maskedTraining(graph: Graph, layers: readonly GroupedLayer[]): LoopAddition {
  const pruned = prunedGroups(graph, layers);
  const masks = new Map(
    layers.flatMap((layer, i) =>
      pruned[i]!.includes(1) ? [[layer.weight, { layer, pruned: pruned[i]! }] as const] : [],
    ),
  );
  return {
    afterUpdate: ({ name }, updated) => {
      const mask = masks.get(name);
      if (!mask) return updated;
      const { layer } = mask;
      const kept = Array.from(mask.pruned, (gone) => 1 - gone);
      return scaleGroups(
        updated,
        constantLike(updated, [layer.grid.columns, layer.bands.length], kept),
        layer,
      );
    },
  };
}

/** The weights with those of some groups at 0. @param keep [columns × bands] 0 for a group that goes */
export function withoutGroups(graph: Graph, layer: GroupedLayer, keep: ArrayLike<number>): Tensor {
  const weights = floatWeights(graph, layer);
  const data = Float32Array.from(weights.data);
  eachWeight(layer, (at, group) => {
    if (!keep[group]) data[at] = 0;
  });
  return { ...weights, data };
}

function hasStoredRange(graph: Graph, layer: GroupedLayer): boolean {
  const range = quantizerOf(graph, layer)?.inputs[1];
  return range !== undefined && graph.initializers.has(range);
}
