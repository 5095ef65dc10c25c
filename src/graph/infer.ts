import { InputError } from "../errors.js";
import { knownValue } from "./evaluate.js";
import { nodeError } from "./ops.js";
import type { KnownValue } from "./rules/context.js";
import { maxRank, outputTypes } from "./rules/index.js";
import type { Graph, Node, TensorType } from "./types.js";
import { knownOutputs } from "./values.js";

export { shapeRules } from "./rules/index.js";

export interface Inference {
  readonly types: ReadonlyMap<string, TensorType>;
  /** The elements of a small value that are known before anything runs, possibly symbolic; else undefined. */
  readonly knownOf: (name: string) => KnownValue | undefined;
}

/**
 * Element type and shape of every value: inputs, initializers and what the nodes make. Dimensions that are fixed
 * only when the graph runs stay symbolic ("batch", "16*batch").
 * @throws InputError naming the node, its operator, the shapes that do not fit there, and the way out.
 */
export const inferTypes = (graph: Graph): ReadonlyMap<string, TensorType> => infer(graph).types;

/** As {@link inferTypes}, and the values that are known along the way. */
export function infer(graph: Graph): Inference {
  const types = new Map<string, TensorType>();
  const values = new Map<string, KnownValue>();
  const knownOf = (name: string) => values.get(name) ?? knownValue(graph.initializers.get(name));
  for (const { name, type } of graph.inputs) types.set(name, checkedInput(name, type));
  for (const [name, { dtype, shape }] of graph.initializers) types.set(name, { dtype, shape });
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((name) => (name === "" ? undefined : typeOf(types, name, node)));
    const value = (input: number) => knownOf(node.inputs[input] ?? "");
    const made = outputTypes(node, inputs, value);
    const known = knownOutputs(node, inputs, made, value);
    for (const [i, name] of node.outputs.entries()) {
      if (name === "") continue;
      if (made[i]) types.set(name, made[i]);
      if (known[i]) values.set(name, known[i]);
    }
  }
  return { types, knownOf };
}

function typeOf(types: ReadonlyMap<string, TensorType>, name: string, node: Node): TensorType {
  const type = types.get(name);
  if (type) return type;
  throw nodeError(
    node,
    `its input "${name}" is made by no node before it`,
    "it must be a graph input, an initializer or an earlier node's output",
  );
}

function checkedInput(name: string, type: TensorType): TensorType {
  if (type.shape.length > maxRank)
    throw new InputError(`input "${name}" has ${type.shape.length} dimensions`, {
      hint: `${maxRank} are supported`,
    });
  for (const dim of type.shape)
    if (dim === "" || (typeof dim === "number" && !(Number.isSafeInteger(dim) && dim >= 0)))
      throw new InputError(`input "${name}" has the shape [${type.shape}]`, {
        hint: "a dimension is a whole number from zero, or the name of a dynamic one",
      });
  return type;
}
