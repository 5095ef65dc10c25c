import { insertQuantizers } from "../../src/compress/quantize/insert.js";
import { quantizeWeights } from "../../src/compress/quantize/weights.js";
import type { CompressedModel, Graph, Node } from "../../src/graph/types.js";
import { verify } from "../../src/graph/verify.js";
import type { Random } from "../../src/random.js";
import { type Tensor, tensor } from "../../src/tensor.js";

/**
 * A small quantised network of every kind of crossbar layer: an image with a zero point, a strided and dilated
 * convolution with asymmetric padding, a grouped one, pooling, a dense layer; biases, and 4-bit codes.
 */
export function smallNetwork(random: Random, groupRows: number | null = null): CompressedModel {
  const weight = (shape: number[]): Tensor =>
    tensor(
      "f32",
      shape,
      Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => random.normal()),
    );
  const initializers = new Map<string, Tensor>([
    ["w1", weight([6, 3, 3, 2])],
    ["b1", weight([6])],
    ["w2", weight([8, 3, 3, 3])],
    ["w3", weight([5, 8])],
    ["b3", weight([5])],
  ]);
  const conv = (name: string, inputs: string[], output: string, attributes: object): Node =>
    ({ op: "Conv", name, inputs, outputs: [output], attributes }) as Node;
  const nodes: Node[] = [
    conv("c1", ["image", "w1", "b1"], "y1", {
      kernel: [3, 2],
      strides: [2, 1],
      pads: [1, 0, 2, 1],
      dilations: [1, 2],
      group: 1,
    }),
    { op: "Relu", name: "r1", inputs: ["y1"], outputs: ["a1"], attributes: {} },
    conv("c2", ["a1", "w2"], "y2", {
      kernel: [3, 3],
      strides: [1, 1],
      pads: [1, 1, 1, 1],
      dilations: [1, 1],
      group: 2,
    }),
    { op: "Relu", name: "r2", inputs: ["y2"], outputs: ["a2"], attributes: {} },
    { op: "GlobalAveragePool", name: "p", inputs: ["a2"], outputs: ["g"], attributes: {} },
    { op: "Flatten", name: "f", inputs: ["g"], outputs: ["h"], attributes: { axis: 1 } },
    {
      op: "Gemm",
      name: "d",
      inputs: ["h", "w3", "b3"],
      outputs: ["logits"],
      attributes: { alpha: 1, beta: 1, transA: false, transB: true },
    },
  ];
  const inputs = {
    image: { bits: 8, scale: Math.fround(0.02), zeroPoint: 100 },
    a1: { bits: 4, scale: Math.fround(0.7), zeroPoint: 0 },
    h: { bits: 5, scale: Math.fround(0.3), zeroPoint: 0 },
  };
  const layers = (["c1", "c2", "d"] as const).map((node, i) => {
    const name = `w${i + 1}`;
    const { values, scale } = quantizeWeights(initializers.get(name)!.data, { bits: 4, rule: "mse" });
    initializers.set(name, tensor("f32", initializers.get(name)!.shape, values));
    const input = [inputs.image, inputs.a1, inputs.h][i]!;
    return { node, weightBits: 4, weightScale: scale, input, groupRows: node === "c1" ? null : groupRows };
  });
  const graph: Graph = {
    name: "small",
    inputs: [{ name: "image", type: { dtype: "f32", shape: ["batch", 3, 9, 7] } }],
    outputs: ["logits"],
    nodes,
    initializers,
  };
  return { graph: verify(insertQuantizers(graph, new Map(Object.entries(inputs)))), layers };
}

/** [count × 3 × 9 × 7] images for it, beyond the quantiser's range at both ends. */
export const smallImages = (random: Random, count: number): Float32Array =>
  Float32Array.from({ length: count * 3 * 9 * 7 }, () => 1.5 * random.normal());
