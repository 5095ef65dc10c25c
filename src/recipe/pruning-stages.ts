import * as z from "zod";
import { pruningModes, segmentUnits } from "../compress/prune/crossbar/types.js";
import { between, bits, object, oneOf, positive, whole } from "./fields.js";
import { count, mostSteps, stageName, training } from "./training-fields.js";

const fraction = between(0, 1);

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
  name: stageName,
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
