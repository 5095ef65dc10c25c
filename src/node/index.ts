/** The second public door, `xbarkit/node`: files, run directories, workers, data sets on disk. */

export { type ChildOutcome, type ChildProgram, runProgram } from "./children.js";
export {
  type ArrayIndex,
  type ArrayTarget,
  type CellTarget,
  conductanceCsv,
  conductanceJsonLines,
  conductanceTargets,
  writeConductanceNpy,
  writeLines,
} from "./conductances.js";
export { dataSearchPath, defaultDataDir, locateDataset, readDataset } from "./datasets.js";
export { type DownloadOptions, type DownloadResult, downloadDataset } from "./download.js";
export { type PlaceOnThreadsOptions, placeOnThreads } from "./exchange.js";
export { readFileOrExplain, stableJson, writeAtomic } from "./files.js";
export { type FoundRuns, findRuns } from "./find-runs.js";
export { hardwareNamed, readHardwareFile } from "./hardware.js";
export { type LoadedRun, loadActivity, loadRanges, loadRun } from "./load-run.js";
export { type DirectoryLock, lockDirectory } from "./lock.js";
export { availableMemory_bytes, machineFacts } from "./machine.js";
export { loadModel } from "./models.js";
export { type PipelineOptions, runPipeline } from "./pipeline.js";
export {
  type Clock,
  clearLine,
  cutTo,
  durationText,
  type Progress,
  type ProgressTarget,
  plainProgress,
  progressFor,
  quietProgress,
  type StageProgress,
  terminalProgress,
} from "./progress.js";
export {
  listRecipes,
  type RecipeOptions,
  readRecipe,
  readTextFile,
  recipeContext,
  recipeFromDraft,
} from "./recipes.js";
export {
  closeRun,
  type OpenRun,
  type OpenRunOptions,
  openRun,
  pointNames,
  type RunRecipe,
  readResult,
  readRunRecipe,
} from "./run-directory.js";
export { openWorkerRuntime, probeMachine } from "./runtime.js";
export { WorkSession } from "./session.js";
export {
  type SimulatedChip,
  type SimulateRunOptions,
  simulateChips,
  simulateRun,
} from "./simulate-run.js";
export { withSimulationThreads } from "./simulation.js";
export {
  compareForms,
  estimateRun,
  estimateRunOn,
  type FormsCompared,
  mapModel,
  sensitivityOfRun,
} from "./stages.js";
export { type BatchWorkerOptions, openBatches } from "./training/batches.js";
export { type CheckpointFile, checkpointFile } from "./training/checkpoint-file.js";
export { takeOverStages } from "./training/take-over.js";
export { packageVersion } from "./version.js";
