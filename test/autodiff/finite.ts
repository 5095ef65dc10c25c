import { evaluateGraph } from "../../src/graph/evaluate.js";
import type { Graph, Node, OpAttributes, OpKind } from "../../src/graph/types.js";
import { type DType, type Tensor, tensor } from "../../src/tensor.js";
import { graph, input, node, randomTensor } from "../graph/build.js";
import type { Case } from "./cases.js";

const isFloat = (dtype: DType): boolean => dtype === "f32" || dtype === "f64";

export const converted = (value: Tensor, dtype: DType): Tensor => {
  const made = tensor(dtype, value.shape);
  made.data.set(value.data);
  return made;
};

/** A loss of one operator: every output times fixed random weights, summed. */
export interface Loss {
  readonly graph: Graph;
  readonly feeds: ReadonlyMap<string, Tensor>;
  /** Operands by which it is differentiated. */
  readonly by: readonly string[];
}

/** @param dtype of all floats */
export function lossOf(
  { op, attributes, operands, outputs, constant }: Omit<Case, "surrogate">,
  dtype: "f32" | "f64",
): Loss {
  const names = operands.map((operand, i) => (operand ? `x${i}` : ""));
  const feeds = new Map<string, Tensor>();
  const constants: Record<string, Tensor> = {};
  for (const [i, operand] of operands.entries()) {
    if (!operand) continue;
    const value = isFloat(operand.dtype) ? converted(operand, dtype) : operand;
    if (isFloat(operand.dtype) && !constant.includes(i)) feeds.set(`x${i}`, value);
    else constants[`x${i}`] = value;
  }
  const inputs = [...feeds].map(([name, value]) => input(name, value.shape, dtype));
  const made = Array.from({ length: outputs }, (_, i) => `y${i}`);
  const nodes: Node[] = [node(op, names, made, withFloats(attributes, dtype))];
  const shapes = evaluateGraph(graph(inputs, constants, nodes, made), feeds);
  const terms = made.map((name, i) => {
    const { shape } = shapes.get(name)!;
    constants[`weight${i}`] = converted(randomTensor(shape, 1000 + i), dtype);
    nodes.push(
      node("Cast", [name], `float${i}`, { to: dtype }),
      node("Mul", [`float${i}`, `weight${i}`], `weighted${i}`, {}),
      node("ReduceSum", [`weighted${i}`], `term${i}`, { keepdims: false }),
    );
    return `term${i}`;
  });
  let loss = terms[0]!;
  for (const [i, term] of terms.slice(1).entries()) {
    nodes.push(node("Add", [loss, term], `sum${i}`, {}));
    loss = `sum${i}`;
  }
  nodes.push(node("Identity", [loss], "loss", {}));
  return { graph: graph(inputs, constants, nodes, ["loss"]), feeds, by: [...feeds.keys()] };
}

/** Constants in attributes and the target of a Cast follow the type of the floats. */
function withFloats(attributes: OpAttributes[OpKind], dtype: DType): OpAttributes[OpKind] {
  if ("to" in attributes && isFloat(attributes.to)) return { to: dtype };
  if ("value" in attributes && isFloat(attributes.value.dtype))
    return { value: converted(attributes.value, dtype) };
  return attributes;
}

/**
 * dloss/dx of each element by central differences, (loss(x + h) − loss(x − h)) / 2h, in double precision: with
 * h = 1e-5 the error is that of h² times the third derivative, some 1e-10, and of rounding, some 1e-11 of the loss.
 */
export function centralDifferences({ graph: net, feeds }: Loss, name: string, step = 1e-5): Float64Array {
  const loss = (values: ReadonlyMap<string, Tensor>) => evaluateGraph(net, values).get("loss")!.data[0]!;
  const at = feeds.get(name)!;
  return Float64Array.from(at.data, (value, i) => {
    const moved = (to: number) => {
      const data = Float64Array.from(at.data);
      data[i] = to;
      return new Map([...feeds, [name, { ...at, data }]]) as Map<string, Tensor>;
    };
    return (loss(moved(value + step)) - loss(moved(value - step))) / (2 * step);
  });
}
