import type { Tensor } from "../tensor.js";
import { shapeText } from "./dims.js";
import { inferTypes } from "./infer.js";
import type { Graph, Node, OpAttributes, OpKind, TensorType } from "./types.js";

const flatWindow = { strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1] } as const;

/** Attributes that are not printed where they have these values. */
const defaults: { readonly [K in OpKind]?: Partial<OpAttributes[K]> } = {
  Conv: { ...flatWindow, group: 1 },
  Gemm: { alpha: 1, beta: 1, transA: false, transB: false },
  BatchNormalization: { epsilon: Math.fround(1e-5) },
  BatchNormalizationTraining: { epsilon: Math.fround(1e-5), momentum: 0 },
  LeakyRelu: { alpha: Math.fround(0.01) },
  Softmax: { axis: -1 },
  LogSoftmax: { axis: -1 },
  MaxPool: { ...flatWindow, ceilMode: false },
  AveragePool: { ...flatWindow, ceilMode: false, countIncludePad: false },
  ReduceMean: { keepdims: true },
  ReduceSum: { keepdims: true },
  Shape: { start: 0, end: null },
  Reshape: { allowZero: false },
  Flatten: { axis: 1 },
  Gather: { axis: 0 },
  ScatterElements: { reduction: "none" },
  Pad: { mode: "constant" },
};

/**
 * The graph as text that a test can compare: inputs, constants, one line per node in order, outputs.
 * `y:f32[batch,8,4,4] = Conv x w b { pads: [1,1,1,1] }`. Attributes at their defaults are left out, so is the
 * kernel that a Conv's weight shows; scalars and short whole-number constants stand where they are used. A graph
 * whose types cannot be inferred prints without them.
 */
export function print(graph: Graph): string {
  const types = typesIfSound(graph);
  const typed = (name: string) => `${name}${typeText(types.get(name))}`;
  const lines = graph.inputs.map(({ name, type }) => `input ${name}${typeText(type)}`);
  const outputs = new Set(graph.outputs);
  const read = new Set(graph.nodes.flatMap((node) => node.inputs));
  for (const [name, value] of graph.initializers)
    if (!isInline(value) || !read.has(name) || outputs.has(name))
      lines.push(`constant ${name}${typeText(value)}`);
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((name) => operandText(graph, name));
    const made = node.outputs.map((name) => (name === "" ? "_" : typed(name))).join(", ");
    lines.push([`${made} =`, node.op, ...inputs, ...attributesText(node)].join(" "));
  }
  lines.push(`output ${graph.outputs.join(", ")}`);
  return lines.join("\n");
}

function typesIfSound(graph: Graph): ReadonlyMap<string, TensorType> {
  try {
    return inferTypes(graph);
  } catch {
    return new Map();
  }
}

const typeText = (type: TensorType | undefined): string =>
  type ? `:${type.dtype}${shapeText(type.shape)}` : "";

const wholeTypes: readonly string[] = ["i64", "i32", "bool"];

const isInline = ({ dtype, shape, data }: Tensor): boolean =>
  shape.length === 0 || (shape.length === 1 && wholeTypes.includes(dtype) && data.length <= 8);

function operandText(graph: Graph, name: string): string {
  if (name === "") return "_";
  const value = graph.initializers.get(name);
  return value && isInline(value) ? elementsText(value) : name;
}

/** The ends of int64, which exporters write for "to the end", have no exact double. */
const numberText = (x: number): string => (x >= 2 ** 63 ? "max" : x <= -(2 ** 63) ? "min" : `${x}`);

function elementsText({ shape, data }: Tensor): string {
  const elements = Array.from(data, numberText);
  return shape.length === 0 ? elements[0]! : `[${elements.join(",")}]`;
}

function attributesText(node: Node): string[] {
  const omitted = (defaults[node.op] ?? {}) as Record<string, unknown>;
  const shown = Object.entries(node.attributes).filter(
    ([key, value]) =>
      !(node.op === "Conv" && key === "kernel") && JSON.stringify(value) !== JSON.stringify(omitted[key]),
  );
  if (shown.length === 0) return [];
  return [`{ ${shown.map(([key, value]) => `${key}: ${attributeText(value)}`).join(", ")} }`];
}

function attributeText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.join(",")}]`;
  if (typeof value === "object" && value !== null) {
    const tensor = value as Tensor;
    const type = typeText(tensor).slice(1);
    return tensor.data.length <= 8
      ? `${type} ${elementsText({ ...tensor, shape: [tensor.data.length] })}`
      : type;
  }
  return String(value);
}
