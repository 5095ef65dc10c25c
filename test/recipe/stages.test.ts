import { describe, expect, test } from "vitest";
import { InputError } from "../../src/errors.js";
import { parseRecipe, trains } from "../../src/recipe/index.js";

const head = "model: lenet5\ndata: { name: mnist }\n";
const qat = "  - { stage: quantization-aware-training, epochs: 1 }\n";
const recipe = (stages: string, more = "") => parseRecipe(`${head}${more}stages:\n${stages}`, "r.yaml");

function messageOf(stages: string, more = ""): string {
  try {
    recipe(stages, more);
  } catch (error) {
    if (error instanceof InputError) return error.toString();
    throw error;
  }
  return "no error";
}

describe("training stages", () => {
  test("every default of a penalised training, resolved", () => {
    const { stages } = recipe(`${qat}  - { stage: group-lasso, steps: 300 }\n`);
    expect(stages[1]).toEqual({
      stage: "group-lasso",
      name: "group-lasso",
      epochs: null,
      steps: 300,
      batch: 128,
      optimizer: { kind: "sgd", momentum: 0.9, nesterov: false },
      weightDecay: 5e-4,
      learningRate: {
        schedule: "cosine",
        rate: 0.01,
        warmUp: 0,
        milestones: [],
        factor: 0.1,
        end: 0,
        rise: 0.3,
      },
      batchNorm: "batch",
      augment: { flip: 0, crop: 0 },
      interval: null,
      select: "last",
      method: "multi-group",
      lambda: 2e-3,
      lambdaDense: 2e-3,
      clip: 0.7,
      clipLayers: {},
      deltaGradient: "detached",
      update: "subgradient",
      kappa: 2,
      target: null,
    });
    expect(stages.map(trains)).toEqual([true, true]);
  });

  test("words for null, names by kind and number, and a resolved recipe resolves to itself", () => {
    const text =
      "  - { stage: train, epochs: 2 }\n  - { stage: train, name: longer, steps: 5 }\n  - { stage: train, epochs: 0 }\n" +
      "  - { stage: quantization-aware-training, steps: 0, weights: { passBelow: range }, activations: { alpha: calibrated } }\n" +
      "  - { stage: magnitude-pruning, sparsity: 0.5 }\n  - { stage: fine-tuning, epochs: 1 }\n";
    const once = recipe(text);
    expect(once.stages.map(({ name }) => name)).toEqual([
      "train",
      "longer",
      "train-2",
      "quantization-aware-training",
      "magnitude-pruning",
      "fine-tuning",
    ]);
    expect(once.stages[3]).toMatchObject({ weights: { passBelow: null }, activations: { alpha: null } });
    expect(parseRecipe(JSON.stringify(once), "r.json")).toEqual(once);
  });
});

describe("irregular pruning", () => {
  const ptq = "  - { stage: post-training-quantization }\n";
  const pruned = (more: string) => `  - { stage: irregular-pruning, sparsity: 0.9, ${more} }\n`;

  test("every default, resolved; a resolved recipe resolves to itself", () => {
    const once = recipe(
      `${pruned("epochs: 7")}  - { stage: fine-tuning, epochs: 1 }\n${ptq}`,
      "groups: { rows: none }\n",
    );
    expect(once.stages[0]).toMatchObject({
      stage: "irregular-pruning",
      epochs: 7,
      sparsity: 0.9,
      scope: "global",
      normalize: "none",
      layers: {},
      schedule: { kind: "cubic", begin: 0, end: 6, every: 100, initial: null },
    });
    expect(once.stages.map(trains)).toEqual([true, true, false]);
    expect(parseRecipe(JSON.stringify(once), "r.json")).toEqual(once);
  });

  test("what may follow it", () => {
    const kinds = (stages: string) => recipe(stages).stages.map(({ stage }) => stage);
    expect(
      kinds(`  - { stage: train, epochs: 1 }\n${pruned("steps: 5")}${pruned("steps: 5")}${ptq}`),
    ).toHaveLength(4);
    expect(kinds(`${pruned("steps: 5")}${qat}  - { stage: fine-tuning, epochs: 1 }\n`)).toHaveLength(3);
    expect(kinds(`${pruned("steps: 5")}${qat}  - { stage: group-lasso, epochs: 1 }\n`)).toHaveLength(3);
  });

  test.each<[string, string, string]>([
    [
      "behind quantisation",
      `${qat}${pruned("epochs: 1")}`,
      'stages[1].stage is "irregular-pruning"\n  it prunes weights in floating point: put it before quantisation',
    ],
    [
      "before training without masks",
      `${pruned("epochs: 1")}  - { stage: train, epochs: 1 }\n${ptq}`,
      'stages[1].stage is "train"\n  pruned weights would come back: choose fine-tuning',
    ],
    [
      "at the end",
      pruned("epochs: 1"),
      'stages[0].stage is "irregular-pruning"\n  the chip takes quantised networks',
    ],
    [
      "without a sparsity",
      `  - { stage: irregular-pruning, epochs: 1 }\n${ptq}`,
      "stages[0].sparsity is missing\n  choose a number above 0 and below 1",
    ],
    [
      "of all weights",
      `  - { stage: irregular-pruning, epochs: 1, sparsity: 1 }\n${ptq}`,
      "stages[0].sparsity is 1\n  choose a number above 0 and below 1",
    ],
    [
      "without a step",
      `${pruned("epochs: 0")}${ptq}`,
      "stages[0].epochs is 0\n  it prunes while it trains: choose at least 1",
    ],
    [
      "that ends too late",
      `${pruned("epochs: 3, schedule: { end: 4 }")}${ptq}`,
      "stages[0].schedule.end is 4\n  the stage has 3 epochs: choose at most as many",
    ],
    [
      "that ends before it begins",
      `${pruned("steps: 30, schedule: { begin: 9, end: 9 }")}${ptq}`,
      "stages[0].schedule.end is 9\n  choose more than 9, where it begins, or the kind one-shot",
    ],
    [
      "that begins where it would end",
      `${pruned("steps: 8, schedule: { begin: 7 }")}${ptq}`,
      "stages[0].schedule.begin is 7\n  choose less than 6, where the schedule ends, or give its end",
    ],
    [
      "at once, behind the stage",
      `${pruned("steps: 8, schedule: { kind: one-shot, begin: 9 }")}${ptq}`,
      "stages[0].schedule.begin is 9\n  the stage has 8 steps",
    ],
    [
      "from more than its end",
      `${pruned("steps: 8, schedule: { initial: 0.95 }")}${ptq}`,
      "stages[0].schedule.initial is 0.95\n  choose at most 0.9",
    ],
    [
      "every no steps",
      `${pruned("steps: 8, schedule: { every: 0 }")}${ptq}`,
      "stages[0].schedule.every is 0\n  choose a whole number from 1",
    ],
  ])("is refused %s", (_name, stages, message) => {
    expect(messageOf(stages)).toContain(message);
  });
});

describe("what does not go together is refused with its place", () => {
  const cases: readonly (readonly [name: string, stages: string, message: string, more?: string])[] = [
    [
      "a recipe that ends in floating point",
      "  - { stage: train, epochs: 1 }\n",
      'r.yaml:4:14: stages[0].stage is "train"\n  the chip takes quantised networks: put quantization-aware-training or post-training-quantization behind it',
    ],
    [
      "no length",
      "  - { stage: quantization-aware-training }\n",
      "r.yaml:4:5: stages[0].epochs is missing\n  say how long the stage is, in epochs or in steps",
    ],
    [
      "two lengths",
      "  - { stage: quantization-aware-training, epochs: 1, steps: 2 }\n",
      "r.yaml:4:61: stages[0].steps is 2\n  the length is 1 epochs already: give one of the two",
    ],
    [
      "pruning before quantisation",
      "  - { stage: group-lasso, epochs: 1 }\n",
      'r.yaml:4:14: stages[0].stage is "group-lasso"\n  it prunes quantised weights: put quantization-aware-training before it',
    ],
    [
      "pruning without groups",
      `${qat}  - { stage: group-lasso, epochs: 1 }\n`,
      'r.yaml:6:14: stages[1].stage is "group-lasso"\n  it prunes column groups: give groups.rows',
      "groups: { rows: none }\n",
    ],
    [
      "fine-tuning of what was not pruned",
      `${qat}  - { stage: fine-tuning, epochs: 1 }\n`,
      'r.yaml:5:14: stages[1].stage is "fine-tuning"\n  it trains what pruning has left: put irregular-pruning, group-lasso, magnitude-pruning or crossbar-pruning before it',
    ],
    [
      "quantising twice",
      `${qat}${qat}`,
      'r.yaml:5:14: stages[1].stage is "quantization-aware-training"\n  the network is quantised already: one such stage is enough',
    ],
    [
      "floating point behind quantisation",
      `${qat}  - { stage: train, epochs: 1 }\n`,
      'r.yaml:5:14: stages[1].stage is "train"\n  it trains in floating point: put it before quantisation, or choose fine-tuning',
    ],
    [
      "two stages of one name",
      "  - { stage: train, name: a, epochs: 1 }\n  - { stage: train, name: a, epochs: 1 }\n" + qat,
      'r.yaml:5:27: stages[1].name is "a"\n  another stage has this name: choose another',
    ],
    [
      "an unknown kind",
      "  - { stage: quantise }\n",
      'r.yaml:4:14: stages[0].stage is "quantise"\n  choose train, irregular-pruning, quantization-aware-training, group-lasso, magnitude-pruning, crossbar-pruning, fine-tuning or post-training-quantization',
    ],
    [
      "a key of another stage",
      "  - { stage: train, epochs: 1, lambda: 3 }\n",
      "r.yaml:4:32: stages[0].lambda is not a known key\n  known keys here: stage, name, epochs, steps, batch, optimizer, weightDecay, learningRate, batchNorm, augment, interval, select",
    ],
    [
      "milestones that go back",
      "  - { stage: train, epochs: 9, learningRate: { schedule: step, milestones: [4, 2] } }\n" + qat,
      "r.yaml:4:80: stages[0].learningRate.milestones[1] is 2\n  each has to be later than the one before",
    ],
    [
      "a batch larger than the data set",
      "  - { stage: quantization-aware-training, epochs: 1, batch: 60001 }\n",
      "r.yaml:4:61: stages[0].batch is 60001\n  mnist has 60000 training images",
    ],
    [
      "SAWB at bits that it has no coefficients for",
      "  - { stage: quantization-aware-training, epochs: 1, weights: { bits: 3, range: sawb } }\n",
      'r.yaml:4:81: stages[0].weights.range is "sawb"\n  SAWB has coefficients for 2 and 4 bits, not 3: change the bits, or choose mean',
    ],
  ];
  test.each(cases)("%s", (_, stages, message, more) => {
    expect(messageOf(stages!, more)).toBe(message);
  });
});
