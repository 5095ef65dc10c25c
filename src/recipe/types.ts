import type { Normalization } from "../data/types.js";
import type { ExchangeSettings } from "../mapping/column-exchange/types.js";
import type { PlacementScheme } from "../mapping/place.js";
import type { Stage } from "./stage-types.js";

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
    /** Training images kept apart; null: 5,000, or a tenth where there are fewer than 50,000. */
    readonly validation: number | null;
  };
  readonly hardware: HardwareRecipe;
  readonly groups: GroupRecipe;
  /** What is done to the network, in order. */
  readonly stages: readonly Stage[];
  readonly place: {
    readonly scheme: PlacementScheme;
    /** How columns are exchanged, under the scheme "column-exchange" only. */
    readonly exchange?: ExchangeSettings;
    /** Rows driven together at most in single layers, by node name. */
    readonly activeRows: Readonly<Record<string, number>>;
  };
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
  readonly inputSliceBits: number | null;
  readonly cellBits: number | null;
  readonly sign: "offset" | "splitArrays" | "pairedColumns" | null;
  readonly compose: "digital" | "analog" | null;
  readonly offsetBy: "digital" | "dummyColumn" | null;
  /** Absent: the preset's, which are ideal. */
  readonly branchGainSigma?: number;
  readonly branchGainSeed?: number;
  /** A width, "ideal", or null for the preset's own. */
  readonly adcBits: number | "ideal" | null;
  readonly adcRange: "percentile" | "minmax" | "fullscale" | "mse" | null;
  readonly cellModel: "ideal" | "conductance" | null;
}

/** The column groups that can be pruned (spec of Meng et al., section 1). */
export interface GroupRecipe {
  /** Rows of a group, or null for no groups. */
  readonly rows: number | null;
  /** Dense layers that carry groups as well, by node name. */
  readonly denseLayers: readonly string[];
  /** Their groups: `rows` of them, or all inputs of one output. */
  readonly dense: "rows" | "neuron";
  /** Convolutions of 1 × 1 carry groups as well. */
  readonly pointwise: boolean;
}

export type {
  CrossbarPruningStage,
  FineTuningStage,
  GroupLassoStage,
  IrregularPruningStage,
  MagnitudeStage,
  PostTrainingStage,
  QuantizationAwareStage,
  Stage,
  TrainingSettings,
  TrainingStageRecipe,
  TrainStage,
} from "./stage-types.js";
