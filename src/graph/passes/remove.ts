import { sameShape } from "../dims.js";
import { consumers, producers, withInputs, withOutputs } from "../edit.js";
import { type Inference, infer } from "../infer.js";
import type { Graph, Node } from "../types.js";

/** Removes nodes that no output depends on, optional outputs that nothing reads, and unused initializers. */
export function removeDeadCode(graph: Graph): Graph {
  const used = new Set(graph.outputs);
  const nodes: Node[] = [];
  for (const node of graph.nodes.toReversed()) {
    const last = node.outputs.findLastIndex((name) => used.has(name));
    if (last < 0) continue;
    for (const name of node.inputs) if (name !== "") used.add(name);
    nodes.push(last + 1 < node.outputs.length ? withOutputs(node, node.outputs.slice(0, last + 1)) : node);
  }
  return removeUnusedInitializers({ ...graph, nodes: nodes.reverse() });
}

/** Removes constants that no node reads and that are no output. */
export function removeUnusedInitializers(graph: Graph): Graph {
  const used = new Set([...graph.outputs, ...graph.nodes.flatMap((node) => node.inputs)]);
  const initializers = new Map([...graph.initializers].filter(([name]) => used.has(name)));
  return { ...graph, initializers };
}

/**
 * Removes operators that hand their input on unchanged: Identity, Dropout, a Cast to the same type, a Pad by
 * nothing, a Slice of everything, a Reshape to the same shape, and their like. Outputs of the graph keep their
 * names.
 */
export function removeIdentity(graph: Graph): Graph {
  const inference = infer(graph);
  const readers = consumers(graph);
  const madeBy = producers(graph);
  const outputs = new Set(graph.outputs);
  /** The value that stands for a removed node's output. */
  const alias = new Map<string, string>();
  /** A graph output whose name its value takes over. */
  const renamed = new Map<string, string>();
  const resolve = (name: string): string => alias.get(name) ?? name;
  const kept = graph.nodes.filter((node) => {
    const [from, to] = [resolve(node.inputs[0] ?? ""), node.outputs[0]!];
    const masked = node.outputs.slice(1).some((name) => readers.has(name) || outputs.has(name));
    if (masked || !handsOn(node, inference)) return true;
    if (!outputs.has(to)) {
      alias.set(to, from);
      return false;
    }
    // An input, a constant and another output have names of their own to keep.
    if (!madeBy.has(from) || outputs.has(from) || renamed.has(from)) return true;
    renamed.set(from, to);
    return false;
  });
  const finalName = (name: string): string => renamed.get(resolve(name)) ?? resolve(name);
  const nodes = kept.map((node) =>
    withOutputs(withInputs(node, node.inputs.map(finalName)), node.outputs.map(finalName)),
  );
  return { ...graph, nodes };
}

function handsOn(node: Node, { types, knownOf }: Inference): boolean {
  const input = types.get(node.inputs[0] ?? "");
  const output = types.get(node.outputs[0]!)!;
  const sameType = input?.dtype === output.dtype && sameShape(input.shape, output.shape);
  if (!sameType) return false;
  switch (node.op) {
    case "Identity":
    case "Dropout":
    case "Cast":
    // In the same shape, elements in the same order are the same tensor.
    case "Reshape":
    case "Flatten":
    case "Squeeze":
    case "Unsqueeze":
    case "Expand":
      return true;
    case "Concat":
      return node.inputs.length === 1;
    case "Transpose":
      return node.attributes.perm.every((axis, i) => axis === i);
    case "Pad":
      return knownOf(node.inputs[1]!)?.elements.every((pad) => pad === 0) ?? false;
    case "Slice":
      // A forward slice that keeps the size takes everything; a backward one turns the elements round.
      return !node.inputs[4] || (knownOf(node.inputs[4])?.elements.every((step) => step === 1) ?? false);
    default:
      return false;
  }
}
