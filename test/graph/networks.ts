import type { Graph, Node } from "../../src/graph/types.js";
import { verify } from "../../src/graph/verify.js";
import { createRandom } from "../../src/random.js";
import { f32, i64, type Tensor, tensor } from "../../src/tensor.js";
import { graph, input, node, randomTensor, window } from "./build.js";

/** x.view(x.size(0), -1) as PyTorch writes it. */
export function flattenBySize(
  from: string,
  to: string,
  name: string,
): { nodes: Node[]; constants: Record<string, Tensor> } {
  return {
    nodes: [
      node("Shape", [from], `${name}.s`, { start: 0, end: null }),
      node("Constant", [], `${name}.index`, { value: tensor("i64", []) }),
      node("Gather", [`${name}.s`, `${name}.index`], `${name}.n`, { axis: 0 }),
      node("Unsqueeze", [`${name}.n`, `${name}.axes`], `${name}.n1`, {}),
      node("Concat", [`${name}.n1`, `${name}.open`], `${name}.shape`, { axis: 0 }),
      node("Reshape", [from, `${name}.shape`], to, { allowZero: false }),
    ],
    constants: { [`${name}.axes`]: i64([0]), [`${name}.open`]: i64([-1]) },
  };
}

/**
 * F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, p, p)) as PyTorch 1.13 writes it: the pads of the last dimensions are
 * filled up with zeros to twice the rank, and turned round from the last dimension first to ONNX's order.
 */
export function zeroPaddedShortcut(from: string, to: string, pad: number, name: string) {
  const n = (suffix: string) => `${name}.${suffix}`;
  const constants: Record<string, Tensor> = {
    [n("zero")]: i64([0]),
    [n("end")]: i64([2 ** 63]),
    [n("two")]: i64([2]),
    [n("height")]: i64([2]),
    [n("width")]: i64([3]),
    [n("pads")]: i64([0, 0, 0, 0, pad, pad]),
    [n("missing")]: i64([2]),
    [n("pairs")]: i64([-1, 2]),
    [n("minusOne")]: i64([-1]),
    [n("begin")]: i64([-(2 ** 63)]),
    [n("flat")]: i64([-1]),
    [n("value")]: f32([], [0]),
  };
  const nodes = [
    node("Slice", [from, n("zero"), n("end"), n("height"), n("two")], n("rows"), {}),
    node("Slice", [n("rows"), n("zero"), n("end"), n("width"), n("two")], n("half"), {}),
    node("ConstantOfShape", [n("missing")], n("zeros"), { value: i64([0]) }),
    node("Concat", [n("pads"), n("zeros")], n("all"), { axis: 0 }),
    node("Reshape", [n("all"), n("pairs")], n("paired"), { allowZero: false }),
    node("Slice", [n("paired"), n("minusOne"), n("begin"), n("zero"), n("minusOne")], n("turned"), {}),
    node("Transpose", [n("turned")], n("columns"), { perm: [1, 0] }),
    node("Reshape", [n("columns"), n("flat")], n("list"), { allowZero: false }),
    node("Cast", [n("list")], n("cast"), { to: "i64" }),
    node("Pad", [n("half"), n("cast"), n("value")], to, { mode: "constant" }),
  ];
  return { nodes, constants };
}

/** A small random network of convolutions, batch norms, ReLUs, a shortcut, a pool and a classifier. */
export function randomNetwork(seed: number): Graph {
  const random = createRandom(seed);
  const constants: Record<string, Tensor> = {};
  const nodes: Node[] = [];
  const parameter = (name: string, shape: readonly number[], positive = false): string => {
    const value = randomTensor(shape, random.integer(0, 2 ** 30));
    constants[name] = positive
      ? f32(
          shape,
          value.data.map((v) => Math.abs(v) + 0.1),
        )
      : value;
    return name;
  };
  let channels = random.integer(1, 3);
  const inputs = [input("x", ["batch", channels, 7, 6])];
  let value = "x";
  const layers = random.integer(1, 3);
  for (let layer = 0; layer < layers; layer++) {
    const filters = random.integer(1, 5);
    const kernel = random.integer(1, 3);
    const pad = Math.floor(kernel / 2);
    const attributes = { ...window([kernel, kernel], { pads: [pad, pad, pad, pad] }), group: 1 };
    const weight = parameter(`w${layer}`, [filters, channels, kernel, kernel]);
    const bias = random.uniform() < 0.5 ? [parameter(`b${layer}`, [filters])] : [];
    nodes.push(node("Conv", [value, weight, ...bias], `conv${layer}`, attributes));
    value = `conv${layer}`;
    if (random.uniform() < 0.7) {
      const parameters = ["scale", "bias", "mean"].map((what) => parameter(`${what}${layer}`, [filters]));
      parameters.push(parameter(`variance${layer}`, [filters], true));
      nodes.push(node("BatchNormalization", [value, ...parameters], `norm${layer}`, { epsilon: 1e-5 }));
      value = `norm${layer}`;
    }
    nodes.push(node("Relu", [value], `relu${layer}`, {}));
    // Sometimes something else reads the convolution's output as well.
    if (random.uniform() < 0.3) nodes.push(node("Add", [`relu${layer}`, `conv${layer}`], `sum${layer}`, {}));
    value = nodes.at(-1)!.outputs[0]!;
    channels = filters;
  }
  nodes.push(node("Identity", [value], "same", {}), node("GlobalAveragePool", ["same"], "pooled", {}));
  const view = flattenBySize("pooled", "flat", "view");
  Object.assign(constants, view.constants);
  const transB = random.uniform() < 0.5;
  const weight = parameter("fc.w", transB ? [4, channels] : [channels, 4]);
  const gemm = { alpha: 0.5, beta: 2, transA: false, transB };
  nodes.push(...view.nodes, node("Gemm", ["flat", weight, parameter("fc.b", [4])], "y", gemm));
  return verify(graph(inputs, constants, nodes, ["y"]));
}
