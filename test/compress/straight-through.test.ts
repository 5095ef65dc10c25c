import { describe, expect, test } from "vitest";
import { GraphBuilder } from "../../src/autodiff/builder.js";
import { gradientGraph } from "../../src/autodiff/differentiate.js";
import { quantizationAware } from "../../src/compress/quantize/aware.js";
import { bindDims } from "../../src/graph/edit.js";
import { evaluateGraph } from "../../src/graph/evaluate.js";
import type { Graph, Node } from "../../src/graph/types.js";
import { type Tensor, tensor } from "../../src/tensor.js";
import { crossEntropy } from "../../src/train/loss.js";
import { trainableParameters } from "../../src/train/parameters.js";
import { centralDifferences, converted } from "../autodiff/finite.js";
import { randomTensor } from "../graph/build.js";
import { smallNetwork } from "../train/networks.js";

const batch = 3;

function quantized(rule: "mean" | "sawb", passBelow: number | null): Graph {
  return quantizationAware(smallNetwork(4), {
    weights: { bits: 4, rule, passBelow },
    // Small enough that all of them clip something.
    activations: { bits: 4, alpha: { relu1: 0.8, relu2: 0.8, relu3: 0.8, "pool2/quantizer": 0.2 } },
    input: { bits: 8, scale: Math.fround(0.03), zeroPoint: 120 },
  });
}

/**
 * FakeQuantize is in single precision only and has a test of its own; among equal codes the largest, of which max
 * pooling chooses the first, has no derivative.
 */
function differentiable(node: Node): Node {
  if (node.op === "FakeQuantize") return { ...node, op: "Identity", attributes: {} };
  if (node.op === "MaxPool")
    return { ...node, op: "AveragePool", attributes: { ...node.attributes, countIncludePad: false } };
  return node;
}

/** A network in double precision with its image and parameters fed, and its cross-entropy as "loss". */
function lossOf(network: Graph) {
  const parameters = trainableParameters(network);
  const bound = bindDims(network, { batch });
  const constants = new Map<string, Tensor>();
  for (const [name, value] of bound.initializers)
    constants.set(name, value.dtype === "f32" ? converted(value, "f64") : value);
  const feeds = new Map<string, Tensor>();
  const inputs = bound.inputs.map(({ name, type }) => {
    feeds.set(name, converted(randomTensor(type.shape as number[], 5), "f64"));
    return { name, type: { ...type, dtype: "f64" as const } };
  });
  for (const { name } of parameters) {
    const value = constants.get(name)!;
    feeds.set(name, value);
    inputs.push({ name, type: { dtype: "f64", shape: value.shape } });
    constants.delete(name);
  }
  const nodes = bound.nodes.map(differentiable);
  const builder = new GraphBuilder({ ...bound, inputs, nodes, initializers: constants });
  const labels = builder.constant(tensor("i32", [batch], Int32Array.of(0, 1, 2)));
  const loss = builder.named(crossEntropy(builder.value(network.outputs[0]!), labels), "loss");
  return { graph: builder.build([loss.name]), feeds, by: parameters.map(({ name }) => name) };
}

/**
 * The same network with every rounding as it is now: each quantiser becomes its clipping plus a constant, what rounding
 * added at this point. Its value here is the quantised network's, and its derivative is what a straight-through
 * estimator stands for; the range of the weights is no function of them in it.
 */
function frozenRounding(graph: Graph, feeds: ReadonlyMap<string, Tensor>): Graph {
  const initializers = new Map(graph.initializers);
  const scalar = (name: string, value: number): string => {
    initializers.set(name, tensor("f64", [], Float64Array.of(value)));
    return name;
  };
  const quantizers = graph.nodes.filter(({ op }) => op === "Pact" || op === "QuantizeWeights");
  const wanted = quantizers.flatMap(({ inputs, outputs }) => [...inputs, outputs[0]!]);
  const made = evaluateGraph({ ...graph, outputs: [...new Set(wanted)] }, feeds);
  const nodes = graph.nodes.flatMap((node): Node[] => {
    const bounds = boundsOf(node, (name) => made.get(name)!.data[0]!);
    if (!bounds) return [node];
    const [x, range] = node.inputs as [string, string];
    // The mean of zeros is exactly 0, where Pact passes and a clipping has a kink.
    const low = made.get(x)!.data.includes(0) ? bounds[0] - 1e-3 : bounds[0];
    const high = bounds[1];
    // The upper bound of Pact is alpha itself, whose derivative is tested.
    const inputs = [
      x,
      scalar(`${node.name}/low`, low),
      node.op === "Pact" ? range : scalar(`${node.name}/high`, high),
    ];
    const data = Float64Array.from(
      made.get(x)!.data,
      (v, i) => made.get(node.outputs[0]!)!.data[i]! - Math.min(high, Math.max(low, v)),
    );
    initializers.set(`${node.name}/rounding`, tensor("f64", made.get(x)!.shape, data));
    return [
      { op: "Clip", name: node.name, inputs, outputs: [`${node.name}/clipped`], attributes: {} },
      {
        op: "Add",
        name: `${node.name}/add`,
        inputs: [`${node.name}/clipped`, `${node.name}/rounding`],
        outputs: node.outputs,
        attributes: {},
      },
    ];
  });
  return { ...graph, nodes, initializers };
}

function boundsOf(node: Node, scalar: (name: string) => number): readonly [number, number] | undefined {
  switch (node.op) {
    case "Pact":
      return [0, scalar(node.inputs[1]!)];
    case "QuantizeWeights": {
      const bound = node.attributes.passBelow ?? scalar(node.inputs[1]!);
      return [-bound, bound];
    }
    default:
      return undefined;
  }
}

describe.each([
  ["mean", 1],
  ["mean", null],
  ["sawb", 0.3],
] as const)("gradients of a quantised residual network, range %s, passing below %s", (rule, passBelow) => {
  const { graph, feeds, by } = lossOf(quantized(rule, passBelow));
  const frozen = { graph: frozenRounding(graph, feeds), feeds, by };
  const made = evaluateGraph(gradientGraph(graph, "loss", by), feeds);

  test("the network with frozen rounding is the same function here", () => {
    const loss = (g: Graph) => evaluateGraph(g, feeds).get("loss")!.data[0]!;
    expect(loss(frozen.graph)).toBeCloseTo(loss(graph), 12);
  });

  test.each(by)("by %s they are those of the network with frozen rounding", (name) => {
    const gradient = made.get(`d loss/d ${name}`)!.data;
    for (const [i, expected] of centralDifferences(frozen, name).entries())
      expect(Math.abs(gradient[i]! - expected)).toBeLessThan(1e-7 + 1e-5 * Math.abs(expected));
    expect(gradient.some((g) => Math.abs(g) > 1e-4)).toBe(true);
  });
});
