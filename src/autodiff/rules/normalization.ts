import { elementCount } from "../../tensor.js";
import type { Value } from "../builder.js";
import {
  add,
  affinePerChannel,
  div,
  exp,
  mul,
  neg,
  perChannel,
  reduceMean,
  reduceSum,
  sqrt,
  sub,
} from "../ops.js";
import type { GradientContext, GradientRule } from "../rule.js";

/** All axes but the channels'. */
const acrossChannels = (x: Value): number[] => x.shape.flatMap((_, axis) => (axis === 1 ? [] : [axis]));

const sumPerChannel = (x: Value): Value => reduceSum(x, acrossChannels(x));

/** With statistics that are given: y = (x − mean) / √(variance + epsilon) · scale + bias. */
export const frozen: GradientRule<"BatchNormalization"> = ({ attributes, inputs, x, dy }) => {
  const [, scale, , mean, variance] = inputs as readonly Value[];
  const rank = x.shape.length;
  const deviation = sqrt(add(variance!, attributes.epsilon));
  const gain = div(scale!, deviation);
  const dBias = sumPerChannel(dy);
  const dScale = div(sumPerChannel(mul(dy, sub(x, perChannel(mean!, rank)))), deviation);
  const dVariance = mul(div(mul(dScale, scale!), mul(deviation, deviation)), -0.5);
  return [mul(dy, perChannel(gain, rank)), dScale, dBias, neg(mul(dBias, gain)), dVariance];
};

/**
 * With the batch's own statistics (Ioffe and Szegedy 2015, section 3). With x̂ = (x − mean) / σ and n elements per
 * channel, dx = scale / σ · (dy − Σdy / n − x̂ · Σ(dy · x̂) / n): per channel a·dy + b·x + c.
 */
export const training: GradientRule<"BatchNormalizationTraining"> = (context) => {
  const { attributes, inputs, dys, x, dy } = context;
  const { momentum } = attributes;
  const rank = x.shape.length;
  const count = elementCount(x.shape) / x.shape[1]!;
  const [mean, variance] = batchStatistics(context);
  const scale = inputs[1]!;
  const deviation = sqrt(add(variance, attributes.epsilon));
  const dBias = sumPerChannel(dy);
  const dScale = div(sumPerChannel(mul(dy, sub(x, perChannel(mean, rank)))), deviation);
  const a = div(scale, deviation);
  // The running statistics are outputs too: d mean/dx = 1/n, d variance/dx = 2 (x − mean) / n.
  const [dMean, dVariance] = [1, 2].map((i) => dys[i] && mul(dys[i], (1 - momentum) / count));
  const slope = neg(div(mul(a, dScale), mul(deviation, count)));
  const b = dVariance ? add(slope, mul(dVariance, 2)) : slope;
  const level = neg(add(mul(b, mean), div(mul(a, dBias), count)));
  const c = dMean ? add(level, dMean) : level;
  const dx = add(mul(dy, perChannel(a, rank)), affinePerChannel(x, b, c));
  return [dx, dScale, dBias, ...[1, 2].map((i) => dys[i] && mul(dys[i], momentum))];
};

/** The batch's mean and population variance: the operator's own where its momentum is 0. */
function batchStatistics(context: GradientContext<"BatchNormalizationTraining">): [Value, Value] {
  const { attributes, outputs, x } = context;
  const [, mean, variance] = outputs;
  if (attributes.momentum === 0 && mean && variance) return [mean, variance];
  const axes = acrossChannels(x);
  const own = reduceMean(x, axes);
  const centred = sub(x, perChannel(own, x.shape.length));
  return [own, reduceMean(mul(centred, centred), axes)];
}

/** dx = y · (dy − Σ dy · y) */
export const softmax: GradientRule<"Softmax"> = ({ attributes, y, dy }) => {
  const weighted = mul(dy, y);
  return [sub(weighted, mul(y, reduceSum(weighted, [attributes.axis], true)))];
};

/** dx = dy − softmax(x) · Σ dy */
export const logSoftmax: GradientRule<"LogSoftmax"> = ({ attributes, y, dy }) => [
  sub(dy, mul(exp(y), reduceSum(dy, [attributes.axis], true))),
];
