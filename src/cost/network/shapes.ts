import { inferTypes } from "../../graph/index.js";
import type { CompressedModel, Graph } from "../../graph/types.js";
import { type LayerMatrix, layerMatrices, positionsOf } from "../../lower/index.js";
import { quantizedBits } from "../traffic.js";

/** One matrix of a network as the cost of a chip sees it: sizes, no weights. */
export interface LayerShape {
  readonly matrix: string;
  readonly rows: number;
  readonly columns: number;
  /** Products of the matrix with an input vector per image. */
  readonly positions: number;
  /** Positions of a window that never leaves the map. */
  readonly unpaddedPositions: number;
  /** Positions within the kernel, 1 for a dense layer, and values of the input at each. */
  readonly kernelPositions: number;
  readonly channels: number;
  /** Side of the square that has as many values per channel as the input map; 1 for a dense layer. */
  readonly side: number;
  readonly inputValues: number;
  readonly weightBits: number;
  readonly inputBits: number;
  readonly outputBits: number;
}

export interface NetworkShape {
  readonly layers: readonly LayerShape[];
  /** Comparisons and additions of all pooling windows of an image. */
  readonly poolingOperations: number;
  /** Values that are added to others of the network per image: the shortcuts' sums. */
  readonly residualAdditions: number;
}

/** @throws InputError where a layer is neither convolution nor dense, or the size of the input is open */
export function networkShape(model: CompressedModel): NetworkShape {
  return {
    layers: layerMatrices(model).map((matrix) => layerShape(model, matrix)),
    poolingOperations: poolingOperations(model.graph),
    residualAdditions: residualAdditions(model.graph),
  };
}

function layerShape({ graph }: CompressedModel, matrix: LayerMatrix): LayerShape {
  const { name, rows, columns, geometry, layer } = matrix;
  const common = {
    matrix: name,
    rows,
    columns,
    positions: positionsOf(geometry),
    weightBits: layer.weightBits,
    inputBits: layer.input.bits,
    outputBits: quantizedBits(graph, layer.node) ?? layer.input.bits,
  };
  if (geometry.kind === "dense") {
    const alone = { kernelPositions: 1, channels: rows, side: 1, inputValues: rows };
    return { ...common, ...alone, unpaddedPositions: common.positions };
  }
  const { height, width, kernel, strides, channels, inputChannels } = geometry;
  const unpadded = ((height - kernel[0] + 1) / strides[0]) * ((width - kernel[1] + 1) / strides[1]);
  return {
    ...common,
    unpaddedPositions: Math.max(1, Math.trunc(unpadded)),
    kernelPositions: kernel[0] * kernel[1],
    channels,
    side: Math.sqrt(height * width),
    inputValues: inputChannels * height * width,
  };
}

/** Values of a tensor per image. */
function valuesIn(graph: Graph): (name: string) => number {
  const types = inferTypes(graph);
  return (name) =>
    (types.get(name)?.shape.slice(1) ?? []).reduce<number>(
      (n, dim) => n * (typeof dim === "number" ? dim : 1),
      1,
    );
}

/** Outputs of every Add of two values that the network computes; a bias is none. */
function residualAdditions(graph: Graph): number {
  const sums = graph.nodes.filter(
    (node) => node.op === "Add" && node.inputs.every((name) => !graph.initializers.has(name)),
  );
  if (sums.length === 0) return 0;
  const values = valuesIn(graph);
  return sums.reduce((all, node) => all + values(node.outputs[0]!), 0);
}

/** (values of the window − 1) per output of every pooling node. */
function poolingOperations(graph: Graph): number {
  const pools = graph.nodes.filter((node) =>
    ["MaxPool", "AveragePool", "GlobalAveragePool"].includes(node.op),
  );
  if (pools.length === 0) return 0;
  const values = valuesIn(graph);
  return pools.reduce((sum, node) => {
    const outputs = values(node.outputs[0]!);
    const window =
      node.op === "MaxPool" || node.op === "AveragePool"
        ? node.attributes.kernel[0] * node.attributes.kernel[1]
        : values(node.inputs[0]!) / outputs;
    return sum + outputs * Math.max(0, window - 1);
  }, 0);
}
