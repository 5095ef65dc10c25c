import { InputError } from "../errors.js";
import type { Tensor } from "../tensor.js";
import type { Graph, Node } from "./types.js";

/** The node that makes each value; graph inputs and initializers have none. */
export function producers(graph: Graph): Map<string, Node> {
  const makers = new Map<string, Node>();
  for (const node of graph.nodes) for (const name of node.outputs) if (name !== "") makers.set(name, node);
  return makers;
}

/** The nodes that read each value, in order, once per use; being an output of the graph is no use here. */
export function consumers(graph: Graph): Map<string, Node[]> {
  const readers = new Map<string, Node[]>();
  for (const node of graph.nodes)
    for (const name of node.inputs) {
      if (name === "") continue;
      const list = readers.get(name);
      if (list) list.push(node);
      else readers.set(name, [node]);
    }
  return readers;
}

/** Every name in the graph, of values and nodes. */
export function namesOf(graph: Graph): Set<string> {
  const names = new Set(graph.initializers.keys());
  for (const { name } of graph.inputs) names.add(name);
  for (const node of graph.nodes) {
    names.add(node.name);
    for (const name of node.outputs) names.add(name);
  }
  return names;
}

/** The wanted name, numbered where it is taken; it is taken from then on. */
export function freshName(taken: Set<string>, wanted: string): string {
  let name = wanted;
  for (let i = 1; taken.has(name); i++) name = `${wanted}_${i}`;
  taken.add(name);
  return name;
}

/**
 * A graph in which each node stands for what `replace` makes of it: itself (undefined), other nodes, or none.
 * New initializers may be given along with the nodes that read them.
 */
export function replaceNodes(
  graph: Graph,
  replace: (node: Node) => readonly Node[] | undefined,
  initializers: ReadonlyMap<string, Tensor> = new Map(),
): Graph {
  const nodes = graph.nodes.flatMap((node) => replace(node) ?? [node]);
  // Read after `replace` has run: it may have added to the initializers.
  return { ...graph, nodes, initializers: new Map([...graph.initializers, ...initializers]) };
}

/** A node of the same kind that reads other values. */
export const withInputs = (node: Node, inputs: readonly string[]): Node => ({ ...node, inputs }) as Node;

export const withOutputs = (node: Node, outputs: readonly string[]): Node => ({ ...node, outputs }) as Node;

/**
 * The graph with sizes in place of the names of its inputs' dynamic dimensions.
 * @throws InputError where a name is none of the graph's, or a size is no whole number from 1
 */
export function bindDims(graph: Graph, sizes: Readonly<Record<string, number>>): Graph {
  const names = new Set(graph.inputs.flatMap(({ type }) => type.shape.filter((d) => typeof d === "string")));
  for (const [name, size] of Object.entries(sizes)) {
    if (!names.has(name))
      throw new InputError(`graph "${graph.name}" has no dynamic dimension "${name}"`, {
        hint: `its dynamic dimensions are: ${[...names].join(", ") || "none"}`,
      });
    if (!Number.isInteger(size) || size < 1)
      throw new InputError(`dimension "${name}" is given the size ${size}`, {
        hint: "give a whole number from 1",
      });
  }
  const inputs = graph.inputs.map(({ name, type }) => {
    const shape = type.shape.map((dim) => (typeof dim === "string" ? (sizes[dim] ?? dim) : dim));
    return { name, type: { ...type, shape } };
  });
  return { ...graph, inputs };
}
