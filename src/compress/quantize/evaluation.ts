import { InputError } from "../../errors.js";
import { producers, replaceNodes } from "../../graph/edit.js";
import { nodeText } from "../../graph/ops.js";
import { removeUnusedInitializers } from "../../graph/passes/remove.js";
import type {
  CompressedModel,
  CrossbarLayer,
  Graph,
  InputQuantizer,
  Node,
  NodeOf,
} from "../../graph/types.js";
import { verify } from "../../graph/verify.js";
import { type Tensor, tensor } from "../../tensor.js";
import { groupRowsOf, type LayerGroups } from "../prune/layers.js";
import { gridSource } from "./grid.js";
import { crossbarNodes } from "./insert.js";
import type { GraphRunner } from "./post-training.js";
import { storeRanges } from "./stored-ranges.js";
import { type QuantizedLayer, quantizedLayers, trainedWeightCodes, weightStep } from "./weight-chain.js";

/**
 * A network in training as the model that is placed, simulated and costed: each Pact becomes the FakeQuantize of its
 * alpha, each weight tensor its code × scale. In ONNX Runtime its logits are those of the network in training with its
 * running statistics, bit for bit.
 */
export async function evaluationModel(
  graph: Graph,
  options: LayerGroups,
  run: GraphRunner,
): Promise<CompressedModel> {
  const layers = quantizedLayers(graph);
  if (layers.length === 0)
    throw new InputError(`"${graph.name}" has no layer with a weight quantiser`, {
      hint: "make it with quantizationAware",
    });
  const [floating] = crossbarNodes(graph);
  if (floating)
    throw new InputError(
      `the weights of ${nodeText(floating)} are not quantised, those of other layers are`,
      {
        hint: "make the network with quantizationAware, which quantises all of them",
      },
    );
  const stored = await storeRanges(graph, run);
  const constant = withConstantWeights(stored);
  const evaluated = replaceNodes(constant, (node) =>
    node.op === "Pact" ? [settledQuantizer(constant, node)] : undefined,
  );
  return {
    graph: verify(removeUnusedInitializers(evaluated)),
    layers: crossbarLayers(evaluated, quantizedLayers(stored), options),
  };
}

/** Code × scale in place of the float weights, under their name. */
function withConstantWeights(graph: Graph): Graph {
  const initializers = new Map(graph.initializers);
  const weightOf = new Map<string, string>();
  for (const { weight, bits, alpha, quantizer } of quantizedLayers(graph)) {
    if (weightOf.has(quantizer.outputs[0]!)) continue;
    weightOf.set(quantizer.outputs[0]!, weight);
    const { shape, data } = graph.initializers.get(weight)!;
    initializers.set(weight, quantizedTensor(shape, data, alpha!, bits));
  }
  const nodes = graph.nodes.flatMap((node): Node[] => {
    if (node.op === "QuantizeWeights" && weightOf.has(node.outputs[0]!)) return [];
    return [{ ...node, inputs: node.inputs.map((name) => weightOf.get(name) ?? name) } as Node];
  });
  return { ...graph, nodes, initializers };
}

function quantizedTensor(
  shape: readonly number[],
  weights: Tensor["data"],
  alpha: number,
  bits: number,
): Tensor {
  const step = weightStep(alpha, bits);
  return tensor(
    "f32",
    shape,
    Float32Array.from(trainedWeightCodes(weights, alpha, bits), (code) => code * step),
  );
}

/** With alpha settled a Pact is the FakeQuantize of the scale alpha / (2^bits − 1), in single precision. */
function settledQuantizer(graph: Graph, node: NodeOf<"Pact">): NodeOf<"FakeQuantize"> {
  const { bits } = node.attributes;
  const alpha = graph.initializers.get(node.inputs[1]!)?.data[0];
  if (!(alpha !== undefined && alpha > 0 && Number.isFinite(alpha)))
    throw new InputError(`the alpha of ${nodeText(node)} is ${alpha ?? "computed"}`, {
      hint: "a range is a stored number above 0; train with alphaTraining, which keeps it there",
    });
  const scale = Math.fround(Math.fround(alpha) / (2 ** bits - 1));
  return {
    op: "FakeQuantize",
    name: node.name,
    inputs: [node.inputs[0]!],
    outputs: node.outputs,
    attributes: { bits, scale, zeroPoint: 0 },
  };
}

function crossbarLayers(
  graph: Graph,
  layers: readonly QuantizedLayer[],
  options: LayerGroups,
): CrossbarLayer[] {
  const madeBy = producers(graph);
  return layers.map(({ node, bits, alpha }) => ({
    node: node.name,
    weightBits: bits,
    weightScale: weightStep(alpha!, bits),
    input: drivingQuantizer(graph, madeBy, node),
    groupRows: groupRowsOf(graph, node, options),
  }));
}

function drivingQuantizer(
  graph: Graph,
  madeBy: ReadonlyMap<string, Node>,
  { name, inputs }: Node,
): InputQuantizer {
  const source = gridSource(graph, madeBy, inputs[0]!);
  const quantizer = madeBy.get(source);
  if (quantizer?.op === "FakeQuantize") return quantizer.attributes;
  throw new InputError(`"${source}", which drives the word lines of layer "${name}", is not quantised`, {
    hint: "make the network with quantizationAware, which quantises every value on word lines",
  });
}
