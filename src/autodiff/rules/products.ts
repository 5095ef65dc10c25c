import type { Value } from "../builder.js";
import { mul, matMul as product, reshape, transposeMatrices, unbroadcast } from "../ops.js";
import type { GradientRule } from "../rule.js";

const scaled = (x: Value, factor: number): Value => (factor === 1 ? x : mul(x, factor));

const gemmOf = (a: Value, b: Value, alpha: number, transA: boolean, transB: boolean): Value =>
  a.builder.node("Gemm", [a, b], { alpha, beta: 1, transA, transB })[0]!;

/** Y = alpha · A′ B′ + beta · C: dA′ = alpha · dY B′ᵀ, dB′ = alpha · A′ᵀ dY. */
export const gemm: GradientRule<"Gemm"> = ({ attributes, inputs: [a, b, c], dy }) => {
  const { alpha, beta, transA, transB } = attributes;
  const da = transA ? gemmOf(b!, dy, alpha, transB, true) : gemmOf(dy, b!, alpha, false, !transB);
  const db = transB ? gemmOf(dy, a!, alpha, true, transA) : gemmOf(a!, dy, alpha, !transA, false);
  return [da, db, c && scaled(unbroadcast(dy, c.shape), beta)];
};

/** Over stacks of matrices; vectors are matrices of one row or column. */
export const matMul: GradientRule<"MatMul"> = ({ inputs: [a, b], dy }) => {
  const left = a!.shape.length === 1 ? reshape(a!, [1, ...a!.shape]) : a!;
  const right = b!.shape.length === 1 ? reshape(b!, [...b!.shape, 1]) : b!;
  const rows = a!.shape.length === 1 ? [1] : [];
  const columns = b!.shape.length === 1 ? [1] : [];
  const stack = dy.shape.slice(0, dy.shape.length - (2 - rows.length - columns.length));
  const inner = dy.shape.slice(stack.length);
  const full = reshape(dy, [...stack, ...rows, ...inner, ...columns]);
  const da = unbroadcast(product(full, transposeMatrices(right)), left.shape);
  const db = unbroadcast(product(transposeMatrices(left), full), right.shape);
  return [reshape(da, a!.shape), reshape(db, b!.shape)];
};
