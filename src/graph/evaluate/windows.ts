import { elementCount, type Tensor } from "../../tensor.js";
import type { WindowAttributes } from "../types.js";
import { dataOf, doubles, type EvaluateContext, type Evaluator, outputTensor } from "./context.js";

type Shape4 = readonly [number, number, number, number];

/** The output positions whose tap at `offset` (− pad + tap · dilation) falls inside the input: [first, end). */
function insideRange(size: number, positions: number, stride: number, offset: number): [number, number] {
  const first = Math.max(0, Math.ceil(-offset / stride));
  const end = Math.min(positions, Math.floor((size - 1 - offset) / stride) + 1);
  return [first, end];
}

/** y[n,m] = Σ w[m,c,i,j] · x[n,c,…] + b[m], summed in double precision and rounded once. */
export const conv: Evaluator<"Conv"> = (context) => {
  const { attributes } = context;
  const result = outputTensor(context);
  const [x, w] = [dataOf(context, 0), dataOf(context, 1)];
  const bias = context.inputs[2]?.data;
  const [, channels, height, width] = context.inputs[0]!.shape as Shape4;
  const [batch, filters, outHeight, outWidth] = result.shape as Shape4;
  const [, perGroup, kernelHeight, kernelWidth] = context.inputs[1]!.shape as Shape4;
  const filtersPerGroup = filters / attributes.group;
  const sum = doubles(outHeight * outWidth);
  for (let n = 0; n < batch; n++)
    for (let m = 0; m < filters; m++) {
      sum.fill(bias ? bias[m]! : 0);
      const firstChannel = Math.floor(m / filtersPerGroup) * perGroup;
      for (let c = 0; c < perGroup; c++) {
        const plane = (n * channels + firstChannel + c) * height * width;
        for (let i = 0; i < kernelHeight; i++)
          for (let j = 0; j < kernelWidth; j++)
            addTap(w[((m * perGroup + c) * kernelHeight + i) * kernelWidth + j]!, i, j, plane);
      }
      result.data.set(sum, (n * filters + m) * outHeight * outWidth);
    }
  return [result];

  /** Adds weight · x, as kernel tap (i, j) sees it, to every output position of one plane. */
  function addTap(weight: number, i: number, j: number, plane: number): void {
    const [strideY, strideX] = attributes.strides;
    const top = i * attributes.dilations[0] - attributes.pads[0];
    const left = j * attributes.dilations[1] - attributes.pads[1];
    const [firstY, endY] = insideRange(height, outHeight, strideY, top);
    const [firstX, endX] = insideRange(width, outWidth, strideX, left);
    for (let oy = firstY; oy < endY; oy++) {
      const from = plane + (oy * strideY + top) * width + left + firstX * strideX;
      addScaled(sum, oy * outWidth + firstX, endX - firstX, weight, x, from, strideX);
    }
  }
};

/** The transpose of Conv: each input element adds its multiple of the kernel to the output, in double precision. */
export const convTranspose: Evaluator<"ConvTranspose"> = (context) => {
  const { strides, pads, dilations, group } = context.attributes;
  const result = outputTensor(context);
  const [x, w] = [dataOf(context, 0), dataOf(context, 1)];
  const bias = context.inputs[2]?.data;
  const [, channels, height, width] = context.inputs[0]!.shape as Shape4;
  const [, perGroup, kernelHeight, kernelWidth] = context.inputs[1]!.shape as Shape4;
  const [batch, filters, outHeight, outWidth] = result.shape as Shape4;
  const sum = doubles(outHeight * outWidth);
  for (let n = 0; n < batch; n++)
    for (let m = 0; m < filters; m++) {
      sum.fill(bias ? bias[m]! : 0);
      const first = Math.floor(m / perGroup) * (channels / group);
      for (let c = first; c < first + channels / group; c++)
        for (let i = 0; i < kernelHeight; i++)
          for (let j = 0; j < kernelWidth; j++) {
            const weight = w[((c * perGroup + (m % perGroup)) * kernelHeight + i) * kernelWidth + j]!;
            addTap(
              weight,
              i * dilations[0] - pads[0],
              j * dilations[1] - pads[1],
              (n * channels + c) * height,
            );
          }
      result.data.set(sum, (n * filters + m) * outHeight * outWidth);
    }
  return [result];

  /** Adds weight · x to the output positions that one kernel tap, `top` and `left` from the input's, reaches. */
  function addTap(weight: number, top: number, left: number, row: number): void {
    const [firstY, endY] = insideRange(outHeight, height, strides[0], top);
    const [firstX, endX] = insideRange(outWidth, width, strides[1], left);
    for (let y = firstY; y < endY; y++)
      for (let i = firstX; i < endX; i++)
        sum[(y * strides[0] + top) * outWidth + i * strides[1] + left]! += weight * x[(row + y) * width + i]!;
  }
};

/** sum[at + n] += weight · x[from + n·step] */
function addScaled(
  sum: Float64Array,
  at: number,
  count: number,
  weight: number,
  x: Tensor["data"],
  from: number,
  step: number,
): void {
  if (step === 1) for (let n = 0; n < count; n++) sum[at + n]! += weight * x[from + n]!;
  else for (let n = 0; n < count; n++) sum[at + n]! += weight * x[from + n * step]!;
}

/** One axis of a window: the input elements first, first + dilation, … below end that lie inside the input. */
export interface Span {
  readonly first: number;
  readonly end: number;
  /** Taps inside the padded input, whatever lies beyond the trailing pad left out. */
  readonly padded: number;
}

export function spans(size: number, positions: number, attributes: WindowAttributes, axis: 0 | 1): Span[] {
  const dilation = attributes.dilations[axis];
  const reach = attributes.kernel[axis] * dilation;
  return Array.from({ length: positions }, (_, position) => {
    const start = position * attributes.strides[axis] - attributes.pads[axis];
    const paddedEnd = Math.min(start + reach, size + attributes.pads[axis + 2]!);
    const first = start < 0 ? start + Math.ceil(-start / dilation) * dilation : start;
    return { first, end: Math.min(start + reach, size), padded: Math.ceil((paddedEnd - start) / dilation) };
  });
}

type Pool = EvaluateContext<"MaxPool"> | EvaluateContext<"AveragePool">;

/** Calls `reduce` for each output element with its window in plane coordinates. */
function eachWindow(
  context: Pool,
  reduce: (x: Tensor["data"], plane: number, row: Span, column: Span) => number,
): Tensor {
  const result = outputTensor(context);
  const { attributes } = context;
  const x = dataOf(context, 0);
  const [, , height, width] = context.inputs[0]!.shape as Shape4;
  const [batch, channels, outHeight, outWidth] = result.shape as Shape4;
  const rows = spans(height, outHeight, attributes, 0);
  const columns = spans(width, outWidth, attributes, 1);
  let at = 0;
  for (let plane = 0; plane < batch * channels; plane++)
    for (const row of rows)
      for (const column of columns) result.data[at++] = reduce(x, plane * height * width, row, column);
  return result;
}

/** Of equal elements the first counts, row by row; its place is counted through the whole input. */
export const maxPool: Evaluator<"MaxPool"> = (context) => {
  const width = context.inputs[0]!.shape[3]!;
  const [stepY, stepX] = context.attributes.dilations;
  const places = context.node.outputs.length > 1 ? doubles(elementCount(context.output.shape)) : undefined;
  let at = 0;
  const result = eachWindow(context, (x, plane, row, column) => {
    let largest = Number.NEGATIVE_INFINITY;
    let place = plane + row.first * width + column.first;
    for (let y = row.first; y < row.end; y += stepY)
      for (let i = column.first; i < column.end; i += stepX) {
        const value = x[plane + y * width + i]!;
        if (value > largest) {
          largest = value;
          place = plane + y * width + i;
        }
      }
    if (places) places[at++] = place;
    return largest;
  });
  return places ? [result, { dtype: "i64", shape: result.shape, data: places }] : [result];
};

/**
 * The mean over the window's elements inside the input or, with countIncludePad, over those inside the padded
 * input as well; what hangs over in ceil mode never counts. Summed in double precision.
 */
export const averagePool: Evaluator<"AveragePool"> = (context) => {
  const width = context.inputs[0]!.shape[3]!;
  const { countIncludePad, dilations } = context.attributes;
  const [stepY, stepX] = dilations;
  const result = eachWindow(context, (x, plane, row, column) => {
    let sum = 0;
    let inside = 0;
    for (let y = row.first; y < row.end; y += stepY)
      for (let i = column.first; i < column.end; i += stepX) {
        sum += x[plane + y * width + i]!;
        inside++;
      }
    return sum / (countIncludePad ? row.padded * column.padded : inside);
  });
  return [result];
};

export const globalAveragePool: Evaluator<"GlobalAveragePool"> = (context) => {
  const result = outputTensor(context);
  const x = dataOf(context, 0);
  const size = x.length / result.data.length;
  for (let plane = 0; plane < result.data.length; plane++) {
    let sum = 0;
    for (let i = 0; i < size; i++) sum += x[plane * size + i]!;
    result.data[plane] = sum / size;
  }
  return [result];
};
