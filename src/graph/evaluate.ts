import { InputError } from "../errors.js";
import { elementCount, type Tensor } from "../tensor.js";
import { isStatic, shapeText } from "./dims.js";
import type { EvaluateContext, Evaluator } from "./evaluate/context.js";
import { evaluators } from "./evaluate/index.js";
import { nodeError } from "./ops.js";
import type { KnownValue } from "./rules/context.js";
import { maxRank, outputTypes } from "./rules/index.js";
import type { Dim, Graph, Node, OpKind } from "./types.js";

/** Most elements of one tensor: 1 GiB of f32. */
export const maxElements = 2 ** 28;

/** Inputs that a shape rule reads are small (the pads of a tensor of most dimensions); larger ones are data. */
export const maxKnownElements = 2 * maxRank;

/** A small tensor as the shape rules read it. */
export function knownValue(value: Tensor | undefined): KnownValue | undefined {
  if (!value || value.data.length > maxKnownElements) return undefined;
  return { dtype: value.dtype, shape: value.shape, elements: Array.from(value.data) };
}

/**
 * Computes one operator: the slow, plain reference that constants are folded with, that ONNX Runtime is checked
 * against and that the digital operations between crossbars run on. An output may share its elements with an
 * input (Reshape does); neither may be written to.
 * @throws InputError where the inputs do not fit the operator or an output has more than {@link maxElements}.
 */
export function evaluateNode(node: Node, inputs: readonly (Tensor | undefined)[]): readonly Tensor[] {
  const [output] = outputTypes(node, inputs, (input) => knownValue(inputs[input]));
  const { dtype, shape } = output!;
  if (!isStatic(shape)) throw nodeError(node, `its output ${shapeText(shape)} has no fixed shape`);
  const count = elementCount(shape);
  if (count > maxElements) throw nodeError(node, `its output ${shapeText(shape)} has ${count} elements`);
  const evaluator = evaluators[node.op] as Evaluator<OpKind>;
  const context: EvaluateContext<OpKind> = {
    node,
    attributes: node.attributes,
    inputs,
    output: { dtype, shape },
  };
  return evaluator(context);
}

export interface EvaluateOptions {
  /** Sees every node once it is computed, in order. */
  readonly onNode?: (node: Node, inputs: readonly (Tensor | undefined)[], outputs: readonly Tensor[]) => void;
  /** Computes a node instead of the reference, where it returns outputs; undefined leaves the node to the reference. */
  readonly override?: (node: Node, inputs: readonly (Tensor | undefined)[]) => readonly Tensor[] | undefined;
}

/**
 * Runs a graph on the reference. Values are dropped as soon as no later node needs them.
 * @param feeds a tensor for every input of the graph, of its type; symbolic dimensions take the size fed.
 * @returns the graph's outputs by name.
 * @throws InputError where a feed is missing or of the wrong type.
 */
export function evaluateGraph(
  graph: Graph,
  feeds: ReadonlyMap<string, Tensor>,
  options: EvaluateOptions = {},
): Map<string, Tensor> {
  checkFeeds(graph, feeds);
  const lastUse = new Map(graph.nodes.flatMap((node, at) => node.inputs.map((name) => [name, at] as const)));
  for (const name of graph.outputs) lastUse.set(name, Number.POSITIVE_INFINITY);
  const values = new Map<string, Tensor>([...graph.initializers, ...feeds]);
  for (const [at, node] of graph.nodes.entries()) {
    const inputs = node.inputs.map((name) => (name === "" ? undefined : values.get(name)));
    const outputs = options.override?.(node, inputs) ?? evaluateNode(node, inputs);
    options.onNode?.(node, inputs, outputs);
    for (const [i, name] of node.outputs.entries()) if (lastUse.has(name)) values.set(name, outputs[i]!);
    for (const name of node.inputs) if (lastUse.get(name) === at) values.delete(name);
  }
  return new Map(
    graph.outputs.map((name) => {
      const value = values.get(name);
      if (!value) throw new InputError(`output "${name}" of graph "${graph.name}" is made by no node`);
      return [name, value] as const;
    }),
  );
}

function checkFeeds(graph: Graph, feeds: ReadonlyMap<string, Tensor>): void {
  const symbols = new Map<Dim, number>();
  for (const { name, type } of graph.inputs) {
    const fed = feeds.get(name);
    const declared = `${type.dtype}${shapeText(type.shape)}`;
    if (!fed) throw new InputError(`input "${name}" is not fed`, { hint: `give it a tensor ${declared}` });
    const fits =
      fed.dtype === type.dtype &&
      fed.shape.length === type.shape.length &&
      type.shape.every((dim, i) => {
        const expected = typeof dim === "number" ? dim : (symbols.get(dim) ?? fed.shape[i]!);
        symbols.set(dim, expected);
        return fed.shape[i] === expected;
      });
    if (!fits)
      throw new InputError(`input "${name}" is fed ${fed.dtype}${shapeText(fed.shape)}`, {
        hint: `it takes ${declared}${symbols.size > 0 ? ", names for the same size everywhere" : ""}`,
      });
  }
  for (const name of feeds.keys())
    if (!graph.inputs.some((input) => input.name === name))
      throw new InputError(`"${name}" is fed and is no input of graph "${graph.name}"`, {
        hint: `its inputs are ${graph.inputs.map((input) => input.name).join(", ")}`,
      });
}
