export { decodePlacement, encodePlacement, readPlacementHeader } from "./binary.js";
export * from "./column-exchange/index.js";
export * from "./encoding.js";
export { type Mismatch, mismatchOf } from "./mismatch.js";
export {
  type ExchangeOptions,
  encodingFor,
  exchangeProblem,
  type PlacementScheme,
  type PlaceOptions,
  place,
  placeExchanged,
  placeMatrix,
} from "./place.js";
export { arrayCount, arrayOfGroup, groupCount, subtractedArrays } from "./table.js";
export type * from "./types.js";
export * from "./utilization.js";
export { verifyMatrix, verifyPlacement } from "./verify.js";
