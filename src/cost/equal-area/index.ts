export {
  type ArraySizeCosts,
  type ArraySizeOptions,
  type ArraySizePoint,
  costOverArraySizes,
  type SizedCost,
  type SizeMeaning,
} from "./array-sizes.js";
export { compareEqualArea, designWords, type EqualAreaOptions } from "./compare.js";
export {
  type LayerSchedule,
  type Replicable,
  replicate,
  scheduleTime,
} from "./replicate.js";
export * from "./types.js";
