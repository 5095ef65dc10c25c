import { expect, test } from "vitest";
import type { Batch } from "../../src/data/types.js";
import { evaluateGraph } from "../../src/graph/index.js";
import { place } from "../../src/mapping/place.js";
import { createRandom } from "../../src/random.js";
import { integerVersusFloat, type LoadGraph } from "../../src/simulate/versus-float.js";
import { type Tensor, tensor } from "../../src/tensor.js";
import { testHardware } from "../support/hardware.js";
import { smallImages, smallNetwork } from "../support/small-network.js";

const random = createRandom(6);
const placed = place(smallNetwork(random), testHardware({ rows: 24, columns: 16, activeRows: 12 }));
const data = smallImages(random, 6);
const batches: Batch[] = [0, 1].map((i) => ({
  shape: [3, 3, 9, 7],
  data: data.subarray(i * 3 * 189, (i + 1) * 3 * 189),
  labels: new Uint8Array(3),
}));

/** The float network, with one of its values changed before it is compared. */
const changed =
  (name: string, change: (values: Float32Array) => void): LoadGraph =>
  (graph, use) =>
    use(async ({ shape, data: image }) => {
      const values = evaluateGraph(graph, new Map([["image", tensor("f32", shape, image)]]));
      const copy = (values.get(name)!.data as Float32Array).slice();
      change(copy);
      return new Map<string, Tensor>([...values, [name, tensor("f32", values.get(name)!.shape, copy)]]);
    });

test("counts every code and prediction that differs, and no rounding of the same code", async () => {
  const same = await integerVersusFloat(
    placed,
    batches,
    changed("a1/quantized", (v) => v.set(v.map((x) => x + 1e-4))),
  );
  // Image, first activation and pooled features of one image: 189 + 6 · 6 · 5 + 8 codes.
  expect(same).toEqual({
    images: 6,
    predictionsThatDiffer: 0,
    codes: 6 * (189 + 180 + 8),
    codesThatDiffer: 0,
  });
  const codes = changed("a1/quantized", (v) => {
    v[3]! += Math.fround(0.7);
    v[17]! -= Math.fround(0.7);
  });
  expect((await integerVersusFloat(placed, batches, codes)).codesThatDiffer).toBe(4);
  const predictions = changed("logits", (v) => v.fill(1000, 2, 3));
  const found = await integerVersusFloat(placed, batches, predictions);
  expect(found.codesThatDiffer).toBe(0);
  expect(found.predictionsThatDiffer).toBeGreaterThan(0);
});
