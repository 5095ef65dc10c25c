import { GraphBuilder, mul, total } from "../autodiff/index.js";
import { bindDims } from "../graph/edit.js";
import type { Graph, Node } from "../graph/types.js";
import { exportOnnx } from "../onnx/export.js";
import type { Runtime } from "../runtime/types.js";
import type { Tensor } from "../tensor.js";

/** A number of the training has become infinite or NaN. The run as it was asked for cannot be finished. */
export class DivergenceError extends Error {
  override readonly name = "DivergenceError";

  constructor(
    /** The step that failed, counted from 1. */
    readonly step: number,
    /** What is not finite first: `the output of Conv "layer1.0.conv1"`. */
    readonly place: string,
    hint: string,
  ) {
    super(`training diverged at step ${step}: ${place} is not finite\n  ${hint}`);
  }
}

/** NaN and infinities times 0 are NaN, and stay so in a sum. */
export function allFinite(data: ArrayLike<number>): boolean {
  let sum = 0;
  for (let i = 0; i < data.length; i++) sum += data[i]! * 0;
  return sum === 0;
}

/**
 * The first thing of a graph, inputs before nodes and these in their order, that is not finite, in a person's words;
 * undefined where all is. Every node is followed by a sum of zeros times its output, so that no intermediate value has
 * to be held or handed out.
 * @param network names the nodes that belong to layers; others are told by what they were made for
 */
export async function firstNotFinite(
  runtime: Runtime,
  graph: Graph,
  feeds: Readonly<Record<string, Tensor>>,
  network: Graph,
): Promise<string | undefined> {
  for (const [name, { data }] of Object.entries(feeds)) if (!allFinite(data)) return `"${name}"`;
  const builder = new GraphBuilder(fixedSizes(graph, feeds));
  const watched = graph.nodes.flatMap((node) =>
    node.outputs
      .filter((name) => name !== "" && ["f32", "f64"].includes(builder.value(name).dtype))
      .map((name) => ({ node, flag: total(mul(builder.value(name), 0)).name })),
  );
  const session = await runtime.load(exportOnnx(builder.build(watched.map(({ flag }) => flag))), {
    name: `${graph.name}, watched`,
    keepQuantizers: true,
  });
  try {
    const flags = await session.run(feeds);
    const first = watched.find(({ flag }) => !allFinite(flags[flag]!.data));
    return first && describe(first.node, network);
  } finally {
    await session.dispose();
  }
}

function fixedSizes(graph: Graph, feeds: Readonly<Record<string, Tensor>>): Graph {
  const sizes = graph.inputs.flatMap(({ name, type }) =>
    type.shape.flatMap((dim, i) => (typeof dim === "string" ? [[dim, feeds[name]!.shape[i]!] as const] : [])),
  );
  return bindDims(graph, Object.fromEntries(sizes));
}

/** What `trainingStep` appends is named after what it is for: gradient/LAYER/..., update/PARAMETER/... */
function describe({ op, name }: Node, network: Graph): string {
  const layer = network.nodes.find((node) => node.name === name);
  if (layer) return `the output of ${layer.op} "${name}"`;
  const through = network.nodes
    .filter((node) => name.startsWith(`gradient/${node.name}/`))
    .toSorted((a, b) => b.name.length - a.name.length)[0];
  if (through) return `the gradient through ${through.op} "${through.name}"`;
  const scopes: readonly (readonly [RegExp, string])[] = [
    [/^update\/(.*)\/[^/]*$/, "the update of"],
    [/^penalty\/([^/]*)\//, "the penalty"],
    [/^gradient\/penalty\/([^/]*)\//, "the gradient of the penalty"],
    [/^statistics\/(.*)\/[^/]*$/, "the running statistics of"],
  ];
  for (const [pattern, what] of scopes) {
    const found = pattern.exec(name)?.[1];
    if (found !== undefined) return `${what} "${found}"`;
  }
  return /^(gradient\/)?loss\//.test(name) ? "the loss" : `the output of ${op} "${name}"`;
}
