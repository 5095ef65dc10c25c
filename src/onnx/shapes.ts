import type { OpAttributes } from "../graph/types.js";
import { f32 } from "../tensor.js";
import { axesAsInput, axis, plain } from "./arithmetic.js";
import { elementType } from "./elements.js";
import type { ImporterRow, NodeReader } from "./reader.js";
import { quote } from "./text.js";

type PadMode = OpAttributes["Pad"]["mode"];
const padModes: readonly string[] = ["constant", "reflect", "edge"] satisfies readonly PadMode[];

/** Operators on shapes and layouts; most of them are folded away before anything runs. */
export const shapeImporters = {
  Identity: plain("Identity", 1),
  Shape: {
    becomes: "Shape",
    notes: [],
    inputs: [1, 1],
    read: ({ attributes, opset }) => ({
      op: "Shape",
      attributes:
        opset < 15
          ? { start: 0, end: null }
          : { start: attributes.int("start", 0), end: attributes.int("end") ?? null },
    }),
  },
  Reshape: {
    becomes: "Reshape",
    notes: [],
    inputs: [2, 2],
    read: ({ attributes, opset }) => ({
      op: "Reshape",
      attributes: { allowZero: opset >= 14 && attributes.flag("allowzero", false) },
    }),
  },
  Flatten: {
    becomes: "Flatten",
    notes: [],
    inputs: [1, 1],
    read: (node) => ({ op: "Flatten", attributes: { axis: axis(node, 1) } }),
  },
  Transpose: {
    becomes: "Transpose",
    notes: ["without `perm` the rank of its input must be known"],
    inputs: [1, 1],
    read: (node) => ({ op: "Transpose", attributes: { perm: permutation(node) } }),
  },
  Concat: {
    becomes: "Concat",
    notes: [],
    inputs: [1, Number.POSITIVE_INFINITY],
    read: (node) => {
      const along = node.attributes.int("axis");
      if (along === undefined) throw node.fail("its attribute axis is missing");
      return { op: "Concat", attributes: { axis: along } };
    },
  },
  Slice: plain("Slice", 3, 5),
  Gather: {
    becomes: "Gather",
    notes: [],
    inputs: [2, 2],
    read: (node) => ({ op: "Gather", attributes: { axis: axis(node, 0) } }),
  },
  GatherElements: {
    becomes: "GatherElements",
    notes: [],
    inputs: [2, 2],
    read: (node) => ({ op: "GatherElements", attributes: { axis: axis(node, 0) } }),
  },
  ScatterElements: {
    becomes: "ScatterElements",
    notes: ["`reduction` none and add"],
    inputs: [3, 3],
    read: (node) => {
      const reduction = node.opset < 16 ? "none" : node.attributes.string("reduction", "none");
      if (reduction !== "none" && reduction !== "add") {
        throw node.fail(`reduction is ${quote(reduction)}`, "none and add are supported");
      }
      return { op: "ScatterElements", attributes: { axis: axis(node, 0), reduction } };
    },
  },
  Pad: {
    becomes: "Pad",
    notes: ["modes constant, reflect and edge; no wrap (opset 19)"],
    inputs: [2, 4],
    read: (node) => {
      const mode = node.attributes.string("mode", "constant");
      if (!padModes.includes(mode)) {
        throw node.fail(`mode is ${quote(mode)}`, `${padModes.join(", ")} are supported`);
      }
      return { op: "Pad", attributes: { mode: mode as PadMode } };
    },
  },
  Squeeze: {
    becomes: "Squeeze",
    notes: ["`axes` as attribute (before opset 13) becomes an input"],
    inputs: [1, 2],
    read: (node) => ({ op: "Squeeze", attributes: {}, inputs: axesAsInput(node, 13) }),
  },
  Unsqueeze: {
    becomes: "Unsqueeze",
    notes: ["`axes` as attribute (before opset 13) becomes an input"],
    inputs: [1, 2],
    read: (node) => ({ op: "Unsqueeze", attributes: {}, inputs: axesAsInput(node, 13) }),
  },
  Cast: {
    becomes: "Cast",
    notes: ["to FLOAT16 or BFLOAT16 becomes a cast to f32, as half precision is widened everywhere"],
    inputs: [1, 1],
    read: (node) => {
      const to = node.attributes.int("to");
      if (to === undefined) throw node.fail("its attribute to is missing");
      // Only casts to 8-bit floats, which are not supported, are changed by it.
      if (node.opset >= 19) node.attributes.flag("saturate", true);
      return { op: "Cast", attributes: { to: elementType(to, `${node.attributes.node}: attribute to`) } };
    },
  },
  ConstantOfShape: {
    becomes: "ConstantOfShape",
    notes: [],
    inputs: [1, 1],
    read: (node) => {
      const value = node.attributes.tensor("value") ?? f32([1], [0]);
      if (value.data.length !== 1)
        throw node.fail(`value has ${value.data.length} elements, but must have 1`);
      return { op: "ConstantOfShape", attributes: { value } };
    },
  },
  Expand: plain("Expand", 2),
  Range: plain("Range", 3),
} as const satisfies Record<string, ImporterRow>;

function permutation(node: NodeReader): readonly number[] {
  const perm = node.attributes.ints("perm");
  if (perm) return perm;
  const rank = node.graph.typeOf(node.input(0))?.shape.length;
  if (rank === undefined) {
    throw node.fail("perm is missing and the rank of its input is not known", "export it with perm");
  }
  return Array.from({ length: rank }, (_, i) => rank - 1 - i);
}
