import { InputError } from "../errors.js";
import type { CrossbarLayer, Graph, NodeOf } from "../graph/types.js";
import { f32, roundHalfEven, type Tensor, tensor } from "../tensor.js";
import { type ExportContext, type ExportedNode, type Exporters, exporters } from "./exporters.js";

const widest = 8; // bits of the integers that QuantizeLinear makes at opset 18

/**
 * Exporter rows of the QDQ form, in which runtimes look for integer kernels: a FakeQuantize is a QuantizeLinear to
 * uint8 and a DequantizeLinear, and the weights of the layers given are int8 codes with a DequantizeLinear.
 */
export function qdqExporters(graph: Graph, layers: readonly CrossbarLayer[]): Exporters {
  const byNode = new Map(layers.map((layer) => [layer.node, layer]));
  for (const { node } of layers) {
    if (!graph.nodes.some(({ op, name }) => name === node && (op === "Conv" || op === "Gemm"))) {
      throw new InputError(`the crossbar layer "${node}" is no Conv or Gemm of the graph "${graph.name}"`);
    }
  }
  const withCodes =
    <K extends "Conv" | "Gemm">(op: K) =>
    (node: NodeOf<K>, context: ExportContext): readonly ExportedNode[] => {
      const layer = byNode.get(node.name);
      if (!layer) return exporters[op](node, context);
      const [codes, weights] = dequantizedWeights(graph, node, layer, context);
      const inputs = [node.inputs[0]!, weights, ...node.inputs.slice(2)];
      return [codes, ...exporters[op]({ ...node, inputs }, context)];
    };
  return { ...exporters, Conv: withCodes("Conv"), Gemm: withCodes("Gemm"), FakeQuantize: fakeQuantize };
}

/**
 * Clip(x, lo, hi), where the range is narrower than uint8's, then QuantizeLinear and DequantizeLinear with the same
 * scale and zero point. QuantizeLinear divides by the scale where the plain form multiplies by its reciprocal, so a
 * value near the middle between two codes may fall to the other one.
 */
function fakeQuantize(node: NodeOf<"FakeQuantize">, context: ExportContext): readonly ExportedNode[] {
  const { name, inputs, outputs } = node;
  const { bits, scale, zeroPoint } = node.attributes;
  if (bits > widest) throw tooWide(`FakeQuantize "${name}"`, bits);
  const scaleName = context.constant(`${name}.scale`, f32([], [scale]));
  const zero = context.constant(`${name}.zero_point`, tensor("u8", [], Uint8Array.of(zeroPoint)));
  const codes = context.value(`${name}.codes`);
  const nodes: ExportedNode[] = [];
  let x = inputs[0]!;
  if (bits < widest) {
    const low = context.constant(`${name}.low`, f32([], [(0 - zeroPoint) * scale]));
    const high = context.constant(`${name}.high`, f32([], [(2 ** bits - 1 - zeroPoint) * scale]));
    const clipped = context.value(`${name}.clipped`);
    nodes.push({
      op: "Clip",
      name: `${name}.clip`,
      inputs: [x, low, high],
      outputs: [clipped],
      attributes: {},
    });
    x = clipped;
  }
  nodes.push(
    {
      op: "QuantizeLinear",
      name: `${name}.quantize`,
      inputs: [x, scaleName, zero],
      outputs: [codes],
      attributes: {},
    },
    {
      op: "DequantizeLinear",
      name: `${name}.dequantize`,
      inputs: [codes, scaleName, zero],
      outputs,
      attributes: {},
    },
  );
  return nodes;
}

/** The node that makes a layer's weights from int8 codes, and the name of its output. */
function dequantizedWeights(
  graph: Graph,
  node: NodeOf<"Conv" | "Gemm">,
  layer: CrossbarLayer,
  context: ExportContext,
): [ExportedNode, string] {
  if (layer.weightBits > widest) throw tooWide(`the weight of layer "${node.name}"`, layer.weightBits);
  const weights = graph.initializers.get(node.inputs[1]!);
  if (!weights) {
    throw new InputError(`the weights "${node.inputs[1]}" of layer "${node.name}" are not constant`, {
      hint: "fold the constants of the graph first",
    });
  }
  const codes = context.constant(`${node.name}.codes`, integerCodes(weights, layer));
  const scale = context.constant(`${node.name}.weight_scale`, f32([], [layer.weightScale]));
  const zero = context.constant(`${node.name}.weight_zero_point`, tensor("i8", [], Int8Array.of(0)));
  const output = context.value(`${node.name}.weights`);
  context.replaced(node.inputs[1]!);
  return [
    {
      op: "DequantizeLinear",
      name: `${node.name}.dequantize`,
      inputs: [codes, scale, zero],
      outputs: [output],
      attributes: {},
    },
    output,
  ];
}

/** @throws InputError where a weight is not a code times the scale, up to the rounding of f32 */
function integerCodes(weights: Tensor, { node, weightBits, weightScale }: CrossbarLayer): Tensor<"i8"> {
  const most = 2 ** (weightBits - 1) - 1;
  const codes = new Int8Array(weights.data.length);
  for (let i = 0; i < codes.length; i++) {
    const exact = weights.data[i]! / weightScale;
    const code = roundHalfEven(exact);
    if (!(Math.abs(exact - code) < 1e-3) || Math.abs(code) > most) {
      throw new InputError(
        `weight ${i} of layer "${node}" is ${weights.data[i]}, which is no code of ±${most} times ${weightScale}`,
        { hint: "quantise the layer's weights first, or export it in the plain form" },
      );
    }
    codes[i] = code;
  }
  return tensor("i8", weights.shape, codes);
}

const tooWide = (thing: string, bits: number) =>
  new InputError(`${thing} has ${bits} bits, but the QDQ form goes to ${widest}`, {
    hint: "export it in the plain form",
  });
