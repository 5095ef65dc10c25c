import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { datasetNames, InputError, readRecipeText } from "../../src/index.js";
import { readPlan, resolvePoints, type SweepPoint, sweepJsonSchema } from "../../src/sweep/index.js";

const root = join(import.meta.dirname, "../..");
const base = `model: lenet5
data: { name: mnist }
stages:
  - { stage: quantization-aware-training, name: quantise, epochs: 1 }
  - { stage: group-lasso, epochs: 2, lambda: 0.001 }
  - { stage: fine-tuning, name: first, epochs: 1 }
  - { stage: fine-tuning, name: v1.5, epochs: 1 }
`;

const planOf = (text: string, file = "plans/p.yaml") =>
  readPlan({
    file,
    text,
    defaultName: "p",
    readRecipe: async (recipe) => readRecipeText(base, recipe),
  });

/** A name that says what it was made of. */
const nameOf: Parameters<typeof resolvePoints>[1]["nameOf"] = async (recipe, threads) =>
  JSON.stringify({ recipe, threads });

const pointsOf = async (text: string, threads?: number): Promise<SweepPoint[]> =>
  resolvePoints(await planOf(text), { context: {}, nameOf, threads });

const titles = async (text: string) => (await pointsOf(text)).map(({ title }) => title);

async function messageOf(text: string): Promise<string> {
  try {
    await pointsOf(text);
  } catch (error) {
    if (error instanceof InputError) return String(error);
    throw error;
  }
  return "no error";
}

describe("the points of a plan", () => {
  test("a grid goes through every combination, the last path fastest; seeds within them; points behind", async () => {
    expect(
      await titles(
        "recipe: r.yaml\ngrid: { groups.rows: [72, 36], stages.group-lasso.lambda: [0, 0.5] }\n" +
          "points: [{ groups.rows: 144 }]\nseeds: [3, 1]\nlabels: { stages.group-lasso.lambda: lambda }\n",
      ),
    ).toEqual([
      "groups.rows 72, lambda 0, seed 3",
      "groups.rows 72, lambda 0, seed 1",
      "groups.rows 72, lambda 0.5, seed 3",
      "groups.rows 72, lambda 0.5, seed 1",
      "groups.rows 36, lambda 0, seed 3",
      "groups.rows 36, lambda 0, seed 1",
      "groups.rows 36, lambda 0.5, seed 3",
      "groups.rows 36, lambda 0.5, seed 1",
      "groups.rows 144, seed 3",
      "groups.rows 144, seed 1",
    ]);
  });

  test("paths with a comma between them change together", async () => {
    const points = await pointsOf(
      'recipe: r.yaml\ngrid: { "groups.rows, hardware.activeRows": [[144, 144], [36, 72]] }\n',
    );
    expect(points.map(({ recipe }) => [recipe.groups.rows, recipe.hardware.activeRows])).toEqual([
      [144, 144],
      [36, 72],
    ]);
    expect(points[1]!.values).toEqual({ "groups.rows": 36, "hardware.activeRows": 72 });
  });

  test("excluded points are gone, by value and by seed", async () => {
    const grid = "recipe: r.yaml\ngrid: { groups.rows: [72, 36, none] }\nseeds: [1, 2]\n";
    expect(await titles(`${grid}exclude: [{ groups.rows: none }, { groups.rows: 36, seed: 2 }]\n`)).toEqual([
      "groups.rows 72, seed 1",
      "groups.rows 72, seed 2",
      "groups.rows 36, seed 1",
    ]);
  });

  test("without values the recipe itself is the only point; the plan names the runs", async () => {
    const [point, ...others] = await pointsOf("recipe: r.yaml\n");
    expect(others).toEqual([]);
    expect(point).toMatchObject({ threads: 2, title: "seed 1", recipe: { name: "p", seed: 1 } });
  });

  test("stages are found by number, name and kind; names with dots stand in brackets", async () => {
    const paths = [
      "'stages[1].lambda': [0.5]",
      "stages.1.lambda: [0.5]",
      "stages.group-lasso.lambda: [0.5]",
      "stages.first.epochs: [7]",
      "'stages[v1.5].epochs': [7]",
      "'stages[\"v1.5\"].epochs': [7]",
      "stages.quantise.learningRate.rate: [0.5]",
    ];
    const changed = await Promise.all(
      paths.map(async (path) => {
        const [point] = await pointsOf(`recipe: r.yaml\ngrid: { ${path} }\n`);
        return point!.recipe.stages.map((stage) => [
          "lambda" in stage ? stage.lambda : 0,
          "epochs" in stage ? stage.epochs : 0,
          "learningRate" in stage ? stage.learningRate.rate : 0,
        ]);
      }),
    );
    const [plain] = await pointsOf("recipe: r.yaml\n");
    const before = plain!.recipe.stages.map((stage) => [
      "lambda" in stage ? stage.lambda : 0,
      "epochs" in stage ? stage.epochs : 0,
      "learningRate" in stage ? stage.learningRate.rate : 0,
    ]);
    const differing = changed.map((stages) =>
      stages.flatMap((values, i) => values.flatMap((v, j) => (v === before[i]![j] ? [] : [[i, j, v]]))),
    );
    expect(differing).toEqual([
      [[1, 0, 0.5]],
      [[1, 0, 0.5]],
      [[1, 0, 0.5]],
      [[2, 1, 7]],
      [[3, 1, 7]],
      [[3, 1, 7]],
      [[0, 2, 0.5]],
    ]);
  });

  test("defaults that follow from a value follow from the new one", async () => {
    const [point] = await pointsOf("recipe: r.yaml\ngrid: { stages.group-lasso.lambda: [0.25] }\n");
    expect(point!.recipe.stages[1]).toMatchObject({ lambda: 0.25, lambdaDense: 0.25 });
    const [other] = await pointsOf("recipe: r.yaml\ngrid: { data.name: [cifar10], model: [resnet20-a] }\n");
    expect(other!.recipe.data.normalization.mean).toHaveLength(3);
  });

  test("files that a plan names are relative to the plan, those of the recipe to the recipe", async () => {
    const plan = await planOf("recipe: ../r/base.yaml\ngrid: { model: [lenet5, nets/a.onnx] }\n");
    const points = await resolvePoints(plan, { context: {}, nameOf });
    expect(points.map(({ recipe }) => recipe.model)).toEqual(["lenet5", "plans/nets/a.onnx"]);
    const inner = await readPlan({
      file: "plans/p.yaml",
      text: "recipe: ../r/base.yaml\ngrid: { groups.rows: [36] }\n",
      defaultName: "p",
      readRecipe: async (file) => readRecipeText(base.replace("lenet5", "net.onnx"), file),
    });
    const [point] = await resolvePoints(inner, { context: {}, nameOf });
    expect(point!.recipe.model).toBe("r/net.onnx");
  });

  test("threads are the plan's unless the user names some, and are part of the point", async () => {
    const text = "recipe: r.yaml\nthreads: 3\n";
    const [own] = await pointsOf(text);
    const [asked] = await pointsOf(text, 1);
    expect([own!.threads, asked!.threads]).toEqual([3, 1]);
    expect(own!.name).not.toBe(asked!.name);
  });

  test("any grid: as many different points as its product, each with its values in its recipe", async () => {
    const values = (from: number) =>
      fc.uniqueArray(fc.integer({ min: from, max: from + 40 }), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(values(1), values(1), values(0), async (rows, images, seeds) => {
        const points = await pointsOf(
          `recipe: r.yaml\ngrid: { groups.rows: [${rows}], simulate.images: [${images}] }\nseeds: [${seeds}]\n`,
        );
        expect(points).toHaveLength(rows.length * images.length * seeds.length);
        expect(new Set(points.map(({ name }) => name)).size).toBe(points.length);
        for (const { recipe, values } of points) {
          expect([recipe.groups.rows, recipe.simulate.images]).toEqual([
            values["groups.rows"],
            values["simulate.images"],
          ]);
        }
      }),
      { numRuns: 25 },
    );
  });
});

describe("what is wrong in a plan is named with its line and value", () => {
  test.each([
    [
      "",
      "plans/p.yaml:1:1: the file is empty\n  a plan needs at least a recipe; recipes/sweeps/ has examples",
    ],
    ["seeds: [1]\n", "plans/p.yaml:1:1: recipe is missing\n  give the path of a recipe, or a recipe itself"],
    ["recipe: r.yaml\ngird: {}\n", "plans/p.yaml:2:1: gird is not a known key\n  did you mean grid?"],
    [
      "recipe: r.yaml\ngrid: { groups.rows: 72 }\n",
      "plans/p.yaml:2:22: grid.groups.rows is 72\n  give a list of values",
    ],
    [
      "recipe: r.yaml\nseeds: [1, x]\n",
      'plans/p.yaml:2:12: seeds[1] is "x"\n  give a list of whole numbers from 0 to 2147483647, such as [1, 2, 3]',
    ],
    ["recipe: r.yaml\nseeds: [1, 2, 1]\n", "plans/p.yaml:2:8: seeds is [1,2,1]\n  give every seed only once"],
    [
      "recipe: r.yaml\ngrid: { groups.rows: [72, 36, 72] }\n",
      "plans/p.yaml:2:31: grid.groups.rows[2] is 72\n  give every value only once",
    ],
    [
      "recipe: r.yaml\ngrid: { groups.rows: [72, 0] }\n",
      "plans/p.yaml:2:27: groups.rows is 0\n  choose a whole number from 1 to 65535",
    ],
    [
      "recipe: r.yaml\ngrid:\n  groups.rws: [72]\n",
      "plans/p.yaml:3:3: groups.rws is not a known key\n  did you mean rows?",
    ],
    [
      "recipe: r.yaml\npoints:\n  - { groups.rows: 36 }\n  - { stages.group-lasso.lambda: -1 }\n",
      "plans/p.yaml:4:34: stages[1].lambda is -1\n  choose a number from 0 to 1000",
    ],
    [
      "recipe: r.yaml\ngrid: { stages.fine-tuning.epochs: [1] }\n",
      "plans/p.yaml:2:9: stages.fine-tuning.epochs may be any of the stages 2, 3\n  give the stage's number, as in stages[2], or a name in the recipe",
    ],
    [
      "recipe: r.yaml\ngrid: { stages.grup-lasso.lambda: [1] }\n",
      "plans/p.yaml:2:9: stages.grup-lasso.lambda names no stage of the recipe\n  did you mean group-lasso?",
    ],
    [
      "recipe: r.yaml\ngrid: { 'stages[4].lambda': [1] }\n",
      "plans/p.yaml:2:9: stages[4].lambda is item 4 of 4\n  items are counted from 0; items cannot be added",
    ],
    [
      "recipe: r.yaml\ngrid: { groups..rows: [1] }\n",
      'plans/p.yaml:2:9: "groups..rows" is no path\n  write keys with dots between them, such as groups.rows or stages[0].weights.bits',
    ],
    [
      "recipe: r.yaml\ngrid: { model.name: [1] }\n",
      'plans/p.yaml:2:9: model.name goes into model, which is "lenet5" in the recipe\n  write model with its keys in the recipe, or replace it as a whole',
    ],
    [
      "recipe: r.yaml\ngrid: { seed: [1] }\n",
      "plans/p.yaml:2:9: seed is among the values of points\n  give the list seeds instead",
    ],
    [
      'recipe: r.yaml\ngrid: { "groups.rows, hardware.activeRows": [[1, 1], [2]] }\n',
      "plans/p.yaml:2:54: grid.groups.rows, hardware.activeRows[1] is [2]\n  give a list of 2 values, one per path",
    ],
    [
      "recipe: r.yaml\npoints: [{ groups.rows: 36 }, { groups.rows: 36 }]\n",
      "plans/p.yaml:2:46: two points are the same: groups.rows 36, seed 1, and groups.rows 36, seed 1\n  take one of them out of the plan, with exclude if need be",
    ],
    [
      "recipe: r.yaml\ngrid: { groups.rows: [36] }\nexclude: [{ groups.rows: 37 }]\n",
      'plans/p.yaml:3:11: exclude[0] is {"groups.rows":37}\n  no point has all of these values',
    ],
    [
      "recipe: r.yaml\ngrid: { groups.rows: [36] }\nexclude: [{ groups.rows: 36 }]\n",
      'plans/p.yaml:3:10: exclude is [{"groups.rows":36}]\n  nothing is left: exclude fewer points',
    ],
    [
      "recipe: r.yaml\ngrid: { groups.rows: [36] }\nlabels: { group.rows: a }\n",
      "plans/p.yaml:3:11: labels has group.rows, which no point changes\n  did you mean groups.rows?",
    ],
    [
      "recipe: r.yaml\ngrid: { groups.rows: [36] }\nlabels: { groups.rows: arrays }\n",
      'plans/p.yaml:3:24: labels.groups.rows is "arrays"\n  another column of the table has this name: give another in labels',
    ],
    [
      "recipe: r.yaml\ngrid: { hardware.rows: [64] }\n",
      "plans/p.yaml:2:25: with hardware.rows 64: plans/r.yaml:1: groups.rows is 72\n  an array has 64 word lines: choose at most as many, or none",
    ],
    [
      "recipe:\n  model: lenet5\n  data: { name: mnst }\n",
      `plans/p.yaml:3:17: data.name is "mnst"\n  did you mean mnist? choose ${datasetNames.join(", ")}, or give a folder as ./mnst`,
    ],
  ])("%j", async (text, message) => {
    expect(await messageOf(text)).toBe(message);
  });

  test("a recipe that is missing is the plan's fault; one that is wrong has its own line", async () => {
    const missing = readPlan({
      file: "p.yaml",
      text: "recipe: no.yaml\n",
      defaultName: "p",
      readRecipe: async () => {
        throw new InputError("the recipe no.yaml cannot be read", { hint: "check the path" });
      },
    });
    await expect(missing.catch(String)).resolves.toBe(
      "p.yaml:1:9: the recipe no.yaml cannot be read\n  check the path",
    );
    const wrong = await readPlan({
      file: "p.yaml",
      text: "recipe: r.yaml\ngrid: { simulate.images: [3] }\n",
      defaultName: "p",
      readRecipe: async (file) => readRecipeText(`${base}calibrate: { images: 0 }\n`, file),
    });
    await expect(resolvePoints(wrong, { context: {}, nameOf }).catch(String)).resolves.toBe(
      "p.yaml:2:27: with simulate.images 3: r.yaml:8: calibrate.images is 0\n  choose a whole number from 1 to 10000000",
    );
  });
});

describe("what ships", () => {
  test("sweep.schema.json is what the schema says", () => {
    const file: unknown = JSON.parse(readFileSync(join(root, "recipes/sweep.schema.json"), "utf8"));
    expect(file).toEqual(JSON.parse(JSON.stringify(sweepJsonSchema())));
  });

  const folder = join(root, "recipes/sweeps");
  test.each(readdirSync(folder))("%s resolves", async (name) => {
    const file = join(folder, name);
    const plan = await readPlan({
      file,
      text: readFileSync(file, "utf8"),
      defaultName: name,
      readRecipe: async (recipe) => readRecipeText(readFileSync(recipe, "utf8"), recipe),
    });
    const points = await resolvePoints(plan, { context: {}, nameOf });
    expect(points.length).toBeGreaterThan(1);
    expect(new Set(points.map(({ title }) => title)).size).toBe(points.length);
  });
});
