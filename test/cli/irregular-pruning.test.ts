import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder, writeDigits, xbarkit } from "./support.js";

const cwd = temporaryFolder();
writeDigits(join(cwd, "digits"), 24);

/** digits-cnn has 33,208 weights on crossbars: 33,338 parameters less biases and batch normalisation. */
function recipe(name: string, layers: string, quantising: string): void {
  const length = "steps: 4, interval: 2, batch: 8";
  writeFileSync(
    join(cwd, `${name}.yaml`),
    "model: digits-cnn\ndata: { name: ./digits, validation: 8 }\n" +
      "hardware: { base: prime, rows: 32, columns: 128, cellBits: 2 }\n" +
      `stages:\n  - { stage: irregular-pruning, ${length}, sparsity: 0.9, layers: ${layers}, schedule: { end: 3, every: 1 } }\n` +
      `  - { stage: fine-tuning, ${length} }\n${quantising}` +
      "groups: { rows: none }\nplace: { scheme: column-exchange, exchange: { searchPasses: 1 } }\n" +
      "calibrate: { images: 2 }\nsimulate: { images: 2, adcBits: [] }\nevaluate: { images: 8 }\n",
  );
}
const run = (name: string) =>
  xbarkit(["run", `${name}.yaml`, "--out", name, "--quiet", "--threads", "1"], { cwd });
const resultOf = (name: string) => JSON.parse(readFileSync(join(cwd, name, "result.json"), "utf8"));

test("pruned, fine-tuned, quantised to 8 bits, exchanged: the zeros are on the arrays, and compression counts none", async () => {
  recipe(
    "ptq",
    "{}",
    "  - { stage: post-training-quantization, weights: { bits: 8, range: max }, images: 4 }\n",
  );
  expect(await run("ptq")).toMatchObject({ code: 0, stderr: "" });
  const { accuracy, compression, data, groupSparsity } = resultOf("ptq");
  const { weights, zerosBefore, zeros, zeroCodes, layers } = data.sparsity;
  const stored = data.layers.reduce(
    (sum: number, layer: { rows: number; columns: number }) => sum + layer.rows * layer.columns,
    0,
  );
  expect(weights).toBe(stored);
  expect([zerosBefore, zeros]).toEqual([0, Math.round(0.9 * weights)]);
  expect(zeroCodes).toBeGreaterThanOrEqual(zeros);
  expect(layers.every((layer: { zeros: number; weights: number }) => layer.zeros < layer.weights)).toBe(true);
  // Four stored bits of 32 would be 8 times less; nine tenths of zeros alone are no tenth of the arrays.
  expect(groupSparsity).toBeNull();
  expect(compression.honest).toBeLessThan(4 / (1 - 0.9));
  expect([accuracy.quantized, accuracy.pruned]).toEqual([null, data.stages.at(-1).test.accuracy]);
  const curve = data.training.map(
    ({ points }: { points: { record: { weights?: { sparsity: number } } }[] }) =>
      points.map(({ record }) => record.weights?.sparsity),
  );
  expect(curve[0][0]).toBe(0);
  expect(curve[0][2]).toBeCloseTo(0.9, 4);
}, 180_000);

test("quantisation-aware training keeps the zeros, and a bad share stops before anything is trained", async () => {
  recipe(
    "qat",
    "{}",
    "  - { stage: quantization-aware-training, steps: 3, interval: 3, batch: 8, images: 4 }\n",
  );
  expect(await run("qat")).toMatchObject({ code: 0, stderr: "" });
  const { sparsity } = resultOf("qat").data;
  expect(sparsity.zeros).toBe(Math.round(0.9 * sparsity.weights));
  recipe("bad", "{ conv9: 0.5 }", "  - { stage: post-training-quantization, images: 4 }\n");
  const { code, stderr } = await run("bad");
  expect(code).toBe(2);
  expect(stderr).toContain('a share of irregular pruning is given for "conv9"');
}, 180_000);
