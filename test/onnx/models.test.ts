import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { exportOnnx, importOnnx } from "../../src/onnx/index.js";
import { modelsDir, withData } from "../support/data.js";
import { run } from "./ort.js";

withData("the networks exported by PyTorch", () => {
  test.each([
    ["resnet20-cifar10.onnx", 136, 98],
    ["resnet20-cifar10-folded.onnx", 103, 41],
  ])("%s", async (file, nodes, initializers) => {
    const bytes = new Uint8Array(readFileSync(join(modelsDir()!, file)));
    const graph = importOnnx(bytes);
    expect(graph.inputs).toEqual([{ name: "image", type: { dtype: "f32", shape: ["batch", 3, 32, 32] } }]);
    expect(graph.outputs).toEqual(["logits"]);
    expect([graph.nodes.length, graph.initializers.size]).toEqual([nodes, initializers]);

    const written = exportOnnx(graph);
    expect(importOnnx(written)).toEqual(graph);
    const image = Array.from({ length: 2 * 3 * 32 * 32 }, (_, i) => Math.sin(i));
    const feeds = { image: [[2, 3, 32, 32], image] as const };
    expect(await run(written, feeds)).toEqual(await run(bytes, feeds));
  });
});
