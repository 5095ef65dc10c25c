import * as z from "zod";
import { between, object, oneOf, positive, whole, yesNo } from "./fields.js";

const nameError = "give a name of letters, digits, dots, dashes and underscores";
export const stageName = z
  .string({ error: nameError })
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, { error: nameError })
  .optional()
  .describe("What reports call the stage. Default: its kind, numbered where there are several.");

export const mostSteps = 100_000_000;
export const count = whole(0, mostSteps);

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
export const training = (rate: number) => ({
  name: stageName,
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
