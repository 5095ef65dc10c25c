import { shapeText } from "../dims.js";
import type { OpKind, TensorType } from "../types.js";
import {
  broadcastOrRefuse,
  knownDims,
  type RuleContext,
  refuse,
  required,
  requireFloat,
  requireNumeric,
  requireSameDtype,
  requireStatic,
  type ShapeRule,
  typed,
} from "./context.js";

/** The output is as the input. */
export const unaryFloat: ShapeRule<OpKind> = (context) => [requireFloat(context)];
export const unaryNumeric: ShapeRule<OpKind> = (context) => [requireNumeric(context)];
export const unary: ShapeRule<OpKind> = (context) => [required(context, 0)];

export const binary: ShapeRule<OpKind> = (context) => {
  const a = requireNumeric(context, 0);
  requireSameDtype(context, 0, 1);
  return [typed(a.dtype, broadcastOrRefuse(context, 0, 1))];
};

export const equal: ShapeRule<"Equal"> = (context) => {
  requireSameDtype(context, 0, 1);
  return [typed("bool", broadcastOrRefuse(context, 0, 1))];
};

export const comparison: ShapeRule<OpKind> = (context) => {
  requireNumeric(context, 0);
  requireSameDtype(context, 0, 1);
  return [typed("bool", broadcastOrRefuse(context, 0, 1))];
};

export const and: ShapeRule<"And"> = (context) => {
  for (const input of [0, 1]) requireBool(context, input);
  return [typed("bool", broadcastOrRefuse(context, 0, 1))];
};

export const not: ShapeRule<"Not"> = (context) => [requireBool(context, 0)];

function requireBool(context: RuleContext<"And" | "Not">, input: number): TensorType {
  const type = required(context, input);
  return type.dtype === "bool" ? type : refuse(context, `${type.dtype} input, and it works on bool only`);
}

export const where: ShapeRule<"Where"> = (context) => {
  if (required(context, 0).dtype !== "bool")
    refuse(context, "its condition is not bool", "cast the condition to bool");
  requireSameDtype(context, 1, 2);
  return [typed(required(context, 1).dtype, broadcastOrRefuse(context, 0, 1, 2))];
};

export const clip: ShapeRule<"Clip"> = (context) => {
  const x = requireNumeric(context, 0);
  requireSameDtype(context, 0, 1, 2);
  for (const bound of [1, 2]) {
    const shape = context.inputs[bound]?.shape ?? [];
    if (shape.length > 1 || (shape.length === 1 && shape[0] !== 1))
      refuse(context, `a bound is ${shapeText(shape)}, and it takes scalars`);
  }
  return [x];
};

/** Dropout as it is at inference: the data itself, and a mask that is all true. */
export const dropout: ShapeRule<"Dropout"> = (context) => {
  const x = required(context, 0);
  const training = context.inputs[2] ? knownDims(context, 2, "its training mode") : [0];
  if (training[0] !== 0)
    refuse(
      context,
      "it is in training mode",
      "export the network in inference mode: model.eval() in PyTorch",
    );
  return context.node.outputs.length > 1 ? [x, typed("bool", x.shape)] : [x];
};

export const cast: ShapeRule<"Cast"> = (context) => [
  typed(context.attributes.to, required(context, 0).shape),
];

export const range: ShapeRule<"Range"> = (context) => {
  const { dtype } = requireNumeric(context, 0);
  requireSameDtype(context, 0, 1, 2);
  const [start, limit, delta] = [0, 1, 2].map((i) => scalar(context, i, ["start", "limit", "delta"][i]!));
  if (delta === 0) refuse(context, "its delta is 0");
  const steps = (limit! - start!) / delta!;
  if (!Number.isFinite(steps)) refuse(context, `it runs from ${start} to ${limit} by ${delta}`);
  return [typed(dtype, [Math.max(0, Math.ceil(steps))])];
};

function scalar(context: RuleContext<"Range">, input: number, what: string): number {
  const known = knownDims(context, input, what);
  if (known.length !== 1) refuse(context, `its ${what} is no scalar`);
  return requireStatic(context, known[0]!, what);
}
