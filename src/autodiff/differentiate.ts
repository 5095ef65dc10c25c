import { invariant } from "../errors.js";
import { removeDeadCode } from "../graph/passes/remove.js";
import type { Graph, Node, OpKind } from "../graph/types.js";
import { elementCount } from "../tensor.js";
import { GraphBuilder, type Value } from "./builder.js";
import { gradients } from "./gradients.js";
import { add, constantLike, zeros } from "./ops.js";
import type { GradientContext, GradientRule } from "./rule.js";

/**
 * Appends to a graph the gradient of a loss by each of the given values, by reverse mode: from the loss back, every
 * node hands on what its rule in {@link gradients} makes of the gradient of its outputs.
 * @param loss one element, of type f32 or f64
 * @returns gradients in the order and of the shapes of the values; zeros where the loss does not depend on one
 */
export function differentiate(loss: Value, by: readonly Value[]): Value[] {
  const { builder } = loss;
  invariant(elementCount(loss.shape) === 1, `the loss "${loss.name}" is [${loss.shape}], not one element`);
  const nodes = [...builder.nodes];
  const reached = dependents(builder, nodes, by);
  const sums = new Map<string, Value>([[loss.name, constantLike(loss, loss.shape, [1])]]);
  for (const node of nodes.toReversed()) {
    if (!node.outputs.some((name) => sums.has(name))) continue;
    if (!node.inputs.some((name) => reached.has(name))) continue;
    builder.within(`gradient/${node.name}`, () => handOn(builder, node, reached, sums));
  }
  return by.map((value) => sums.get(value.name) ?? zeros(value, value.shape));
}

/** The graph whose outputs are the loss and then its gradients by the named values. */
export function gradientGraph(graph: Graph, loss: string, by: readonly string[]): Graph {
  const builder = new GraphBuilder(graph);
  const made = differentiate(
    builder.value(loss),
    by.map((name) => builder.value(name)),
  );
  const named = made.map((gradient, i) => builder.named(gradient, `d ${loss}/d ${by[i]}`).name);
  return removeDeadCode(builder.build([loss, ...named]));
}

/** Names of the values that depend on the given ones, these included, and do so not only through detached ones. */
function dependents(builder: GraphBuilder, nodes: readonly Node[], values: readonly Value[]): Set<string> {
  const reached = new Set(values.map(({ name }) => name));
  for (const node of nodes)
    if (node.inputs.some((name) => reached.has(name)))
      for (const name of node.outputs) if (name !== "" && !builder.isDetached(name)) reached.add(name);
  return reached;
}

/** Adds a node's share to the gradients of its inputs. */
function handOn(
  builder: GraphBuilder,
  node: Node,
  reached: ReadonlySet<string>,
  sums: Map<string, Value>,
): void {
  const rule = gradients[node.op] as GradientRule<OpKind>;
  const shares = rule(contextOf(builder, node, sums));
  for (const [i, name] of node.inputs.entries()) {
    const share = shares[i];
    if (!share || !reached.has(name)) continue;
    const before = sums.get(name);
    sums.set(name, before ? add(before, share) : share);
  }
}

function contextOf(
  builder: GraphBuilder,
  node: Node,
  sums: ReadonlyMap<string, Value>,
): GradientContext<OpKind> {
  const inputs = node.inputs.map((name) => (name === "" ? undefined : builder.value(name)));
  const outputs = node.outputs.map((name) => (name === "" ? undefined : builder.value(name)));
  const dys = node.outputs.map((name) => sums.get(name));
  return {
    node,
    attributes: node.attributes,
    inputs,
    outputs,
    dys,
    get x() {
      return inputs[0]!;
    },
    get y() {
      return outputs[0]!;
    },
    get dy() {
      return dys[0] ?? zeros(outputs[0]!, outputs[0]!.shape);
    },
  };
}
