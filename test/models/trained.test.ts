import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { batches, normalizations } from "../../src/data/batches.js";
import { parseCifar10 } from "../../src/data/cifar.js";
import { evaluateGraph, type Graph, parameterCount } from "../../src/graph/index.js";
import { resnet20 } from "../../src/models/index.js";
import { importOnnx } from "../../src/onnx/index.js";
import { createRandom } from "../../src/random.js";
import { f32 } from "../../src/tensor.js";
import { dataDir, modelsDir, withData } from "../support/data.js";

/** The network with another one's weights, taken by name and shape. */
function withWeightsOf(graph: Graph, trained: Graph): Graph {
  const initializers = new Map(graph.initializers);
  for (const [name, fresh] of graph.initializers) {
    const weight = trained.initializers.get(name);
    if (fresh.dtype !== "f32" || fresh.shape.length === 0) continue;
    expect([name, weight?.shape]).toEqual([name, fresh.shape]);
    initializers.set(name, weight!);
  }
  return { ...graph, initializers };
}

withData("ResNet-20 with the weights of the network that PyTorch exported", () => {
  test("gives PyTorch's logits", () => {
    const trained = importOnnx(readFileSync(join(modelsDir()!, "resnet20-cifar10.onnx")));
    const graph = withWeightsOf(resnet20({ shortcut: "A" }, createRandom(1)), trained);
    expect(parameterCount(trained)).toBe(269_722);

    const path = join(dataDir()!, "cifar-10-batches-bin/test_batch.bin");
    const test = parseCifar10(readFileSync(path).subarray(0, 2 * 3073), "test_batch.bin");
    const [batch] = batches(test, normalizations.imagenet, { size: 2 });
    const feeds = new Map([["image", f32(batch!.shape, batch!.data)]]);
    const logits = evaluateGraph(graph, feeds).get("logits")!;

    const published = JSON.parse(readFileSync(join(modelsDir()!, "expected.json"), "utf8"));
    const expected: number[] = published["resnet20-cifar10"].logits.slice(0, 2).flat();
    const worst = Math.max(...expected.map((value, i) => Math.abs(value - logits.data[i]!)));
    expect(worst).toBeLessThan(1e-3);
  });
});
