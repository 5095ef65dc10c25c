import { cast, div, equal, mul, neg, reshape, total, type Value } from "../autodiff/index.js";
import { InputError } from "../errors.js";

/**
 * Mean over the batch of −log softmax(logits)[label].
 * @param logits [batch, classes]
 * @param labels [batch], i32
 */
export function crossEntropy(logits: Value, labels: Value): Value {
  const [batch, classes] = matrixShape(logits);
  const { builder } = logits;
  const logarithms = builder.node("LogSoftmax", [logits], { axis: 1 })[0]!;
  const each = builder.constant({
    dtype: "i32",
    shape: [1, classes],
    data: Int32Array.from({ length: classes }, (_, i) => i),
  });
  const chosen = cast(equal(reshape(labels, [batch, 1]), each), logits.dtype);
  return neg(div(total(mul(logarithms, chosen)), batch));
}

/** How many images of the batch have their largest logit at their label; f32. */
export function correctPredictions(logits: Value, labels: Value): Value {
  matrixShape(logits);
  const predicted = logits.builder.node("ArgMax", [logits], { axis: 1, keepdims: false })[0]!;
  return total(cast(equal(cast(predicted, "i32"), labels), "f32"));
}

function matrixShape({ name, shape }: Value): readonly [number, number] {
  const [batch, classes] = shape;
  if (shape.length !== 2)
    throw new InputError(`the network's output "${name}" is [${shape}], not batch × classes`, {
      hint: "train the network that ends in logits, one row per image",
    });
  return [batch!, classes!];
}
