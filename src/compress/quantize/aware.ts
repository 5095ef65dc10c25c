import { InputError } from "../../errors.js";
import { freshName, namesOf } from "../../graph/edit.js";
import { nodeText } from "../../graph/ops.js";
import type { Graph, InputQuantizer, Node } from "../../graph/types.js";
import { verify } from "../../graph/verify.js";
import { f32 } from "../../tensor.js";
import { crossbarNodes } from "./insert.js";
import { type LayerBits, type QuantizerSite, quantizerSites } from "./sites.js";
import { checkWeightOptions, WeightChain, type WeightTrainingOptions } from "./weight-chain.js";
import { checkBits } from "./weights.js";

export interface ActivationTrainingOptions {
  readonly bits: number;
  /** Where the learnt ranges start: one number for all (the published code has 10), or one by each Pact's node. */
  readonly alpha: number | Readonly<Record<string, number>>;
  /** Quantisers of values on word lines that may be negative, by the value. `calibrateAlphas` finds them. */
  readonly signed?: Readonly<Record<string, InputQuantizer>>;
  /** See `SiteOptions`. */
  readonly afterEveryBatchNorm?: boolean;
}

export interface QuantizationAwareOptions {
  readonly weights: WeightTrainingOptions;
  readonly activations: ActivationTrainingOptions;
  /** The quantiser of the image, which is not learnt: `calibrateAlphas` takes the range of the training images. */
  readonly input: InputQuantizer;
  /** Layers with other bits than the rest, by name. */
  readonly layers?: Readonly<Record<string, LayerBits>>;
}

/**
 * A trained network with quantisers that are trained with it (spec of Meng et al., 2.5, 2.6 and step 2 of section 3):
 * Pact in place of every Relu and behind whatever else drives word lines and is not on a quantiser's grid, the image
 * quantised, and every crossbar layer's weights, first, last and shortcut layers included, through QuantizeWeights
 * with a range that follows them. With alphas above all activations and many bits it is the same function.
 * @throws InputError where a value on word lines has no quantiser or an option is outside its range
 */
export function quantizationAware(graph: Graph, options: QuantizationAwareOptions): Graph {
  checkWeightOptions(options.weights);
  const sites = quantizerSites(graph, {
    ...options.activations,
    inputBits: options.input.bits,
    ...(options.layers ? { layers: options.layers } : {}),
  });
  return verify(withWeightQuantizers(withActivationQuantizers(graph, sites, options), options));
}

function withActivationQuantizers(
  graph: Graph,
  sites: readonly QuantizerSite[],
  options: QuantizationAwareOptions,
): Graph {
  const taken = namesOf(graph);
  for (const { node } of sites) taken.add(node);
  const initializers = new Map(graph.initializers);
  const alphaOf = (site: QuantizerSite): string => {
    const name = freshName(taken, `${site.node}.alpha`);
    initializers.set(name, f32([], [startingAlpha(site, options.activations.alpha)]));
    return name;
  };
  const bySite = new Map(sites.map((site) => [site.value, site]));
  const behind = sites.filter(({ kind }) => kind !== "relu");
  const renamed = new Map(behind.map(({ value }) => [value, freshName(taken, `${value}/quantized`)]));
  const quantizer = (site: QuantizerSite): Node => {
    const { node: name, value, kind, bits } = site;
    const outputs = [renamed.get(value)!];
    if (kind === "unsigned")
      return { op: "Pact", name, inputs: [value, alphaOf(site)], outputs, attributes: { bits } };
    const attributes =
      kind === "image" ? options.input : signedQuantizer(site, options.activations.signed ?? {});
    return { op: "FakeQuantize", name, inputs: [value], outputs, attributes };
  };
  const nodes: Node[] = behind.filter(({ kind }) => kind === "image").map(quantizer);
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((value) => renamed.get(value) ?? value);
    const site = bySite.get(node.outputs[0]!);
    if (site?.kind === "relu")
      nodes.push({
        ...node,
        op: "Pact",
        inputs: [inputs[0]!, alphaOf(site)],
        attributes: { bits: site.bits },
      });
    else nodes.push({ ...node, inputs } as Node, ...(site ? [quantizer(site)] : []));
  }
  return { ...graph, nodes, initializers };
}

function startingAlpha({ node, value }: QuantizerSite, given: ActivationTrainingOptions["alpha"]): number {
  const alpha = typeof given === "number" ? given : given[node];
  if (alpha === undefined)
    throw new InputError(`no alpha is given for the quantiser "${node}" of "${value}"`, {
      hint: "give one for each Pact (calibrateAlphas does), or one number for all",
    });
  if (!(Number.isFinite(alpha) && Math.fround(alpha) > 0))
    throw new InputError(`the alpha of "${node}" is ${alpha}`, { hint: "give a number above 0, such as 10" });
  return alpha;
}

function signedQuantizer(
  { value, bits, layers }: QuantizerSite,
  given: Readonly<Record<string, InputQuantizer>>,
): InputQuantizer {
  const found = given[value];
  if (!found)
    throw new InputError(
      `"${value}", which drives the word lines of ${layers.map((layer) => `"${layer}"`).join(", ")}, may be negative`,
      { hint: "give its quantiser with a zero point in activations.signed; calibrateAlphas finds it" },
    );
  if (found.bits !== bits)
    throw new InputError(`the quantiser of "${value}" has ${found.bits} bits, and ${bits} are asked for`, {
      hint: "calibrate with the same bits",
    });
  return found;
}

function withWeightQuantizers(graph: Graph, { weights, layers = {} }: QuantizationAwareOptions): Graph {
  const initializers = new Map(graph.initializers);
  const chain = new WeightChain(namesOf(graph), initializers);
  const crossbar = new Set(crossbarNodes(graph));
  const quantized = new Map<
    string,
    { readonly output: string; readonly bits: number; readonly layer: string }
  >();
  const nodes = graph.nodes.flatMap((node): readonly Node[] => {
    if (!crossbar.has(node)) return [node];
    const weight = node.inputs[1]!;
    const bits = layers[node.name]?.weightBits ?? weights.bits;
    checkBits(`weightBits of layer "${node.name}"`, bits);
    const made = quantized.get(weight);
    if (made && made.bits !== bits)
      throw new InputError(
        `the layers "${made.layer}" (${made.bits} bits) and "${node.name}" (${bits}) share the weights "${weight}"`,
        { hint: "give both the same weightBits" },
      );
    const own = made ? [] : chain.nodesFor(weight, bits, weights);
    const output = made?.output ?? own.at(-1)!.outputs[0]!;
    if (!made) {
      refuseOtherReaders(graph, weight, crossbar);
      quantized.set(weight, { output, bits, layer: node.name });
    }
    return [...own, { ...node, inputs: node.inputs.with(1, output) } as Node];
  });
  return { ...graph, nodes, initializers };
}

/** A tensor that also works elsewhere in the network could not become codes on an array. */
function refuseOtherReaders(graph: Graph, weight: string, crossbar: ReadonlySet<Node>): void {
  const reader = graph.nodes.find((node) =>
    node.inputs.some((name, i) => name === weight && !(i === 1 && crossbar.has(node))),
  );
  if (reader)
    throw new InputError(`${nodeText(reader)} reads "${weight}", the weights of a crossbar layer, as well`, {
      hint: "give the layer a weight tensor of its own",
    });
}
