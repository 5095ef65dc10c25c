import { invariant } from "../../../errors.js";
import type { Graph } from "../../../graph/types.js";
import type { ArraySpec, EncodingSpec } from "../../../hardware/types.js";
import { notFinite } from "../../../lower/matrices.js";
import { planesOf, roomOf } from "../../../mapping/column-exchange/index.js";
import type { WeightEncoding } from "../../../mapping/types.js";
import { elementCount, type Tensor } from "../../../tensor.js";
import { withInitializers } from "../../../train/step.js";
import { type WeightLayer, weightLayers, weightsOf } from "../weight-masks.js";
import { multipliedWeights, quantizerOf } from "../zero-groups.js";
import { holds } from "./prune.js";
import type { CrossbarMatrix } from "./types.js";

/** The arrays that a network is pruned for. */
export interface Crossbars {
  readonly array: Pick<ArraySpec, "rows" | "columns">;
  readonly encoding: EncodingSpec;
  /** Bits of a stored weight where the network is not quantised yet. */
  readonly weightBits: number;
}

/** With the encoding that says how many weights stand side by side. */
export interface NetworkMatrix extends CrossbarMatrix {
  readonly encoding: WeightEncoding;
}

/** A matrix of a layer and where its weights stand in the layer's tensor. */
export interface LayerPart {
  readonly layer: WeightLayer;
  readonly name: string;
  readonly rows: number;
  readonly columns: number;
  /** Output channel of column 0. */
  readonly firstOutput: number;
  /** Whether an output's weights are a run in memory (Conv, transposed Gemm); a plain Gemm holds [in, out]. */
  readonly outputMajor: boolean;
}

/**
 * The weight matrices of a network, under the names that they are placed by; layers that share a weight tensor count
 * once.
 */
export function layerParts(graph: Graph): LayerPart[] {
  const nodes = new Map(graph.nodes.map((node) => [node.name, node]));
  return weightLayers(graph).flatMap((layer): LayerPart[] => {
    const node = nodes.get(layer.node);
    invariant(node?.op === "Conv" || node?.op === "Gemm", `"${layer.node}" is no layer with weights`);
    const outputMajor = node.op === "Conv" || node.attributes.transB;
    const outputs = outputMajor ? layer.shape[0]! : layer.shape[1]!;
    const groups = node.op === "Conv" ? node.attributes.group : 1;
    const columns = outputs / groups;
    const rows = outputs === 0 ? 0 : elementCount(layer.shape) / outputs;
    return Array.from({ length: groups }, (_, g) => ({
      layer,
      name: groups === 1 ? layer.node : `${layer.node}#${g}`,
      rows,
      columns,
      firstOutput: g * columns,
      outputMajor,
    }));
  });
}

/** Where row r of column c of a matrix stands in its layer's tensor. */
export const placeOf = (
  { outputMajor, firstOutput, rows, columns }: LayerPart,
  row: number,
  column: number,
): number => (outputMajor ? (firstOutput + column) * rows + row : row * columns + column);

/**
 * The matrices of a network with the weights as its layers multiply with them: what a quantiser makes zero is zero.
 * @throws InputError for a weight that is not finite
 */
export function crossbarMatrices(
  graph: Graph,
  parts: readonly LayerPart[],
  crossbars: Crossbars,
): NetworkMatrix[] {
  const layers = [...new Set(parts.map(({ layer }) => layer))];
  const multiplied = new Map(multipliedWeights(graph, layers).map((value, i) => [layers[i]!, value]));
  return parts.map((part) => {
    const { layer, name, rows, columns } = part;
    const bits = quantizerOf(graph, layer)?.attributes.bits ?? crossbars.weightBits;
    const encoding = { bits, ...crossbars.encoding };
    const weights = new Float32Array(rows * columns);
    const { data } = multiplied.get(layer)!;
    for (let r = 0; r < rows; r++)
      for (let c = 0; c < columns; c++) {
        const weight = data[placeOf(part, r, c)]!;
        if (!Number.isFinite(weight)) throw notFinite(weight, r, c, part);
        weights[r * columns + c] = weight;
      }
    const { array } = crossbars;
    const room = roomOf({ ...array, activeRows: array.rows }, encoding);
    return { name, layer: layer.node, weights, rows, columns, room, planes: planesOf(encoding), encoding };
  });
}

/** A layer's tensor in which every place has what its matrices have there. */
export function inTensors(
  parts: readonly LayerPart[],
  kept: readonly Uint8Array[],
): ReadonlyMap<WeightLayer, Uint8Array> {
  const tensors = new Map<WeightLayer, Uint8Array>();
  for (const [i, part] of parts.entries()) {
    const { layer, rows, columns } = part;
    const flags = tensors.get(layer) ?? new Uint8Array(elementCount(layer.shape));
    tensors.set(layer, flags);
    for (let r = 0; r < rows; r++)
      for (let c = 0; c < columns; c++) flags[placeOf(part, r, c)] = kept[i]![r * columns + c]!;
  }
  return tensors;
}

/**
 * The network without the weights whose row segment is not kept. In a quantised network that takes also those that were
 * too small for a code, where their segment is empty: they could otherwise grow into it. The ranges of quantisers have
 * to be stored, or the codes of other weights would move.
 * @param kept of each matrix, as {@link pruneSegments} gives them
 */
export function withKept(graph: Graph, parts: readonly LayerPart[], kept: readonly Uint8Array[]): Graph {
  const values = new Map<string, Tensor>();
  for (const [layer, flags] of inTensors(parts, kept)) {
    const weights = weightsOf(graph, layer);
    const data = Float32Array.from(weights.data, (weight, at) =>
      flags[at]! & (weight > 0 ? holds.positive : holds.negative) ? weight : 0,
    );
    values.set(layer.weight, { ...weights, data } as Tensor);
  }
  return withInitializers(graph, values);
}
