import type { DType } from "../../tensor.js";
import { broadcast, shapeText } from "../dims.js";
import { nodeError } from "../ops.js";
import type { Dim, NodeOf, OpKind, TensorType } from "../types.js";

/** A small tensor whose elements are known before anything runs; those of a shape may be symbolic. */
export interface KnownValue {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly elements: readonly Dim[];
}

/** What a shape rule sees of its node. */
export interface RuleContext<K extends OpKind> {
  readonly node: NodeOf<K>;
  readonly attributes: NodeOf<K>["attributes"];
  /** Undefined for an optional input that is absent. */
  readonly inputs: readonly (TensorType | undefined)[];
  /** The elements of an input, where they are known. */
  readonly value: (input: number) => KnownValue | undefined;
}

export type ShapeRule<K extends OpKind> = (context: RuleContext<K>) => readonly TensorType[];

type Context = Pick<RuleContext<OpKind>, "node" | "inputs" | "value">;

/** Refuses the node, naming its operator, its name and the shapes that meet there. */
export function refuse(context: Context, message: string, hint?: string): never {
  const shapes = context.inputs
    .map((type, i) => (type ? `${context.node.inputs[i]} ${type.dtype}${shapeText(type.shape)}` : undefined))
    .filter((text) => text !== undefined);
  const meeting = shapes.length > 0 ? ` (inputs: ${shapes.join(", ")})` : "";
  throw nodeError(context.node as NodeOf<"Relu">, message + meeting, hint);
}

export const typed = (dtype: DType, shape: readonly Dim[]): TensorType => ({ dtype, shape });

/** An input that its operator cannot do without. */
export function required(context: Context, input: number): TensorType {
  return (
    context.inputs[input] ?? refuse(context, `input ${input} is absent`, "give the operator all its inputs")
  );
}

const floats: readonly DType[] = ["f32", "f64"];

export function requireFloat(context: Context, input = 0): TensorType {
  const type = required(context, input);
  if (!floats.includes(type.dtype)) refuse(context, `${type.dtype} input, and it works on f32 and f64 only`);
  return type;
}

export function requireNumeric(context: Context, input = 0): TensorType {
  const type = required(context, input);
  if (type.dtype === "bool") refuse(context, "bool input, and it works on numbers only");
  return type;
}

export function requireSameDtype(context: Context, ...inputs: readonly number[]): void {
  const types = inputs.map((i) => context.inputs[i]?.dtype).filter((dtype) => dtype !== undefined);
  if (types.some((dtype) => dtype !== types[0]))
    refuse(context, `inputs of different element types ${types.join(", ")}`, "cast them to one type");
}

export function requireRank(context: Context, input: number, rank: number): TensorType {
  const type = required(context, input);
  if (type.shape.length !== rank)
    refuse(context, `input ${input} has ${type.shape.length} dimensions, and it takes ${rank}`);
  return type;
}

/** A dimension that the rule has to compute with. */
export function requireStatic(context: Context, dim: Dim, what: string): number {
  if (typeof dim === "number") return dim;
  return refuse(
    context,
    `${what} is "${dim}", which is known only when the graph runs`,
    "export the network with a dynamic batch only, every other dimension fixed",
  );
}

/** An axis counted from the end where negative, as 0 ... rank−1. */
export function axisWithin(context: Context, axis: number, rank: number): number {
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank)
    refuse(context, `axis ${axis} is outside the ${rank} dimensions`);
  return axis < 0 ? axis + rank : axis;
}

/** Distinct axes within the rank. */
export function axesWithin(context: Context, axes: readonly number[], rank: number): number[] {
  const within = axes.map((axis) => axisWithin(context, axis, rank));
  if (new Set(within).size !== within.length) refuse(context, `axes [${axes}] name one dimension twice`);
  return within;
}

/** The known elements of a scalar or vector input, possibly symbolic. */
export function knownDims(context: Context, input: number, what: string): readonly Dim[] {
  const known = context.value(input);
  if (!known)
    return refuse(
      context,
      `${what} is computed from data, not from constants or shapes`,
      "export the network with fixed shapes, or with a dynamic batch only",
    );
  if (known.shape.length > 1) return refuse(context, `${what} is no vector but ${shapeText(known.shape)}`);
  return known.elements;
}

/** As {@link knownDims}, whole numbers only. */
export function knownIntegers(context: Context, input: number, what: string): readonly number[] {
  return knownDims(context, input, what).map((element) => {
    const value = requireStatic(context, element, what);
    return Number.isInteger(value) ? value : refuse(context, `${what} holds ${value}, no whole number`);
  });
}

export function broadcastOrRefuse(context: Context, ...inputs: readonly number[]): Dim[] {
  let joined: Dim[] = [];
  for (const input of inputs) {
    const { shape } = required(context, input);
    joined =
      broadcast(joined, shape) ??
      refuse(
        context,
        `${shapeText(shape)} does not broadcast with ${shapeText(joined)}`,
        "aligned from the last dimension on, sizes must be equal or 1",
      );
  }
  return joined;
}
