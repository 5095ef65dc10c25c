import * as z from "zod";
import { between, bits, images, numberOr, object, oneOf, positive, weightBits, yesNo } from "./fields.js";
import { stageName, training } from "./training-fields.js";

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

export const postTrainingSchema = object({
  stage: z.literal("post-training-quantization").describe("Quantises without training."),
  name: stageName,
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
