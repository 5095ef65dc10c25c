import type { OpAttributes, OpKind } from "../graph/types.js";
import { i64 } from "../tensor.js";
import type { Converted, ImporterRow, NodeReader } from "./reader.js";

/** The operators whose attributes are none, in ONNX and in the IR. */
type Plain = {
  [K in OpKind]: [keyof OpAttributes[K]] extends [never] ? K : never;
}[OpKind];

export const plain = <K extends Plain>(op: K, fewest: number, most = fewest): ImporterRow => ({
  becomes: op,
  notes: [],
  inputs: [fewest, most],
  read: () => ({ op, attributes: {} }) as Converted,
});

/** Arithmetic on every element, and reductions. */
export const arithmeticImporters = {
  Relu: plain("Relu", 1),
  LeakyRelu: {
    becomes: "LeakyRelu",
    notes: [],
    inputs: [1, 1],
    read: ({ attributes }) => ({
      op: "LeakyRelu",
      attributes: { alpha: attributes.float("alpha", Math.fround(0.01)) },
    }),
  },
  Sigmoid: plain("Sigmoid", 1),
  Tanh: plain("Tanh", 1),
  Softmax: softmax("Softmax"),
  LogSoftmax: softmax("LogSoftmax"),
  Clip: plain("Clip", 1, 3),
  Add: plain("Add", 2),
  Sub: plain("Sub", 2),
  Mul: plain("Mul", 2),
  Div: plain("Div", 2),
  Pow: {
    becomes: "Pow",
    notes: ["base and exponent of one element type"],
    inputs: [2, 2],
    read: () => ({ op: "Pow", attributes: {} }),
  },
  Min: ofMany("Min"),
  Max: ofMany("Max"),
  Neg: plain("Neg", 1),
  Abs: plain("Abs", 1),
  Sign: plain("Sign", 1),
  Sqrt: plain("Sqrt", 1),
  Exp: plain("Exp", 1),
  Log: plain("Log", 1),
  Round: plain("Round", 1),
  ReduceMean: reduction("ReduceMean", 18),
  ReduceSum: reduction("ReduceSum", 13),
  ArgMax: {
    becomes: "ArgMax",
    notes: ["`select_last_index` 0 only"],
    inputs: [1, 1],
    read: (node) => {
      if (node.opset >= 12 && node.attributes.flag("select_last_index", false)) {
        throw node.fail("select_last_index is 1", "of equal elements only the first can be taken");
      }
      const keepdims = node.attributes.flag("keepdims", true);
      return { op: "ArgMax", attributes: { axis: axis(node, 0), keepdims } };
    },
  },
  Equal: plain("Equal", 2),
  Greater: plain("Greater", 2),
  Less: plain("Less", 2),
  And: plain("And", 2),
  Not: plain("Not", 1),
  Where: plain("Where", 3),
} as const satisfies Record<string, ImporterRow>;

function softmax(op: "Softmax" | "LogSoftmax"): ImporterRow {
  return {
    becomes: op,
    notes: [
      `before opset 13, where it works on the flattened axes from \`axis\` on, it becomes Flatten, ${op}, Reshape unless \`axis\` is the last`,
    ],
    inputs: [1, 1],
    read: (node) => (node.opset < 13 ? softmaxOfOld(node, op) : { op, attributes: { axis: axis(node, -1) } }),
  };
}

/** ONNX takes any number of operands, the IR two. */
function ofMany(op: "Min" | "Max"): ImporterRow {
  return {
    becomes: op,
    notes: ["more than two inputs become a chain, one becomes Identity"],
    inputs: [1, Number.POSITIVE_INFINITY],
    read: ({ inputs, name, graph }) => {
      if (inputs.length === 1) return { op: "Identity", attributes: {} };
      const rest = inputs.slice(1, -1);
      const chained = rest.reduce(
        (so, next) => graph.addNode(`${name}.chain`, op, [so, next], {}),
        inputs[0]!,
      );
      return { op, attributes: {}, inputs: [chained, inputs.at(-1)!] };
    },
  };
}

/** @param since the opset from which the axes are an input */
function reduction(op: "ReduceMean" | "ReduceSum", since: number): ImporterRow {
  return {
    becomes: op,
    notes: [
      `\`axes\` as attribute (before opset ${since}) becomes an input`,
      "with `noop_with_empty_axes` 1 the axes must be constant; without axes it becomes Identity",
    ],
    inputs: [1, 2],
    read: (node) => {
      const keepdims = node.attributes.flag("keepdims", true);
      const noop = node.opset >= since && node.attributes.flag("noop_with_empty_axes", false);
      const inputs = axesAsInput(node, since);
      if (noop) {
        const axes = inputs.length === 1 ? undefined : node.constantInput(1);
        if (inputs.length > 1 && !axes) {
          throw node.fail(
            "noop_with_empty_axes is 1 and its axes are computed",
            "export it with constant axes",
          );
        }
        if (!axes || axes.data.length === 0)
          return { op: "Identity", attributes: {}, inputs: [node.input(0)] };
      }
      return { op, attributes: { keepdims }, inputs };
    },
  };
}

export const axis = (node: NodeReader, absent: number): number => node.attributes.int("axis", absent);

/** The inputs, where `axes` was an attribute before opset `since`. */
export function axesAsInput(node: NodeReader, since: number): readonly string[] {
  const inputs = node.inputs;
  if (node.opset >= since) return inputs;
  if (inputs.length > 1)
    throw node.fail(`it has ${inputs.length} inputs, but 1 belongs to it at opset ${node.opset}`);
  const axes = node.attributes.ints("axes");
  return axes ? [inputs[0]!, node.addConstant("axes", i64(axes))] : inputs;
}

function softmaxOfOld(node: NodeReader, op: "Softmax" | "LogSoftmax"): Converted {
  const first = axis(node, 1);
  const rank = node.graph.typeOf(node.input(0))?.shape.length;
  if (first === -1 || (rank !== undefined && first === rank - 1)) {
    return { op, attributes: { axis: -1 } };
  }
  const { graph, name, inputs } = node;
  const shape = graph.addNode(`${name}.shape`, "Shape", inputs, { start: 0, end: null });
  const rows = graph.addNode(`${name}.flatten`, "Flatten", inputs, { axis: first });
  const result = graph.addNode(`${name}.softmax`, op, [rows], { axis: -1 });
  return { op: "Reshape", attributes: { allowZero: false }, inputs: [result, shape] };
}
