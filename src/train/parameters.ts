import { InputError } from "../errors.js";
import { producers } from "../graph/edit.js";
import type { Graph, Node } from "../graph/types.js";
import type { Tensor } from "../tensor.js";

/**
 * What a parameter does: the weights of a layer, its bias, the scale or shift of a batch normalisation, or the range
 * of an activation quantiser (PACT's alpha).
 */
export type ParameterKind = "weight" | "bias" | "scale" | "shift" | "range";

export interface Parameter {
  /** Name of the initializer that holds it. */
  readonly name: string;
  readonly kind: ParameterKind;
  readonly value: Tensor;
}

/**
 * The constants of a network that training changes, in the order in which the network uses them; each once, as what
 * it is first used for. Weights are found through quantisers and rearrangements too.
 * @throws InputError where a parameter is not of type f32
 */
export function trainableParameters(graph: Graph): Parameter[] {
  const madeBy = producers(graph);
  const found = new Map<string, Parameter>();
  for (const node of graph.nodes)
    for (const [input, kind] of parameterInputs(node, madeBy)) {
      const name = source(input, madeBy);
      const value = graph.initializers.get(name);
      if (!value || found.has(name)) continue;
      if (value.dtype !== "f32")
        throw new InputError(`parameter "${name}" of ${node.op} "${node.name}" is ${value.dtype}`, {
          hint: "training works on f32; export the network in single precision",
        });
      found.set(name, { name, kind, value });
    }
  return [...found.values()];
}

/** The inputs of a node that are parameters where they are constants. */
function parameterInputs(
  { op, inputs }: Node,
  madeBy: ReadonlyMap<string, Node>,
): readonly (readonly [string, ParameterKind])[] {
  const at = (i: number, kind: ParameterKind) => (inputs[i] ? [[inputs[i], kind] as const] : []);
  switch (op) {
    case "Conv":
    case "ConvTranspose":
    case "Gemm":
      return [...at(1, "weight"), ...at(2, "bias")];
    case "MatMul":
      return [...at(0, "weight"), ...at(1, "weight")];
    case "BatchNormalization":
      return [...at(1, "scale"), ...at(2, "shift")];
    case "Pact":
      return at(1, "range");
    case "Add": {
      // PyTorch exports a linear layer on stacked vectors as MatMul and Add.
      const afterProduct = inputs.some((name) => madeBy.get(name)?.op === "MatMul");
      return afterProduct ? [...at(0, "bias"), ...at(1, "bias")] : [];
    }
    default:
      return [];
  }
}

const rearranging: ReadonlySet<Node["op"]> = new Set<Node["op"]>([
  "QuantizeWeights",
  "Identity",
  "Transpose",
  "Reshape",
]);

function source(name: string, madeBy: ReadonlyMap<string, Node>): string {
  let at = name;
  for (let node = madeBy.get(at); node && rearranging.has(node.op); node = madeBy.get(at))
    at = node.inputs[0]!;
  return at;
}
