import { describe, expect, test } from "vitest";
import { GraphBuilder } from "../../src/autodiff/builder.js";
import { gradientGraph } from "../../src/autodiff/differentiate.js";
import { bindDims } from "../../src/graph/edit.js";
import { evaluateGraph } from "../../src/graph/evaluate.js";
import type { Graph, Node } from "../../src/graph/types.js";
import { lenet5 } from "../../src/models/index.js";
import { createRandom } from "../../src/random.js";
import { type Tensor, tensor } from "../../src/tensor.js";
import { crossEntropy } from "../../src/train/loss.js";
import { trainableParameters } from "../../src/train/parameters.js";
import { randomTensor } from "../graph/build.js";
import { smallNetwork } from "../train/networks.js";
import { centralDifferences, converted } from "./finite.js";

/** The network's cross-entropy in double precision, as a function of its image and parameters. */
function lossOf(network: Graph, batch: number, batchStatistics: boolean) {
  const parameters = trainableParameters(network);
  const bound = bindDims(network, { batch });
  const doubled = new Map(
    Array.from(bound.initializers, ([name, value]) => [
      name,
      value.dtype === "f32" ? converted(value, "f64") : value,
    ]),
  );
  const feeds = new Map<string, Tensor>();
  const inputs = bound.inputs.map(({ name, type }) => {
    feeds.set(name, converted(randomTensor(type.shape as number[], 5), "f64"));
    return { name, type: { ...type, dtype: "f64" as const } };
  });
  for (const { name } of parameters) {
    const value = doubled.get(name)!;
    feeds.set(name, value);
    inputs.push({ name, type: { dtype: "f64", shape: value.shape } });
    doubled.delete(name);
  }
  const nodes = bound.nodes.map((node): Node => {
    if (node.op !== "BatchNormalization" || !batchStatistics) return node;
    const outputs = [...node.outputs, `${node.name}.mean`, `${node.name}.variance`];
    return {
      ...node,
      op: "BatchNormalizationTraining",
      outputs,
      attributes: { ...node.attributes, momentum: 0 },
    };
  });
  const builder = new GraphBuilder({ ...bound, inputs, nodes, initializers: doubled });
  const labels = builder.constant(
    tensor(
      "i32",
      [batch],
      Int32Array.from({ length: batch }, (_, i) => i % 3),
    ),
  );
  const loss = builder.named(crossEntropy(builder.value(network.outputs[0]!), labels), "loss");
  return { graph: builder.build([loss.name]), feeds, by: [...feeds.keys()] };
}

describe.each([
  ["with the batch's statistics", true],
  ["with frozen statistics", false],
])("a residual network %s", (_title, batchStatistics) => {
  const loss = lossOf(smallNetwork(4), 3, batchStatistics);
  const made = evaluateGraph(gradientGraph(loss.graph, "loss", loss.by), loss.feeds);

  test.each(loss.by)("the loss by %s agrees with central differences", (name) => {
    const gradient = made.get(`d loss/d ${name}`)!.data;
    for (const [i, expected] of centralDifferences(loss, name).entries())
      expect(Math.abs(gradient[i]! - expected)).toBeLessThan(1e-7 + 1e-5 * Math.abs(expected));
    // The biases of a convolution before a batch normalisation have none; its mean takes them away.
    if (!(batchStatistics && name === "conv2.bias"))
      expect(gradient.some((g) => Math.abs(g) > 1e-4)).toBe(true);
  });
});

test("LeNet-5: the loss by some weights of every layer agrees with central differences", () => {
  const loss = lossOf(lenet5(createRandom(2)), 1, true);
  const names = loss.by.filter((name) => name !== "image");
  const made = evaluateGraph(gradientGraph(loss.graph, "loss", names), loss.feeds);
  const at = (name: string, i: number, moved: number) => {
    const data = Float64Array.from(loss.feeds.get(name)!.data);
    data[i]! += moved;
    const feeds = new Map([...loss.feeds, [name, { ...loss.feeds.get(name)!, data }]]) as Map<string, Tensor>;
    return evaluateGraph(loss.graph, feeds).get("loss")!.data[0]!;
  };
  for (const name of names) {
    const gradient = Float64Array.from(made.get(`d loss/d ${name}`)!.data);
    // The element of the largest gradient, and one in the middle.
    const largest = gradient.reduce<number>(
      (best, g, i) => (Math.abs(g) > Math.abs(gradient[best]!) ? i : best),
      0,
    );
    for (const i of [largest, gradient.length >> 1]) {
      const expected = (at(name, i, 1e-5) - at(name, i, -1e-5)) / 2e-5;
      expect(Math.abs(gradient[i]! - expected)).toBeLessThan(1e-7 + 1e-5 * Math.abs(expected));
    }
  }
});
