import * as z from "zod";
import { pruningModes, segmentUnits } from "../compress/prune/crossbar/types.js";
import {
  between,
  bits,
  images,
  numberOr,
  object,
  oneOf,
  positive,
  text,
  weightBits,
  whole,
  yesNo,
} from "./fields.js";

const nameError = "give a name of letters, digits, dots, dashes and underscores";
const name = z
  .string({ error: nameError })
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, { error: nameError })
  .optional()
  .describe("What reports call the stage. Default: its kind, numbered where there are several.");

const mostSteps = 100_000_000;
const count = whole(0, mostSteps);

const factorError = "choose a number above 0, at most 1, or a list of one for each milestone";
const learningRate = (rate: number) =>
  object({
    schedule: oneOf("constant", "step", "cosine", "one-cycle")
      .default("cosine")
      .describe("How the rate goes over the stage. Default: cosine."),
    rate: positive(1000).default(rate).describe(`The rate at its highest. Default: ${rate}.`),
    warmUp: count.default(0).describe("Rises to the rate over so many epochs or steps first. Default: 0."),
    milestones: z
      .array(whole(1, mostSteps), { error: "give a list of epochs or steps, such as [80, 120]" })
      .default([])
      .describe("With step: when the rate is multiplied by factor, in the unit of the stage's length."),
    factor: z
      .union([positive(1), z.array(positive(1), { error: factorError })], { error: factorError })
      .default(0.1)
      .describe("With step: the factor at every milestone, or a list of one for each. Default: 0.1."),
    end: between(0, 1000).default(0).describe("With cosine: the rate at the end. Default: 0."),
    rise: z
      .number({ error: "choose a number between 0 and 1" })
      .gt(0, { error: "choose a number between 0 and 1" })
      .lt(1, { error: "choose a number between 0 and 1" })
      .default(0.3)
      .describe("With one-cycle: the part of the stage in which the rate rises. Default: 0.3."),
  })
    .prefault({})
    .describe("The learning rate.");

const optimizer = object({
  kind: oneOf("sgd", "adam", "adamw").default("sgd").describe("Default: sgd."),
  momentum: z
    .number({ error: "choose a number from 0 to below 1" })
    .min(0, { error: "choose a number from 0 to below 1" })
    .lt(1, { error: "choose a number from 0 to below 1" })
    .default(0.9)
    .describe("Momentum of sgd. Default: 0.9."),
  nesterov: yesNo.default(false).describe("Nesterov's form of the momentum. Default: false."),
})
  .prefault({})
  .describe("The optimiser.");

const augment = object({
  flip: between(0, 1)
    .default(0)
    .describe("Mirrors an image left to right with this probability. Default: 0."),
  crop: whole(0, 1000)
    .default(0)
    .describe("Pads with so many pixels, and cuts the image's size out at random. Default: 0."),
})
  .prefault({})
  .describe("How training images are changed by chance.");

/** The keys of every stage that trains. */
const training = (rate: number) => ({
  name,
  epochs: count
    .nullable()
    .default(null)
    .describe("Length of the stage in passes through the training images."),
  steps: count
    .nullable()
    .default(null)
    .describe("Length of the stage in steps of one batch, instead of epochs."),
  batch: whole(1, 65_536).default(128).describe("Images of a step. Default: 128."),
  optimizer,
  weightDecay: between(0, 1000)
    .default(5e-4)
    .describe("L2 pull on the weights; biases, batch norm and ranges have none. Default: 0.0005."),
  learningRate: learningRate(rate),
  batchNorm: oneOf("batch", "frozen")
    .default("batch")
    .describe(
      "Normalises with each batch's statistics, or with the running ones, which then stay. Default: batch.",
    ),
  augment,
  interval: whole(1, mostSteps)
    .nullable()
    .default(null)
    .describe("Steps between two looks (validation, controller, curves). Default: one epoch."),
  select: oneOf("last", "best")
    .default("last")
    .describe(
      "Which parameters a stage hands on: the last, or those best on the validation images. Default: last.",
    ),
});

const sparsityError = "choose a number from 0 to 1";
const fraction = z
  .number({ error: sparsityError })
  .min(0, { error: sparsityError })
  .max(1, { error: sparsityError });

export const trainSchema = object({
  stage: z.literal("train").describe("Trains in floating point."),
  ...training(0.1),
});

const partError = "choose a number above 0 and below 1";
const part = z.number({ error: partError }).gt(0, { error: partError }).lt(1, { error: partError });

export const irregularPruningSchema = object({
  stage: z
    .literal("irregular-pruning")
    .describe("Trains in floating point and takes the smallest weights away, more and more of them."),
  ...training(0.01),
  sparsity: part.describe("Share of the weights on crossbars that is zero in the end."),
  scope: oneOf("global", "layer")
    .default("global")
    .describe("Weights compared over the whole network, or the same share of every layer. Default: global."),
  normalize: oneOf("none", "layer")
    .default("none")
    .describe("Magnitudes as they are, or over the mean of their layer's weights. Default: none."),
  layers: z
    .record(z.string().min(1), fraction, {
      error: 'give layers with their share of zeros, such as { "conv1": 0.3 }',
    })
    .default({})
    .describe(
      "Shares of single layers, by node name; 0 leaves a layer alone. The others make up the rest of the sparsity. Default: none.",
    ),
  schedule: object({
    kind: oneOf("cubic", "linear", "one-shot")
      .default("cubic")
      .describe("How the sparsity grows: fast first (Zhu and Gupta), evenly, or at once. Default: cubic."),
    begin: count
      .default(0)
      .describe("When weights are taken away first, in the unit of the stage's length. Default: 0."),
    end: count
      .nullable()
      .default(null)
      .describe(
        "When they are for the last time; the rest is fine-tuning. Default: three quarters of the stage.",
      ),
    every: whole(1, mostSteps)
      .default(100)
      .describe("Steps from one time that weights are taken away to the next. Default: 100."),
    initial: fraction
      .nullable()
      .default(null)
      .describe("Share that it starts from. Default: what is zero already."),
  })
    .prefault({})
    .describe("How the sparsity grows over the stage."),
});

export const quantizationAwareSchema = object({
  stage: z
    .literal("quantization-aware-training")
    .describe("Puts quantisers into the network and trains with them."),
  ...training(0.01),
  weights: object({
    bits: bits.default(4).describe("Bits of a weight. Default: 4."),
    range: oneOf("mean", "sawb")
      .default("mean")
      .describe("Where weights are clipped: factor · mean |w|, or SAWB. Default: mean."),
    factor: positive(100).default(2).describe("Factor of the range rule mean. Default: 2."),
    passBelow: numberOr(z.number().gt(0), "choose a number above 0", "range")
      .default(1)
      .describe(
        "Gradients pass where |w| is below this; range: where |w| is at most the clipping range. Default: 1.",
      ),
  })
    .prefault({})
    .describe("The quantiser of the weights."),
  activations: object({
    bits: bits.default(4).describe("Bits of an activation, one word line pulse each. Default: 4."),
    alpha: numberOr(z.number().gt(0), "choose a number above 0", "calibrated")
      .default("calibrated")
      .describe(
        "Range that PACT starts from: a number, or the least squared error on training images. Default: calibrated.",
      ),
    pull: between(0, 1000).default(0.01).describe("L2 pull on the learnt ranges. Default: 0.01."),
    afterBatchNorm: yesNo
      .default(false)
      .describe(
        "A quantiser behind every batch norm as well, which also cuts off below 0 there. Default: false.",
      ),
  })
    .prefault({})
    .describe("The quantiser of the values between layers (PACT)."),
  input: object({
    bits: bits.default(8).describe("Bits of the image on the first layer's word lines. Default: 8."),
  })
    .prefault({})
    .describe("The quantiser of the image."),
  images: images.default(512).describe("Training images that first ranges are taken from. Default: 512."),
});

export const groupLassoSchema = object({
  stage: z
    .literal("group-lasso")
    .describe("Trains with a penalty that empties column groups, then prunes those."),
  ...training(0.01),
  method: oneOf("multi-group", "plain")
    .default("multi-group")
    .describe(
      "A clipped penalty with a lambda per position, or one sum over all groups. Default: multi-group.",
    ),
  lambda: between(0, 1000).default(2e-3).describe("Strength of the penalty. Default: 0.002."),
  lambdaDense: between(0, 1000)
    .nullable()
    .default(null)
    .describe("Strength on the dense layers that carry groups. Default: lambda."),
  clip: positive(1000)
    .default(0.7)
    .describe(
      "With multi-group: groups above clip · their position's mean norm are not penalised. Default: 0.7.",
    ),
  clipLayers: z
    .record(z.string().min(1), between(0, 1000), {
      error: 'give layers with their clip, such as { "/layer1/conv1/Conv": 0.5 }',
    })
    .default({})
    .describe("The clip of single layers, by node name; 0 leaves a layer alone. Default: clip in all."),
  deltaGradient: oneOf("detached", "through")
    .default("detached")
    .describe("Whether the mean inside the threshold has a gradient. Default: detached."),
  update: oneOf("subgradient", "proximal")
    .default("subgradient")
    .describe(
      "The penalty inside the loss, or its exact minimiser behind each update. Default: subgradient.",
    ),
  kappa: between(0, 100)
    .default(2)
    .describe("Gain by which the controller evens out the positions; 0: one lambda for all. Default: 2."),
  target: fraction
    .nullable()
    .default(null)
    .describe("Share of zero groups that lambda is steered to. Default: none."),
});

export const magnitudeSchema = object({
  stage: z.literal("magnitude-pruning").describe("Prunes what has the smallest norm, in one shot."),
  name,
  structure: oneOf("groups", "filters")
    .default("groups")
    .describe("Column groups, or whole filters. Default: groups."),
  sparsity: fraction.describe("Share that is pruned."),
  scope: oneOf("global", "layer", "position")
    .default("global")
    .describe(
      "Compared over the whole network, within a layer, or within a position of a layer. Default: global.",
    ),
});

const shareError = "choose a share above 0, at most 1";

export const crossbarPruningSchema = object({
  stage: z
    .literal("crossbar-pruning")
    .describe(
      "Prunes rows of crossbars and fine-tunes, round after round, as long as the validation accuracy holds.",
    ),
  ...training(0.01),
  mode: oneOf(...pruningModes)
    .default("remainder-aware")
    .describe(
      "The weakest rows wherever they are, or always those that free an array at the least loss. Default: remainder-aware.",
    ),
  share: z
    .number({ error: shareError })
    .gt(0, { error: shareError })
    .max(1, { error: shareError })
    .default(0.02)
    .describe(
      "What each round prunes: this share of the crossbar rows that are left, or of the arrays. Default: 0.02.",
    ),
  rounds: whole(1, 10_000)
    .default(10)
    .describe("Rounds at most; epochs or steps are those of one. Default: 10."),
  budget_points: between(0, 100)
    .default(0.5)
    .describe("Percentage points of validation accuracy that all rounds may cost. Default: 0.5."),
  normalize: oneOf(...segmentUnits)
    .default("layer-total")
    .describe("Compares rows as they are, or in units of their layer's mean or total. Default: layer-total."),
  weightBits: bits
    .nullable()
    .default(null)
    .describe(
      "Bits of a stored weight, where the network is not quantised yet. Default: those of the stage that does it.",
    ),
});

export const fineTuningSchema = object({
  stage: z.literal("fine-tuning").describe("Trains what is left after pruning; what was pruned stays zero."),
  ...training(0.01),
});

export const postTrainingSchema = object({
  stage: z.literal("post-training-quantization").describe("Quantises without training."),
  name,
  weights: object({
    bits: weightBits
      .default(4)
      .describe("Bits of a weight; 9 are a sign and a magnitude of 8 bits. Default: 4."),
    range: oneOf("mse", "mean", "sawb", "max")
      .default("mse")
      .describe(
        "Where weights are clipped: least squared error, factor · mean |w|, SAWB, or nowhere. Default: mse.",
      ),
    factor: positive(100).default(2).describe("Factor of the range rule mean. Default: 2."),
  })
    .prefault({})
    .describe("The quantiser of the weights."),
  activations: object({
    bits: bits.default(4).describe("Bits of an activation, one word line pulse each. Default: 4."),
    range: oneOf("mse", "percentile", "max")
      .default("mse")
      .describe("Where activations are clipped: least squared error, 99.9 %, or nowhere. Default: mse."),
  })
    .prefault({})
    .describe("The quantiser of the values between layers."),
  input: object({
    bits: bits.default(8).describe("Bits of the image on the first layer's word lines. Default: 8."),
  })
    .prefault({})
    .describe("The quantiser of the image."),
  images: images
    .default(512)
    .describe("Training images that activation ranges are taken from. Default: 512."),
  equalizeFilters: yesNo
    .default(true)
    .describe(
      "Gives every filter of a model with folded batch norm the same mean magnitude first. Default: true.",
    ),
  correctBias: yesNo
    .default(true)
    .describe("Re-estimates each layer's output mean after quantising. Default: true."),
});

export const stageKinds = [
  "train",
  "irregular-pruning",
  "quantization-aware-training",
  "group-lasso",
  "magnitude-pruning",
  "crossbar-pruning",
  "fine-tuning",
  "post-training-quantization",
] as const;

export const stageSchema = z.discriminatedUnion(
  "stage",
  [
    trainSchema,
    irregularPruningSchema,
    quantizationAwareSchema,
    groupLassoSchema,
    magnitudeSchema,
    crossbarPruningSchema,
    fineTuningSchema,
    postTrainingSchema,
  ],
  { error: `choose ${stageKinds.slice(0, -1).join(", ")} or ${stageKinds.at(-1)}` },
);

export type StageInput = z.output<typeof stageSchema>;

export const groupsSchema = object({
  rows: z
    .union([whole(1, 65_535), z.literal("none"), z.null()], {
      error: "choose a whole number from 1 to 65535, or none",
    })
    .default(72)
    .describe("Rows of one prunable column group, or none. Default: 72."),
  denseLayers: z
    .array(text("give the name of a dense layer's node"), { error: "give a list of dense layers" })
    .max(10_000, { error: "give at most 10000 dense layers" })
    .default([])
    .describe("Dense layers that carry groups as well, by node name. Default: none."),
  dense: oneOf("rows", "neuron")
    .default("rows")
    .describe(
      "A group of a dense layer: as many rows as elsewhere, or all inputs of one output. Default: rows.",
    ),
  pointwise: yesNo.default(false).describe("Convolutions of 1 × 1 carry groups as well. Default: false."),
})
  .prefault({})
  .describe("The column groups that can be pruned.");
