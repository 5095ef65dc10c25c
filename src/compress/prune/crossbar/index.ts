export { heldSegments } from "./held-segments.js";
export {
  type Crossbars,
  crossbarMatrices,
  type LayerPart,
  layerParts,
  type NetworkMatrix,
  withKept,
} from "./network.js";
export { betterOrder } from "./orders.js";
export { keptWeights, type PrunedMatrices, pruneSegments } from "./prune.js";
export type { CrossbarPruningReport, RoundReport, WeightsAndArrays } from "./report.js";
export {
  type PrunedInRounds,
  pruneInRounds,
  type Round,
  type RoundMoment,
  type RoundState,
  type RoundsOptions,
  type RoundTools,
} from "./rounds.js";
export * from "./types.js";
