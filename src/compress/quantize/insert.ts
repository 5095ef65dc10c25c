import { InputError } from "../../errors.js";
import { freshName, namesOf } from "../../graph/edit.js";
import type { Graph, InputQuantizer, Node } from "../../graph/types.js";

/** Nodes that can stand on crossbars: convolutions and dense layers whose weights are constants. */
export function crossbarNodes(graph: Graph): Node[] {
  return graph.nodes.filter(
    (node) => (node.op === "Conv" || node.op === "Gemm") && graph.initializers.has(node.inputs[1]!),
  );
}

/** A layer that would silently stay digital would make every figure of the chip wrong. */
export function refuseUnplacedWeights(graph: Graph): void {
  const stored = (node: Node) => graph.initializers.has(node.inputs[1] ?? "");
  const node = graph.nodes.find((n) => (n.op === "MatMul" || n.op === "ConvTranspose") && stored(n));
  if (!node) return;
  throw new InputError(
    `${node.op} "${node.name}" multiplies stored weights, which cannot be placed on arrays`,
    {
      hint:
        node.op === "MatMul"
          ? "flatten the input of dense layers to [batch, features] before export"
          : "only convolutions and dense layers go onto crossbars",
    },
  );
}

/** Values that drive word lines, in the order in which the graph makes them. */
export function wordLineValues(graph: Graph): string[] {
  return [...new Set(crossbarNodes(graph).map((node) => node.inputs[0]!))];
}

/**
 * Puts a FakeQuantize behind each of the given values and hands every consumer the quantised one: a residual
 * shortcut carries the same codes as the word lines (spec 2.5).
 */
export function insertQuantizers(graph: Graph, quantizers: ReadonlyMap<string, InputQuantizer>): Graph {
  const taken = namesOf(graph);
  const renamed = new Map(
    [...quantizers.keys()].map((value) => [value, freshName(taken, `${value}/quantized`)]),
  );
  const quantized = (value: string): string => renamed.get(value) ?? value;
  const quantizerOf = (value: string): Node => ({
    op: "FakeQuantize",
    name: freshName(taken, `${value}/quantizer`),
    inputs: [value],
    outputs: [quantized(value)],
    attributes: quantizers.get(value)!,
  });
  const nodes: Node[] = graph.inputs.filter((i) => quantizers.has(i.name)).map((i) => quantizerOf(i.name));
  for (const node of graph.nodes) {
    nodes.push({ ...node, inputs: node.inputs.map(quantized) } as Node);
    for (const output of node.outputs) if (quantizers.has(output)) nodes.push(quantizerOf(output));
  }
  return { ...graph, nodes };
}
