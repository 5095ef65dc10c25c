import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { evaluateGraph, foldBatchNorm, unfoldBatchNorm } from "../../src/graph/index.js";
import { exportOnnx } from "../../src/onnx/index.js";
import { classify } from "../../src/runtime/evaluate.js";
import { openRuntime } from "../../src/runtime/open.js";
import type { Runtime } from "../../src/runtime/types.js";
import { tensor } from "../../src/tensor.js";
import { withData } from "../support/data.js";
import { expected, images, loadGraph, modelBytes, modelFiles } from "../support/resnet20.js";

withData("the networks exported by PyTorch", () => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await openRuntime({ threads: 2 });
  });
  afterAll(() => runtime.close());

  /** Largest difference of two lists of logits. */
  const difference = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
    Array.from(a).reduce((most, v, i) => Math.max(most, Math.abs(v - b[i]!)), 0);

  async function logits(model: Uint8Array, count: number): Promise<Float32Array> {
    const session = await runtime.load(model);
    const [batch] = await images("test", count, count);
    const { shape, data } = batch!;
    const outputs = await session.run({ [session.inputs[0]!]: tensor("f32", shape, data) });
    return outputs["logits"]!.data as Float32Array;
  }

  describe.each(modelFiles)("%s", (file) => {
    test("imported and exported again gives ONNX Runtime's logits of the file itself to 1e-4", async () => {
      const own = await logits(exportOnnx(loadGraph(file)), 64);
      expect(difference(own, await logits(modelBytes(file), 64))).toBeLessThan(1e-4);
    });

    test("gives the logits of expected.json to 1e-3", async () => {
      const own = await logits(exportOnnx(loadGraph(file)), 8);
      expect(difference(own, expected().logits.flat())).toBeLessThan(1e-3);
    });

    test("our own slow evaluation gives them as well", async () => {
      const graph = loadGraph(file);
      const [batch] = await images("test", 2, 2);
      const { shape, data } = batch!;
      const outputs = evaluateGraph(graph, new Map([[graph.inputs[0]!.name, tensor("f32", shape, data)]]));
      expect(difference(outputs.get("logits")!.data, expected().logits.slice(0, 2).flat())).toBeLessThan(
        1e-3,
      );
    });

    test("has its test accuracy on all 10,000 images", { timeout: 300_000 }, async () => {
      const session = await runtime.load(exportOnnx(loadGraph(file)));
      const { accuracy, count } = await classify(session, await images("test", 10_000));
      expect(count).toBe(10_000);
      expect(accuracy).toBe(expected().testAccuracy);
    });
  });

  test("batch norm folded in, and unfolded out again, changes no logit by 1e-3", async () => {
    const kept = loadGraph("resnet20-cifar10.onnx");
    const reference = await logits(exportOnnx(kept), 16);
    expect(difference(await logits(exportOnnx(foldBatchNorm(kept)), 16), reference)).toBeLessThan(1e-3);
    const unfolded = unfoldBatchNorm(loadGraph("resnet20-cifar10-folded.onnx"));
    expect(difference(await logits(exportOnnx(unfolded), 16), reference)).toBeLessThan(1e-3);
  });
});
