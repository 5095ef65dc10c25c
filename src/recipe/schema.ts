import * as z from "zod";
import { exchangeSchema } from "./exchange-schema.js";
import {
  adcWidth,
  between,
  images,
  mostImages,
  mostLines,
  object,
  oneOf,
  text,
  whole,
  wholeOr,
} from "./fields.js";
import { groupsSchema, stageSchema } from "./stage-schema.js";

const scaleError = "give a number other than 0, or a fraction such as 1/255";
const scale = z.union(
  [
    z.number().refine((value) => value !== 0, { error: scaleError }),
    z.string().regex(/^\s*\d+(\.\d+)?\s*\/\s*[1-9]\d*(\.\d+)?\s*$/, { error: scaleError }),
  ],
  { error: scaleError },
);
const channelValues = (above0: boolean) => {
  const error = `give one number${above0 ? " above 0" : ""} per channel, such as [${above0 ? "0.229, 0.224, 0.225" : "0.485, 0.456, 0.406"}]`;
  const value = z.number({ error });
  return z
    .array(above0 ? value.gt(0, { error }) : value, { error })
    .min(1, { error })
    .max(1024, { error });
};

const normalization = object({
  mean: channelValues(false).optional().describe("Mean of each channel, after scaling."),
  std: channelValues(true).optional().describe("Standard deviation of each channel, after scaling."),
  scale: scale
    .optional()
    .describe("Factor on the pixel bytes before the mean is taken off: 1/255 gives 0 to 1."),
  layout: oneOf("NCHW", "NHWC")
    .optional()
    .describe("Order of batch, channels, height and width in the model's input."),
});

const data = object({
  validation: whole(0, mostImages)
    .nullable()
    .default(null)
    .describe(
      "Training images kept apart to watch training by, drawn by the seed. Default: 5000, or a tenth where there are fewer than 50000.",
    ),
  name: text("give a data set's name, such as cifar10 or mnist, or the folder that holds one").describe(
    "Name of a data set (cifar10, mnist, drawn-digits, imagenet), or the folder that holds one.",
  ),
  normalization: z
    .union([normalization, z.string()])
    .optional()
    .describe(
      "How pixels become the model's input: x = (pixel · scale − mean) / std. A name (imagenet, cifar10, mnist, drawn-digits), or values. Default: the data set's own; it must be the one that the model was trained with.",
    ),
});

const hardware = object({
  base: text("give a preset's name, such as meng2021, or a hardware file")
    .default("meng2021")
    .describe(
      "A hardware preset (`xbarkit list hardware`), or a hardware file beside the recipe. Default: meng2021.",
    ),
  rows: whole(1, mostLines)
    .nullable()
    .default(null)
    .describe("Word lines of an array. Default: the preset's."),
  columns: whole(1, mostLines)
    .nullable()
    .default(null)
    .describe("Bit lines of an array. Default: the preset's."),
  activeRows: whole(1, mostLines)
    .nullable()
    .default(null)
    .describe("Word lines driven together at most. Default: the preset's."),
  inputSliceBits: whole(1, 8)
    .nullable()
    .default(null)
    .describe(
      "Bits of an input that a word line carries at a time, as one of 2^bits levels. Default: the preset's.",
    ),
  cellBits: whole(1, 4).nullable().default(null).describe("Bits of one cell. Default: the preset's."),
  sign: oneOf("offset", "splitArrays", "pairedColumns")
    .nullable()
    .default(null)
    .describe("How a signed weight becomes cells. Default: the preset's."),
  compose: oneOf("digital", "analog")
    .nullable()
    .default(null)
    .describe("One conversion per cell column (digital), or per weight (analog). Default: the preset's."),
  offsetBy: oneOf("digital", "dummyColumn")
    .nullable()
    .default(null)
    .describe("What takes the offset off again. Default: the preset's."),
  branchGainSigma: between(0, 0.25)
    .exactOptional()
    .describe(
      "With compose analog: standard deviation of the gain of each bit line's branch, as a share of the gain. Default: the preset's, or 0.",
    ),
  branchGainSeed: whole(0, 2 ** 31 - 1)
    .exactOptional()
    .describe("Which chip: the seed that those gains are drawn from. Default: 1."),
  adcBits: adcWidth.default(null).describe("Width of the converters, or ideal. Default: the preset's."),
  adcRange: oneOf("percentile", "minmax", "fullscale", "mse")
    .nullable()
    .default(null)
    .describe("How the converters' range is chosen from the training images. Default: the preset's."),
  cellModel: oneOf("ideal", "conductance")
    .nullable()
    .default(null)
    .describe("Cells at even conductance steps, or at their published resistances. Default: the preset's."),
});

export const recipeSchema = object({
  version: z
    .literal(1, { error: "this xbarkit reads recipes of version 1" })
    .default(1)
    .describe("Version of the recipe format. Default: 1."),
  name: z
    .string({ error: "give a name of letters, digits, dots, dashes and underscores" })
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, {
      error: "give a name of letters, digits, dots, dashes and underscores",
    })
    .optional()
    .describe("Names the run directory. Default: the recipe file's name."),
  seed: whole(0, 2 ** 31 - 1)
    .default(1)
    .describe("Seed of every random choice. Default: 1."),
  model: text("give the path of an .onnx file, or a reference network (`xbarkit list models`)").describe(
    "Path of an .onnx file, relative to the recipe, or a reference network's name (with random weights).",
  ),
  data: data.describe("The images."),
  hardware: hardware.prefault({}).describe("The chip: a preset, and what is changed in it."),
  groups: groupsSchema,
  stages: z
    .array(stageSchema, { error: "give a list of stages" })
    .min(1, { error: "give at least one stage" })
    .max(100, { error: "give at most 100 stages" })
    .prefault([{ stage: "post-training-quantization" }])
    .describe("What is done to the network, in order. Default: post-training quantisation."),
  place: object({
    scheme: oneOf("packed", "dense", "column-exchange")
      .default("packed")
      .describe(
        "packed: pruned groups take no cells; dense: every weight is stored; column-exchange: columns that need the same rows stand together. Default: packed.",
      ),
    exchange: exchangeSchema,
    activeRows: z
      .record(z.string().min(1), whole(1, mostLines), {
        error: 'give layers with their rows, such as { "/conv1/Conv": 9 }',
      })
      .default({})
      .describe(
        "Word lines driven together at most in single layers, by node name. Default: the hardware's number in all.",
      ),
  })
    .prefault({})
    .describe("How weights are placed on arrays."),
  calibrate: object({
    images: images.default(64).describe("Training images that converter ranges are taken from. Default: 64."),
  })
    .prefault({})
    .describe("How converter ranges are found."),
  simulate: object({
    images: images.default(500).describe("First test images that are simulated. Default: 500."),
    adcBits: z
      .array(adcWidth, { error: "give a list of converter widths, such as [4, 5, 6, ideal]" })
      .max(21, { error: "give at most 21 converter widths" })
      .default(["ideal"])
      .describe("Converter widths compared on the same images, beside the hardware's own. Default: [ideal]."),
  })
    .prefault({})
    .describe("The simulation of the arrays."),
  evaluate: object({
    images: wholeOr(1, mostImages, "all")
      .default(null)
      .describe("First test images for the accuracies in software, or all. Default: all."),
  })
    .prefault({})
    .describe("The accuracies in software."),
});

/** A recipe as its schema leaves it: defaults filled in, words for null still there. */
export type RecipeInput = z.output<typeof recipeSchema>;

/** The JSON Schema of recipe files, for editors. */
export function recipeJsonSchema(): Readonly<Record<string, unknown>> {
  const schema = z.toJSONSchema(recipeSchema, { io: "input", unrepresentable: "any" });
  return { ...schema, title: "xbarkit recipe" };
}
