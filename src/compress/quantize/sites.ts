import { InputError, nearest } from "../../errors.js";
import { consumers, freshName, namesOf, producers } from "../../graph/edit.js";
import { nodeText } from "../../graph/ops.js";
import type { Graph, Node } from "../../graph/types.js";
import { gridSource, unsignedValues } from "./grid.js";
import { crossbarNodes, refuseUnplacedWeights } from "./insert.js";
import { checkBits } from "./weights.js";

/** Bits of one layer that differ from those of all. */
export interface LayerBits {
  readonly weightBits?: number;
  /** Of the values on the layer's word lines. */
  readonly activationBits?: number;
}

export interface SiteOptions {
  /** Bits of activations, 2 to 8. */
  readonly bits: number;
  /** Bits of the image, 2 to 8. */
  readonly inputBits: number;
  /** By the layer's name. */
  readonly layers?: Readonly<Record<string, LayerBits>>;
  /**
   * The form of the training code of Meng et al. 2021 (spec 2.5): a Pact behind every batch normalisation and every
   * residual addition, be there a ReLU or not. It clips negative values that the pretrained network passes on, so that
   * such a network is no longer the same function. Default: false, a Pact in place of each Relu.
   */
  readonly afterEveryBatchNorm?: boolean;
}

/**
 * Where a quantiser of activations goes. "relu": a Pact in the Relu's place. "unsigned": a Pact behind a value, which is
 * never negative or whose negative part is to go. "signed": a FakeQuantize with a zero point behind a value that may
 * be negative. "image": a FakeQuantize behind the network's input.
 */
export interface QuantizerSite {
  readonly kind: "relu" | "unsigned" | "signed" | "image";
  /** The value that is quantised; for a Relu its output. */
  readonly value: string;
  /** The quantiser's node: the Relu's name, or one that is made from the value's. */
  readonly node: string;
  readonly bits: number;
  /** Crossbar layers whose word lines it drives. */
  readonly layers: readonly string[];
}

/**
 * The quantisers of activations that a network needs for all word lines to be driven by codes: one for every Relu,
 * and one for whatever else drives word lines. What pooling by the maximum, reshaping and zero padding make of quantised
 * values stays on their grid; means (average pooling) and sums do not.
 * @throws InputError where the network has no crossbar layers, has quantisers already, or bits contradict each other
 */
export function quantizerSites(graph: Graph, options: SiteOptions): QuantizerSite[] {
  checkBits("activation bits", options.bits);
  checkBits("input bits", options.inputBits);
  refuseQuantized(graph);
  refuseUnplacedWeights(graph);
  const driven = drivenLayers(graph);
  checkLayerNames(options.layers ?? {}, [...driven.values()].flat());
  const kinds = siteKinds(graph, driven, options);
  const taken = namesOf(graph);
  const relus = new Map(
    graph.nodes.flatMap((n) => (n.op === "Relu" ? [[n.outputs[0]!, n.name] as const] : [])),
  );
  return [...kinds].map(([value, kind]) => {
    const layers = driven.get(value) ?? [];
    const node = kind === "relu" ? relus.get(value)! : freshName(taken, `${value}/quantizer`);
    return { kind, value, node, layers, bits: bitsOf(value, kind, layers, options) };
  });
}

function refuseQuantized(graph: Graph): void {
  const node = graph.nodes.find(
    ({ op }) => op === "Pact" || op === "FakeQuantize" || op === "QuantizeWeights",
  );
  if (node)
    throw new InputError(`the network "${graph.name}" is quantised already, by ${nodeText(node)}`, {
      hint: "start from the network in floating point",
    });
}

/** Crossbar layers by the value whose quantiser drives them. */
function drivenLayers(graph: Graph): Map<string, string[]> {
  const layers = crossbarNodes(graph);
  if (layers.length === 0)
    throw new InputError(`"${graph.name}" has no layer that could stand on a crossbar`, {
      hint: "the model needs at least one Conv or Gemm with constant weights",
    });
  const madeBy = producers(graph);
  const driven = new Map<string, string[]>();
  for (const { name, op, inputs } of layers) {
    const source = gridSource(graph, madeBy, inputs[0]!);
    if (graph.initializers.has(source))
      throw new InputError(`${op} "${name}" multiplies the constant "${source}"`, {
        hint: "fold the constants of the graph first",
      });
    driven.set(source, [...(driven.get(source) ?? []), name]);
  }
  return driven;
}

function siteKinds(
  graph: Graph,
  driven: ReadonlyMap<string, readonly string[]>,
  { afterEveryBatchNorm = false }: SiteOptions,
): ReadonlyMap<string, QuantizerSite["kind"]> {
  const unsigned = unsignedValues(graph);
  const kinds = new Map<string, QuantizerSite["kind"]>();
  const readers = consumers(graph);
  for (const { name } of graph.inputs) if (driven.has(name)) kinds.set(name, "image");
  for (const node of graph.nodes) {
    const [value] = node.outputs as [string];
    if (node.op === "Relu") kinds.set(value, "relu");
    else if (afterEveryBatchNorm && authorsPact(graph, node, readers.get(value) ?? []))
      kinds.set(value, "unsigned");
    else if (driven.has(value)) kinds.set(value, unsigned.has(value) ? "unsigned" : "signed");
  }
  for (const [value, [layer]] of driven)
    if (!kinds.has(value))
      throw new InputError(
        `nothing can quantise "${value}", which drives the word lines of layer "${layer}"`,
        {
          hint: "layers go onto crossbars behind the network's input or an operator's first output",
        },
      );
  return kinds;
}

/** Behind a batch normalisation or a residual addition, unless the Relu that alone reads it becomes a Pact anyway. */
function authorsPact(graph: Graph, node: Node, readers: readonly Node[]): boolean {
  const sum = node.op === "Add" && node.inputs.every((name) => !graph.initializers.has(name));
  if (node.op !== "BatchNormalization" && !sum) return false;
  return readers.some(({ op }) => op !== "Relu");
}

function bitsOf(
  value: string,
  kind: QuantizerSite["kind"],
  layers: readonly string[],
  { bits, inputBits, layers: overrides = {} }: SiteOptions,
): number {
  const wanted = layers.map((layer) => overrides[layer]?.activationBits);
  const asked = new Set(wanted.filter((n) => n !== undefined));
  if (asked.size === 0) return kind === "image" ? inputBits : bits;
  const [own] = asked as Set<number>;
  checkBits(`activationBits of layer "${layers[wanted.indexOf(own)]}"`, own!);
  if (kind === "image")
    throw new InputError(
      `layer "${layers[wanted.indexOf(own)]}" is given activationBits, but the image drives it`,
      {
        hint: "set the bits of the input instead",
      },
    );
  if (asked.size > 1 || wanted.includes(undefined))
    throw new InputError(
      `the layers ${layers.map((layer, i) => `"${layer}" (${wanted[i] ?? `the default, ${bits}`})`).join(", ")} ` +
        `are driven by one quantiser, that of "${value}", and differ in activationBits`,
      { hint: "give all of them the same activationBits" },
    );
  return own!;
}

function checkLayerNames(layers: Readonly<Record<string, LayerBits>>, names: readonly string[]): void {
  for (const name of Object.keys(layers)) {
    if (names.includes(name)) continue;
    const near = nearest(name, names);
    throw new InputError(`there is no crossbar layer "${name}"`, {
      hint: near ? `did you mean "${near}"?` : `the crossbar layers are: ${names.join(", ")}`,
    });
  }
}
