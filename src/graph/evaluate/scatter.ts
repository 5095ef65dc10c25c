import { stridesOf, type Tensor } from "../../tensor.js";
import type { OpKind } from "../types.js";
import { dataOf, type EvaluateContext, type Evaluator, failure, outputTensor } from "./context.js";

/** Calls `visit` for each element of the indices with its place there and the place in the data it stands for. */
function eachIndexed(
  context: EvaluateContext<OpKind>,
  given: number,
  visit: (at: number, place: number) => void,
): void {
  const { shape } = context.inputs[0]!;
  const indices = context.inputs[1]!;
  const axis = given < 0 ? given + shape.length : given;
  const strides = stridesOf(shape);
  const own = stridesOf(indices.shape);
  for (let at = 0; at < indices.data.length; at++) {
    let place = 0;
    for (let d = 0; d < shape.length; d++)
      if (d !== axis) place += (Math.floor(at / own[d]!) % indices.shape[d]!) * strides[d]!;
    const index = indices.data[at]!;
    const size = shape[axis]!;
    const from = index < 0 ? index + size : index;
    if (!(from >= 0 && from < size))
      throw failure(context.node, `index ${index} is outside axis ${axis} of [${shape}]`);
    visit(at, place + from * strides[axis]!);
  }
}

export const gatherElements: Evaluator<"GatherElements"> = (context) => {
  const result = outputTensor(context);
  const data = dataOf(context, 0);
  eachIndexed(context as EvaluateContext<OpKind>, context.attributes.axis, (at, place) => {
    result.data[at] = data[place]!;
  });
  return [result];
};

/** With "add" repeated indices add up; with "none" the last one stands. */
export const scatterElements: Evaluator<"ScatterElements"> = (context) => {
  const result: Tensor = outputTensor(context);
  const updates = dataOf(context, 2);
  const adds = context.attributes.reduction === "add";
  result.data.set(dataOf(context, 0));
  eachIndexed(context as EvaluateContext<OpKind>, context.attributes.axis, (at, place) => {
    result.data[place] = adds ? result.data[place]! + updates[at]! : updates[at]!;
  });
  return [result];
};
