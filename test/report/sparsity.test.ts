import { describe, expect, test } from "vitest";
import { meng2021 } from "../../src/hardware/presets/meng2021.js";
import { matrixCodes } from "../../src/lower/index.js";
import { layerMatrices } from "../../src/lower/matrices.js";
import { place } from "../../src/mapping/place.js";
import { createRandom } from "../../src/random.js";
import { htmlReport } from "../../src/report/html.js";
import { parseResult } from "../../src/report/schema.js";
import { sparsityData } from "../../src/report/sparsity.js";
import { terminalReport } from "../../src/report/terminal.js";
import type { Result } from "../../src/report/types.js";
import { resnet20Layers, sampleResult } from "../support/sample-result.js";
import { smallNetwork } from "../support/small-network.js";

test("zero codes are counted over all matrices of a layer, those of a grouped convolution too", () => {
  const model = smallNetwork(createRandom(2));
  const layers = [
    { node: "c1", weights: 108, zeros: 20 },
    { node: "c2", weights: 216, zeros: 30 },
    { node: "d", weights: 40, zeros: 4 },
  ];
  const before = layers.map((layer) => ({ ...layer, zeros: layer.zeros - 3 }));
  const found = sparsityData(place(model, meng2021), { before, after: layers });
  const codes = layerMatrices(model).map((matrix) => ({
    node: matrix.layer.node,
    zero: matrixCodes(model, matrix).filter((code) => code === 0).length,
  }));
  const zeroCodes = layers.map(({ node }) =>
    codes.reduce((sum, matrix) => sum + (matrix.node === node ? matrix.zero : 0), 0),
  );
  expect(codes.filter(({ node }) => node === "c2")).toHaveLength(2);
  expect(found.layers).toEqual([
    { layer: "c1", weights: 108, zerosBefore: 17, zeros: 20, zeroCodes: zeroCodes[0] },
    { layer: "c2", weights: 216, zerosBefore: 27, zeros: 30, zeroCodes: zeroCodes[1] },
    { layer: "d", weights: 40, zerosBefore: 1, zeros: 4, zeroCodes: zeroCodes[2] },
  ]);
  expect(found).toMatchObject({ weights: 364, zerosBefore: 45, zeros: 54 });
  expect(found.zeroCodes).toBe(zeroCodes.reduce((a, b) => a + b));
});

describe("a result with zero weights", () => {
  const base = sampleResult(resnet20Layers().slice(0, 3));
  const layer = { weights: 2304, zerosBefore: 10, zeros: 1728, zeroCodes: 1900 };
  const curve = base.data.training[0]!;
  const result: Result = {
    ...base,
    groupSparsity: null,
    data: {
      ...base.data,
      sparsity: { ...layer, layers: [{ layer: "layer1.0.conv1", ...layer }] },
      training: [
        {
          ...curve,
          points: curve.points.map((point, i) => ({
            ...point,
            record: { weights: { weights: 2304, zeros: 1728, sparsity: Math.min(0.75, i / 8), layers: {} } },
          })),
        },
      ],
    },
  };

  test("is read back as it was written", () => {
    expect(parseResult(JSON.stringify(result), "result.json").data.sparsity).toEqual(result.data.sparsity);
    const wrong = { ...result, data: { ...result.data, sparsity: { ...result.data.sparsity, zeros: -1 } } };
    expect(() => parseResult(JSON.stringify(wrong), "result.json")).toThrow(
      "result.json: data.sparsity.zeros is -1",
    );
  });

  test("says so in the terminal", () => {
    const lines = terminalReport(result).split("\n");
    expect(lines.find((line) => line.includes("zero weights"))).toMatch(
      /75.00 % \(1,728 of 2,304\), 0.43 % before/,
    );
    expect(lines.find((line) => line.includes("zero codes"))).toMatch(/82.47 %/);
    expect(terminalReport(base)).not.toContain("zero weights");
  });

  test("has its table and its curve on the page, and others have neither", () => {
    const page = htmlReport(result, { title: "t", version: "1" });
    expect(page).toContain("Zero weights, layer by layer");
    expect(page).toContain("1,728 (75.00 %)");
    expect(page).toContain("75.0 % of weights zero");
    expect(page).toContain('id="training-zero-weights"');
    const other = htmlReport(base, { title: "t", version: "1" });
    expect(other).not.toContain("Zero weights");
    expect(other).not.toContain("training-zero-weights");
  });
});
