export { commitPruning, maskedTraining, prunedGroups } from "./commit.js";
export { type Control, type LambdaControllerOptions, lambdaController, type Target } from "./controller.js";
export * from "./crossbar/index.js";
export {
  checkPruning,
  type IrregularPruningOptions,
  irregularPruning,
  prunedWeights,
} from "./irregular/pruning.js";
export { type SparsitySchedule, sparsityAt } from "./irregular/schedule.js";
export type { SparsityTarget } from "./irregular/targets.js";
export { groupLasso, type LassoOptions, type MultiGroupLassoOptions, multiGroupLasso } from "./lasso.js";
export {
  carriesGroups,
  type DenseGroups,
  type GroupedLayer,
  type GroupOptions,
  groupedLayers,
  groupRowsOf,
  type LayerGroups,
} from "./layers.js";
export { filterPruning, magnitudePruning, type OneShotOptions } from "./one-shot.js";
export type { Clipping, MeanOver } from "./reference.js";
export {
  type GroupMismatch,
  type GroupStatistics,
  groupStatistics,
  type LayerStatistics,
  outputPixels,
  type StatisticsOptions,
} from "./statistics.js";
export {
  maskedWeights,
  type WeightLayer,
  type WeightZeros,
  weightLayers,
  weightZeros,
  zeroWeights,
} from "./weight-masks.js";
