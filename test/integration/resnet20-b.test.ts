import { beforeAll, describe, expect, test } from "vitest";
import { compressionRates, estimate, layerCompression, remainingParameters } from "../../src/cost/index.js";
import { parameterCount } from "../../src/graph/index.js";
import { place, placeBaselines } from "../../src/mapping/place.js";
import type { Placement } from "../../src/mapping/types.js";
import { verifyPlacement } from "../../src/mapping/verify.js";
import { loadModel } from "../../src/node/models.js";
import { quietProgress } from "../../src/node/progress.js";
import { mapModel } from "../../src/node/stages.js";
import { parseRecipe } from "../../src/recipe/index.js";

const recipe = parseRecipe(
  "model: resnet20-b\ndata:\n  name: cifar10\ngroups: { rows: 72 }\n",
  "recipe.yaml",
);

describe("unpruned ResNet-20 with 1 × 1 shortcuts on the paper's arrays (spec 6.2)", () => {
  let dense: Placement;
  let packed: Placement;
  beforeAll(async () => {
    dense = await mapModel({ ...recipe, place: { scheme: "dense", activeRows: {} } }, quietProgress);
    packed = await mapModel(recipe, quietProgress);
  });

  test("takes 116 arrays for its prunable layers, 1 for the first, 6 for the shortcuts and 1 for the last", () => {
    verifyPlacement(dense);
    const { counts, breakdown, layers } = estimate(dense);
    expect(counts.arrays).toBe(124);
    const arraysWhere = (of: (name: string) => boolean): number =>
      layers.filter(({ matrix }) => of(matrix)).reduce((sum, layer) => sum + layer.counts.arrays, 0);
    const shortcut = (name: string): boolean => /shortcut|downsample/.test(name);
    const grouped = new Set(
      dense.matrices
        .filter((m) => packed.matrices.find((p) => p.matrix === m.matrix)!.groupRows !== null)
        .map((m) => m.matrix),
    );
    expect(arraysWhere((name) => grouped.has(name))).toBe(116);
    expect(arraysWhere(shortcut)).toBe(6);
    // The sub-arrays of Table I: 124 × 11,180.8 µm².
    const subArrays = ["array", "switchMatrix", "adc", "shiftAddInput", "shiftAddWeight"] as const;
    const area_m2 = subArrays.reduce((sum, name) => sum + breakdown[name].area_m2, 0);
    expect(area_m2 * 1e6).toBeCloseTo(1.386, 3);
  });

  test("a layer can be read with fewer rows at once, in both baselines' way of reading too", () => {
    const activeRows = { conv1: 9 };
    const { model, hardware } = packed;
    const rowsAtOnce = (placement: Placement, matrix: string): number => {
      const { wordStart } = placement.matrices.find((m) => m.matrix === matrix)!.arrays;
      return Math.max(...wordStart.subarray(1).map((end, g) => end - wordStart[g]!));
    };
    const { sameBands, fullColumn } = placeBaselines(model, hardware, activeRows);
    const fewer = place(model, hardware, { scheme: "packed", activeRows });
    for (const placement of [fewer, sameBands]) {
      verifyPlacement(placement);
      expect(rowsAtOnce(placement, "conv1")).toBe(9);
      expect(rowsAtOnce(placement, "layer1.0.conv1")).toBe(72);
    }
    expect(rowsAtOnce(fullColumn, "conv1")).toBe(27);
    const conv1 = (placement: Placement) => estimate(placement).layers.find((l) => l.matrix === "conv1")!;
    expect(conv1(fewer).counts.rowGroups).toBe(3 * conv1(packed).counts.rowGroups);
    expect(conv1(fewer).energy_J).toBeGreaterThan(conv1(packed).energy_J);
    expect(() => place(model, hardware, { activeRows: { conv2: 9 } })).toThrow(/"conv2", which is no layer/);
    expect(() => place(model, hardware, { activeRows: { conv1: 0.5 } })).toThrow(/is 0.5 for "conv1"/);
  });

  test("packing without pruned groups takes the same arrays and wastes nothing", () => {
    const { counts } = estimate(packed);
    expect(counts.arrays).toBe(124);
    expect(counts.cells.wasted).toBe(0);
    expect(counts.mismatchBitLines).toEqual({ layer: 0, chunks: 0 });
  });

  test("has 3,712 groups of 72 rows, and the published parameter counts when pruned", async () => {
    const groups = layerCompression(packed).reduce((sum, layer) => sum + layer.groups, 0);
    expect(groups).toBe(3712);
    const total = parameterCount(await loadModel("resnet20-b", 1));
    expect(total).toBe(272_474);
    expect(remainingParameters(total, 267_264, 0.5156) / 1e6).toBeCloseTo(0.135, 3);
    const { parameters } = compressionRates({
      layers: layerCompression(packed),
      floatParameters: total - 270_896,
      totalParameters: total,
    });
    expect(parameters).toBeCloseTo(8, 10);
  });
});
