import { describe, expect, test } from "vitest";
import { evaluateGraph, type Graph, matMulToGemm, print, verify } from "../../src/graph/index.js";
import { createRandom } from "../../src/random.js";
import { f32, tensor } from "../../src/tensor.js";

const random = createRandom(1);
const numbers = (count: number) => Array.from({ length: count }, () => random.normal());

function dense(input: (string | number)[], biasShape: number[], order: [string, string]): Graph {
  return verify({
    name: "dense",
    inputs: [{ name: "x", type: { dtype: "f32", shape: input } }],
    outputs: ["y"],
    nodes: [
      { op: "MatMul", name: "fc", inputs: ["x", "w"], outputs: ["p"], attributes: {} },
      { op: "Add", name: "bias", inputs: order, outputs: ["y"], attributes: {} },
    ],
    initializers: new Map([
      ["w", f32([3, 4], numbers(12))],
      ["b", f32(biasShape, numbers(biasShape.reduce((a, c) => a * c, 1)))],
    ]),
  });
}

describe("dense layers written as MatMul and Add", () => {
  test.each([
    [[4], ["p", "b"]],
    [
      [1, 4],
      ["b", "p"],
    ],
  ] as [number[], [string, string]][])("become one Gemm (bias %j, order %j)", (shape, order) => {
    const graph = dense(["batch", 3], shape, order);
    const rewritten = verify(matMulToGemm(graph));
    expect(print(rewritten)).toContain("y:f32[batch,4] = Gemm x w b");
    expect(rewritten.nodes.length).toBe(1);
    const feeds = new Map([["x", tensor("f32", [2, 3], Float32Array.from(numbers(6)))]]);
    const [own, theirs] = [rewritten, graph].map((g) => evaluateGraph(g, feeds).get("y")!.data);
    expect(Array.from(own!).every((v, i) => Math.abs(v - theirs![i]!) < 1e-6)).toBe(true);
  });

  test("keep an addition that is no bias, and stay as they are on sequences", () => {
    const perRow = dense([4, 3], [4, 1], ["p", "b"]);
    expect(matMulToGemm(perRow).nodes.map((node) => node.op)).toEqual(["Gemm", "Add"]);
    const sequence = dense(["batch", 5, 3], [4], ["p", "b"]);
    expect(matMulToGemm(sequence).nodes.map((node) => node.op)).toEqual(["MatMul", "Add"]);
  });
});
