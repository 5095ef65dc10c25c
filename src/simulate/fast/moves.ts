import type { KernelModule } from "../../array/simd/module.js";
import { evaluateNode } from "../../graph/evaluate.js";
import type { Node, NodeOf } from "../../graph/types.js";
import { elementCount, type Tensor, tensor } from "../../tensor.js";
import { type Codes, slack } from "./values.js";

/** Operators that only move elements about, or put zeros beside them. */
const movers: ReadonlySet<string> = new Set([
  "Identity",
  "Reshape",
  "Flatten",
  "Slice",
  "Pad",
  "Transpose",
  "Squeeze",
  "Unsqueeze",
]);

/** Where each element of an operator's output comes from, for one image. */
export interface Move {
  /** [elements of the output] i32 in the kernels' memory, −1 for a padded zero. */
  readonly map: number;
  /** Without the images' dimension. */
  readonly shape: readonly number[];
  /** The elements stay where they are. */
  readonly unmoved: boolean;
}

/**
 * Follows the numbers of the elements through the operator's own evaluation. null where it is none that only moves,
 * pads with something else than 0, or moves across images.
 */
export function moveOf(
  module: KernelModule,
  node: Node,
  inputShape: readonly number[],
  others: readonly (Tensor | undefined)[],
): Move | null {
  if (!movers.has(node.op)) return null;
  if (node.op === "Pad" && (node.attributes.mode !== "constant" || (others[1]?.data[0] ?? 0) !== 0))
    return null;
  const one = [1, ...inputShape.slice(1)];
  // 0 stands for what is padded, so the elements count from 1; doubles hold all of these numbers.
  const numbers = Float32Array.from({ length: elementCount(one) }, (_, i) => i + 1);
  if (numbers.length >= 2 ** 24) return null;
  const moved = evaluateNode(node, [tensor("f32", one, numbers), ...others])[0]!;
  if (moved.shape[0] !== 1) return null;
  const map = Int32Array.from(moved.data, (n) => n - 1);
  const unmoved = map.length === numbers.length && map.every((from, to) => from === to);
  return { map: module.place(map), shape: moved.shape.slice(1), unmoved };
}

export function moved(module: KernelModule, move: Move, codes: Codes): Codes {
  const [images] = codes.shape as [number];
  const shape = [images, ...move.shape];
  if (move.unmoved) return { ...codes, shape };
  const count = elementCount(move.shape);
  const at = module.allocate(images * count + slack);
  const size = elementCount(codes.shape) / images;
  module.exports.moveBytes(codes.at, size, move.map, count, codes.quantizer.zeroPoint, images, at);
  return { ...codes, at, shape };
}

/** Max pooling of codes; `shape` is the output's for one image. */
export function pooled(
  module: KernelModule,
  { attributes }: NodeOf<"MaxPool">,
  codes: Codes,
  shape: readonly number[],
): Codes {
  const [images, channels, height, width] = codes.shape as [number, number, number, number];
  const [outHeight, outWidth] = shape.slice(-2) as [number, number];
  const at = module.allocate(images * channels * outHeight * outWidth + slack);
  const mark = module.used;
  const rows = module.place(spans(height, outHeight, attributes, 0));
  const columns = module.place(spans(width, outWidth, attributes, 1));
  const [stepY, stepX] = attributes.dilations;
  const planes = images * channels;
  module.exports.maxPool(
    codes.at,
    planes,
    height,
    width,
    rows,
    outHeight,
    columns,
    outWidth,
    stepY,
    stepX,
    at,
  );
  module.release(mark);
  return { ...codes, at, shape: [images, channels, outHeight, outWidth] };
}

/** First and one past the last element of each window that lie inside the input. */
function spans(
  size: number,
  positions: number,
  { kernel, strides, pads, dilations }: NodeOf<"MaxPool">["attributes"],
  axis: 0 | 1,
): number[] {
  return Array.from({ length: positions }, (_, position) => {
    const start = position * strides[axis] - pads[axis];
    const outside = start < 0 ? Math.ceil(-start / dilations[axis]) : 0;
    return [
      start + outside * dilations[axis],
      Math.min(size, start + (kernel[axis] - 1) * dilations[axis] + 1),
    ];
  }).flat();
}
