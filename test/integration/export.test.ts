import { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import { afterAll, beforeAll, expect, test } from "vitest";
import { print, recoverQuantizers, verify } from "../../src/graph/index.js";
import type { CompressedModel } from "../../src/graph/types.js";
import { exportOnnx, exportQdq, importOnnx } from "../../src/onnx/index.js";
import { classify } from "../../src/runtime/evaluate.js";
import { openRuntime } from "../../src/runtime/open.js";
import type { Runtime } from "../../src/runtime/types.js";
import { withData } from "../support/data.js";
import { images, quantizedResnet20 } from "../support/resnet20.js";

withData("the quantised network as ONNX", () => {
  let runtime: Runtime;
  let model: CompressedModel;
  beforeAll(async () => {
    runtime = await openRuntime({ threads: 2 });
    model = await quantizedResnet20(runtime, 72);
  });
  afterAll(() => runtime.close());

  test("plain ONNX Runtime gives the evaluation graph's logits, bit for bit", async () => {
    const own = await classify(await runtime.load(exportOnnx(model.graph)), await images("test", 200));
    const session = await InferenceSession.create(exportOnnx(model.graph));
    const logits: number[] = [];
    for (const { shape, data } of await images("test", 200)) {
      const outputs = await session.run({ image: new OrtTensor("float32", data, [...shape]) });
      logits.push(...(outputs["logits"]!.data as Float32Array));
    }
    expect(Float32Array.from(logits)).toEqual(own.logits);
  });

  test("the exported file holds plain ONNX operators only, and becomes the same graph again", () => {
    const bytes = exportOnnx(model.graph);
    const imported = importOnnx(bytes);
    expect(imported.nodes.some((node) => node.op === "FakeQuantize")).toBe(false);
    const recovered = verify(recoverQuantizers(imported));
    const quantizers = (graph: typeof recovered) => graph.nodes.filter((n) => n.op === "FakeQuantize");
    expect(quantizers(recovered).map((n) => [n.name, n.attributes])).toEqual(
      quantizers(model.graph).map((n) => [n.name, n.attributes]),
    );
    expect(print({ ...recovered, name: model.graph.name })).toBe(print(model.graph));
    const again = exportOnnx({ ...recovered, name: model.graph.name });
    expect(Buffer.from(again).equals(Buffer.from(bytes))).toBe(true);
  });

  test("the QDQ form means the same network: few predictions differ", async () => {
    const batches = await images("test", 1000);
    const own = await classify(await runtime.load(exportOnnx(model.graph)), batches);
    const qdq = await classify(await runtime.load(exportQdq(model.graph, { layers: model.layers })), batches);
    const differ = own.predictions.filter((p, i) => p !== qdq.predictions[i]).length;
    expect(differ).toBeLessThan(10);
    expect(own.accuracy).toBeGreaterThan(0.7);
  });
});
