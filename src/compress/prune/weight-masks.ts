import { masked } from "../../autodiff/index.js";
import { InputError, invariant } from "../../errors.js";
import { producers } from "../../graph/edit.js";
import type { Graph } from "../../graph/types.js";
import { type Tensor, tensor } from "../../tensor.js";
import type { LoopAddition } from "../../train/stage.js";
import { weightOf } from "./layers.js";

/** A layer whose weights go on crossbars. */
export interface WeightLayer {
  /** Name of the Conv or Gemm node; of several that share their weights the first. */
  readonly node: string;
  /** Name of the initializer that holds the weights in float. */
  readonly weight: string;
  readonly shape: readonly number[];
}

/** How many weights of a layer are exactly 0. */
export interface WeightZeros {
  readonly node: string;
  readonly weights: number;
  readonly zeros: number;
}

/**
 * The layers whose weights go on crossbars, convolutions and dense layers with stored weights, each weight tensor once,
 * in the order in which the network uses them. Weights are found through quantisers. Biases and the parameters of batch
 * normalisations are in none: the chip adds them digitally.
 */
export function weightLayers(graph: Graph): WeightLayer[] {
  const madeBy = producers(graph);
  const layers = new Map<string, WeightLayer>();
  for (const node of graph.nodes) {
    if (node.op !== "Conv" && node.op !== "Gemm") continue;
    const weight = weightOf(graph, node, madeBy);
    if (weight === undefined || layers.has(weight)) continue;
    layers.set(weight, { node: node.name, weight, shape: graph.initializers.get(weight)!.shape });
  }
  return [...layers.values()];
}

/** The weights of a layer in float, as training holds them. */
export function weightsOf(graph: Graph, { weight, node }: WeightLayer): Tensor {
  const value = graph.initializers.get(weight);
  invariant(value, `the weights "${weight}" of "${node}" are no constant of "${graph.name}"`);
  return value;
}

/**
 * Which weights are exactly 0 (of either sign), for each layer: 1 for a zero, in the order of the weight tensor.
 * @throws InputError for a weight that is not finite
 */
export const zeroWeights = (graph: Graph, layers: readonly WeightLayer[]): Uint8Array[] =>
  layers.map((layer) => {
    const { data } = weightsOf(graph, layer);
    const zero = new Uint8Array(data.length);
    for (let i = 0; i < data.length; i++) {
      const weight = data[i]!;
      if (!Number.isFinite(weight)) throw notFiniteWeight(layer, weight, i);
      if (weight === 0) zero[i] = 1;
    }
    return zero;
  });

/** Zeros of each layer, counted. @throws InputError for a weight that is not finite */
export const weightZeros = (graph: Graph, layers = weightLayers(graph)): WeightZeros[] =>
  zeroWeights(graph, layers).map((zero, i) => ({
    node: layers[i]!.node,
    weights: zero.length,
    zeros: zero.reduce((count, one) => count + one, 0),
  }));

/**
 * Training that keeps single weights pruned: those that are exactly 0 as the stage begins are 0 again behind every update,
 * whatever momentum, Adam's memory or weight decay have made of them. A quantiser gives them the code 0. In a graph
 * nothing tells a pruned weight from one that is 0 by chance, which stays 0 as well; a recipe's stages use this where an
 * earlier stage has pruned single weights.
 * @param layers default: all whose weights go on crossbars
 */
export function maskedWeights(graph: Graph, layers = weightLayers(graph)): LoopAddition {
  const kept = new Map<string, Tensor>();
  for (const [i, zero] of zeroWeights(graph, layers).entries()) {
    const { weight, shape } = layers[i]!;
    if (zero.includes(1))
      kept.set(
        weight,
        tensor(
          "bool",
          shape,
          zero.map((one) => 1 - one),
        ),
      );
  }
  return {
    // A product, not a choice: what is no number in the update of a pruned weight still stops the training.
    afterUpdate: ({ name }, updated, { builder }) => {
      const mask = kept.get(name);
      return mask ? masked(builder.constant(mask), updated) : updated;
    },
  };
}

export const notFiniteWeight = ({ node }: WeightLayer, weight: number, at: number): InputError =>
  new InputError(`weight ${at} of layer "${node}" is ${weight}`, {
    hint: "only finite weights can be pruned; train the network again, or look where it diverged",
  });
