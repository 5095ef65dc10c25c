import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { groupedLayers } from "../../../src/compress/prune/layers.js";
import { groupStatistics, outputPixels } from "../../../src/compress/prune/statistics.js";
import { groupGrid } from "../../../src/lower/groups.js";
import { mismatchOf } from "../../../src/mapping/mismatch.js";
import { lenet5, resnet20, vgg8 } from "../../../src/models/index.js";
import { createRandom } from "../../../src/random.js";
import { f32, tensor } from "../../../src/tensor.js";
import { sparseCodes } from "../../support/problems.js";
import { quantized } from "../../train/networks.js";
import { convNetwork, onlyLayer, weightsOfNorms, withWeights } from "./networks.js";

test("spec check 6: survivors {0, 2, 3} above, {1} below", () => {
  const net = convNetwork(weightsOfNorms([1, 0, 1, 1], [0, 1, 0, 0]));
  const statistics = groupStatistics(net, [onlyLayer(net, { groupRows: 72 })]);
  expect(statistics.layers[0]).toEqual({
    node: "conv.node",
    neuron: false,
    groups: [4, 4],
    zeroGroups: [1, 3],
    mismatch: { groups: 2, layerBitLines: 4, chunkBitLines: 4 },
  });
  expect([statistics.groups, statistics.zeroGroups, statistics.groupSparsity]).toEqual([8, 4, 0.5]);
  expect(statistics.sparsityAt).toEqual([0.25, 0.75]);
  expect(statistics.readWeightedSparsity).toBeNull();
  expect(
    groupStatistics(net, [onlyLayer(net, { groupRows: 72 })], { cellBits: 4 }).mismatch.layerBitLines,
  ).toBe(2);
});

test("mismatch and zero groups are the placement's, on odd sizes and grouped convolutions", () => {
  const sizes = fc.record({
    columns: fc.integer({ min: 1, max: 4 }),
    channels: fc.integer({ min: 1, max: 12 }),
    groupRows: fc.integer({ min: 1, max: 15 }),
    positions: fc.integer({ min: 1, max: 4 }),
    group: fc.integer({ min: 1, max: 3 }),
    seed: fc.integer({ min: 0, max: 1000 }),
  });
  const encoding = { bits: 4, cellBits: 2, sign: "offset", compose: "digital", offsetBy: "digital" } as const;
  fc.assert(
    fc.property(sizes, ({ columns, channels, groupRows, positions, group, seed }) => {
      const rows = channels * 6;
      const random = createRandom(seed);
      const matrices = Array.from({ length: group }, () =>
        sparseCodes(random, rows, columns, 7, groupRows, 0.5),
      );
      const data = Float32Array.from({ length: rows * columns * group }, (_, at) => {
        const [column, row] = [Math.floor(at / rows), at % rows];
        return matrices[Math.floor(column / columns)]![row * columns + (column % columns)]!;
      });
      const net = convNetwork(f32([columns * group, channels, 3, 2], data), group);
      const arrayRows = groupRows * positions;
      const made = groupStatistics(net, [onlyLayer(net, { groupRows, arrayRows })]);
      const grid = groupGrid(rows, columns, groupRows, arrayRows);
      const found = matrices.map((codes) => mismatchOf(codes, grid, encoding));
      const sum = (of: (m: (typeof found)[number]) => number) => found.reduce((all, m) => all + of(m), 0);
      expect(made.groups).toBe(sum((m) => m.groups));
      expect(made.zeroGroups).toBe(sum((m) => m.zeroGroups));
      expect(made.mismatch.layerBitLines).toBe(sum((m) => m.layerColumns));
      expect(made.mismatch.chunkBitLines).toBe(sum((m) => m.chunkColumns));
    }),
    { numRuns: 60 },
  );
});

test("groups are zero by their quantised weights, not by their float ones", () => {
  const net = quantized(convNetwork(weightsOfNorms([1, 0.001, 1, 1], [1, 1, 1, 0.001])));
  expect(groupStatistics(net, groupedLayers(net, { groupRows: 72 })).sparsityAt).toEqual([0.25, 0.25]);
});

describe("read-weighted sparsity", () => {
  test("counts a group as often as its layer's output has pixels", () => {
    const net = resnet20({ shortcut: "A" }, createRandom(1));
    const layers = groupedLayers(net, { groupRows: 72 });
    const pixels = outputPixels(net, layers);
    expect([layers[0]!, layers[6]!, layers[17]!].map(({ node }) => pixels.get(node))).toEqual([
      1024, 256, 64,
    ]);
    const { weight, shape } = layers[17]!;
    const emptied = withWeights(net, weight, tensor("f32", shape));
    const made = groupStatistics(emptied, layers, { outputPixels: pixels });
    expect(made.groupSparsity).toBe(512 / 3712);
    const reads = layers.reduce(
      (sum, { node, grid, bands }) => sum + grid.columns * bands.length * pixels.get(node)!,
      0,
    );
    expect(made.readWeightedSparsity).toBe((512 * 64) / reads);
    expect(made.readWeightedSparsity).toBeLessThan(made.groupSparsity / 2);
  });

  test("has one read of a dense layer", () => {
    const net = lenet5(createRandom(1));
    const layers = groupedLayers(net, { groupRows: 72, dense: { fc1: "rows" } });
    expect([...outputPixels(net, layers)]).toEqual([
      ["conv2", 64],
      ["fc1", 1],
    ]);
  });
});

test("layers cut by neurons stand apart from the sparsity", () => {
  const net = vgg8(createRandom(1));
  const layers = groupedLayers(net, { groupRows: 144, dense: { "classifier.0": "neuron" } });
  const { weight, shape } = layers.at(-1)!;
  const made = groupStatistics(withWeights(net, weight, tensor("f32", shape)), layers);
  expect(made.layers.at(-1)).toMatchObject({ neuron: true, groups: [1024], zeroGroups: [1024] });
  expect([made.zeroGroups, made.groupSparsity]).toEqual([0, 0]);
  expect(made.groups).toBe((128 * 128 + 128 * 256 + 256 * 256 + 256 * 512 + 512 * 512) / 16);
});
