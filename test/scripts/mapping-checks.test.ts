import { describe, expect, test } from "vitest";
import { type Check, evaluate } from "../../scripts/mapping-checks/judge.mjs";
import { curve, type Mapped, meanUse, type SeedFigures } from "../../scripts/mapping-checks/looks.mjs";
import {
  chosenSize,
  networks,
  pointsOf,
  recipeOf,
  sizes,
  strategyNames,
} from "../../scripts/mapping-checks/recipes.mjs";
import { table } from "../../scripts/mapping-checks/table.mjs";
import { parseRecipe } from "../../src/index.js";

/** As much of a measurement as the checks read: of 100 dense arrays so many are left. */
function mapped(auto: number, changed: Partial<Mapped> = {}): Mapped {
  const arrays = Object.fromEntries(strategyNames.map((name) => [name, auto + 5]));
  const histogram = (bin: number): number[] =>
    Object.assign(new Array<number>(20).fill(0), { [bin]: 10, 10: 5 });
  return {
    matrix: "fc1",
    dense: true,
    columns: 500,
    size: chosenSize,
    weights: 1000,
    nonZero: 80,
    spread: { rows: 1, columns: 1 },
    denseArrays: 100,
    arrays: { ...arrays, "auto+": auto },
    memory: { index_bit: 10, inputSchedule_bit: 20 },
    utilization: { dense: histogram(0), exchanged: histogram(2), pruned: histogram(4) },
    ...changed,
  } as Mapped;
}

const bins = (...counts: number[]): number[] => Object.assign(new Array<number>(20).fill(0), counts);

/** Figures for which every check holds, but for what is changed. */
function figures(changed: Partial<SeedFigures> = {}, seed = 1): SeedFigures {
  const accuracy = (float: number, quantised: number) => ({
    ...{ float, quantised, fineTuned: float, sparsity: 0.9, zeroCodes: 0.9 },
  });
  return {
    seed,
    published: 92,
    trained: {
      "90-8bit": accuracy(0.99, 0.989),
      "90-4bit": accuracy(0.99, 0.989),
      "98-8bit": accuracy(0.97, 0.9),
      "98-4bit": accuracy(0.97, 0.8),
      crossbar: { ...accuracy(0.985, 0.98), fineTuned: 0.99 },
    },
    crossbar: {
      dense: { weights: 1000, arrays: 100 },
      start: { weights: 80, arrays: 40 },
      end: { weights: 72, arrays: 30 },
      utilization: { dense: bins(9, 1), exchanged: bins(5, 5), pruned: bins(2, 8) },
      rounds: 3,
      ended: "budget",
    },
    atSparsity: { 80: [mapped(60)], 92: [mapped(40)], 98: [mapped(20)] },
    atSize: Object.fromEntries(sizes.map((size) => [size, [mapped(20 + size / 2)]])),
    energies: sizes.map((size, i) => ({
      size,
      exchanged_J: [4, 3, 5, 6][i]!,
      ...{ withoutIndex_J: 1, lossless_J: 1, dense_J: 1, prime_J: 1 },
    })),
    ...changed,
  };
}

const described = (checks: readonly Check[], verdict: string): string[] =>
  checks.filter((one) => one.verdict === verdict).map(({ number, claim }) => `${number} ${claim}`);
const failing = (name: string, ...seeds: SeedFigures[]): string[] =>
  described(evaluate(name, seeds), "FAILS");

const withAccuracy = (point: string, quantised: number): Partial<SeedFigures> => {
  const { trained } = figures();
  return { trained: { ...trained, [point]: { ...trained[point]!, quantised } } };
};
const withCrossbar = (changed: Partial<NonNullable<SeedFigures["crossbar"]>>): Partial<SeedFigures> => ({
  crossbar: { ...figures().crossbar!, ...changed },
});
const withLayer = (layer: Mapped): Partial<SeedFigures> => ({
  atSize: { ...figures().atSize, [chosenSize]: [layer] },
});

describe("what the mapping checks judge", () => {
  test("nothing fails where all is as claimed", () => {
    const checks = evaluate("lenet5", [figures()]);
    expect(described(checks, "FAILS")).toEqual([]);
    // Gains of ResNet-20, and a minimum of energy, are asked of other networks.
    expect(described(checks, "not judged").map((one) => one.slice(0, 2))).toEqual(["12", "15"]);
  });

  const few = mapped(36);
  test.each<[string, Partial<SeedFigures>, RegExp]>([
    [
      "one strategy better than auto",
      withLayer(mapped(36, { arrays: { ...few.arrays, "k-means+": 35 } })),
      /on every layer/,
    ],
    [
      "auto no better than identity",
      withLayer(mapped(36, { arrays: { ...few.arrays, identity: 36 } })),
      /fewer than identity/,
    ],
    [
      "savings equal at two sparsities",
      { atSparsity: { 80: [mapped(60)], 92: [mapped(60)] } },
      /grows with sparsity/,
    ],
    ["savings equal at two sizes", { atSize: { ...figures().atSize, 64: [mapped(36)] } }, /falls with L/],
    [
      "accuracy lost by crossbar pruning",
      { trained: { ...figures().trained, crossbar: { ...figures().trained["crossbar"]!, float: 0.979 } } },
      /at most 1 point/,
    ],
    ["8 bits lose at 90 %", withAccuracy("90-8bit", 0.986), /8 bits lose/],
    ["4 bits lose nothing at 98 %", withAccuracy("98-4bit", 0.968), /4 bits are clearly/],
    [
      "emptier arrays behind pruning",
      withCrossbar({ utilization: { dense: bins(9, 1), exchanged: bins(5, 5), pruned: bins(6, 4) } }),
      /fuller again/,
    ],
    [
      "fewer arrays freed than weights, of what there was",
      withCrossbar({ end: { weights: 56, arrays: 30 } }),
      /that there were/,
    ],
  ])("%s fails one check alone", (_, changed, claim) => {
    const found = failing("lenet5", figures(changed));
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(claim);
  });

  test("where no round of crossbar pruning was kept, nothing was freed and both claims fail", () => {
    const { start } = figures().crossbar!;
    const found = failing("lenet5", figures(withCrossbar({ end: start })));
    expect(found.map((one) => one.slice(0, 2))).toEqual(["13", "13"]);
  });

  test("accuracies count by their mean, arrays in every seed", () => {
    const bad = figures(
      {
        ...withAccuracy("90-8bit", 0.986),
        ...withLayer(mapped(36, { arrays: { ...few.arrays, identity: 36 } })),
      },
      2,
    );
    const found = failing("lenet5", figures(), bad, figures({}, 3));
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(/fewer than identity/);
  });

  test("dense layers that fill no array, or are not sparse, are not judged", () => {
    const [narrow, full] = [mapped(36, { columns: 10 }), mapped(36, { nonZero: 200 })].map((layer) =>
      evaluate("lenet5", [figures(withLayer(layer))]),
    );
    for (const checks of [narrow!, full!]) expect(checks[1]!.verdict).toBe("not judged");
  });

  test("convolutions of ResNet-20 are compared with the networks that are there", () => {
    const conv = figures(withLayer(mapped(70, { dense: false })));
    const least = (others: Readonly<Record<string, readonly SeedFigures[]>>) =>
      evaluate("resnet20", [conv], others).find(({ claim }) => claim.includes("ResNet-20"))!.verdict;
    expect(least({})).toBe("not judged");
    expect(least({ lenet5: [figures()] })).toBe("holds");
    expect(least({ lenet5: [figures()], vgg16: [figures(withLayer(mapped(75)))] })).toBe("FAILS");
  });

  test("without training, accuracies are not judged; arrays are, and energy of VGG-16", () => {
    const checks = evaluate("vgg16", [figures({ trained: {}, crossbar: null })]);
    expect(described(checks, "FAILS")).toEqual([]);
    expect(described(checks, "not judged").map((one) => one.slice(0, 2))).toEqual([
      ...["12", "13", "13", "13", "14", "14"],
    ]);
  });

  test.each<[readonly number[], string]>([
    [[4, 3, 5, 6], "holds"],
    [[6, 5, 3, 4], "holds"],
    [[6, 5, 4, 3], "reported"],
    [[1, 2, 2, 3], "reported"],
    [[3, 5, 4, 6], "FAILS"],
    [[5, 6, 4, 3], "FAILS"],
  ])("a curve of energies %j: %s", (values, verdict) => {
    expect(curve(values)).toBe(verdict);
  });

  test("the mean use is that of the middles of the bins", () => {
    expect(meanUse([1, 0, 0, 1])).toBe(0.5);
    expect(meanUse([3, 1])).toBe(0.375);
  });

  test("the tables have every layer and strategy, and say that weights were made", () => {
    const text = table(evaluate("vgg16", [figures({ trained: {}, crossbar: null })]), {
      ...{ name: "vgg16", seeds: [1] },
    });
    expect(text).toContain("No trained network");
    expect(text).toContain("| fc1 | 92.0 % | 100 | 41 | 41 | 41 | 41 | 41 | 41 | 41 | 41 | 36 |");
    expect(text).toContain("| L = 32: exchanged_J | 3.000e+6 µJ |");
    expect(text).toContain("holds, judged by every seed");
  });
});

test.each(Object.entries(networks))("every recipe of %s is one", (name, network) => {
  const points = pointsOf(network);
  for (const point of points) {
    const recipe = recipeOf(name, point, { seed: 3, model: name === "lenet5" ? name : "r.onnx" });
    const parsed = parseRecipe(JSON.stringify(recipe), `${point}.json`);
    expect(parsed.seed).toBe(3);
    expect(parsed.place.scheme).toBe("column-exchange");
  }
  expect(points).toContain(`${network.published}-8bit`);
});
