import { allocate, elementCount, type Tensor } from "../tensor.js";
import { dimProduct, dimQuotient, isNumber, isStatic } from "./dims.js";
import { broadcastStrides, stridedRuns } from "./evaluate/strides.js";
import { evaluateNode, knownValue, maxKnownElements } from "./evaluate.js";
import type { KnownValue } from "./rules/context.js";
import { maxSymbol } from "./rules/index.js";
import { shapeSpan } from "./rules/shapes.js";
import type { Dim, Node, OpKind, TensorType } from "./types.js";

/*
 * Values that are known before anything runs: constants, and what exporters compute from the shapes of dynamic
 * tensors (Shape, Gather, Concat, …, Reshape). Their elements may be symbolic dimensions.
 */

/** Operators whose small results are followed; layers never make shapes. */
const followed: ReadonlySet<OpKind> = new Set<OpKind>([
  "Identity",
  "Constant",
  "Reshape",
  "Flatten",
  "Transpose",
  "Concat",
  "Slice",
  "Gather",
  "Pad",
  "Squeeze",
  "Unsqueeze",
  "Cast",
  "ConstantOfShape",
  "Expand",
  "Range",
  "Equal",
  "Where",
  "Add",
  "Sub",
  "Mul",
  "Div",
  "Round",
  "Clip",
]);

/** Which inputs an operator moves to its output without reading them. */
const moved: Partial<Record<OpKind, (input: number) => boolean>> = {
  Identity: () => true,
  Concat: () => true,
  Reshape: (input) => input === 0,
  Flatten: () => true,
  Transpose: () => true,
  Slice: (input) => input === 0,
  Gather: (input) => input === 0,
  Squeeze: (input) => input === 0,
  Unsqueeze: (input) => input === 0,
  Expand: (input) => input === 0,
  Where: (input) => input > 0,
};

/** The known value as a tensor, or undefined where an element is symbolic. */
export function toTensor(known: KnownValue | undefined): Tensor | undefined {
  if (!known || !isStatic(known.elements)) return undefined;
  const data = allocate(known.dtype, known.elements.length);
  data.set(known.elements);
  return { dtype: known.dtype, shape: known.shape, data };
}

/** The values of a node's outputs, where they follow from its inputs' types and values. */
export function knownOutputs(
  node: Node,
  inputTypes: readonly (TensorType | undefined)[],
  types: readonly TensorType[],
  value: (input: number) => KnownValue | undefined,
): readonly (KnownValue | undefined)[] {
  if (node.op === "Shape") {
    const shape = inputTypes[0]!.shape;
    const elements = shape.slice(...shapeSpan(node.attributes.start, node.attributes.end, shape.length));
    return [{ dtype: "i64", shape: [elements.length], elements }];
  }
  const { dtype, shape } = types[0]!;
  if (!followed.has(node.op) || !isStatic(shape) || elementCount(shape) > maxKnownElements) return [];
  const known: (KnownValue | undefined)[] = [];
  for (const [i, name] of node.inputs.entries()) {
    known[i] = name === "" ? undefined : value(i);
    if (name !== "" && !known[i]) return [];
  }
  const tensors = known.map(toTensor);
  if (tensors.every((tensor, i) => tensor || !known[i])) return [knownValue(evaluateNode(node, tensors)[0])];
  const elements = moveSymbols(node, known) ?? computeSymbols(node, known, shape);
  return elements ? [{ dtype, shape, elements }] : [];
}

/** Moves symbolic elements by evaluating the operator on their positions in a pool. */
function moveSymbols(node: Node, known: readonly (KnownValue | undefined)[]): readonly Dim[] | undefined {
  if (node.op === "Cast") return known[0]!.elements;
  const moves = moved[node.op];
  if (!moves) return undefined;
  const pool: Dim[] = [];
  const inputs = known.map((input, i) => {
    if (!input || !moves(i)) return toTensor(input);
    const positions = input.elements.map((element) => pool.push(element) - 1);
    return toTensor({ dtype: "i64", shape: input.shape, elements: positions });
  });
  if (inputs.some((input, i) => !input && known[i])) return undefined;
  return Array.from(evaluateNode(node, inputs)[0]!.data, (position) => pool[position]!);
}

/** Elementwise arithmetic on symbolic elements; undefined where a result is no monomial. */
function computeSymbols(
  node: Node,
  known: readonly (KnownValue | undefined)[],
  shape: readonly number[],
): readonly Dim[] | undefined {
  const compute = symbolic[node.op];
  const [a, b] = known;
  if (!compute || !a || !b) return undefined;
  const elements: (Dim | undefined)[] = [];
  const strides = [broadcastStrides(a.shape, shape), broadcastStrides(b.shape, shape)];
  stridedRuns(shape, strides, (_, [i, j], [di, dj], count) => {
    for (let n = 0; n < count; n++)
      elements.push(compute(a.elements[i! + n * di!]!, b.elements[j! + n * dj!]!));
  });
  return elements.every((element) => element !== undefined) ? elements : undefined;
}

const symbolic: Partial<Record<OpKind, (x: Dim, y: Dim) => Dim | undefined>> = {
  Mul: (x, y) => {
    const product = dimProduct([x, y]);
    return `${product}`.length > maxSymbol ? undefined : product;
  },
  Div: (x, y) => (isNumber(x) && isNumber(y) ? wholeQuotient(x, y) : dimQuotient(x, y)),
  Add: (x, y) => (isNumber(x) && isNumber(y) ? x + y : x === 0 ? y : y === 0 ? x : undefined),
  Sub: (x, y) => (isNumber(x) && isNumber(y) ? x - y : y === 0 ? x : x === y ? 0 : undefined),
  // A symbol stands for a size above zero.
  Equal: (x, y) => {
    if (x === y) return 1;
    const [number, other] = isNumber(x) ? [x, y] : [y, x];
    return isNumber(number) && (isNumber(other) || number <= 0) ? 0 : undefined;
  },
};

const wholeQuotient = (x: number, y: number): number | undefined => (y === 0 ? undefined : Math.trunc(x / y));
