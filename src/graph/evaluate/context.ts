import { allocate, type DType, type Tensor, tensor } from "../../tensor.js";
import { nodeError } from "../ops.js";
import type { Node, NodeOf, OpKind } from "../types.js";

/** What an evaluation rule sees of its node; the shape rules have already accepted the inputs. */
export interface EvaluateContext<K extends OpKind> {
  readonly node: NodeOf<K>;
  readonly attributes: NodeOf<K>["attributes"];
  /** Undefined for an optional input that is absent. */
  readonly inputs: readonly (Tensor | undefined)[];
  /** Type of the first output. */
  readonly output: { readonly dtype: DType; readonly shape: readonly number[] };
}

export type Evaluator<K extends OpKind> = (context: EvaluateContext<K>) => readonly Tensor[];

type Context = Pick<EvaluateContext<OpKind>, "inputs" | "output">;

/** The elements of an input that its operator cannot do without. */
export const dataOf = (context: Context, input: number): Tensor["data"] => context.inputs[input]!.data;

/** A zeroed tensor of the first output's type. */
export const outputTensor = (context: Context): Tensor => tensor(context.output.dtype, context.output.shape);

/** The same elements under the first output's shape; tensors are never written to once they are made. */
export const reshaped = (context: Context): Tensor => ({
  dtype: context.output.dtype,
  shape: context.output.shape,
  data: dataOf(context, 0),
});

export const doubles = (count: number): Float64Array => allocate("f64", count);

export const failure = (node: NodeOf<OpKind>, message: string, hint?: string): Error =>
  nodeError(node as Node, message, hint);
