import { InputError, invariant } from "../errors.js";
import { inferTypes } from "../graph/infer.js";
import type { CompressedModel, CrossbarLayer, NodeOf, TensorType } from "../graph/types.js";
import { roundHalfEven, type Tensor } from "../tensor.js";

/** How the inputs of a matrix are taken from an activation. */
export type MatrixGeometry =
  | {
      readonly kind: "conv";
      /** First input channel and channels of this matrix (all of them unless the convolution is grouped). */
      readonly firstChannel: number;
      readonly channels: number;
      readonly inputChannels: number;
      readonly height: number;
      readonly width: number;
      readonly kernel: readonly [number, number];
      readonly strides: readonly [number, number];
      readonly pads: readonly [number, number, number, number];
      readonly dilations: readonly [number, number];
      readonly outHeight: number;
      readonly outWidth: number;
    }
  | { readonly kind: "dense" };

/**
 * One matrix of a layer, as it goes onto arrays: a row per input element, r = (c·Kh + kh)·Kw + kw (channel-major,
 * spec of Meng et al., section 1), a column per output channel. A grouped convolution gives one matrix per group.
 */
export interface LayerMatrix {
  /** The node's name, with "#g" behind it for group g of a grouped convolution. */
  readonly name: string;
  readonly layer: CrossbarLayer;
  readonly weight: string;
  readonly rows: number;
  readonly columns: number;
  /** First output channel that column 0 serves. */
  readonly firstOutput: number;
  readonly geometry: MatrixGeometry;
}

/** The matrices of all crossbar layers, in the order of the model's layers. */
export function layerMatrices(model: CompressedModel): readonly LayerMatrix[] {
  const types = inferTypes(model.graph);
  const nodes = new Map(model.graph.nodes.map((node) => [node.name, node]));
  return model.layers.flatMap((layer) => {
    const node = nodes.get(layer.node);
    if (node?.op === "Conv") return convMatrices(layer, node, model, types);
    if (node?.op === "Gemm") return [denseMatrix(layer, node, model)];
    throw new InputError(`layer "${layer.node}" is ${node ? `a ${node.op}` : "not in the graph"}`, {
      hint: "only Conv and Gemm layers can be placed on crossbars",
    });
  });
}

function weightOf(model: CompressedModel, node: NodeOf<"Conv"> | NodeOf<"Gemm">): [string, Tensor] {
  const name = node.inputs[1]!;
  const weight = model.graph.initializers.get(name);
  if (!weight) {
    throw new InputError(`the weights "${name}" of layer "${node.name}" are not constant`, {
      hint: "only layers with stored weights can be placed on crossbars",
    });
  }
  return [name, weight];
}

function convMatrices(
  layer: CrossbarLayer,
  node: NodeOf<"Conv">,
  model: CompressedModel,
  types: ReadonlyMap<string, TensorType>,
): LayerMatrix[] {
  const [name, weight] = weightOf(model, node);
  const [outputs, channels, kh, kw] = weight.shape as [number, number, number, number];
  const { group } = node.attributes;
  const [, inputChannels, height, width] = fixedShape(types, node.inputs[0]!, node.name);
  const [, , outHeight, outWidth] = fixedShape(types, node.outputs[0]!, node.name);
  const columns = outputs / group;
  return Array.from({ length: group }, (_, g) => ({
    name: group === 1 ? node.name : `${node.name}#${g}`,
    layer,
    weight: name,
    rows: channels * kh * kw,
    columns,
    firstOutput: g * columns,
    geometry: {
      kind: "conv",
      firstChannel: g * channels,
      channels,
      inputChannels: inputChannels!,
      height: height!,
      width: width!,
      kernel: [kh, kw],
      strides: node.attributes.strides,
      pads: node.attributes.pads,
      dilations: node.attributes.dilations,
      outHeight: outHeight!,
      outWidth: outWidth!,
    },
  }));
}

/** The shape of a value whose every dimension but the batch is known. */
function fixedShape(types: ReadonlyMap<string, TensorType>, value: string, layer: string): number[] {
  const shape = types.get(value)?.shape ?? [];
  return shape.map((dim, axis) => {
    if (typeof dim === "number") return dim;
    if (axis === 0) return 1;
    throw new InputError(`the shape [${shape.join(",")}] of "${value}" at layer "${layer}" is not fixed`, {
      hint: "export the model with fixed image height and width; only the batch may be dynamic",
    });
  });
}

function denseMatrix(layer: CrossbarLayer, node: NodeOf<"Gemm">, model: CompressedModel): LayerMatrix {
  const [name, weight] = weightOf(model, node);
  const { transA, transB, alpha } = node.attributes;
  if (transA || alpha !== 1) {
    throw new InputError(`Gemm "${node.name}" has transA ${transA} and alpha ${alpha}`, {
      hint: "a dense layer goes onto crossbars with transA 0 and alpha 1",
    });
  }
  const [a, b] = weight.shape as [number, number];
  return {
    name: node.name,
    layer,
    weight: name,
    rows: transB ? b : a,
    columns: transB ? a : b,
    firstOutput: 0,
    geometry: { kind: "dense" },
  };
}

/** @param of the matrix, where it has a name */
export const notFinite = (
  weight: number,
  row: number,
  column: number,
  of?: Pick<LayerMatrix, "name">,
): InputError =>
  new InputError(`the weight ${of ? `of "${of.name}" ` : ""}at row ${row}, column ${column} is ${weight}`, {
    hint: "only finite weights can be placed; train the network again, or look where it diverged",
  });

/**
 * The integer weights of a matrix, [rows × columns] row-major, taken from code × scale in the graph.
 * @throws InputError for a weight that is not finite
 */
export function matrixCodes(model: CompressedModel, matrix: LayerMatrix): Int16Array {
  const weight = model.graph.initializers.get(matrix.weight)!;
  const { rows, columns, layer, firstOutput } = matrix;
  const limit = 2 ** (layer.weightBits - 1) - 1;
  const node = model.graph.nodes.find((n) => n.name === layer.node)!;
  // A Conv and a transposed Gemm hold one output's weights in a run; a plain Gemm holds [in, out].
  const outputMajor = node.op === "Conv" || (node.op === "Gemm" && node.attributes.transB);
  const codes = new Int16Array(rows * columns);
  for (let c = 0; c < columns; c++) {
    for (let r = 0; r < rows; r++) {
      const at = outputMajor ? (firstOutput + c) * rows + r : r * columns + c;
      const code = roundHalfEven(weight.data[at]! / layer.weightScale);
      if (!Number.isFinite(code)) throw notFinite(weight.data[at]!, r, c, matrix);
      invariant(Math.abs(code) <= limit, `code ${code} of "${matrix.name}" exceeds ${limit}`);
      codes[r * columns + c] = code;
    }
  }
  return codes;
}
