import { InputError, invariant } from "../../errors.js";
import { producers } from "../../graph/edit.js";
import type { Graph, Node, NodeOf } from "../../graph/types.js";
import { bands, type GroupAddress, type GroupGrid, groupGrid } from "../../lower/groups.js";
import { elementCount } from "../../tensor.js";

/** How a listed dense layer is cut: by rows like a convolution, or one group per output neuron (VGG-8's first). */
export type DenseGroups = "rows" | "neuron";

export interface GroupOptions {
  /** Rows of a group: 144, 72, 36 or any other number up to `arrayRows`. */
  readonly groupRows: number;
  /** Word lines of one sub-array. Default 144. */
  readonly arrayRows?: number;
  /** Whether 1 × 1 convolutions carry groups as well. Default: no. */
  readonly group1x1?: boolean;
  /** Dense layers that carry groups, by node name. Default: none. */
  readonly dense?: Readonly<Record<string, DenseGroups>>;
}

export type Band = Omit<GroupAddress, "column">;

/** A layer whose weights are pruned in groups. Figures by group stand in the order [columns × bands]. */
export interface GroupedLayer {
  /** Name of the Conv or Gemm node. */
  readonly node: string;
  /** Name of the initializer that holds the weights in float, and its shape. */
  readonly weight: string;
  readonly shape: readonly number[];
  /** Name of the value that the node multiplies with: the quantised weights where there is a quantiser. */
  readonly multiplied: string;
  readonly dense: boolean;
  /** One group per output neuron. Such a layer has no positions and stands apart from the reported sparsity. */
  readonly neuron: boolean;
  /** Whether an output's weights are a run in memory (Conv, transposed Gemm); a plain Gemm holds [in, out]. */
  readonly outputMajor: boolean;
  /** Weight matrices side by side: the groups of a grouped convolution, else 1. */
  readonly matrices: number;
  /** Over the columns of all matrices. */
  readonly grid: GroupGrid;
  readonly bands: readonly Band[];
}

/**
 * Which layers carry groups (spec of Meng et al., section 1): convolutions except the first and, unless `group1x1`,
 * those of 1 × 1; dense layers where they are listed.
 */
export function carriesGroups(
  graph: Graph,
  node: Node,
  options: { readonly group1x1?: boolean; readonly dense: (name: string) => boolean },
): boolean {
  if (node.op === "Gemm") return options.dense(node.name);
  if (node.op !== "Conv") return false;
  // By name: the node may come from the graph before a pass.
  if (graph.nodes.find(({ op }) => op === "Conv")?.name === node.name) return false;
  return (options.group1x1 ?? false) || node.attributes.kernel[0] * node.attributes.kernel[1] > 1;
}

/** The groups of a quantised network, where dense layers are listed without saying how they are cut. */
export interface LayerGroups {
  /** Rows of a prunable group, or null for no groups. */
  readonly groupRows: number | null;
  /** Dense layers that carry groups as well, by node name. */
  readonly groupedDenseLayers?: readonly string[];
  /** Convolutions of 1 × 1 carry groups as well. Default: false. */
  readonly group1x1?: boolean;
}

/** Rows of a layer's groups, or null where it carries none. */
export function groupRowsOf(graph: Graph, node: Node, options: LayerGroups): number | null {
  const { groupRows, groupedDenseLayers, group1x1 = false } = options;
  const dense = (name: string) => groupedDenseLayers?.includes(name) ?? false;
  return carriesGroups(graph, node, { group1x1, dense }) ? groupRows : null;
}

/**
 * The layers of a network that carry groups, each weight tensor once, in the order in which the network uses them.
 * @throws InputError where a listed dense layer is none, or groups do not fit an array
 */
export function groupedLayers(graph: Graph, options: GroupOptions): GroupedLayer[] {
  const dense = new Map(Object.entries(options.dense ?? {}));
  const madeBy = producers(graph);
  const layers = new Map<string, GroupedLayer>();
  const which = { group1x1: options.group1x1 ?? false, dense: (name: string) => dense.has(name) };
  // Weights that a layer without groups shares stay whole.
  const whole = new Set<string>();
  for (const node of graph.nodes) {
    if (node.op !== "Conv" && node.op !== "Gemm") continue;
    const weight = weightOf(graph, node, madeBy);
    if (weight === undefined) continue;
    if (!carriesGroups(graph, node, which)) whole.add(weight);
    else if (!layers.has(weight))
      layers.set(weight, groupedLayer(graph, node, weight, dense.get(node.name), options));
  }
  for (const name of dense.keys())
    if (![...layers.values()].some(({ node }) => node === name)) throw noDenseLayer(graph, name);
  return [...layers.values()].filter(({ weight }) => !whole.has(weight));
}

/** The initializer behind a layer's weights, through its quantiser; undefined where they are computed otherwise. */
export function weightOf(graph: Graph, node: Node, madeBy: ReadonlyMap<string, Node>): string | undefined {
  let name = node.inputs[1]!;
  for (let maker = madeBy.get(name); maker; maker = madeBy.get(name)) {
    if (maker.op !== "QuantizeWeights" && maker.op !== "Identity") return undefined;
    name = maker.inputs[0]!;
  }
  return graph.initializers.has(name) ? name : undefined;
}

function groupedLayer(
  graph: Graph,
  node: NodeOf<"Conv"> | NodeOf<"Gemm">,
  weight: string,
  dense: DenseGroups | undefined,
  { groupRows, arrayRows = 144 }: GroupOptions,
): GroupedLayer {
  const { shape } = graph.initializers.get(weight)!;
  const outputMajor = node.op === "Conv" || node.attributes.transB;
  const columns = outputMajor ? shape[0]! : shape[1]!;
  const rows = elementCount(shape) / columns;
  const neuron = dense === "neuron";
  const grid = neuron ? groupGrid(rows, columns, rows, rows) : groupGrid(rows, columns, groupRows, arrayRows);
  const layer: GroupedLayer = {
    node: node.name,
    weight,
    shape,
    multiplied: node.inputs[1]!,
    dense: node.op === "Gemm",
    neuron,
    outputMajor,
    matrices: node.op === "Conv" ? node.attributes.group : 1,
    grid,
    bands: bands(grid),
  };
  assertPartition(layer);
  return layer;
}

/** Every weight is in exactly one group: the bands follow one another without gaps to the last row (spec 3.3). */
function assertPartition({ node, shape, grid, bands: all }: GroupedLayer): void {
  let next = 0;
  for (const [b, band] of all.entries()) {
    const inPlace = band.chunk * grid.positions + band.position === b;
    invariant(
      inPlace && band.firstRow === next && band.rowCount > 0,
      `band ${b} of "${node}" is out of place`,
    );
    next += band.rowCount;
  }
  const covered = next * grid.columns;
  invariant(
    covered === elementCount(shape),
    `the groups of "${node}" cover ${covered} weights of [${shape}]`,
  );
}

function noDenseLayer(graph: Graph, name: string): InputError {
  const names = graph.nodes.flatMap((node) => (node.op === "Gemm" ? [node.name] : []));
  return new InputError(`"${name}" is listed among the dense layers with groups and is none`, {
    hint: `the dense layers with weights of their own are: ${names.join(", ") || "none"}`,
  });
}

/** Where row r of column c of a layer's weight matrix stands in its tensor. */
export const weightIndex = ({ outputMajor, grid }: GroupedLayer, column: number, row: number): number =>
  outputMajor ? column * grid.rows + row : row * grid.columns + column;

/** Calls `visit` for every weight with the number of its group, in [columns × bands]. */
export function eachWeight(layer: GroupedLayer, visit: (at: number, group: number) => void): void {
  for (let column = 0; column < layer.grid.columns; column++)
    for (const [b, { firstRow, rowCount }] of layer.bands.entries())
      for (let row = firstRow; row < firstRow + rowCount; row++)
        visit(weightIndex(layer, column, row), column * layer.bands.length + b);
}

/** Groups of a layer. */
export const groupCount = ({ grid, bands: all }: GroupedLayer): number => grid.columns * all.length;
