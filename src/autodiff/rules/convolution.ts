import type { OpAttributes, WindowAttributes } from "../../graph/types.js";
import { effectiveKernel } from "../../graph/windows.js";
import type { Value } from "../builder.js";
import {
  concat,
  gather,
  matMul,
  pad,
  reduceSum,
  reshape,
  slice,
  spreadLast,
  transpose,
  transposeMatrices,
} from "../ops.js";
import type { GradientRule } from "../rule.js";

type Grouped = OpAttributes["Conv"];

/** A convolution's input gradient: the transposed map. */
export const conv: GradientRule<"Conv"> = ({ attributes, inputs: [x, w, bias], dy }) => [
  inputGradient(dy, w!, attributes, x!.shape),
  weightGradient(x!, dy, attributes, w!.shape),
  bias && reduceSum(dy, [0, 2, 3]),
];

/** The same three with the parts of input and output exchanged. */
export const convTranspose: GradientRule<"ConvTranspose"> = ({ attributes, inputs: [x, w, bias], dy }) => {
  const { outputPadding: _, ...window } = attributes;
  return [
    dy.builder.node("Conv", [dy, w!], window)[0]!,
    weightGradient(dy, x!, window, w!.shape),
    bias && reduceSum(dy, [0, 2, 3]),
  ];
};

const axes = [0, 1] as const;

/** dx = Σ over taps of wᵀ · dy. With stride 1 it is a convolution with the kernel turned round, which runs fastest. */
function inputGradient(dy: Value, w: Value, attributes: Grouped, shape: readonly number[]): Value {
  if (attributes.strides.every((stride) => stride === 1)) return turnedConvolution(dy, w, attributes);
  const { kernel, strides, pads, dilations } = attributes;
  // What the stride left over at the end of the input.
  const left = axes.map((axis) => {
    const reach = effectiveKernel(kernel[axis], dilations[axis]);
    const covered = (dy.shape[axis + 2]! - 1) * strides[axis] + reach - pads[axis] - pads[axis + 2]!;
    return shape[axis + 2]! - covered;
  });
  const outputPadding = [left[0]!, left[1]!] as const;
  return dy.builder.node("ConvTranspose", [dy, w], { ...attributes, outputPadding })[0]!;
}

function turnedConvolution(dy: Value, w: Value, attributes: Grouped): Value {
  const { kernel, pads, dilations, group } = attributes;
  const [filters, perGroup] = w.shape as [number, number];
  const turned = slice(w, [
    { axis: 2, start: -1, end: -kernel[0] - 1, step: -1 },
    { axis: 3, start: -1, end: -kernel[1] - 1, step: -1 },
  ]);
  const byGroup = reshape(turned, [group, filters / group, perGroup, ...kernel]);
  const exchanged = reshape(transpose(byGroup, [0, 2, 1, 3, 4]), [
    group * perGroup,
    filters / group,
    ...kernel,
  ]);
  const around = [0, 1, 2, 3].map((side) => {
    const axis = side % 2;
    return effectiveKernel(kernel[axis]!, dilations[axis]!) - 1 - pads[side]!;
  });
  // Where the padding was wider than the kernel's reach, the outermost outputs saw nothing of the input.
  const cut = around.map((count) => Math.min(0, count));
  const seen = pad(dy, [0, 0, cut[0]!, cut[1]!], [0, 0, cut[2]!, cut[3]!]);
  const [top, left, bottom, right] = around.map((count) => Math.max(0, count));
  const full = { kernel, dilations, group, strides: [1, 1], pads: [top!, left!, bottom!, right!] } as const;
  return dy.builder.node("Conv", [seen, exchanged], full)[0]!;
}

/** dw[m, c, i, j] = Σ over images and positions of dy[m] · x[c, shifted by the tap (i, j)]. */
function weightGradient(x: Value, dy: Value, attributes: Grouped, shape: readonly number[]): Value {
  const { kernel, strides } = attributes;
  const [filters, channels] = [shape[0]! / attributes.group, shape[1]!];
  // Elements that are copied, per image and position; one product with all taps is better for few channels.
  const byTaps = 2 * channels * kernel[0] * kernel[1];
  const byShifts = filters * kernel[0] + channels * kernel[1];
  return strides.every((stride) => stride === 1) && byShifts < byTaps
    ? gradientByShifts(x, dy, attributes, shape)
    : gradientByTaps(x, dy, attributes, shape);
}

/** Images up to this wide are shifted by a product, wider ones by copying. */
const shortRow = 16;

/**
 * With stride 1 the kernel's rows and columns part: dy once per row of the kernel, shifted down, times x once per
 * column, shifted sideways; one product per column. It moves a fraction of the memory that one copy per tap does.
 */
function gradientByShifts(x: Value, dy: Value, window: Grouped, shape: readonly number[]): Value {
  const { kernel, pads, dilations, group } = window;
  const [batch, channels, height, width] = x.shape as [number, number, number, number];
  const [, filters, , outWidth] = dy.shape as [number, number, number, number];
  const positions = height * outWidth;
  const rows = (filters / group) * kernel[0];
  const shifted = reshape(rowShifts(dy, window, height), [batch, group, rows, positions]);
  const columns = Array.from({ length: kernel[1] }, (_, j) => {
    const left = pads[1] - j * dilations[1];
    const right = outWidth - width - left;
    const moved = left !== 0 || right !== 0;
    const seen =
      moved && width <= shortRow
        ? spreadLast(x, outWidth, left, 1)
        : pad(x, [0, 0, 0, left], [0, 0, 0, right]);
    const byGroup = reshape(seen, [batch, group, channels / group, positions]);
    const perImage = matMul(shifted, transposeMatrices(byGroup));
    return reshape(reduceSum(perImage, [0]), [filters, kernel[0], channels / group, 1]);
  });
  return reshape(transpose(concat(columns, 3), [0, 2, 1, 3]), shape);
}

/** [batch, filters, kernel rows, input height, width]: which dy a row of the input met through each row of the kernel. */
function rowShifts(dy: Value, { kernel, pads, dilations }: Grouped, height: number): Value {
  const [batch, filters, outHeight, outWidth] = dy.shape as [number, number, number, number];
  const before = Math.max(0, (kernel[0] - 1) * dilations[0] - pads[0]);
  const after = Math.max(0, height + pads[0] - outHeight);
  const padded = pad(dy, [0, 0, before, 0], [0, 0, after, 0]);
  const sources = Array.from({ length: kernel[0] }, (_, i) =>
    Array.from({ length: height }, (_, y) => y + pads[0] - i * dilations[0] + before),
  ).flat();
  const inOrder = sources.length === padded.shape[2] && sources.every((source, y) => source === y);
  const rows = inOrder ? padded : gather(padded, sources, 2);
  return reshape(rows, [batch, filters, kernel[0], height, outWidth]);
}

/** The input once per tap, padded, shifted and strided, side by side, times dy, image by image; the images summed. */
function gradientByTaps(x: Value, dy: Value, attributes: Grouped, shape: readonly number[]): Value {
  const { group } = attributes;
  const [batch, filters, ...spatial] = dy.shape as [number, number, number, number];
  const positions = spatial[0]! * spatial[1]!;
  const columns = tapColumns(x, attributes, spatial);
  const taps = (columns.shape[1]! * columns.shape[2]!) / group;
  const byGroup = reshape(columns, [batch, group, taps, positions]);
  const gradient = reshape(dy, [batch, group, filters / group, positions]);
  const perImage = matMul(gradient, transposeMatrices(byGroup));
  return reshape(reduceSum(perImage, [0]), shape);
}

/** [batch, channels, taps, positions]: what each tap of the kernel sees. */
function tapColumns(x: Value, window: WindowAttributes, spatial: readonly number[]): Value {
  const { kernel, strides, pads, dilations } = window;
  const [batch, channels] = x.shape as [number, number];
  const padded = pad(x, [0, 0, pads[0], pads[1]], [0, 0, pads[2], pads[3]]);
  const shifted: Value[] = [];
  for (let i = 0; i < kernel[0]; i++)
    for (let j = 0; j < kernel[1]; j++) {
      const starts = [i * dilations[0], j * dilations[1]];
      const seen = slice(
        padded,
        axes.map((axis) => ({
          axis: axis + 2,
          start: starts[axis]!,
          end: starts[axis]! + (spatial[axis]! - 1) * strides[axis] + 1,
          step: strides[axis],
        })),
      );
      shifted.push(reshape(seen, [batch, channels, 1, spatial[0]! * spatial[1]!]));
    }
  return concat(shifted, 2);
}
