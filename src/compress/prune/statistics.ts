import { invariant } from "../../errors.js";
import { inferTypes } from "../../graph/infer.js";
import type { Graph } from "../../graph/types.js";
import { groupGrid } from "../../lower/groups.js";
import { bitLinesPerWeight } from "../../mapping/encoding.js";
import { mismatchOf } from "../../mapping/mismatch.js";
import type { WeightEncoding } from "../../mapping/types.js";
import type { GroupedLayer } from "./layers.js";
import { quantizerOf, survivingGroups } from "./zero-groups.js";

export interface StatisticsOptions {
  /** Bits of one cell. Default 2, the paper's, with the sign as an offset. */
  readonly cellBits?: number;
  /** Products of each layer's matrix per image, by node name, for the read-weighted sparsity. */
  readonly outputPixels?: ReadonlyMap<string, number>;
}

/** How unevenly the positions of layers survive (spec 4.3). */
export interface GroupMismatch {
  /** The authors' figure: most minus fewest survivors of a position, over the whole layer. */
  readonly groups: number;
  /** Figure 5: the same as bit lines. */
  readonly layerBitLines: number;
  /** Chunk by chunk, which is what the arrays lack. */
  readonly chunkBitLines: number;
}

export interface LayerStatistics {
  readonly node: string;
  readonly neuron: boolean;
  /** [positions] */
  readonly groups: readonly number[];
  /** [positions] Groups whose quantised weights are all 0. */
  readonly zeroGroups: readonly number[];
  readonly mismatch: GroupMismatch;
}

export interface GroupStatistics {
  readonly layers: readonly LayerStatistics[];
  /** Over the layers whose groups have positions; layers cut by neurons stand in `layers` alone (spec, section 1). */
  readonly groups: number;
  readonly zeroGroups: number;
  /** 0 where there are no groups. */
  readonly groupSparsity: number;
  /** [positions] */
  readonly sparsityAt: readonly number[];
  /** Every group counted as often as it would be read per image; null without `outputPixels`. */
  readonly readWeightedSparsity: number | null;
  readonly mismatch: GroupMismatch;
}

/** Zero groups after quantisation, by layer and position, and the mismatch that they leave. */
export function groupStatistics(
  graph: Graph,
  layers: readonly GroupedLayer[],
  options: StatisticsOptions = {},
): GroupStatistics {
  const alive = survivingGroups(graph, layers);
  const all = layers.map((layer, i) => {
    const bits = quantizerOf(graph, layer)?.attributes.bits ?? 4;
    return layerStatistics(layer, alive[i]!, encodingOf(bits, options.cellBits ?? 2));
  });
  const placed = all.filter(({ neuron }) => !neuron);
  const groupsAt = byPosition(placed.map(({ groups }) => groups));
  const zerosAt = byPosition(placed.map(({ zeroGroups }) => zeroGroups));
  const [groups, zeroGroups] = [sum(groupsAt), sum(zerosAt)];
  const mismatch = placed.map((layer) => layer.mismatch);
  return {
    layers: all,
    groups,
    zeroGroups,
    groupSparsity: share(zeroGroups, groups),
    sparsityAt: groupsAt.map((count, i) => share(zerosAt[i]!, count)),
    readWeightedSparsity: options.outputPixels ? readWeighted(placed, options.outputPixels) : null,
    mismatch: {
      groups: sum(mismatch.map((m) => m.groups)),
      layerBitLines: sum(mismatch.map((m) => m.layerBitLines)),
      chunkBitLines: sum(mismatch.map((m) => m.chunkBitLines)),
    },
  };
}

/** Products of each layer's matrix per image: the pixels of a convolution's output, 1 for a dense layer. */
export function outputPixels(graph: Graph, layers: readonly GroupedLayer[]): Map<string, number> {
  const types = inferTypes(graph);
  const nodes = new Map(graph.nodes.map((node) => [node.name, node]));
  return new Map(
    layers.map(({ node, dense }) => {
      if (dense) return [node, 1];
      const [, , height, width] = types.get(nodes.get(node)!.outputs[0]!)!.shape;
      invariant(typeof height === "number" && typeof width === "number", `"${node}" has no fixed image size`);
      return [node, height * width];
    }),
  );
}

const encodingOf = (bits: number, cellBits: number): WeightEncoding => ({
  bits,
  cellBits,
  sign: "offset",
  compose: "digital",
  offsetBy: "digital",
});

function layerStatistics(layer: GroupedLayer, alive: Uint8Array, encoding: WeightEncoding): LayerStatistics {
  const { positions } = layer.grid;
  const [groups, zeroGroups] = [new Array<number>(positions).fill(0), new Array<number>(positions).fill(0)];
  for (const [group, survives] of alive.entries()) {
    const { position } = layer.bands[group % layer.bands.length]!;
    groups[position]!++;
    if (!survives) zeroGroups[position]!++;
  }
  const mismatch = layer.neuron
    ? { groups: 0, layerBitLines: 0, chunkBitLines: 0 }
    : mismatchIn(layer, alive, encoding);
  return { node: layer.node, neuron: layer.neuron, groups, zeroGroups, mismatch };
}

/** Each matrix with one row per band: a code of 1 for a group that survives. */
function mismatchIn(layer: GroupedLayer, alive: Uint8Array, encoding: WeightEncoding): GroupMismatch {
  const count = layer.bands.length;
  const columns = layer.grid.columns / layer.matrices;
  const grid = groupGrid(count, columns, 1, layer.grid.positions);
  let [layerBitLines, chunkBitLines] = [0, 0];
  for (let matrix = 0; matrix < layer.matrices; matrix++) {
    const codes = new Int16Array(count * columns);
    for (let c = 0; c < columns; c++)
      for (let b = 0; b < count; b++) codes[b * columns + c] = alive[(matrix * columns + c) * count + b]!;
    const found = mismatchOf(codes, grid, encoding);
    layerBitLines += found.layerColumns;
    chunkBitLines += found.chunkColumns;
  }
  return { groups: layerBitLines / bitLinesPerWeight(encoding), layerBitLines, chunkBitLines };
}

function readWeighted(layers: readonly LayerStatistics[], pixels: ReadonlyMap<string, number>): number {
  let [reads, spared] = [0, 0];
  for (const { node, groups, zeroGroups } of layers) {
    const products = pixels.get(node);
    invariant(products !== undefined, `no output pixels of "${node}" are given`);
    reads += sum(groups) * products;
    spared += sum(zeroGroups) * products;
  }
  return share(spared, reads);
}

function byPosition(layers: readonly (readonly number[])[]): number[] {
  const positions = Math.max(0, ...layers.map((counts) => counts.length));
  return Array.from({ length: positions }, (_, i) => sum(layers.map((counts) => counts[i] ?? 0)));
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);
