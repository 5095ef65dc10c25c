import { elementCount, i64, type Tensor } from "../../tensor.js";
import { countOnce, reducedElements } from "../count.js";
import { isStatic } from "../dims.js";
import { freshName, namesOf, withInputs } from "../edit.js";
import { evaluateNode } from "../evaluate.js";
import { type Inference, infer } from "../infer.js";
import type { Dim, Graph, Node } from "../types.js";
import { toTensor } from "../values.js";

/** A folded constant has at most this many elements; a larger one is left for the runtime to make. */
const maxFoldedElements = 2 ** 24;

/** How far a small file may make constants grow in all, and how many elementary steps folding may take. */
const maxGrowth = 2 ** 24;
const maxWork = 2 ** 27;

/**
 * Computes whatever depends on constants and shapes alone: such nodes become initializers under their outputs'
 * names, and constants that only they have read go. Where a shape depends on the dynamic batch, the operator that
 * reads it gets a constant that says the same (`x.view(x.size(0), -1)` becomes a Reshape to [0,-1]); the nodes
 * that computed it are left to dead code removal.
 */
export function foldConstants(graph: Graph): Graph {
  const inference = infer(graph);
  const constants = new Map(graph.initializers);
  const names = namesOf(graph);
  const budget = { growth: maxGrowth, work: maxWork };
  const lastUse = new Map(graph.nodes.flatMap((node) => node.inputs.map((name) => [name, node] as const)));
  const needed = new Set(graph.outputs);
  const nodes: Node[] = [];
  for (const node of graph.nodes) {
    const values = knownTensors(node, inference) ?? evaluated(node, constants, inference, budget);
    if (values) {
      for (const [i, name] of node.outputs.entries()) if (name !== "") constants.set(name, values[i]!);
    } else {
      const rewritten = withLiteralShape(node, inference, constants, names);
      for (const name of rewritten.inputs) needed.add(name);
      nodes.push(rewritten);
    }
    // A chain of large constants must not be held all at once.
    for (const name of node.inputs)
      if (lastUse.get(name) === node && !needed.has(name)) constants.delete(name);
  }
  return { ...graph, nodes, initializers: constants };
}

/** The outputs, where inference already knows them. */
function knownTensors(node: Node, { knownOf }: Inference): readonly Tensor[] | undefined {
  const tensors = node.outputs.map((name) => toTensor(knownOf(name)));
  return tensors.every((tensor) => tensor !== undefined) ? tensors : undefined;
}

function evaluated(
  node: Node,
  constants: ReadonlyMap<string, Tensor>,
  { types }: Inference,
  budget: { growth: number; work: number },
): readonly Tensor[] | undefined {
  const inputs = node.inputs.map((name) => constants.get(name));
  if (inputs.some((input, i) => !input && node.inputs[i] !== "")) return undefined;
  const shape = types.get(node.outputs[0]!)!.shape;
  if (!isStatic(shape)) return undefined;
  const made = elementCount(shape);
  const given = inputs.reduce((sum, input) => sum + (input?.data.length ?? 0), 0);
  const growth = Math.max(0, made - given);
  const work = stepsOf(node, made, given, (name) => types.get(name)!.shape);
  if (made > maxFoldedElements || growth > budget.growth || work > budget.work) return undefined;
  budget.growth -= growth;
  budget.work -= work;
  return evaluateNode(node, inputs);
}

function stepsOf(node: Node, made: number, given: number, shapeOf: (name: string) => readonly Dim[]): number {
  const depth = reducedElements(node, shapeOf);
  if (depth !== undefined) return made * depth;
  if (node.op === "MaxPool" || node.op === "AveragePool") {
    const plane = countOnce(shapeOf(node.inputs[0]!).slice(2));
    return made * Math.min(plane, node.attributes.kernel[0] * node.attributes.kernel[1]);
  }
  return made + given;
}

/** Gives a Reshape, an Expand or a Slice a constant in place of a symbolic shape. */
function withLiteralShape(
  node: Node,
  { types, knownOf }: Inference,
  constants: Map<string, Tensor>,
  names: Set<string>,
): Node {
  const at = node.op === "Slice" ? 2 : 1;
  const asked =
    node.op === "Reshape" || node.op === "Expand" || node.op === "Slice"
      ? knownOf(node.inputs[at]!)
      : undefined;
  if (!asked || isStatic(asked.elements)) return node;
  const data = types.get(node.inputs[0]!)!.shape;
  const literal =
    node.op === "Reshape"
      ? reshapeLiteral(asked.elements, data)
      : node.op === "Expand"
        ? expandLiteral(asked.elements, data)
        : sliceEndsLiteral(asked.elements);
  if (!literal) return node;
  const name = freshName(names, `${node.name}.${node.op === "Slice" ? "ends" : "shape"}`);
  constants.set(name, i64(literal));
  const rewritten = withInputs(node, node.inputs.with(at, name));
  return rewritten.op === "Reshape" ? { ...rewritten, attributes: { allowZero: false } } : rewritten;
}

/** 0 copies the dimension of the data at the same place; one other symbol may be left open as −1. */
function reshapeLiteral(asked: readonly Dim[], data: readonly Dim[]): number[] | undefined {
  if (asked.includes(0)) return undefined;
  let open = asked.includes(-1);
  const literal: number[] = [];
  for (const [i, dim] of asked.entries()) {
    if (typeof dim === "number") literal.push(dim);
    else if (dim === data[i]) literal.push(0);
    else if (open) return undefined;
    else {
      literal.push(-1);
      open = true;
    }
  }
  return literal;
}

/** 1 keeps the dimension of the data, aligned from the last. */
function expandLiteral(asked: readonly Dim[], data: readonly Dim[]): number[] | undefined {
  const kept = asked.map((dim, i) =>
    typeof dim === "number" ? dim : dim === data[i - asked.length + data.length] ? 1 : undefined,
  );
  return kept.every((dim) => dim !== undefined) ? kept : undefined;
}

/** The shape rule lets a symbolic end stand only where it is the dimension's own size. */
const sliceEndsLiteral = (ends: readonly Dim[]): number[] =>
  ends.map((end) => (typeof end === "number" ? end : 2 ** 63));
