import { spans } from "../../graph/evaluate/windows.js";
import { effectiveKernel } from "../../graph/windows.js";
import { elementCount } from "../../tensor.js";
import { constantLike, div, expand, mul, pad, reshape, scatterElements, zeros } from "../ops.js";
import type { GradientRule } from "../rule.js";

/** Each output's gradient goes to the element that was the maximum; a window's first where several are equal. */
export const maxPool: GradientRule<"MaxPool"> = ({ node, inputs, outputs, x, dy }) => {
  // The places are a second output of the operator; asked for again where the network does not have them.
  const places = outputs[1] ?? dy.builder.node("MaxPool", inputs, node.attributes, 2)[1]!;
  const flat = [elementCount(dy.shape)];
  const none = zeros(dy, [elementCount(x.shape)]);
  const sums = scatterElements(none, reshape(places, flat), reshape(dy, flat), 0, "add");
  return [reshape(sums, x.shape)];
};

/** Each output's gradient, divided by the elements it was a mean of, goes to all of them. */
export const averagePool: GradientRule<"AveragePool"> = ({ attributes, x, dy }) => {
  const { kernel, strides, pads, dilations, countIncludePad } = attributes;
  const [batch, channels, height, width] = x.shape as [number, number, number, number];
  const [outHeight, outWidth] = dy.shape.slice(2) as [number, number];
  const rows = spans(height, outHeight, attributes, 0);
  const columns = spans(width, outWidth, attributes, 1);
  const inside = ({ first, end }: (typeof rows)[number], dilation: number) =>
    Math.ceil((end - first) / dilation);
  const counts = rows.flatMap((row) =>
    columns.map((column) =>
      countIncludePad ? row.padded * column.padded : inside(row, dilations[0]) * inside(column, dilations[1]),
    ),
  );
  const share = div(dy, constantLike(dy, [outHeight, outWidth], counts));
  const planes = reshape(share, [batch * channels, 1, outHeight, outWidth]);
  const ones = constantLike(dy, [1, 1, ...kernel], new Array(kernel[0] * kernel[1]).fill(1));
  const spread = { kernel, strides, dilations, pads: [0, 0, 0, 0], group: 1, outputPadding: [0, 0] } as const;
  const covered = dy.builder.node("ConvTranspose", [planes, ones], spread)[0]!;
  // What the windows cover begins in the padding before the input, and may end before or behind its end.
  const after = ([height, width] as const).map((size, axis) => {
    const reach = effectiveKernel(kernel[axis]!, dilations[axis]!);
    return size + pads[axis]! - ((dy.shape[axis + 2]! - 1) * strides[axis]! + reach);
  });
  return [reshape(pad(covered, [0, 0, -pads[0], -pads[1]], [0, 0, ...after]), x.shape)];
};

export const globalAveragePool: GradientRule<"GlobalAveragePool"> = ({ x, dy }) => [
  expand(mul(dy, 1 / elementCount(x.shape.slice(2))), x.shape),
];
