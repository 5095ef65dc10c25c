export {
  type BatchPlan,
  type BatchSource,
  batchMaker,
  batchSource,
  describePlan,
  type ValidationSource,
  validationSource,
} from "./batch-stream.js";
export type { CheckpointStore } from "./checkpoint.js";
export { DivergenceError } from "./divergence.js";
export { decodeGraph, encodeGraph } from "./graph-file.js";
export { type TrainOptions, type TrainProgress, type TrainResult, train } from "./loop.js";
export { correctPredictions, crossEntropy } from "./loss.js";
export type { AdamOptions, OptimizerOptions, SgdOptions } from "./optimizers.js";
export { type Parameter, type ParameterKind, trainableParameters } from "./parameters.js";
export { type Schedule, schedule } from "./schedule.js";
export {
  type Controller,
  type CurvePoint,
  combine,
  type Json,
  type JsonRecord,
  type LoopAddition,
  type ParameterEdit,
  type StepCount,
  type TrainingCurve,
  type TrainingView,
} from "./stage.js";
export {
  type StateSlot,
  type StepContext,
  type StepOptions,
  type TrainingStep,
  trainingStep,
  withInitializers,
} from "./step.js";
