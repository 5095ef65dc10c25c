import type { Normalization } from "../data/types.js";

/** A pipeline as data, with every default resolved; `recipe.json` of a run directory is this. */
export interface Recipe {
  readonly version: 1;
  readonly name: string;
  readonly seed: number;
  /** Path of an .onnx file, or the name of a reference network (with random weights). */
  readonly model: string;
  readonly data: {
    /** Name of a data set, or a folder that holds one. */
    readonly name: string;
    readonly normalization: Normalization;
  };
  readonly hardware: HardwareRecipe;
  /** What is done to the network, in order. Training stages join as further kinds. */
  readonly stages: readonly Stage[];
  readonly place: { readonly scheme: "dense" | "packed" };
  /** Training images from which the converter ranges are taken. */
  readonly calibrate: { readonly images: number };
  readonly simulate: {
    /** First test images that are simulated. */
    readonly images: number;
    /** Converter widths compared on those images beside the hardware's own; null: ideal. */
    readonly adcBits: readonly (number | null)[];
  };
  /** Test images for the software accuracies; null: all. */
  readonly evaluate: { readonly images: number | null };
}

/** A preset (or a hardware file) and what is changed in it. */
export interface HardwareRecipe {
  readonly base: string;
  readonly rows: number | null;
  readonly columns: number | null;
  readonly activeRows: number | null;
  readonly cellBits: number | null;
  readonly sign: "offset" | "splitArrays" | "pairedColumns" | null;
  readonly compose: "digital" | "analog" | null;
  readonly offsetBy: "digital" | "dummyColumn" | null;
  /** A width, "ideal", or null for the preset's own. */
  readonly adcBits: number | "ideal" | null;
  readonly adcRange: "percentile" | "minmax" | "fullscale" | null;
  readonly cellModel: "ideal" | "conductance" | null;
}

export type Stage = PostTrainingStage;

export interface PostTrainingStage {
  readonly stage: "post-training-quantization";
  readonly weights: {
    readonly bits: number;
    readonly range: "mean" | "sawb" | "max" | "mse";
    /** k of the range rule "mean". */
    readonly factor: number;
  };
  readonly activations: { readonly bits: number; readonly range: "mse" | "percentile" | "max" };
  /** Bits of the image on the first layer's word lines. */
  readonly input: { readonly bits: number };
  /** Rows of a prunable group, or null for no groups. */
  readonly groupRows: number | null;
  /** Training images from which activation ranges are taken. */
  readonly images: number;
  /** Gives every filter of a model with folded batch norm the same mean magnitude before quantising. */
  readonly equalizeFilters: boolean;
  /** Re-estimates each layer's output mean on the training images after quantising. */
  readonly correctBias: boolean;
}
