import { describe, expect, test } from "vitest";
import { evaluate, table } from "../../scripts/statistical-checks/judge.mjs";
import { groupRows, networks, points, recipeOf, steps } from "../../scripts/statistical-checks/recipes.mjs";
import { parseRecipe, type Result } from "../../src/index.js";

interface Made {
  accuracy?: number;
  sparsity?: number;
  mismatch?: number;
  energy_J?: number;
  area_m2?: number;
  sweep?: readonly [four: number, five: number, six: number, ideal: number];
}

/** As much of a result as the checks read. */
function made({
  accuracy = 0.9,
  sparsity = 0.6,
  mismatch = 10,
  energy_J = 1,
  area_m2 = 1,
  sweep,
}: Made): Result {
  const widths = [4, 5, 6, null];
  return {
    accuracy: { pruned: accuracy },
    groupSparsity: sparsity,
    cost: { energy_J, area_m2 },
    data: {
      pruning: { mismatchColumns: { layer: mismatch, chunks: mismatch + 5 } },
      adcSweep: widths.map((bits, i) => ({ bits, accuracy: sweep?.[i] ?? 0.9 })),
    },
  } as unknown as Result;
}

/** Runs in which every check holds, but for what is changed. */
function runs(changed: Readonly<Record<string, Made>>, seed = 1) {
  const found: Record<string, Made> = {
    base: { energy_J: 10 },
    "plain-72": { mismatch: 20 },
    "multi-144": { energy_J: 2, area_m2: 2, sweep: [0.7, 0.88, 0.89, 0.9] },
    "multi-72": { energy_J: 3, sweep: [0.8, 0.88, 0.89, 0.9] },
    "multi-36": { energy_J: 4, sweep: [0.85, 0.88, 0.89, 0.9] },
    ...Object.fromEntries(steps.map((share) => [`magnitude-${share}`, { energy_J: 10 - share / 10 }])),
  };
  const results = Object.fromEntries(
    Object.entries(found).map(([point, values]) => [point, made({ ...values, ...changed[point] })]),
  );
  return { seed, results };
}

const failing = (...seeds: ReturnType<typeof runs>[]): string[] =>
  evaluate({ ordersSizes: true }, seeds)
    .filter(({ passed }) => !passed)
    .map(({ number, claim }) => `${number} ${claim.split(" ").slice(0, 2).join(" ")}`);

describe("what the statistical checks judge", () => {
  test("nothing fails where all is as claimed", () => {
    expect(failing(runs({}))).toEqual([]);
  });

  test.each<[Record<string, Made>, string]>([
    [{ "multi-72": { mismatch: 20 } }, "12 the multi-group"],
    [{ "plain-72": { mismatch: 20, accuracy: 0.906 } }, "12 the multi-group"],
    [{ "plain-72": { mismatch: 20, sparsity: 0.611 } }, "12 the multi-group"],
    [{ "multi-36": { accuracy: 0.894 } }, "13 at equal"],
    [{ "multi-72": { sweep: [0.8, 0.89, 0.88, 0.9] } }, "14 6-bit converters"],
    [{ "multi-72": { sweep: [0.8, 0.88, 0.91, 0.9] } }, "14 6-bit converters"],
    [{ "multi-36": { sweep: [0.7, 0.88, 0.89, 0.9] } }, "14 4-bit converters"],
    [{ "magnitude-40": { energy_J: 8.5 } }, "15 energy falls"],
    [{ "multi-144": { energy_J: 3.5 } }, "15 at equal"],
    [{ "multi-72": { area_m2: 3 } }, "15 at equal"],
  ])("%j fails %s alone", (changed, check) => {
    expect(failing(runs(changed))).toEqual([check]);
  });

  test("12 and 15 fail with one seed of three, the others by their mean", () => {
    const bad = runs({ "multi-72": { mismatch: 30 }, "multi-36": { accuracy: 0.894 } }, 3);
    expect(failing(runs({}), runs({}, 2), bad)).toEqual(["12 the multi-group"]);
  });

  test("the table has every seed, mean and spread", () => {
    const text = table(
      evaluate({ ordersSizes: false }, [runs({}), runs({ "multi-72": { mismatch: 14 } }, 2)]),
      { name: "lenet5", seeds: [1, 2] },
    );
    expect(text).toContain("fewer than three");
    expect(text).toContain("| multi: bit lines | 10.0 | 14.0 | 12.0 | 2.8 |");
    expect(text).toContain("| plain, by chunk: bit lines | 25.0 | 25.0 | 25.0 | 0.0 |");
    expect(text).not.toContain("## 13");
  });
});

test.each(Object.keys(networks))("every recipe of %s is one", (name) => {
  for (const point of ["base", ...points]) {
    const recipe = recipeOf(name, point, { seed: 3, model: name === "lenet5" ? name : "r.onnx" });
    const parsed = parseRecipe(JSON.stringify(recipe), `${point}.json`);
    expect(parsed.seed).toBe(3);
    expect(parsed.hardware.activeRows).toBe(parsed.groups.rows);
    expect(groupRows).toContain(parsed.groups.rows);
  }
});
