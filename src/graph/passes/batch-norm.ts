import { f32, type Tensor } from "../../tensor.js";
import { consumers, freshName, namesOf, replaceNodes } from "../edit.js";
import type { Graph, Node, NodeOf } from "../types.js";

type Layer = NodeOf<"Conv"> | NodeOf<"Gemm">;

const isLayer = (node: Node | undefined): node is Layer => node?.op === "Conv" || node?.op === "Gemm";

/** One number per output channel of a layer. */
type PerChannel = (channel: number) => number;

/** The layer's output channels, and the channel that an element of its weight belongs to. */
function channelsOf(layer: Layer, weight: Tensor): { count: number; of: (element: number) => number } {
  const [first, second] = weight.shape as readonly [number, number];
  if (layer.op === "Gemm" && !layer.attributes.transB) return { count: second, of: (i) => i % second };
  const perChannel = weight.data.length / first;
  return { count: first, of: (i) => Math.floor(i / perChannel) };
}

function scaledWeight(layer: Layer, weight: Tensor, factor: PerChannel): Tensor {
  const { count, of } = channelsOf(layer, weight);
  const factors = Float64Array.from({ length: count }, (_, n) => factor(n));
  return f32(
    weight.shape,
    Float32Array.from(weight.data, (w, i) => w * factors[of(i)]!),
  );
}

/** The bias that the layer adds to each channel, beta included; undefined where it is not one per channel. */
function biasOf(layer: Layer, graph: Graph, channels: number): PerChannel | undefined {
  const name = layer.inputs[2];
  if (!name) return () => 0;
  const value = graph.initializers.get(name);
  if (value?.dtype !== "f32") return undefined;
  const beta = layer.op === "Gemm" ? layer.attributes.beta : 1;
  if (value.data.length === 1) return () => beta * value.data[0]!;
  const perChannel = value.shape.at(-1) === channels && value.data.length === channels;
  return perChannel ? (n) => beta * value.data[n]! : undefined;
}

/** The layer with another weight and one bias per channel. */
function withParameters(layer: Layer, weight: string, bias: string | undefined, output: string): Node {
  const changed = {
    inputs: [layer.inputs[0]!, weight, ...(bias === undefined ? [] : [bias])],
    outputs: [output],
  };
  if (layer.op === "Conv") return { ...layer, ...changed };
  return { ...layer, ...changed, attributes: { ...layer.attributes, beta: 1 } };
}

const f32Initializer = (graph: Graph, name: string | undefined): Tensor | undefined => {
  const value = graph.initializers.get(name ?? "");
  return value?.dtype === "f32" ? value : undefined;
};

/**
 * Folds a batch normalisation into the Conv or Gemm before it: w' = w · s and b' = (b − mean) · s + bias with
 * s = scale / √(variance + epsilon), in double precision and rounded once. Only where all parameters are
 * constants and nothing else reads the layer's output.
 */
export function foldBatchNorm(graph: Graph): Graph {
  const readers = consumers(graph);
  const names = namesOf(graph);
  const added = new Map<string, Tensor>();
  const folded = new Map<Node, Node>();
  const normalizations = new Set<Node>();
  for (const layer of graph.nodes) {
    if (!isLayer(layer)) continue;
    const [next, ...others] = readers.get(layer.outputs[0]!) ?? [];
    const alone = others.length === 0 && !graph.outputs.includes(layer.outputs[0]!);
    // As an operand other than the data, the layer's output would be a parameter that changes.
    if (next?.op !== "BatchNormalization" || !alone || next.inputs[0] !== layer.outputs[0]) continue;
    const parameters = foldedParameters(graph, layer, next);
    if (!parameters) continue;
    const weight = freshName(names, `${layer.inputs[1]}.folded`);
    const bias = freshName(names, layer.inputs[2] ? `${layer.inputs[2]}.folded` : `${layer.name}.bias`);
    added.set(weight, parameters.weight).set(bias, parameters.bias);
    folded.set(layer, withParameters(layer, weight, bias, next.outputs[0]!));
    normalizations.add(next);
  }
  return replaceNodes(
    graph,
    (node) => (normalizations.has(node) ? [] : folded.has(node) ? [folded.get(node)!] : undefined),
    added,
  );
}

function foldedParameters(
  graph: Graph,
  layer: Layer,
  normalization: NodeOf<"BatchNormalization">,
): { weight: Tensor; bias: Tensor } | undefined {
  const weight = f32Initializer(graph, layer.inputs[1]);
  const given = normalization.inputs.slice(1, 5).map((name) => f32Initializer(graph, name)?.data);
  if (!weight || given.includes(undefined)) return undefined;
  const [scale, shift, mean, variance] = given;
  const { count } = channelsOf(layer, weight);
  const bias = biasOf(layer, graph, count);
  if (!bias) return undefined;
  const gain: PerChannel = (n) => scale![n]! / Math.sqrt(variance![n]! + normalization.attributes.epsilon);
  const shifted = Array.from({ length: count }, (_, n) => (bias(n) - mean![n]!) * gain(n) + shift![n]!);
  return { weight: scaledWeight(layer, weight, gain), bias: f32([count], shifted) };
}

export interface UnfoldOptions {
  /**
   * A layer is split where its largest filter (mean |w| of its weights that are not zero) is at least this many
   * times its smallest that is not zero; 1 splits every layer.
   */
  readonly ratio?: number;
}

// A power of two of which 1 is told apart in f32, so that √(variance + epsilon) is exactly 1.
const unitEpsilon = 2 ** -17;

/**
 * The reverse of {@link foldBatchNorm}, for networks that come folded. A quantiser with one scale per layer
 * wastes its levels where filters are of very different sizes; so such a layer is split into filters
 * w'ₙ = wₙ / sₙ, where sₙ is mean|wₙ| of the weights that are not zero over its mean among the filters (1 for a
 * zero filter), and a batch normalisation that carries sₙ as its scale and the layer's bias as its own, with
 * mean 0 and √(variance + epsilon) = 1. The function is kept to f32 rounding. Layers that a batch normalisation
 * follows, and those of non-constant weights, stay.
 */
export function unfoldBatchNorm(graph: Graph, { ratio = 4 }: UnfoldOptions = {}): Graph {
  const readers = consumers(graph);
  const names = namesOf(graph);
  const added = new Map<string, Tensor>();
  const add = (wanted: string, value: Tensor): string => {
    const name = freshName(names, wanted);
    added.set(name, value);
    return name;
  };
  const split = (layer: Layer): readonly Node[] | undefined => {
    const weight = f32Initializer(graph, layer.inputs[1]);
    if (!weight || readers.get(layer.outputs[0]!)?.some(({ op }) => op === "BatchNormalization"))
      return undefined;
    const { count } = channelsOf(layer, weight);
    const sizes = relativeSizes(layer, weight);
    const bias = biasOf(layer, graph, count);
    if (!bias || spread(sizes) < ratio) return undefined;
    const perChannel = (value: PerChannel) =>
      f32(
        [count],
        Float64Array.from({ length: count }, (_, n) => value(n)),
      );
    const scale: PerChannel = (n) => Math.fround(sizes[n]!) || 1;
    const base = layer.name;
    const weightName = add(
      `${layer.inputs[1]}.normalized`,
      scaledWeight(layer, weight, (n) => 1 / scale(n)),
    );
    const parameters = [
      add(`${base}.norm.scale`, perChannel(scale)),
      add(`${base}.norm.bias`, perChannel(bias)),
      add(
        `${base}.norm.mean`,
        perChannel(() => 0),
      ),
      add(
        `${base}.norm.variance`,
        perChannel(() => 1 - unitEpsilon),
      ),
    ];
    const between = freshName(names, `${layer.outputs[0]}.normalized`);
    const normalization: NodeOf<"BatchNormalization"> = {
      op: "BatchNormalization",
      name: freshName(names, `${base}.norm`),
      inputs: [between, ...parameters],
      outputs: layer.outputs,
      attributes: { epsilon: unitEpsilon },
    };
    return [withParameters(layer, weightName, undefined, between), normalization];
  };
  const nodes = graph.nodes.flatMap((node) => (isLayer(node) ? (split(node) ?? [node]) : [node]));
  return { ...graph, nodes, initializers: new Map([...graph.initializers, ...added]) };
}

/**
 * mean|wₙ| of each filter over its mean among the filters. Single zeros are a level at every scale and do not count:
 * a pruned filter's few large weights are as large as they are, however many went beside them.
 */
function relativeSizes(layer: Layer, weight: Tensor): Float64Array {
  const { count, of } = channelsOf(layer, weight);
  const sums = new Float64Array(count);
  const counts = new Float64Array(count);
  for (const [i, w] of weight.data.entries()) {
    sums[of(i)]! += Math.abs(w);
    counts[of(i)]! += w === 0 ? 0 : 1;
  }
  const sizes = sums.map((sum, n) => sum / (counts[n]! || 1));
  const mean = sizes.reduce((sum, size) => sum + size, 0) / count;
  return sizes.map((size) => size / mean);
}

/** Largest by smallest size, zeros left out; 0 where all are zero. */
function spread(sizes: Float64Array): number {
  const present = sizes.filter((size) => size > 0);
  const largest = present.reduce((a, b) => Math.max(a, b), 0);
  const smallest = present.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  return largest / smallest;
}
