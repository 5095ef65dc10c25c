import { elementCount, stridesOf, type Tensor, tensor } from "../../tensor.js";
import type { OpKind } from "../types.js";
import { dataOf, doubles, type EvaluateContext, type Evaluator, outputTensor } from "./context.js";
import { broadcastStrides, stridedRuns } from "./strides.js";

/** y = (x − mean) / √(variance + epsilon) · scale + bias, in double precision and rounded once. */
export const batchNormalization: Evaluator<"BatchNormalization"> = (context) => {
  const result = outputTensor(context);
  const x = dataOf(context, 0);
  const [scale, bias, mean, variance] = [1, 2, 3, 4].map((i) => dataOf(context, i));
  const [batch, channels] = result.shape as readonly [number, number];
  const size = elementCount(result.shape.slice(2));
  let i = 0;
  for (let n = 0; n < batch; n++)
    for (let c = 0; c < channels; c++) {
      const deviation = Math.sqrt(variance![c]! + context.attributes.epsilon);
      const [centre, gain, shift] = [mean![c]!, scale![c]!, bias![c]!];
      for (const end = i + size; i < end; i++) result.data[i] = ((x[i]! - centre) / deviation) * gain + shift;
    }
  return [result];
};

/** Mean and population variance of each channel over batch and image, then as {@link batchNormalization}. */
export const batchNormalizationTraining: Evaluator<"BatchNormalizationTraining"> = (context) => {
  const { epsilon, momentum } = context.attributes;
  const result = outputTensor(context);
  const { shape, data, dtype } = result;
  const [x, scale, bias] = [0, 1, 2].map((i) => dataOf(context, i));
  const channels = shape[1]!;
  const size = elementCount(shape.slice(2));
  const [mean, variance] = channelMoments(x!, shape[0]!, channels, size);
  for (let i = 0; i < data.length; i++) {
    const c = Math.floor(i / size) % channels;
    data[i] = ((x![i]! - mean[c]!) / Math.sqrt(variance[c]! + epsilon)) * scale![c]! + bias![c]!;
  }
  const running = (input: number, batch: Float64Array): Tensor => {
    const next = tensor(dtype, [channels]);
    const given = dataOf(context, input);
    for (let c = 0; c < channels; c++) next.data[c] = momentum * given[c]! + (1 - momentum) * batch[c]!;
    return next;
  };
  return [result, running(3, mean), running(4, variance)];
};

function channelMoments(x: Tensor["data"], batch: number, channels: number, size: number) {
  const mean = doubles(channels);
  const variance = doubles(channels);
  const count = batch * size;
  const each = (visit: (value: number, channel: number) => void) => {
    for (let i = 0; i < x.length; i++) visit(x[i]!, Math.floor(i / size) % channels);
  };
  each((value, c) => {
    mean[c]! += value / count;
  });
  each((value, c) => {
    variance[c]! += (value - mean[c]!) ** 2 / count;
  });
  return [mean, variance] as const;
}

/** Visits each line of the first input along an axis: its first element, the distance between two, and how many. */
function eachLine(
  context: Pick<EvaluateContext<OpKind>, "inputs">,
  axis: number,
  visit: (start: number, step: number, size: number, line: number) => void,
): void {
  const { shape, data } = context.inputs[0]!;
  const along = axis < 0 ? axis + shape.length : axis;
  const size = shape[along]!;
  const step = stridesOf(shape)[along]!;
  let line = 0;
  for (let block = 0; block < data.length; block += size * step)
    for (let start = block; start < block + step; start++) visit(start, step, size, line++);
}

/** The largest element of each line and the sum of exp(x − largest), which stays finite. */
function exponentialSum(x: Tensor["data"], start: number, step: number, size: number): [number, number] {
  let largest = Number.NEGATIVE_INFINITY;
  for (let k = 0; k < size; k++) largest = Math.max(largest, x[start + k * step]!);
  let sum = 0;
  for (let k = 0; k < size; k++) sum += Math.exp(x[start + k * step]! - largest);
  return [largest, sum];
}

export const softmax: Evaluator<"Softmax"> = (context) => {
  const result = outputTensor(context);
  const x = dataOf(context, 0);
  eachLine(context, context.attributes.axis, (start, step, size) => {
    const [largest, sum] = exponentialSum(x, start, step, size);
    for (let at = start; at < start + size * step; at += step)
      result.data[at] = Math.exp(x[at]! - largest) / sum;
  });
  return [result];
};

export const logSoftmax: Evaluator<"LogSoftmax"> = (context) => {
  const result = outputTensor(context);
  const x = dataOf(context, 0);
  eachLine(context, context.attributes.axis, (start, step, size) => {
    const [largest, sum] = exponentialSum(x, start, step, size);
    for (let at = start; at < start + size * step; at += step)
      result.data[at] = x[at]! - largest - Math.log(sum);
  });
  return [result];
};

export const argMax: Evaluator<"ArgMax"> = (context) => {
  const result = outputTensor(context);
  const x = dataOf(context, 0);
  eachLine(context, context.attributes.axis, (start, step, size, line) => {
    let best = 0;
    for (let k = 1; k < size; k++) if (x[start + k * step]! > x[start + best * step]!) best = k;
    result.data[line] = best;
  });
  return [result];
};

/** Sums over the given axes, or over all, in double precision. */
function sumsOver(context: EvaluateContext<OpKind>, count: number): Float64Array {
  const { shape, data } = context.inputs[0]!;
  const given = Array.from(context.inputs[1]?.data ?? [], (axis) => (axis < 0 ? axis + shape.length : axis));
  const kept = shape.map((dim, d) => (given.length === 0 || given.includes(d) ? 1 : dim));
  const sums = doubles(count);
  stridedRuns(shape, [broadcastStrides(kept, shape)], (at, offsets, steps, length) => {
    const step = steps[0]!;
    let to = offsets[0]!;
    for (let n = 0; n < length; n++, to += step) sums[to]! += data[at + n]!;
  });
  return sums;
}

/** Means of whole numbers are rounded towards zero. */
export const reduceMean: Evaluator<"ReduceMean"> = (context) => {
  const result = outputTensor(context);
  const sums = sumsOver(context as EvaluateContext<OpKind>, result.data.length);
  const { data, dtype } = context.inputs[0]!;
  const size = data.length / sums.length;
  const whole = dtype !== "f32" && dtype !== "f64";
  for (let i = 0; i < sums.length; i++)
    result.data[i] = whole ? Math.trunc(sums[i]! / size) : sums[i]! / size;
  return [result];
};

export const reduceSum: Evaluator<"ReduceSum"> = (context) => {
  const result = outputTensor(context);
  result.data.set(sumsOver(context as EvaluateContext<OpKind>, result.data.length));
  return [result];
};
