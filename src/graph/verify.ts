import { InputError } from "../errors.js";
import { elementCount, type Tensor } from "../tensor.js";
import { inferTypes } from "./infer.js";
import { nodeError, nodeFault } from "./ops.js";
import { maxRank } from "./rules/index.js";
import type { Graph, Node } from "./types.js";

/**
 * Returns the graph if it is sound: every name unique, every value made before it is used, every output made,
 * operators with their inputs and sane attributes, constants that hold as many elements as their shapes say, and
 * types that can be inferred.
 * @throws InputError naming the node or value and what is wrong with it.
 */
export function verify(graph: Graph): Graph {
  const defined = new Set<string>();
  const define = (name: string, what: string): void => {
    if (name === "") throw new InputError(`${what} of graph "${graph.name}" has no name`);
    if (defined.has(name))
      throw new InputError(`value "${name}" is defined twice, the second time as ${what}`);
    defined.add(name);
  };
  for (const { name } of graph.inputs) define(name, "an input");
  for (const [name, value] of graph.initializers) {
    define(name, "an initializer");
    checkConstant(name, value);
  }
  checkNodes(graph, defined, define);
  for (const name of graph.outputs)
    if (!defined.has(name))
      throw new InputError(`output "${name}" of graph "${graph.name}" is made by no node`);
  if (new Set(graph.outputs).size !== graph.outputs.length)
    throw new InputError(`graph "${graph.name}" names an output twice: ${graph.outputs.join(", ")}`);
  inferTypes(graph);
  return graph;
}

function checkConstant(name: string, { shape, data }: Tensor): void {
  if (shape.length > maxRank)
    throw new InputError(`initializer "${name}" has ${shape.length} dimensions, ${maxRank} are supported`);
  if (!shape.every((dim) => Number.isSafeInteger(dim) && dim >= 0) || elementCount(shape) !== data.length)
    throw new InputError(`initializer "${name}" of shape [${shape}] holds ${data.length} elements`);
}

function checkNodes(
  graph: Graph,
  defined: ReadonlySet<string>,
  define: (name: string, what: string) => void,
) {
  const names = new Set<string>();
  const later = new Map<string, Node>();
  for (const node of graph.nodes) for (const name of node.outputs) later.set(name, node);
  for (const node of graph.nodes) {
    if (names.has(node.name)) throw nodeError(node, "another node has the same name");
    names.add(node.name);
    const fault = nodeFault(node);
    if (fault) throw nodeError(node, fault);
    for (const name of node.inputs) {
      if (name === "" || defined.has(name)) continue;
      const maker = later.get(name);
      throw nodeError(
        node,
        maker
          ? `its input "${name}" is made only later, by ${maker.op} "${maker.name}"`
          : `its input "${name}" is made by no node, and is neither input nor initializer`,
        "values must be made before they are used, without cycles",
      );
    }
    for (const name of node.outputs) if (name !== "") define(name, `an output of ${node.op} "${node.name}"`);
  }
}
