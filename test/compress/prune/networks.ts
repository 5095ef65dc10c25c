import { GraphBuilder, type Value } from "../../../src/autodiff/index.js";
import {
  eachWeight,
  type GroupedLayer,
  type GroupOptions,
  groupedLayers,
} from "../../../src/compress/prune/layers.js";
import { evaluateGraph } from "../../../src/graph/evaluate.js";
import type { Graph } from "../../../src/graph/types.js";
import { createRandom } from "../../../src/random.js";
import { type Tensor, tensor } from "../../../src/tensor.js";
import { withInitializers } from "../../../src/train/step.js";
import { graph, input, node, randomTensor, window } from "../../graph/build.js";

/** A stem and behind it one convolution of these weights, [N, C, kh, kw]. */
export function convNetwork(weights: Tensor, group = 1): Graph {
  const [, channels, kh, kw] = weights.shape as [number, number, number, number];
  const inputs = channels * group;
  return graph(
    [input("image", ["batch", 1, kh + 2, kw + 1])],
    { "stem.weight": randomTensor([inputs, 1, 1, 1], 1), "conv.weight": weights },
    [
      node("Conv", ["image", "stem.weight"], "stem", { ...window([1, 1]), group: 1 }),
      node("Conv", ["stem", "conv.weight"], "conv", { ...window([kh, kw]), group }),
    ],
    ["conv"],
  );
}

/** The one layer with groups of a network that has one. */
export function onlyLayer(net: Graph, options: GroupOptions): GroupedLayer {
  const layers = groupedLayers(net, options);
  if (layers.length !== 1) throw new Error(`${layers.length} layers have groups`);
  return layers[0]!;
}

/** Weights of 4 × 16 × 3 × 3 whose groups of 72 rows have these norms, by position and column. */
export function weightsOfNorms(...positions: readonly (readonly number[])[]): Tensor<"f32"> {
  const columns = positions[0]!.length;
  const direction = randomTensor([72], 5).data;
  const length = Math.hypot(...direction);
  const data = new Float32Array(columns * 144);
  for (const [i, norms] of positions.entries())
    for (const [column, norm] of norms.entries())
      for (let row = 0; row < 72; row++)
        data[column * 144 + i * 72 + row] = (norm * direction[row]!) / length;
  return tensor("f32", [columns, 16, 3, 3], data);
}

/** Every third group of each layer small, so that its codes are 0, but not its weights. */
export function smallGroups(
  net: Graph,
  groupsOf: (net: Graph) => readonly GroupedLayer[],
  seed: number,
): Graph {
  const random = createRandom(seed);
  return withInitializers(
    net,
    new Map(
      groupsOf(net).map((layer) => {
        const data = Float32Array.from(net.initializers.get(layer.weight)!.data);
        eachWeight(layer, (at, group) => {
          if (group % 3 === 1) data[at] = 0.01 * random.normal() * data[at]!;
        });
        return [layer.weight, tensor("f32", layer.shape, data)];
      }),
    ),
  );
}

/** Each layer's range as a stored constant in place of the nodes that compute it. */
export function withStoredRanges(net: Graph): Graph {
  const ranges = net.nodes.flatMap((n) => (n.op === "QuantizeWeights" ? [n.inputs[1]!] : []));
  const values = evaluateGraph(
    {
      ...net,
      inputs: [],
      nodes: net.nodes.filter(({ op }) => /Abs|ReduceMean|Mul|Greater|Where/.test(op)),
      outputs: ranges,
    },
    new Map(),
  );
  const computed = new Set(ranges);
  return {
    ...net,
    nodes: net.nodes.filter(({ outputs }) => !computed.has(outputs[0]!)),
    initializers: new Map([...net.initializers, ...values]),
  };
}

export const withWeights = (net: Graph, name: string, value: Tensor): Graph =>
  withInitializers(net, new Map([[name, value]]));

/**
 * What an addition makes of one layer's weights, in double precision: `make` sees the step, and its values come out.
 * @param fed values of the step's inputs
 */
export function evaluateStep(
  weights: ReadonlyMap<string, Tensor>,
  fed: Readonly<Record<string, readonly number[]>>,
  rate: number,
  make: (step: {
    builder: GraphBuilder;
    parameter: (name: string) => Value;
    rate: Value;
    input: (name: string, shape: readonly number[]) => Value;
  }) => readonly Value[],
): Float64Array[] {
  const values = new Map<string, Tensor>([["rate", doubles([], [rate])]]);
  const asInput = ([name, value]: [string, Tensor]) => {
    values.set(name, doubles(value.shape, value.data));
    return input(name, value.shape, "f64");
  };
  const builder = new GraphBuilder(
    graph([...[...weights].map(asInput), input("rate", [], "f64")], {}, [], []),
  );
  const made = make({
    builder,
    rate: builder.value("rate"),
    parameter: (name) => builder.value(name),
    input: (name, shape) => {
      values.set(name, doubles(shape, fed[name]!));
      return builder.input(name, "f64", shape);
    },
  });
  const outputs = made.map(({ name }) => name);
  const results = evaluateGraph(builder.build([...new Set(outputs)]), values);
  return outputs.map((name) => results.get(name)!.data as Float64Array);
}

const doubles = (shape: readonly number[], values: ArrayLike<number>): Tensor<"f64"> =>
  tensor("f64", shape, Float64Array.from(values));
