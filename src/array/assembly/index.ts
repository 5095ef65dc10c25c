// What the loader calls (../simd/module.ts). All pointers are byte offsets into the module's memory, which the loader
// lays out.
export { finishTile, maxPool, moveBytes, quantize } from "./digital";
export { addDriven, addRows, clearBytes, finishValues } from "./finish";
export { countBits, gatherPositions, padPlanes } from "./gather";
export { indexRows } from "./indices";
export { countLines, lookUp } from "./look-up";
export { buildTables, chunkOf } from "./tables";
