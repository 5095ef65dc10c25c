import type { PruningMode, SegmentUnit } from "../compress/prune/crossbar/types.js";
import type { Augmentation } from "../data/augment.js";

/** One step of what is done to a network. Any stage may follow another that leaves what it needs. */
export type Stage =
  | TrainStage
  | IrregularPruningStage
  | QuantizationAwareStage
  | GroupLassoStage
  | MagnitudeStage
  | CrossbarPruningStage
  | FineTuningStage
  | PostTrainingStage;

/** The stages that run the training loop. */
export type TrainingStageRecipe =
  | TrainStage
  | IrregularPruningStage
  | QuantizationAwareStage
  | GroupLassoStage
  | CrossbarPruningStage
  | FineTuningStage;

/** What every stage that trains says of the loop. */
export interface TrainingSettings {
  /** Distinct among the stages of a recipe. */
  readonly name: string;
  /** One of the two says how long the stage is, in whose unit milestones and warm-up count too; the other is null. */
  readonly epochs: number | null;
  readonly steps: number | null;
  readonly batch: number;
  readonly optimizer: {
    readonly kind: "sgd" | "adam" | "adamw";
    readonly momentum: number;
    readonly nesterov: boolean;
  };
  readonly weightDecay: number;
  readonly learningRate: LearningRate;
  readonly batchNorm: "batch" | "frozen";
  readonly augment: Required<Augmentation>;
  /** Steps between two looks; null: one epoch. */
  readonly interval: number | null;
  readonly select: "last" | "best";
}

export interface LearningRate {
  readonly schedule: "constant" | "step" | "cosine" | "one-cycle";
  readonly rate: number;
  readonly warmUp: number;
  readonly milestones: readonly number[];
  readonly factor: number | readonly number[];
  readonly end: number;
  readonly rise: number;
}

/** Floating point. */
export interface TrainStage extends TrainingSettings {
  readonly stage: "train";
}

/** Trains in floating point, and takes the smallest weights away on the way (spec of Lin et al., section 1). */
export interface IrregularPruningStage extends TrainingSettings {
  readonly stage: "irregular-pruning";
  /** Zero weights over all weights that go on crossbars, in the end. */
  readonly sparsity: number;
  readonly scope: "global" | "layer";
  readonly normalize: "none" | "layer";
  /** Shares of single layers, by node name; the others make up the rest. */
  readonly layers: Readonly<Record<string, number>>;
  readonly schedule: {
    readonly kind: "cubic" | "linear" | "one-shot";
    /** In the unit of the stage's length. */
    readonly begin: number;
    readonly end: number;
    /** Steps from one time that weights are taken away to the next. */
    readonly every: number;
    /** Share that the schedule starts from; null: what is 0 already. */
    readonly initial: number | null;
  };
}

/** Quantisers join the network and are trained with it (spec of Meng et al., 2.5 and 2.6). */
export interface QuantizationAwareStage extends TrainingSettings {
  readonly stage: "quantization-aware-training";
  readonly weights: {
    readonly bits: number;
    readonly range: "mean" | "sawb";
    /** k of the range rule "mean". */
    readonly factor: number;
    /** Gradients pass where |w| is below it; null: where |w| ≤ the clipping range. */
    readonly passBelow: number | null;
  };
  readonly activations: {
    readonly bits: number;
    /** Where PACT's ranges start; null: at the least squared error on training images. */
    readonly alpha: number | null;
    /** L2 pull on the ranges. */
    readonly pull: number;
    readonly afterBatchNorm: boolean;
  };
  readonly input: { readonly bits: number };
  /** Training images that first ranges are taken from. */
  readonly images: number;
}

/** Trains with a group penalty, then prunes what it has emptied (spec 2.1 to 2.4, 2.8). */
export interface GroupLassoStage extends TrainingSettings {
  readonly stage: "group-lasso";
  readonly method: "multi-group" | "plain";
  readonly lambda: number;
  readonly lambdaDense: number;
  readonly clip: number;
  /** The same for single layers, by node name; 0: the layer is left alone. */
  readonly clipLayers: Readonly<Record<string, number>>;
  readonly deltaGradient: "detached" | "through";
  readonly update: "subgradient" | "proximal";
  readonly kappa: number;
  /** Share of zero groups that lambda is steered to, or null. */
  readonly target: number | null;
}

/** One-shot pruning by norm, for comparison. */
export interface MagnitudeStage {
  readonly stage: "magnitude-pruning";
  readonly name: string;
  readonly structure: "groups" | "filters";
  readonly sparsity: number;
  readonly scope: "global" | "layer" | "position";
}

/**
 * Rounds of mapping, pruning crossbar rows and fine-tuning (spec of Lin et al., section 3); the length is that of each
 * round's fine-tuning.
 */
export interface CrossbarPruningStage extends TrainingSettings {
  readonly stage: "crossbar-pruning";
  readonly mode: PruningMode;
  /** Of the row segments that are left, or of the arrays, in each round. */
  readonly share: number;
  readonly rounds: number;
  /** Percentage points of validation accuracy that all rounds together may cost. */
  readonly budget_points: number;
  readonly normalize: SegmentUnit;
  /** Bits of a stored weight, where the network is not quantised yet. */
  readonly weightBits: number;
}

/** Trains what pruning has left; the zeros stay, those of groups and those of single weights. */
export interface FineTuningStage extends TrainingSettings {
  readonly stage: "fine-tuning";
}

export interface PostTrainingStage {
  readonly stage: "post-training-quantization";
  readonly name: string;
  readonly weights: {
    readonly bits: number;
    readonly range: "mean" | "sawb" | "max" | "mse";
    /** k of the range rule "mean". */
    readonly factor: number;
  };
  readonly activations: { readonly bits: number; readonly range: "mse" | "percentile" | "max" };
  /** Bits of the image on the first layer's word lines. */
  readonly input: { readonly bits: number };
  /** Training images from which activation ranges are taken. */
  readonly images: number;
  /** Gives every filter of a model with folded batch norm the same mean magnitude before quantising. */
  readonly equalizeFilters: boolean;
  /** Re-estimates each layer's output mean on the training images after quantising. */
  readonly correctBias: boolean;
}

/** Whether a stage prunes single weights: what is 0 behind it stays 0 in all stages that follow. */
export const prunesWeights = ({ stage }: Pick<Stage, "stage">): boolean =>
  stage === "irregular-pruning" || stage === "crossbar-pruning";

/** Whether a stage runs the training loop. */
export const trains = (stage: Stage): stage is TrainingStageRecipe =>
  stage.stage !== "magnitude-pruning" && stage.stage !== "post-training-quantization";
