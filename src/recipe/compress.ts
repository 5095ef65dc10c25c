import { type GraphRunner, quantizePostTraining } from "../compress/quantize/post-training.js";
import type { Batch } from "../data/types.js";
import { invariant } from "../errors.js";
import { unfoldBatchNorm } from "../graph/passes/batch-norm.js";
import type { CompressedModel, Graph } from "../graph/types.js";
import { defaultGroups } from "./resolve-stages.js";
import type { GroupRecipe, PostTrainingStage, Stage } from "./types.js";

export interface CompressOptions {
  readonly stages: readonly Stage[];
  readonly groups?: GroupRecipe;
  /** Gives the first training images, as many as a stage asks for. */
  readonly trainingImages: (images: number) => Iterable<Batch> | Promise<Iterable<Batch>>;
  /** Evaluates a graph; ONNX Runtime behind it. */
  readonly run: GraphRunner;
  readonly onProgress?: (stage: string, done: number, total: number) => void;
}

/** Prunes and quantises a trained network as a recipe's stages say. */
export async function compress(graph: Graph, options: CompressOptions): Promise<CompressedModel> {
  let model: CompressedModel | undefined;
  for (const stage of options.stages)
    if (stage.stage === "post-training-quantization")
      model = await postTraining(model?.graph ?? graph, stage, options);
  invariant(model, "a recipe has at least one stage");
  return model;
}

async function postTraining(
  graph: Graph,
  stage: PostTrainingStage,
  { groups = defaultGroups, trainingImages, run, onProgress }: CompressOptions,
): Promise<CompressedModel> {
  const start = stage.equalizeFilters ? unfoldBatchNorm(graph) : graph;
  return quantizePostTraining(start, await trainingImages(stage.images), run, {
    weightBits: stage.weights.bits,
    activationBits: stage.activations.bits,
    inputBits: stage.input.bits,
    weightRange: stage.weights.range,
    weightRangeFactor: stage.weights.factor,
    activationRange: stage.activations.range,
    groupRows: groups.rows,
    groupedDenseLayers: groups.denseLayers,
    correctBias: stage.correctBias,
    ...(onProgress ? { onProgress: (done, total) => onProgress(stage.stage, done, total) } : {}),
  });
}
