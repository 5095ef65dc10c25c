import type { WindowAttributes } from "../graph/types.js";
import { effectiveKernel } from "../graph/windows.js";
import { f32, tensor } from "../tensor.js";
import type { ImporterRow, NodeReader } from "./reader.js";
import { quote } from "./text.js";

const autoPadNote = "`auto_pad` SAME_UPPER and SAME_LOWER need a known image size, unless the strides are 1";
const twoDimensional = "2-D only";
const giveExplicitPads = "export it with explicit pads";

/** Operators with weights or windows, and what training leaves behind. */
export const layerImporters = {
  Conv: {
    becomes: "Conv",
    notes: [twoDimensional, autoPadNote, "`kernel_shape` may be left out where the weights are constant"],
    inputs: [2, 3],
    read: (node) => {
      const weights = node.constantInput(1);
      const kernel = weights?.shape.slice(2);
      const window = readWindow(node, kernel);
      if (kernel && kernel.join() !== window.kernel.join()) {
        throw node.fail(
          `kernel_shape is [${window.kernel.join(", ")}], but its weights have the shape [${weights!.shape.join(", ")}]`,
        );
      }
      return { op: "Conv", attributes: { ...window, group: node.attributes.int("group", 1) } };
    },
  },
  ConvTranspose: {
    becomes: "ConvTranspose",
    notes: [twoDimensional, "no `output_shape`; `auto_pad` NOTSET and VALID only"],
    inputs: [2, 3],
    read: (node) => {
      const { attributes } = node;
      const auto = attributes.string("auto_pad", "NOTSET");
      if (auto !== "NOTSET" && auto !== "VALID")
        throw node.fail(`auto_pad is ${quote(auto)}`, giveExplicitPads);
      if (attributes.has("output_shape")) throw node.fail("it has an output_shape", giveExplicitPads);
      const kernel = node.constantInput(1)?.shape.slice(2);
      const window = readWindow(node, kernel);
      const outputPadding = pair(node, "output_padding", attributes.ints("output_padding", [0, 0]), 0);
      return {
        op: "ConvTranspose",
        attributes: { ...window, group: attributes.int("group", 1), outputPadding },
      };
    },
  },
  Gemm: {
    becomes: "Gemm",
    notes: [],
    inputs: [2, 3],
    read: ({ attributes }) => ({
      op: "Gemm",
      attributes: {
        alpha: attributes.float("alpha", 1),
        beta: attributes.float("beta", 1),
        transA: attributes.flag("transA", false),
        transB: attributes.flag("transB", false),
      },
    }),
  },
  MatMul: { becomes: "MatMul", notes: [], inputs: [2, 2], read: () => ({ op: "MatMul", attributes: {} }) },
  BatchNormalization: {
    becomes: "BatchNormalization",
    notes: ["inference only: `training_mode` 0 and one output; `momentum` is dropped"],
    inputs: [5, 5],
    read: (node) => {
      const { attributes, opset } = node;
      attributes.float("momentum");
      if (opset >= 14 && attributes.flag("training_mode", false)) {
        throw node.fail("training_mode is 1", "export the model in evaluation mode (model.eval())");
      }
      return {
        op: "BatchNormalization",
        attributes: { epsilon: attributes.float("epsilon", Math.fround(1e-5)) },
      };
    },
  },
  MaxPool: {
    becomes: "MaxPool",
    notes: [twoDimensional, autoPadNote, "the output Indices must not be used"],
    inputs: [1, 1],
    read: (node) => {
      if (node.attributes.int("storage_order", 0) !== 0) throw node.fail("storage_order is not 0");
      return { op: "MaxPool", attributes: { ...readWindow(node), ceilMode: ceilMode(node) } };
    },
  },
  AveragePool: {
    becomes: "AveragePool",
    notes: [twoDimensional, autoPadNote, "no `dilations` (opset 19)"],
    inputs: [1, 1],
    read: (node) => {
      const window = readWindow(node);
      if (window.dilations.some((d) => d !== 1)) {
        throw node.fail(`dilations are [${window.dilations.join(", ")}], but only 1 is supported here`);
      }
      return {
        op: "AveragePool",
        attributes: {
          ...window,
          ceilMode: ceilMode(node),
          countIncludePad: node.attributes.flag("count_include_pad", false),
        },
      };
    },
  },
  GlobalAveragePool: {
    becomes: "GlobalAveragePool",
    notes: [],
    inputs: [1, 1],
    read: () => ({ op: "GlobalAveragePool", attributes: {} }),
  },
  Dropout: {
    becomes: "Dropout",
    notes: ["inference only: `training_mode` absent or a constant false; the output mask must not be used"],
    inputs: [1, 3],
    read: (node) => {
      const { attributes, opset } = node;
      attributes.int("seed");
      const ratio = opset < 12 ? attributes.float("ratio", 0.5) : undefined;
      if (node.input(2) !== "" && node.constantInput(2)?.data[0] !== 0) {
        throw node.fail(
          "training_mode is not a constant false",
          "export the model in evaluation mode (model.eval())",
        );
      }
      const ratioInput = ratio === undefined ? node.input(1) : node.addConstant("ratio", f32([], [ratio]));
      return { op: "Dropout", attributes: {}, inputs: [node.input(0), ratioInput] };
    },
  },
  Constant: {
    becomes: "Constant",
    notes: [
      "`value`, `value_float`, `value_floats`, `value_int`, `value_ints`; no strings, no sparse tensors",
    ],
    inputs: [0, 0],
    read: (node) => {
      const { attributes } = node;
      for (const form of ["sparse_value", "value_string", "value_strings"]) {
        if (attributes.has(form)) {
          throw node.fail(
            `its value is a ${form}, which is not supported`,
            "save it as a dense tensor of numbers",
          );
        }
      }
      const float = attributes.float("value_float");
      const floats = attributes.floats("value_floats");
      const int = attributes.int("value_int");
      const ints = attributes.ints("value_ints");
      const forms = [
        attributes.tensor("value"),
        float === undefined ? undefined : f32([], [float]),
        floats && f32([floats.length], floats),
        int === undefined ? undefined : tensor("i64", [], Float64Array.of(int)),
        ints && tensor("i64", [ints.length], Float64Array.from(ints)),
      ].filter((form) => form !== undefined);
      const [value] = forms;
      if (!value || forms.length > 1) throw node.fail(`it has ${forms.length} values, but must have one`);
      return { op: "Constant", attributes: { value } };
    },
  },
} as const satisfies Record<string, ImporterRow>;

function ceilMode(node: NodeReader): boolean {
  const ceil = node.attributes.flag("ceil_mode", false);
  if (ceil && node.attributes.string("auto_pad", "NOTSET") !== "NOTSET") {
    throw node.fail(
      "ceil_mode 1 together with auto_pad has no settled meaning",
      "export it with explicit pads",
    );
  }
  return ceil;
}

/** @param known the kernel that constant weights show */
function readWindow(node: NodeReader, known?: readonly number[]): WindowAttributes {
  const { attributes } = node;
  const kernel = attributes.ints("kernel_shape") ?? known;
  if (!kernel) {
    throw node.fail(
      "kernel_shape is missing and its weights are not constant",
      "export it with kernel_shape",
    );
  }
  if (kernel.length !== 2) {
    throw node.fail(
      `it is ${kernel.length}-D, with the kernel [${kernel.join(", ")}]; only 2-D is supported`,
      kernel.length === 1 ? "reshape the layer to 2-D with a height of 1 before export" : undefined,
    );
  }
  const strides = pair(node, "strides", attributes.ints("strides", [1, 1]), 1);
  const dilations = pair(node, "dilations", attributes.ints("dilations", [1, 1]), 1);
  const size = pair(node, "kernel_shape", kernel, 1);
  return { kernel: size, strides, dilations, pads: readPads(node, size, strides, dilations) };
}

const largest = 2 ** 31 - 1;

function checkSizes(node: NodeReader, name: string, values: readonly number[], count: number, least: number) {
  if (values.length !== count || values.some((v) => v < least || v > largest)) {
    throw node.fail(
      `${name} is [${values.join(", ")}], but must be ${count} numbers from ${least} to ${largest}`,
    );
  }
}

type Pair = readonly [number, number];

function pair(node: NodeReader, name: string, values: readonly number[], least: number): Pair {
  checkSizes(node, name, values, 2, least);
  return [values[0]!, values[1]!];
}

function readPads(node: NodeReader, kernel: Pair, strides: Pair, dilations: Pair): WindowAttributes["pads"] {
  const auto = node.attributes.string("auto_pad", "NOTSET");
  const given = node.attributes.ints("pads", [0, 0, 0, 0]);
  checkSizes(node, "pads", given, 4, 0);
  if (auto === "NOTSET") return [given[0]!, given[1]!, given[2]!, given[3]!];
  if (given.some((p) => p !== 0))
    throw node.fail(`it has both pads and auto_pad ${auto}`, "export it with pads alone");
  if (auto === "VALID") return [0, 0, 0, 0];
  if (auto !== "SAME_UPPER" && auto !== "SAME_LOWER") {
    throw node.fail(`auto_pad is ${quote(auto)}`, "NOTSET, VALID, SAME_UPPER and SAME_LOWER are known");
  }
  const [top, bottom] = samePads(node, 0, kernel, strides, dilations, auto);
  const [left, right] = samePads(node, 1, kernel, strides, dilations, auto);
  return [top, left, bottom, right];
}

/** ONNX: the output has ⌈size / stride⌉ positions; an odd pad goes after (UPPER) or before (LOWER). */
function samePads(
  node: NodeReader,
  axis: 0 | 1,
  kernel: Pair,
  strides: Pair,
  dilations: Pair,
  auto: "SAME_UPPER" | "SAME_LOWER",
): Pair {
  const stride = strides[axis];
  const reach = effectiveKernel(kernel[axis], dilations[axis]);
  let total = reach - 1;
  if (stride > 1) {
    const size = node.graph.typeOf(node.input(0))?.shape[2 + axis];
    if (typeof size !== "number") {
      throw node.fail(
        `auto_pad is ${auto} with stride ${stride}, but the image size is not known`,
        "export the model with a fixed image size, or with explicit pads",
      );
    }
    total = Math.max(0, (Math.ceil(size / stride) - 1) * stride + reach - size);
  }
  const less = Math.floor(total / 2);
  return auto === "SAME_UPPER" ? [less, total - less] : [total - less, less];
}
