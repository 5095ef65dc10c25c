import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { batches } from "../../src/data/batches.js";
import { drawnDigits } from "../../src/data/drawn/digits.js";
import { defaultNormalization } from "../../src/data/registry.js";
import { referenceModel } from "../../src/models/index.js";
import { exportOnnx } from "../../src/onnx/export.js";
import { randomFor } from "../../src/random.js";
import { classify } from "../../src/runtime/evaluate.js";
import { openRuntime } from "../../src/runtime/open.js";
import type { Runtime } from "../../src/runtime/types.js";
import { batchSource } from "../../src/train/batch-stream.js";
import { train } from "../../src/train/loop.js";

// The data set must tell networks apart: a linear one cannot read the digits, a small convolutional one can.
describe("networks on the drawn digits", () => {
  const normalization = defaultNormalization("drawn-digits");
  const dataset = drawnDigits("train");
  const images = drawnDigits("test");
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await openRuntime({ threads: 1 });
  });
  afterAll(() => runtime.close());

  async function accuracies(model: string, steps: number, rate: number) {
    const { graph, curve } = await train({
      graph: referenceModel(model).build(randomFor(1, model)),
      stage: model,
      steps,
      batches: batchSource({ dataset, normalization, batch: 64, seed: 1, stage: model }),
      validation: null,
      schedule: { kind: "oneCycle", rate, steps },
      optimizer: { kind: "adam" },
      runtime,
    });
    const session = await runtime.load(exportOnnx(graph));
    const { accuracy } = await classify(session, batches(images, normalization, { size: 100 }));
    await session.dispose();
    return { test: accuracy, training: curve.points.at(-1)!.accuracy! };
  }

  test("softmax regression stays under 85 %, however well it is trained", async () => {
    const short = await accuracies("softmax-regression", 800, 0.002);
    const long = await accuracies("softmax-regression", 3000, 0.0005);
    for (const { test, training } of [short, long]) {
      expect(test).toBeGreaterThan(0.5);
      expect(test).toBeLessThan(0.8);
      expect(training).toBeLessThan(0.85);
    }
  });

  test("the small convolutional network passes 95 % within 300 steps", async () => {
    const { test } = await accuracies("digits-cnn", 300, 0.015);
    expect(test).toBeGreaterThan(0.97);
  });
});
