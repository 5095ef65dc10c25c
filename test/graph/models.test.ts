import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { macs, parameterCount } from "../../src/graph/count.js";
import { evaluateGraph } from "../../src/graph/evaluate.js";
import { foldBatchNorm, unfoldBatchNorm } from "../../src/graph/passes/batch-norm.js";
import { applyPasses, simplify } from "../../src/graph/passes/index.js";
import { print } from "../../src/graph/print.js";
import type { Graph, OpKind } from "../../src/graph/types.js";
import { importOnnx } from "../../src/onnx/import.js";
import { modelsDir, withData } from "../support/data.js";
import { randomTensor } from "./build.js";

const load = (file: string): Graph => importOnnx(readFileSync(join(modelsDir()!, file)));

const kinds = (graph: Graph): OpKind[] => [...new Set(graph.nodes.map(({ op }) => op))].sort();

/** How many multiply-accumulates ResNet-20 takes, layer by layer. */
const resnet20Macs =
  16 * 32 * 32 * 3 * 9 +
  6 * (16 * 32 * 32 * 16 * 9) +
  32 * 16 * 16 * 16 * 9 +
  5 * (32 * 16 * 16 * 32 * 9) +
  64 * 8 * 8 * 32 * 9 +
  5 * (64 * 8 * 8 * 64 * 9) +
  640;

withData("ResNet-20 as PyTorch exports it", () => {
  test.each([
    [
      "resnet20-cifar10.onnx",
      ["Add", "BatchNormalization", "Conv", "Gemm", "Pad", "ReduceMean", "Relu", "Slice"],
      269_722,
    ],
    ["resnet20-cifar10-folded.onnx", ["Add", "Conv", "Gemm", "Pad", "ReduceMean", "Relu", "Slice"], 269_034],
  ])("%s simplifies to layers and digital arithmetic", (file, expected, parameters) => {
    const simple = simplify(load(file));
    expect(kinds(simple)).toEqual(expected);
    const shortcut = print(simple)
      .split("\n")
      .filter((line) => line.startsWith("/layer2/layer2.0/shortcut"));
    expect(shortcut).toEqual([
      "/layer2/layer2.0/shortcut/Slice_output_0:f32[batch,16,16,32] = Slice /layer1/layer1.2/Relu_1_output_0 [0] [max] [2] [2]",
      "/layer2/layer2.0/shortcut/Slice_1_output_0:f32[batch,16,16,16] = Slice /layer2/layer2.0/shortcut/Slice_output_0 [0] [max] [3] [2]",
      "/layer2/layer2.0/shortcut/Pad_output_0:f32[batch,32,16,16] = Pad /layer2/layer2.0/shortcut/Slice_1_output_0 [0,8,0,0,0,8,0,0] 0",
    ]);
    expect(parameterCount(simple)).toBe(parameters);
    expect(macs(simple)).toBe(resnet20Macs);
    expect(macs(simple)).toBe(40_551_040);
  });

  test("both files, and the folds between them, are one function", () => {
    const kept = load("resnet20-cifar10.onnx");
    const folded = applyPasses(simplify(kept), [foldBatchNorm]);
    expect(kinds(folded)).not.toContain("BatchNormalization");
    const theirs = simplify(load("resnet20-cifar10-folded.onnx"));
    const unfolded = applyPasses(theirs, [(graph) => unfoldBatchNorm(graph, { ratio: 1 })]);
    expect(unfolded.nodes.filter(({ op }) => op === "BatchNormalization")).toHaveLength(20);
    const feeds = new Map([["image", randomTensor([1, 3, 32, 32], 7)]]);
    const logits = [kept, folded, theirs, unfolded].map((graph) => [
      ...evaluateGraph(graph, feeds).get("logits")!.data,
    ]);
    for (const other of logits.slice(1))
      for (const [i, value] of other.entries()) expect(Math.abs(value - logits[0]![i]!)).toBeLessThan(1e-4);
  });
});
