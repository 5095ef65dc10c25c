import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { batches, normalizations } from "../../src/data/batches.js";
import type { Dataset } from "../../src/data/types.js";
import { readDataset } from "../../src/node/datasets.js";
import { classify } from "../../src/runtime/evaluate.js";
import { openRuntime } from "../../src/runtime/open.js";
import type { Runtime } from "../../src/runtime/types.js";
import { dataDir, modelsDir, withData } from "../support/data.js";

interface Expected {
  readonly "resnet20-cifar10": {
    readonly files: readonly string[];
    readonly testAccuracy: number;
    readonly logits: readonly (readonly number[])[];
  };
}

withData("ResNet-20 on CIFAR-10's test images", () => {
  let images: Dataset;
  let expected: Expected["resnet20-cifar10"];
  const runtimes: Partial<Record<"native" | "web", Runtime>> = {};

  beforeAll(async () => {
    images = await readDataset("cifar10", "test", { dir: dataDir()! });
    const text = await readFile(join(modelsDir()!, "expected.json"), "utf8");
    expected = (JSON.parse(text) as Expected)["resnet20-cifar10"];
    for (const kind of ["native", "web"] as const)
      runtimes[kind] = await openRuntime({ prefer: kind, threads: 2 });
  });
  afterAll(async () => {
    for (const runtime of Object.values(runtimes)) await runtime.close();
  });

  const models = ["resnet20-cifar10.onnx", "resnet20-cifar10-folded.onnx"];

  test.each(models)("%s gives the published logits in both builds", async (file) => {
    expect(expected.files).toContain(file);
    const model = await readFile(join(modelsDir()!, file));
    for (const kind of ["native", "web"] as const) {
      const runtime = runtimes[kind]!;
      expect(runtime.kind).toBe(kind);
      expect(runtime.version).toBe("1.30.0");
      const session = await runtime.load(model, { name: file });
      expect(session.inputs).toEqual(["image"]);
      expect(session.outputs).toEqual(["logits"]);
      const { logits, classes } = await classify(
        session,
        batches(images, normalizations.imagenet, { size: 8, end: 8 }),
      );
      expect(classes).toBe(10);
      let worst = 0;
      for (const [i, value] of expected.logits.flat().entries())
        worst = Math.max(worst, Math.abs(value - logits[i]!));
      expect(expected.logits.flat().length).toBe(80);
      expect(worst).toBeLessThan(1e-3);
      await session.dispose();
    }
  });

  test("the accuracy on all 10,000 images is the published one", async () => {
    const session = await runtimes.native!.load(await readFile(join(modelsDir()!, models[0]!)));
    const progress: number[] = [];
    const result = await classify(session, batches(images, normalizations.imagenet, { size: 200 }), {
      onProgress: ({ done }) => progress.push(done),
    });
    expect(result.correct).toBe(8861);
    expect(result.accuracy).toBe(expected.testAccuracy);
    expect(result.logits.length).toBe(100_000);
    expect(progress.length).toBe(50);
    expect(progress.at(-1)).toBe(10_000);
  }, 60_000);
});
