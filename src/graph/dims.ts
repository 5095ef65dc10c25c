import type { Dim } from "./types.js";

/*
 * A symbolic dimension is a monomial: a whole coefficient times the names of sizes that are fixed only when the
 * graph runs, written "4*batch". It is all that flattening and reshaping a dynamic batch needs, and two equal
 * monomials are equal strings.
 */
interface Monomial {
  readonly coefficient: number;
  readonly factors: readonly string[];
}

function parse(dim: Dim): Monomial {
  if (typeof dim === "number") return { coefficient: dim, factors: [] };
  const factors = dim.split("*");
  const leading = Number(factors[0]);
  const monomial =
    factors.length > 1 && Number.isSafeInteger(leading)
      ? { coefficient: leading, factors: factors.slice(1) }
      : { coefficient: 1, factors };
  // A name that an exporter wrote in another order ("s0*2") stays one opaque factor, so that it equals itself.
  return print(monomial) === dim ? monomial : { coefficient: 1, factors: [dim] };
}

function print({ coefficient, factors }: Monomial): Dim {
  if (coefficient === 0 || factors.length === 0) return coefficient;
  const names = [...factors].sort().join("*");
  return coefficient === 1 ? names : `${coefficient}*${names}`;
}

/** Number of elements of a shape; 1 for a scalar. */
export function dimProduct(dims: readonly Dim[]): Dim {
  let coefficient = 1;
  const factors: string[] = [];
  for (const dim of dims) {
    const monomial = parse(dim);
    coefficient *= monomial.coefficient;
    factors.push(...monomial.factors);
  }
  return print({ coefficient, factors });
}

/** a / b where that is exact, otherwise undefined. */
export function dimQuotient(a: Dim, b: Dim): Dim | undefined {
  const dividend = parse(a);
  const divisor = parse(b);
  const coefficient = dividend.coefficient / divisor.coefficient;
  if (!Number.isInteger(coefficient)) return undefined;
  const rest = [...dividend.factors];
  for (const factor of divisor.factors) {
    const at = rest.indexOf(factor);
    if (at < 0) return undefined;
    rest.splice(at, 1);
  }
  return print({ coefficient, factors: rest });
}

export const isNumber = (dim: Dim): dim is number => typeof dim === "number";

export const isStatic = (shape: readonly Dim[]): shape is readonly number[] => shape.every(isNumber);

export const sameShape = (a: readonly Dim[], b: readonly Dim[]): boolean =>
  a.length === b.length && a.every((dim, i) => dim === b[i]);

/** Shapes joined as ONNX and NumPy broadcast them, or undefined where they do not fit. */
export function broadcast(a: readonly Dim[], b: readonly Dim[]): Dim[] | undefined {
  const rank = Math.max(a.length, b.length);
  const joined: Dim[] = [];
  for (let i = 0; i < rank; i++) {
    const x = a[i - rank + a.length] ?? 1;
    const y = b[i - rank + b.length] ?? 1;
    if (x !== y && x !== 1 && y !== 1) return undefined;
    joined.push(x === 1 ? y : x);
  }
  return joined;
}

/** The shape as errors and the printer write it: [batch,16,8,8]. */
export const shapeText = (shape: readonly Dim[]): string => `[${shape.join(",")}]`;
