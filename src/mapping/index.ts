export { decodePlacement, encodePlacement, readPlacementHeader } from "./binary.js";
export * from "./column-exchange/index.js";
export * from "./encoding.js";
export { type Mismatch, mismatchOf } from "./mismatch.js";
export { encodingFor, type PlacementScheme, type PlaceOptions, place, placeMatrix } from "./place.js";
export { arrayCount, arrayOfGroup, groupCount, subtractedArrays } from "./table.js";
export type * from "./types.js";
export { verifyMatrix, verifyPlacement } from "./verify.js";
