import {
  commitPruning,
  filterPruning,
  type GroupedLayer,
  groupedLayers,
  groupLasso,
  irregularPruning,
  magnitudePruning,
  maskedTraining,
  maskedWeights,
  multiGroupLasso,
} from "../compress/prune/index.js";
import {
  alphaTraining,
  calibrateAlphas,
  evaluationModel,
  quantizationAware,
  quantizedLayers,
  storeRanges,
} from "../compress/quantize/index.js";
import { type GraphRunner, quantizePostTraining } from "../compress/quantize/post-training.js";
import type { Batch } from "../data/types.js";
import { InputError, invariant } from "../errors.js";
import { unfoldBatchNorm } from "../graph/passes/batch-norm.js";
import type { CompressedModel, Graph } from "../graph/types.js";
import { combine, type LoopAddition, type TrainingCurve } from "../train/stage.js";
import { type CrossbarOutcome, type CrossbarTools, crossbarStage } from "./crossbar-stage.js";
import { defaultGroups } from "./resolve-stages.js";
import { prunesWeights } from "./stage-types.js";
import { irregularOptions } from "./training.js";
import type {
  CrossbarPruningStage,
  GroupLassoStage,
  GroupRecipe,
  IrregularPruningStage,
  MagnitudeStage,
  PostTrainingStage,
  QuantizationAwareStage,
  Stage,
  TrainingStageRecipe,
} from "./types.js";

/** A network after a stage, and the curve of its training where it was trained. */
export interface StageOutcome {
  readonly graph: Graph;
  readonly curve: TrainingCurve | null;
  /** What crossbar-grained pruning did. */
  readonly crossbars?: CrossbarOutcome;
}

/** A part of a stage that is trained by itself. */
export interface StagePart {
  readonly name: string;
  /** From 1. */
  readonly number: number;
  readonly of: number;
  /** What progress says beside the loss. */
  readonly note: string;
}

export interface CompressOptions {
  readonly stages: readonly Stage[];
  /** Default: groups of 72 rows in convolutions. */
  readonly groups?: GroupRecipe;
  /** Word lines of an array, which the groups are cut for. Default: 144. */
  readonly arrayRows?: number;
  /** Gives the first training images, as many as a stage asks for. */
  readonly trainingImages: (images: number) => Iterable<Batch> | Promise<Iterable<Batch>>;
  /** Evaluates a graph; ONNX Runtime behind it. */
  readonly run: GraphRunner;
  /** Runs the training loop for a stage; needed where a stage trains. */
  readonly train?: (
    stage: TrainingStageRecipe,
    graph: Graph,
    addition: LoopAddition,
    part?: StagePart,
  ) => Promise<StageOutcome>;
  /** What crossbar-grained pruning works with; needed where a stage does that. */
  readonly crossbars?: CrossbarTools;
  /** Keeps what a stage has made, and gives it back when the same pipeline is started again. */
  readonly keep?: (stage: Stage, make: () => Promise<StageOutcome>) => Promise<StageOutcome>;
  readonly onProgress?: (stage: string, done: number, total: number) => void;
}

/** What a stage has to know of those before it. */
interface StageOptions extends CompressOptions {
  /** Single weights were pruned before: what is exactly 0 stays so, and no quantiser's range counts it. */
  readonly sparse: boolean;
}

export interface Compressed {
  readonly model: CompressedModel;
  /** The network behind every stage, in order; quantised ones in the form in which they are trained. */
  readonly stages: readonly (StageOutcome & { readonly stage: Stage })[];
}

/** Prunes and quantises a network as a recipe's stages say. */
export const compress = async (graph: Graph, options: CompressOptions): Promise<CompressedModel> =>
  (await compressInStages(graph, options)).model;

/** The same, with what every stage has left. */
export async function compressInStages(graph: Graph, options: CompressOptions): Promise<Compressed> {
  const stages: (StageOutcome & { stage: Stage })[] = [];
  let at = graph;
  for (const [i, stage] of options.stages.entries()) {
    const own: StageOptions = { ...options, sparse: options.stages.slice(0, i).some(prunesWeights) };
    if (stage.stage === "post-training-quantization") {
      const model = await postTraining(at, stage, own);
      return { model, stages: [...stages, { stage, graph: model.graph, curve: null }] };
    }
    const before = at;
    const make = () => stageWork(before, stage, own);
    const outcome = await (options.keep ? options.keep(stage, make) : make());
    stages.push({ stage, ...outcome });
    at = outcome.graph;
  }
  invariant(stages.length > 0, "a recipe has at least one stage");
  return { model: await evaluated(at, options), stages };
}

/** The model that a network in quantised form stands for: what is placed, simulated and costed. */
const evaluated = (graph: Graph, { groups = defaultGroups, run }: CompressOptions) =>
  evaluationModel(
    graph,
    { groupRows: groups.rows, groupedDenseLayers: groups.denseLayers, group1x1: groups.pointwise },
    run,
  );

function stageWork(
  graph: Graph,
  stage: Exclude<Stage, PostTrainingStage>,
  options: StageOptions,
): Promise<StageOutcome> {
  switch (stage.stage) {
    case "train":
      return trained(graph, stage, {}, options);
    case "irregular-pruning":
      return thinned(graph, stage, options);
    case "quantization-aware-training":
      return quantized(graph, stage, options);
    case "group-lasso":
      return penalized(graph, stage, options);
    case "magnitude-pruning":
      return oneShot(graph, stage, options);
    case "crossbar-pruning":
      return crossbars(graph, stage, options);
    case "fine-tuning":
      return trained(graph, stage, masks(graph, options), options);
  }
}

async function trained(
  graph: Graph,
  stage: TrainingStageRecipe,
  addition: LoopAddition,
  { train, sparse }: StageOptions,
  part?: StagePart,
): Promise<StageOutcome> {
  if (!train)
    throw new InputError(`the stage "${stage.name}" trains, and no training loop is given`, {
      hint: "give `train`, or use stages that do not train",
    });
  // Pruning single weights keeps its own zeros.
  const masked = sparse && !prunesWeights(stage);
  return train(stage, graph, masked ? combine([addition, maskedWeights(graph)]) : addition, part);
}

/** Rows of crossbars; ranges are stored first, since they would fall with the pruned weights. */
async function crossbars(
  graph: Graph,
  stage: CrossbarPruningStage,
  options: StageOptions,
): Promise<StageOutcome> {
  const stored = await storeRanges(graph, options.run);
  return crossbarStage(stored, stage, options.crossbars, (pruned, held, part) =>
    trained(pruned, stage, combine([alphas(pruned, options), held]), options, part),
  );
}

const thinned = (graph: Graph, stage: IrregularPruningStage, options: StageOptions): Promise<StageOutcome> =>
  trained(graph, stage, irregularPruning(graph, irregularOptions(stage)), options);

async function quantized(
  graph: Graph,
  stage: QuantizationAwareStage,
  options: StageOptions,
): Promise<StageOutcome> {
  const { weights, activations, input, name } = stage;
  const calibration = await calibrateAlphas(graph, await options.trainingImages(stage.images), options.run, {
    bits: activations.bits,
    inputBits: input.bits,
    afterEveryBatchNorm: activations.afterBatchNorm,
    onProgress: (done, total) => options.onProgress?.(name, done, total),
  });
  const aware = quantizationAware(graph, {
    weights: {
      bits: weights.bits,
      rule: weights.range,
      factor: weights.factor,
      passBelow: weights.passBelow,
      zeros: options.sparse ? "left out" : "counted",
    },
    activations: {
      bits: activations.bits,
      alpha: activations.alpha ?? calibration.alpha,
      signed: calibration.signed,
      afterEveryBatchNorm: activations.afterBatchNorm,
    },
    input: calibration.input,
  });
  return trained(aware, stage, alphaTraining(aware, { pull: activations.pull }), options);
}

/** What alphas are pulled by in the stages behind the one that has put them in. */
function alphas(graph: Graph, { stages }: CompressOptions): LoopAddition {
  const found = stages.find((stage) => stage.stage === "quantization-aware-training");
  return alphaTraining(graph, found ? { pull: found.activations.pull } : {});
}

async function penalized(graph: Graph, stage: GroupLassoStage, options: StageOptions): Promise<StageOutcome> {
  const layers = prunable(graph, options);
  const { lambda, lambdaDense, update, clip, clipLayers, deltaGradient, kappa, target } = stage;
  const control = target === null ? {} : { target: { sparsity: target } };
  const penalty =
    stage.method === "plain"
      ? groupLasso(layers, { lambda, lambdaDense, update, control })
      : multiGroupLasso(layers, {
          lambda,
          lambdaDense,
          update,
          clip,
          clipLayers,
          deltaGradient,
          control: { ...control, kappa },
        });
  // What an earlier stage has pruned stays pruned.
  const addition = combine([alphas(graph, options), penalty, masksOf(graph, layers)]);
  const { graph: dense, curve } = await trained(graph, stage, addition, options);
  return { graph: commitPruning(await storeRanges(dense, options.run), layers), curve };
}

async function oneShot(graph: Graph, stage: MagnitudeStage, options: CompressOptions): Promise<StageOutcome> {
  const layers = prunable(graph, options);
  const stored = await storeRanges(graph, options.run);
  const { sparsity, scope } = stage;
  const pruned =
    stage.structure === "groups"
      ? magnitudePruning(stored, layers, { sparsity, scope })
      : filterPruning(stored, layers, { sparsity, scope });
  return { graph: commitPruning(pruned, layers), curve: null };
}

/** What keeps pruned groups pruned; a network without groups has none. */
const masks = (graph: Graph, options: CompressOptions): LoopAddition => {
  const { groups = defaultGroups } = options;
  return combine([
    alphas(graph, options),
    ...(groups.rows === null ? [] : [masksOf(graph, prunable(graph, options))]),
  ]);
};

const masksOf = (graph: Graph, layers: readonly GroupedLayer[]): LoopAddition =>
  quantizedLayers(graph).every(({ alpha }) => alpha !== null) ? maskedTraining(graph, layers) : {};

function prunable(
  graph: Graph,
  { groups = defaultGroups, arrayRows = 144 }: CompressOptions,
): GroupedLayer[] {
  invariant(groups.rows !== null, "a recipe that prunes has groups");
  return groupedLayers(graph, {
    groupRows: groups.rows,
    arrayRows,
    group1x1: groups.pointwise,
    dense: Object.fromEntries(groups.denseLayers.map((name) => [name, groups.dense])),
  });
}

async function postTraining(
  graph: Graph,
  stage: PostTrainingStage,
  { groups = defaultGroups, trainingImages, run, onProgress, sparse }: StageOptions,
): Promise<CompressedModel> {
  const start = stage.equalizeFilters ? unfoldBatchNorm(graph) : graph;
  return quantizePostTraining(start, await trainingImages(stage.images), run, {
    weightBits: stage.weights.bits,
    activationBits: stage.activations.bits,
    inputBits: stage.input.bits,
    weightRange: stage.weights.range,
    weightRangeFactor: stage.weights.factor,
    zeros: sparse ? "left out" : "counted",
    activationRange: stage.activations.range,
    groupRows: groups.rows,
    groupedDenseLayers: groups.denseLayers,
    group1x1: groups.pointwise,
    correctBias: stage.correctBias,
    ...(onProgress ? { onProgress: (done, total) => onProgress(stage.name, done, total) } : {}),
  });
}
