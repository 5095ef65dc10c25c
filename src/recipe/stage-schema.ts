import * as z from "zod";
import { object, oneOf, text, whole, yesNo } from "./fields.js";
import {
  crossbarPruningSchema,
  groupLassoSchema,
  irregularPruningSchema,
  magnitudeSchema,
} from "./pruning-stages.js";
import { postTrainingSchema, quantizationAwareSchema } from "./quantization-stages.js";
import { training } from "./training-fields.js";

const trainSchema = object({
  stage: z.literal("train").describe("Trains in floating point."),
  ...training(0.1),
});

const fineTuningSchema = object({
  stage: z.literal("fine-tuning").describe("Trains what is left after pruning; what was pruned stays zero."),
  ...training(0.01),
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
