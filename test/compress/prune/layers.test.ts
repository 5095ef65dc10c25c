import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { eachWeight, groupCount, groupedLayers, weightIndex } from "../../../src/compress/prune/layers.js";
import { groupOf } from "../../../src/lower/groups.js";
import { lenet5, resnet20, vgg8 } from "../../../src/models/index.js";
import { createRandom } from "../../../src/random.js";
import { elementCount, f32 } from "../../../src/tensor.js";
import { graph, input, node, randomTensor, window } from "../../graph/build.js";
import { quantized, smallNetwork } from "../../train/networks.js";
import { convNetwork, onlyLayer } from "./networks.js";

describe("which layers carry groups", () => {
  const counted = (layers: ReturnType<typeof groupedLayers>) =>
    layers.reduce((sum, layer) => sum + groupCount(layer), 0);

  test.each([
    [144, 1856],
    [72, 3712],
    [36, 7424],
  ])("ResNet-20 has its groups of %i rows as spec 4.4 counts them", (groupRows, groups) => {
    const layers = groupedLayers(resnet20({ shortcut: "B" }, createRandom(1)), { groupRows });
    expect(layers).toHaveLength(18);
    expect(layers.map(({ node }) => node)).not.toContain("conv1");
    expect(layers.every(({ shape }) => shape[2] === 3)).toBe(true);
    expect(counted(layers)).toBe(groups);
    expect(layers[0]!.grid.positions).toBe(144 / groupRows);
  });

  test("1 × 1 convolutions where that is asked for", () => {
    const layers = groupedLayers(resnet20({ shortcut: "B" }, createRandom(1)), {
      groupRows: 72,
      group1x1: true,
    });
    expect(layers.map(({ node }) => node).filter((name) => name.includes("shortcut"))).toHaveLength(2);
  });

  test("LeNet-5's second convolution, and its first dense layer where it is listed", () => {
    const net = lenet5(createRandom(1));
    expect(groupedLayers(net, { groupRows: 72 }).map(({ node }) => node)).toEqual(["conv2"]);
    const [conv, dense] = groupedLayers(net, { groupRows: 72, dense: { fc1: "rows" } });
    // 20 · 25 = 500 rows and 50 · 16 = 800 rows: 6 bands and 68 rows, 11 bands and 8 rows.
    expect(conv!.bands.map(({ rowCount }) => rowCount)).toEqual([72, 72, 72, 72, 72, 72, 68]);
    expect(dense!.bands.at(-1)).toEqual({ chunk: 5, position: 1, firstRow: 792, rowCount: 8 });
    expect([conv!.dense, dense!.dense, dense!.neuron]).toEqual([false, true, false]);
  });

  test("VGG-8's first dense layer by neurons", () => {
    const layers = groupedLayers(vgg8(createRandom(1)), {
      groupRows: 36,
      dense: { "classifier.0": "neuron" },
    });
    const last = layers.at(-1)!;
    expect([last.node, last.neuron, last.grid.positions, groupCount(last)]).toEqual([
      "classifier.0",
      true,
      1,
      1024,
    ]);
    expect(last.bands).toEqual([{ chunk: 0, position: 0, firstRow: 0, rowCount: 8192 }]);
  });

  test("weights are found behind their quantisers", () => {
    const plain = groupedLayers(smallNetwork(1), { groupRows: 9 });
    const trained = groupedLayers(quantized(smallNetwork(1)), { groupRows: 9 });
    expect(plain.map(({ weight }) => weight)).toEqual(["conv2.weight", "conv3.weight"]);
    expect(trained.map(({ multiplied }) => multiplied)).toEqual([
      "conv2.weight/quantized",
      "conv3.weight/quantized",
    ]);
    expect(trained.map(({ multiplied: _, ...rest }) => rest)).toEqual(
      plain.map(({ multiplied: _, ...rest }) => rest),
    );
  });

  test("weights that two layers share are one set of groups, and none where one of the two carries none", () => {
    const twice = (first: string) =>
      graph(
        [input("x", [1, 2, 3, 3])],
        { a: randomTensor([2, 2, 3, 3], 1), b: randomTensor([2, 2, 3, 3], 2) },
        [
          node("Conv", ["x", first], "y", { ...window([3, 3], { pads: [1, 1, 1, 1] }), group: 1 }),
          node("Conv", ["y", "b"], "z", { ...window([3, 3], { pads: [1, 1, 1, 1] }), group: 1 }),
          node("Conv", ["z", "b"], "u", { ...window([3, 3]), group: 1 }),
        ],
        ["u"],
      );
    expect(groupedLayers(twice("a"), { groupRows: 9 }).map(({ node }) => node)).toEqual(["z.node"]);
    expect(groupedLayers(twice("b"), { groupRows: 9 })).toEqual([]);
  });

  test("what is no dense layer, or no group, is refused", () => {
    const net = lenet5(createRandom(1));
    expect(() => groupedLayers(net, { groupRows: 72, dense: { fc3: "rows" } })).toThrow(
      '"fc3" is listed among the dense layers with groups and is none',
    );
    expect(() => groupedLayers(net, { groupRows: 145 })).toThrow("an array has 144 word lines");
  });
});

describe("groups partition a weight tensor", () => {
  test("spec check 1: W[1][10][2][1] of a 2 × 16 × 3 × 3 layer", () => {
    const layer = onlyLayer(convNetwork(randomTensor([2, 16, 3, 3], 1)), { groupRows: 72 });
    const flat = 1 * 144 + 10 * 9 + 2 * 3 + 1;
    const found: number[] = [];
    eachWeight(layer, (at, group) => {
      if (at === flat) found.push(group);
    });
    expect(found).toEqual([1 * 2 + 1]);
    expect(groupCount(layer)).toBe(4);
  });

  test("any convolution and any dense layer", () => {
    const shapes = fc.record({
      outputs: fc.integer({ min: 1, max: 6 }),
      channels: fc.integer({ min: 1, max: 20 }),
      kernel: fc.constantFrom([3, 3], [2, 5], [1, 3], [5, 5]),
      groupRows: fc.integer({ min: 1, max: 80 }),
      more: fc.integer({ min: 0, max: 80 }),
      transB: fc.boolean(),
    });
    fc.assert(
      fc.property(shapes, ({ outputs, channels, kernel, groupRows, more, transB }) => {
        const arrayRows = groupRows + more;
        const conv = convNetwork(randomTensor([outputs, channels, kernel[0]!, kernel[1]!], 1));
        const dense = graph(
          [input("x", [1, transB ? channels : outputs])],
          { w: f32([outputs, channels], new Float32Array(outputs * channels)) },
          [node("Gemm", ["x", "w"], "y", { alpha: 1, beta: 1, transA: false, transB })],
          ["y"],
        );
        for (const layer of [
          onlyLayer(conv, { groupRows, arrayRows }),
          onlyLayer(dense, { groupRows, arrayRows, dense: { "y.node": "rows" } }),
        ]) {
          const seen = new Uint8Array(elementCount(layer.shape));
          const sizes = new Uint16Array(groupCount(layer));
          eachWeight(layer, (at, group) => {
            seen[at]!++;
            sizes[group]!++;
          });
          expect(seen.every((times) => times === 1)).toBe(true);
          const { rows, columns } = layer.grid;
          for (let row = 0; row < rows; row++) {
            const { chunk, position, bandRow } = groupOf(layer.grid, row);
            const band = layer.bands[chunk * layer.grid.positions + position]!;
            expect(band.firstRow + bandRow).toBe(row);
            expect(weightIndex(layer, columns - 1, row)).toBeLessThan(seen.length);
          }
          expect([...sizes]).toEqual(
            Array.from(sizes, (_, g) => layer.bands[g % layer.bands.length]!.rowCount),
          );
        }
      }),
      { numRuns: 40 },
    );
  });
});
