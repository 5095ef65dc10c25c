import { expect, test } from "vitest";
import { recipeNames, threeSteps } from "../../scripts/check-recipes.mjs";
import { stableJson } from "../../src/node/files.js";
import { parseResult } from "../../src/report/schema.js";
import { withData } from "../support/data.js";

/** Recipes that take seconds; scripts/check-recipes.mjs runs all. */
const small = ["lenet5-mnist", "lin2019-resnet20", "meng2021-table2-resnet20-72", "resnet20-ptq"];

withData("shipped recipes, three steps a stage", () => {
  test.each(small)(
    "%s trains, is placed, simulates and is costed",
    async (name) => {
      expect(recipeNames()).toContain(name);
      const result = await threeSteps(name, { threads: 2 });
      expect(parseResult(stableJson(result), name)).toEqual(JSON.parse(stableJson(result)));
      const stages = result.recipe["stages"] as { stage: string }[];
      const training = stages.filter(({ stage }) => !/magnitude|post-training/.test(stage));
      expect(result.data.training.map(({ points }) => points.map(({ step }) => step))).toEqual(
        training.map(() => [0, 3]),
      );
      expect(result.data.stages).toHaveLength(stages.length);
      expect(result.hardwareImages).toBe(2);
      expect(result.cost.energy_J).toBeGreaterThan(0);
      expect(result.data.integerVersusFloat?.predictionsThatDiffer).toBe(0);
    },
    120_000,
  );
});
