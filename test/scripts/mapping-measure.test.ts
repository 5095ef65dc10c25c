import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import {
  keepOf,
  layers,
  madeCodes,
  prunedCodes,
  publishedSparsity,
} from "../../scripts/mapping-checks/made-vgg16.mjs";
import { mapVgg16 } from "../../scripts/mapping-checks/map-vgg16.mjs";
import { energiesOf, measure } from "../../scripts/mapping-checks/measure.mjs";
import { strategyNames } from "../../scripts/mapping-checks/recipes.mjs";
import {
  type CompressedModel,
  costOverArraySizes,
  createRandom,
  layerMatrices,
  matrixCodes,
  networkShape,
} from "../../src/index.js";
import { convChain } from "../cost/support.js";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** Two convolutions of 8 bits, a tenth of their weights not zero. */
function smallNetwork(): CompressedModel {
  const random = createRandom(5);
  const codes = (weights: number) =>
    Int16Array.from({ length: weights }, () =>
      random.uniform() < 0.1 ? Math.round(random.uniform() * 200) - 100 : 0,
    );
  const chain = convChain(5, 6, [
    { name: "a", outputs: 40, codes: codes(40 * 5 * 9), groupRows: null },
    { name: "b", outputs: 50, codes: codes(50 * 40 * 9), groupRows: null },
  ]);
  const eight = (layer: CompressedModel["layers"][number]) => ({
    ...layer,
    weightBits: 8,
    input: { ...layer.input, bits: 8 },
  });
  return { ...chain, layers: chain.layers.map(eight) };
}

const run = { threads: 1, onProgress: () => {} };

test("arrays and energies are those of costOverArraySizes", async () => {
  const model = smallNetwork();
  const shapes = networkShape(model).layers;
  const { baseline, points } = costOverArraySizes(model, { sizes: [16, 32], meanings: ["weights"] });
  for (const { size, exchanged, dense } of points) {
    const mapped = await Promise.all(
      layerMatrices(model).map((matrix, i) =>
        measure(
          matrixCodes(model, matrix),
          { shape: shapes[i]!, size, strategies: false, prune: 0, dense: false, seed: 1 },
          run,
        ),
      ),
    );
    expect(mapped.reduce((sum, { arrays }) => sum + arrays["auto+"]!, 0)).toBe(exchanged.arrays);
    expect(mapped.reduce((sum, { denseArrays }) => sum + denseArrays, 0)).toBe(dense.arrays);
    expect(energiesOf(mapped)).toEqual({
      size,
      exchanged_J: exchanged.energy_J,
      withoutIndex_J: exchanged.withoutIndex_J,
      lossless_J: exchanged.lossless_J,
      dense_J: dense.energy_J,
      prime_J: baseline.energy_J,
    });
  }
});

test("every strategy is counted, and a tenth of the arrays freed", async () => {
  const shape = { ...layers[1]!, rows: 300, columns: 130 };
  const codes = madeCodes(shape, 0.06, 4);
  const asked = { shape, size: 32, strategies: true, prune: 0.1, dense: false, seed: 4 };
  const mapped = await measure(codes, asked, run);
  expect(Object.keys(mapped.arrays).sort()).toEqual([...strategyNames].sort());
  for (const name of strategyNames) {
    expect(mapped.arrays["auto+"]).toBeLessThanOrEqual(mapped.arrays[name]!);
    if (name.endsWith("+"))
      expect(mapped.arrays[name]).toBeLessThanOrEqual(mapped.arrays[name.slice(0, -1)] ?? Infinity);
  }
  const count = (bins: readonly number[]) => bins.reduce((a, b) => a + b, 0);
  const { utilization, pruned } = mapped;
  expect(count(utilization.dense)).toBe(mapped.denseArrays);
  expect(count(utilization.exchanged)).toBe(mapped.arrays["auto+"]);
  expect(count(utilization.pruned!)).toBe(pruned!.after.arrays);
  expect(pruned!.before.arrays - pruned!.after.arrays).toBe(Math.round(0.1 * mapped.arrays["auto+"]!));
  expect(mapped.nonZero).toBe(Math.round(0.06 * codes.length));
});

describe("made weights", () => {
  test("have the sizes and the sparsity of VGG-16", () => {
    const weights = layers.reduce((sum, { rows, columns }) => sum + rows * columns, 0);
    // Simonyan and Zisserman's 138 million, without 13,416 biases.
    expect(weights).toBe(138_357_544 - 13_416);
    const kept = layers.reduce(
      (sum, layer) => sum + layer.rows * layer.columns * keepOf(layer, publishedSparsity),
      0,
    );
    expect(kept / weights).toBeCloseTo(0.075, 12);
    expect(keepOf(layers.at(-1)!, publishedSparsity)).toBe(0.04);
  });

  test("the largest are kept, as many as asked for, the first of equals", () => {
    const random = createRandom(9);
    for (const kept of [0, 1, 7, 50, 101]) {
      const weights = Float32Array.from({ length: 101 }, () => Math.round(8 * random.normal()) / 8);
      const order = [...weights.keys()].sort(
        (a, b) => Math.abs(weights[b]!) - Math.abs(weights[a]!) || a - b,
      );
      const expected = new Set(order.slice(0, kept).filter((i) => weights[i] !== 0));
      const codes = prunedCodes(weights, kept);
      expect(new Set([...codes.keys()].filter((i) => codes[i] !== 0))).toEqual(expected);
      for (const i of expected) expect(Math.sign(codes[i]!)).toBe(Math.sign(weights[i]!));
    }
  });

  test("lie unevenly over rows and columns, the same for one seed", () => {
    const size = { matrix: "m", rows: 400, columns: 200 };
    const codes = madeCodes(size, 0.04, 1);
    expect(madeCodes(size, 0.04, 1)).toEqual(codes);
    expect(madeCodes(size, 0.04, 2)).not.toEqual(codes);
    const inColumn = Array.from({ length: 200 }, (_, c) =>
      codes.reduce((sum, code, i) => sum + (i % 200 === c && code !== 0 ? 1 : 0), 0),
    ).sort((a, b) => a - b);
    // Independent weights would give 16 ± 4.
    expect(inColumn.at(-10)!).toBeGreaterThan(32);
    expect(inColumn[10]!).toBeLessThan(7);
  });
});

test("measurements that are stored are not made again, those of another question are", async () => {
  const folder = mkdtempSync(join(tmpdir(), "xbarkit-mapping-"));
  folders.push(folder);
  const network = [{ ...layers[0]!, rows: 40, columns: 50 }];
  const options = { folder, threads: 1, signal: new AbortController().signal };
  const first = await mapVgg16(1, options, network);
  const files = readdirSync(join(folder, "seed-1"));
  expect(files).toHaveLength(6);
  const file = join(folder, "seed-1", "conv1-92.5-L64.json");
  const record = JSON.parse(readFileSync(file, "utf8"));
  writeFileSync(file, JSON.stringify({ ...record, mapped: { ...record.mapped, nonZero: -1 } }));
  const again = await mapVgg16(1, options, network);
  expect(again.atSize[64]![0]!.nonZero).toBe(-1);
  expect(again.atSize[32]).toEqual(first.atSize[32]);
  writeFileSync(
    file,
    JSON.stringify({ ...record, key: { ...record.key, seed: 2 }, mapped: { nonZero: -1 } }),
  );
  expect(await mapVgg16(1, options, network)).toEqual(first);
});
