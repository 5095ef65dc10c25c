import { roundHalfEven, type Tensor } from "../../tensor.js";
import { consumers, producers } from "../edit.js";
import type { Graph, Node, NodeOf } from "../types.js";
import { removeUnusedInitializers } from "./remove.js";

/**
 * Finds the quantisers of an exported network again: Mul, Round, Clip and Mul by constants, as `exportOnnx` writes
 * a FakeQuantize, become one. Chains whose bounds are not those of a whole number of bits, or whose middle values are
 * read elsewhere, stay as they are.
 */
export function recoverQuantizers(graph: Graph): Graph {
  const made = producers(graph);
  const readers = consumers(graph);
  const replaced = new Map<Node, NodeOf<"FakeQuantize">>();
  const removed = new Set<Node>();
  for (const last of graph.nodes) {
    const chain = chainEndingAt(graph, last, (value) => made.get(value));
    if (!chain) continue;
    const inner = chain.steps.flatMap((node) => node.outputs);
    const alone = inner.every((value) => readers.get(value)?.length === 1 && !graph.outputs.includes(value));
    if (!alone) continue;
    for (const node of chain.steps) removed.add(node);
    replaced.set(last, {
      op: "FakeQuantize",
      name: last.name.replace(/\.unscale$/, ""),
      inputs: [chain.input],
      outputs: last.outputs,
      attributes: chain.attributes,
    });
  }
  const nodes = graph.nodes.filter((node) => !removed.has(node)).map((node) => replaced.get(node) ?? node);
  return removeUnusedInitializers({ ...graph, nodes });
}

interface Chain {
  readonly input: string;
  /** The three nodes before the last. */
  readonly steps: readonly Node[];
  readonly attributes: NodeOf<"FakeQuantize">["attributes"];
}

function chainEndingAt(
  graph: Graph,
  last: Node,
  maker: (value: string) => Node | undefined,
): Chain | undefined {
  if (last.op !== "Mul") return undefined;
  const clip = maker(last.inputs[0]!);
  const round = clip?.op === "Clip" ? maker(clip.inputs[0]!) : undefined;
  const first = round?.op === "Round" ? maker(round.inputs[0]!) : undefined;
  if (clip?.op !== "Clip" || round?.op !== "Round" || first?.op !== "Mul") return undefined;
  const scale = scalarOf(graph.initializers.get(last.inputs[1]!));
  const reciprocal = scalarOf(graph.initializers.get(first.inputs[1]!));
  const low = scalarOf(graph.initializers.get(clip.inputs[1] ?? ""));
  const high = scalarOf(graph.initializers.get(clip.inputs[2] ?? ""));
  if (scale === undefined || low === undefined || high === undefined) return undefined;
  if (reciprocal !== Math.fround(1 / scale) || !(scale > 0)) return undefined;
  const bits = Math.log2(high - low + 1);
  const whole = Number.isInteger(bits) && bits >= 1 && roundHalfEven(low) === low && low <= 0;
  if (!whole) return undefined;
  return {
    input: first.inputs[0]!,
    steps: [first, round, clip],
    // Subtracting from 0 keeps −0 out.
    attributes: { bits, scale, zeroPoint: 0 - low },
  };
}

const scalarOf = (value: Tensor | undefined): number | undefined =>
  value?.dtype === "f32" && value.data.length === 1 ? value.data[0] : undefined;
