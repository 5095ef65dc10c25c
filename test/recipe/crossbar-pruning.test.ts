import { describe, expect, test } from "vitest";
import { InputError } from "../../src/errors.js";
import { parseRecipe, trains } from "../../src/recipe/index.js";

const exchange = "place: { scheme: column-exchange }\n";
const ptq = "  - { stage: post-training-quantization, weights: { bits: 8 } }\n";
const recipe = (stages: string, more = exchange) =>
  parseRecipe(
    `model: lenet5\ndata: { name: mnist }\ngroups: { rows: none }\n${more}stages:\n${stages}`,
    "r.yaml",
  );

function messageOf(stages: string, more = exchange): string {
  try {
    recipe(stages, more);
  } catch (error) {
    if (error instanceof InputError) return error.toString();
    throw error;
  }
  return "no error";
}

describe("crossbar-pruning in a recipe", () => {
  test("every default; the bits of a weight are those of the stage that quantises", () => {
    const { stages } = recipe(`  - { stage: crossbar-pruning, epochs: 2 }\n${ptq}`);
    expect(stages[0]).toMatchObject({
      stage: "crossbar-pruning",
      name: "crossbar-pruning",
      epochs: 2,
      mode: "remainder-aware",
      share: 0.02,
      rounds: 10,
      budget_points: 0.5,
      normalize: "layer-total",
      weightBits: 8,
      learningRate: { schedule: "cosine", rate: 0.01 },
    });
    expect(trains(stages[0]!)).toBe(true);
    const [own] = recipe(`  - { stage: crossbar-pruning, epochs: 2, weightBits: 6 }\n${ptq}`).stages;
    expect(own).toMatchObject({ weightBits: 6 });
  });

  test("a resolved recipe resolves to itself", () => {
    const resolved = recipe(`  - { stage: crossbar-pruning, steps: 9, mode: literal }\n${ptq}`);
    expect(parseRecipe(JSON.stringify(resolved), "r.json")).toEqual(resolved);
  });

  test("stands before quantisation and behind it, and fine-tuning may follow", () => {
    const qat = "  - { stage: quantization-aware-training, epochs: 1, weights: { bits: 5 } }\n";
    const rows = "  - { stage: crossbar-pruning, epochs: 1 }\n";
    const tuning = "  - { stage: fine-tuning, epochs: 1 }\n";
    expect(recipe(`${qat}${rows}${tuning}`).stages[1]).toMatchObject({ weightBits: 5 });
    expect(recipe(`${rows}${tuning}${qat}`).stages).toHaveLength(3);
    expect(messageOf(rows)).toContain("the chip takes quantised networks");
    expect(messageOf(`${ptq}${rows}`)).toContain("post-training-quantization is the last stage");
    expect(messageOf(`${rows}  - { stage: train, epochs: 1 }\n${ptq}`)).toContain(
      "pruned weights would come back",
    );
  });

  test.each(["dense", "packed"])("placed %s it is refused", (scheme) => {
    expect(
      messageOf(`  - { stage: crossbar-pruning, epochs: 1 }\n${ptq}`, `place: { scheme: ${scheme} }\n`),
    ).toBe(
      'r.yaml:6:14: stages[0].stage is "crossbar-pruning"\n' +
        `  place.scheme is ${scheme}, which stores those rows all the same: choose column-exchange`,
    );
  });

  test.each([
    ["share: 0", "choose a share above 0, at most 1"],
    ["mode: greedy", "choose literal or remainder-aware"],
    ["rounds: 0", "choose a whole number from 1 to 10000"],
    ["budget_points: -1", "choose a number from 0 to 100"],
    ["normalize: mean", "choose none, layer-mean or layer-total"],
    ["budget: 1", "is not a known key"],
  ])("%s is refused", (key, hint) => {
    expect(messageOf(`  - { stage: crossbar-pruning, epochs: 1, ${key} }\n${ptq}`)).toContain(hint);
  });

  test("without a length it is refused", () => {
    expect(messageOf(`  - { stage: crossbar-pruning }\n${ptq}`)).toContain("say how long the stage is");
  });
});
