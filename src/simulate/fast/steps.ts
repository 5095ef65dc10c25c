import type { Graph, Node, NodeOf } from "../../graph/types.js";

/** A layer with the digital operations behind it that are computed in one pass, in the graph's order. */
export interface LayerStep {
  readonly kind: "layer";
  readonly node: Node;
  readonly batchNorm: NodeOf<"BatchNormalization"> | null;
  /** The other operand of an addition. */
  readonly residual: string | null;
  readonly relu: boolean;
  readonly quantizer: NodeOf<"FakeQuantize"> | null;
  /** Max pooling that stood before the quantiser: of codes it gives the same, since quantisers keep the order. */
  readonly pool: NodeOf<"MaxPool"> | null;
  readonly output: string;
}

export interface NodeStep {
  readonly kind: "node";
  readonly node: Node;
}

export type Step = LayerStep | NodeStep;

/**
 * The order of work: each layer takes the batch norm, addition, ReLU and quantiser that follow it and that nothing
 * else reads, and stands where the last of them stood, so that a residual is there when it is added.
 */
export function stepsOf(graph: Graph, isLayer: (node: Node) => boolean): Step[] {
  const consumers = new Map<string, Node[]>();
  for (const node of graph.nodes)
    for (const name of node.inputs) consumers.set(name, [...(consumers.get(name) ?? []), node]);
  const steps = new Map<Node, Step>();
  const absorbed = new Set<Node>();
  const at = new Map(graph.nodes.map((node, i) => [node, i]));
  for (const node of graph.nodes) {
    if (absorbed.has(node)) continue;
    if (!isLayer(node)) {
      steps.set(node, { kind: "node", node });
      continue;
    }
    const { step, nodes } = withTail(graph, node, consumers, absorbed);
    for (const each of nodes) absorbed.add(each);
    const last = nodes.reduce((a, b) => (at.get(b)! > at.get(a)! ? b : a), node);
    steps.set(last, step);
  }
  return graph.nodes.flatMap((node) => steps.get(node) ?? []);
}

function withTail(
  graph: Graph,
  layer: Node,
  consumers: ReadonlyMap<string, readonly Node[]>,
  taken: ReadonlySet<Node>,
): { step: LayerStep; nodes: Node[] } {
  const nodes: Node[] = [];
  let output = layer.outputs[0]!;
  const follow = <K extends Node["op"]>(op: K): NodeOf<K> | null => {
    const readers = consumers.get(output) ?? [];
    const [next] = readers;
    if (!next || readers.length > 1 || graph.outputs.includes(output) || next.op !== op || taken.has(next))
      return null;
    if (op === "BatchNormalization" && next.inputs[0] !== output) return null;
    nodes.push(next);
    output = next.outputs[0]!;
    return next as NodeOf<K>;
  };
  const batchNorm = follow("BatchNormalization");
  const before = output;
  const addition = follow("Add");
  const residual = addition ? addition.inputs.find((name) => name !== before)! : null;
  const relu = follow("Relu") !== null;
  const unpooled = output;
  let pool = follow("MaxPool");
  const quantizer = follow("FakeQuantize");
  if (pool && !quantizer) {
    nodes.pop();
    output = unpooled;
    pool = null;
  }
  return { step: { kind: "layer", node: layer, batchNorm, residual, relu, quantizer, pool, output }, nodes };
}
