import * as z from "zod";

// Each message is the way out that a person reads: what the value may be.

/** What an unknown key's message is split by: zod hands no other list of the keys that there are. */
export const keySeparator = ", ";

const object = <T extends z.ZodRawShape>(shape: T) =>
  z.strictObject(shape, {
    error: (issue) =>
      issue.code === "unrecognized_keys"
        ? Object.keys(shape).join(keySeparator)
        : `give the keys ${Object.keys(shape).join(keySeparator)}`,
  });
const text = (error: string) => z.string({ error }).min(1, { error });
const whole = (low: number, high: number) => {
  const error = `choose a whole number from ${low} to ${high}`;
  return z.int({ error }).min(low, { error }).max(high, { error });
};
const oneOf = <const T extends readonly [string, ...string[]]>(...values: T) =>
  z.enum(values, { error: `choose ${values.slice(0, -1).join(", ")} or ${values.at(-1)}` });
/** A whole number or a word that stands for null. */
const wholeOr = <W extends string>(low: number, high: number, word: W) => {
  const error = `choose a whole number from ${low} to ${high}, or ${word}`;
  // Of a union zod reports only the alternative that came furthest: each has to say the whole.
  const number = z.int({ error }).min(low, { error }).max(high, { error });
  return z.union([number, z.literal(word), z.null()], { error });
};
const yesNo = z.boolean({ error: "choose true or false" });

/** No data set that can be read here has more images. */
const mostImages = 10_000_000;
const mostLines = 65_535;
const images = whole(1, mostImages);
const bits = whole(2, 8);
const adcWidth = wholeOr(1, 12, "ideal");

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
  name: text("give a data set's name, such as cifar10 or mnist, or the folder that holds one").describe(
    "Name of a data set (cifar10, mnist), or the folder that holds one.",
  ),
  normalization: z
    .union([normalization, z.string()])
    .optional()
    .describe(
      "How pixels become the model's input: x = (pixel · scale − mean) / std. A name (imagenet, cifar10, mnist), or values. Default: the data set's own; it must be the one that the model was trained with.",
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
  adcBits: adcWidth.default(null).describe("Width of the converters, or ideal. Default: the preset's."),
  adcRange: oneOf("percentile", "minmax", "fullscale")
    .nullable()
    .default(null)
    .describe("How the converters' range is chosen from the training images. Default: the preset's."),
  cellModel: oneOf("ideal", "conductance")
    .nullable()
    .default(null)
    .describe("Cells at even conductance steps, or at their published resistances. Default: the preset's."),
});

export const stageSchema = object({
  stage: oneOf("post-training-quantization").describe("Quantises without training."),
  weights: object({
    bits: bits.default(4).describe("Bits of a weight. Default: 4."),
    range: oneOf("mse", "mean", "sawb", "max")
      .default("mse")
      .describe(
        "Where weights are clipped: least squared error, factor · mean |w|, SAWB, or nowhere. Default: mse.",
      ),
    factor: z
      .number({ error: "choose a number above 0, at most 100" })
      .gt(0, { error: "choose a number above 0, at most 100" })
      .max(100, { error: "choose a number above 0, at most 100" })
      .default(2)
      .describe("Factor of the range rule mean. Default: 2."),
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
  groupRows: wholeOr(1, mostLines, "none")
    .default(72)
    .describe("Rows of one prunable column group, or none. Default: 72."),
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
  stages: z
    .array(stageSchema, { error: "give a list of stages" })
    .min(1, { error: "give at least one stage" })
    .max(1, { error: "give one stage; there is one kind so far" })
    .prefault([{ stage: "post-training-quantization" }])
    .describe("What is done to the network, in order. Default: post-training quantisation."),
  place: object({
    scheme: oneOf("packed", "dense")
      .default("packed")
      .describe("packed: pruned groups take no cells; dense: every weight is stored. Default: packed."),
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
      .max(13, { error: "give at most 13 converter widths" })
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
