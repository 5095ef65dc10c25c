import type { Graph, Node, OpKind } from "../../graph/types.js";

/** Operators whose output holds elements of their first input and nothing else: on its grid where that is on one. */
const movers: ReadonlySet<OpKind> = new Set<OpKind>([
  "MaxPool",
  "Identity",
  "Dropout",
  "Reshape",
  "Flatten",
  "Transpose",
  "Slice",
  "Gather",
  "Squeeze",
  "Unsqueeze",
  "Expand",
]);

/** Zero is a code of every quantiser, so padding with zeros keeps the grid. */
function keepsGrid(graph: Graph, node: Node): boolean {
  if (node.op !== "Pad") return movers.has(node.op);
  return node.attributes.mode !== "constant" || paddingValue(graph, node) === 0;
}

/** NaN where it is computed. */
function paddingValue(graph: Graph, node: Node): number {
  const name = node.inputs[2];
  return name ? (graph.initializers.get(name)?.data[0] ?? Number.NaN) : 0;
}

/**
 * The value whose quantiser decides the codes of `value`: that from which pooling by the maximum, reshaping and
 * padding with zeros have made it.
 */
export function gridSource(graph: Graph, madeBy: ReadonlyMap<string, Node>, value: string): string {
  let at = value;
  for (let node = madeBy.get(at); node && keepsGrid(graph, node); node = madeBy.get(at)) at = node.inputs[0]!;
  return at;
}

/** Operators whose results are never negative, whatever they are given. */
const unsigned: ReadonlySet<OpKind> = new Set<OpKind>([
  "Relu",
  "Pact",
  "Sigmoid",
  "Softmax",
  "Abs",
  "Exp",
  "Sqrt",
]);

/** The values that can be shown to be never negative. */
export function unsignedValues(graph: Graph): ReadonlySet<string> {
  const found = new Set<string>();
  for (const [name, { data }] of graph.initializers) if (data.every((x) => x >= 0)) found.add(name);
  for (const node of graph.nodes) if (makesUnsigned(graph, node, found)) found.add(node.outputs[0]!);
  return found;
}

function makesUnsigned(graph: Graph, node: Node, known: ReadonlySet<string>): boolean {
  const [first] = node.inputs;
  if (unsigned.has(node.op)) return true;
  switch (node.op) {
    case "Add":
    case "Mul":
    case "Min":
    case "Concat":
      return node.inputs.every((name) => known.has(name));
    case "Max":
      return node.inputs.some((name) => known.has(name));
    case "AveragePool":
    case "GlobalAveragePool":
    case "ReduceMean":
    case "ReduceSum":
      return known.has(first!);
    case "Clip": {
      const bound = (input: number) => graph.initializers.get(node.inputs[input] ?? "")?.data[0];
      return ((bound(1) ?? -1) >= 0 || known.has(first!)) && (!node.inputs[2] || (bound(2) ?? -1) >= 0);
    }
    default:
      return keepsGrid(graph, node) && known.has(first!);
  }
}
