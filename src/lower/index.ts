export { gatherRows, positionsOf } from "./gather.js";
export { crossbarGroups, type GroupGrid, groupGrid } from "./groups.js";
export { type LayerMatrix, layerMatrices, type MatrixGeometry, matrixCodes } from "./matrices.js";
