import type { Batch } from "../../data/types.js";
import { InputError } from "../../errors.js";
import { removeUnusedInitializers } from "../../graph/passes/remove.js";
import type { CompressedModel, CrossbarLayer, Graph, InputQuantizer, Node } from "../../graph/types.js";
import { verify } from "../../graph/verify.js";
import { type Tensor, tensor } from "../../tensor.js";
import { groupRowsOf, type LayerGroups } from "../prune/layers.js";
import { ActivationHistogram, type ActivationRangeRule, activationQuantizer } from "./activations.js";
import { correctBiases } from "./bias.js";
import { crossbarNodes, insertQuantizers, refuseUnplacedWeights, wordLineValues } from "./insert.js";
import { checkBits, quantizeWeights, type WeightRangeRule } from "./weights.js";

/** The values of a graph's outputs for a batch. */
export type Evaluate = (batch: Batch) => Promise<ReadonlyMap<string, Tensor>>;

/** Loads a graph for as long as `use` works with it; ONNX Runtime behind it. */
export type GraphRunner = <R>(graph: Graph, use: (evaluate: Evaluate) => Promise<R>) => Promise<R>;

export interface PostTrainingOptions extends LayerGroups {
  readonly weightBits: number;
  readonly activationBits: number;
  /** Bits of the image on the first layer's word lines. */
  readonly inputBits: number;
  readonly weightRange: WeightRangeRule;
  /** k of the rule "mean". */
  readonly weightRangeFactor?: number;
  /**
   * "left out": ranges are those of the weights that are not 0, of which a network whose single weights are pruned has
   * few; its zeros have the code 0 either way. Default: "counted".
   */
  readonly zeros?: "counted" | "left out";
  readonly activationRange: ActivationRangeRule;
  /** Corrects the mean of every layer's output on the training images. */
  readonly correctBias?: boolean;
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Quantises a trained network without training it (the honest starting point): weights by the rule of spec 2.6,
 * activations by ranges taken from training images.
 */
export async function quantizePostTraining(
  graph: Graph,
  trainingImages: Iterable<Batch>,
  run: GraphRunner,
  options: PostTrainingOptions,
): Promise<CompressedModel> {
  checkBits("activation bits", options.activationBits);
  checkBits("input bits", options.inputBits);
  const layers = crossbarNodes(graph);
  if (layers.length === 0) {
    throw new InputError(`"${graph.name}" has no layer that could stand on a crossbar`, {
      hint: "the model needs at least one Conv or Gemm with constant weights",
    });
  }
  refuseUnplacedWeights(graph);
  const batches = [...trainingImages];
  const histograms = await observeActivations(graph, batches, run, options.onProgress);
  const inputs = new Set(graph.inputs.map((input) => input.name));
  const quantizers = new Map<string, InputQuantizer>();
  for (const [value, histogram] of histograms) {
    // The image keeps its whole range: its clipping would be a change of the data, not of the network.
    const [bits, rule] = inputs.has(value)
      ? ([options.inputBits, "max"] as const)
      : ([options.activationBits, options.activationRange] as const);
    quantizers.set(value, activationQuantizer(histogram, bits, rule));
  }
  const quantized = quantizeLayers(graph, layers, quantizers, options);
  const names = layers.map((layer) => layer.name);
  const inserted = verify(insertQuantizers(quantized.graph, quantizers));
  const corrected = options.correctBias
    ? await correctBiases(graph, inserted, names, batches, run, options.onProgress)
    : inserted;
  return { graph: verify(removeUnusedInitializers(corrected)), layers: quantized.layers };
}

async function observeActivations(
  graph: Graph,
  batches: readonly Batch[],
  run: GraphRunner,
  onProgress?: (done: number, total: number) => void,
): Promise<ReadonlyMap<string, ActivationHistogram>> {
  const values = wordLineValues(graph);
  const inputs = new Set(graph.inputs.map((input) => input.name));
  const histograms = new Map(values.map((value) => [value, new ActivationHistogram()]));
  if (batches.length === 0) {
    throw new InputError("activation calibration got no images", {
      hint: "give at least one training image",
    });
  }
  await run({ ...graph, outputs: values.filter((value) => !inputs.has(value)) }, async (evaluate) => {
    let done = 0;
    for (const pass of ["observe", "count"] as const) {
      for (const batch of batches) {
        const outputs = await evaluate(batch);
        for (const [value, histogram] of histograms) {
          const data = inputs.has(value) ? batch.data : (outputs.get(value)!.data as Float32Array);
          histogram[pass](data);
        }
        onProgress?.(++done, 2 * batches.length);
      }
    }
  });
  return histograms;
}

function quantizeLayers(
  graph: Graph,
  nodes: readonly Node[],
  quantizers: ReadonlyMap<string, InputQuantizer>,
  options: PostTrainingOptions,
): { graph: Graph; layers: CrossbarLayer[] } {
  const initializers = new Map(graph.initializers);
  const scales = new Map<string, number>();
  const layers = nodes.map((node): CrossbarLayer => {
    const name = node.inputs[1]!;
    // Layers that share one weight tensor share its codes.
    if (!scales.has(name)) {
      const weight = graph.initializers.get(name)!;
      const seen = options.zeros === "left out" ? weight.data.filter((w) => w !== 0) : weight.data;
      const { values, scale } = quantizeWeights(
        weight.data,
        { ...weightOptions(options), layer: node.name },
        seen,
      );
      initializers.set(name, tensor("f32", weight.shape, values));
      scales.set(name, scale);
    }
    return {
      node: node.name,
      weightBits: options.weightBits,
      weightScale: scales.get(name)!,
      input: quantizers.get(node.inputs[0]!)!,
      groupRows: groupRowsOf(graph, node, options),
    };
  });
  return { graph: { ...graph, initializers }, layers };
}

const weightOptions = (options: PostTrainingOptions) => ({
  bits: options.weightBits,
  rule: options.weightRange,
  ...(options.weightRangeFactor === undefined ? {} : { k: options.weightRangeFactor }),
});
