/** The face's own door, for the command line: plans, their points, and running them on one machine. */

export { type Board, type BoardOptions, boardFor } from "./board.js";
export { defaultJobs, type MachineSize } from "./jobs.js";
export { type Combination, type PlanFile, readPlan, type Setting, type SweepPlan } from "./plan.js";
export { type ResolveOptions, resolvePoints, type SweepPoint } from "./points.js";
export { type Cell, type Column, type PointRow, pointTable, rowObjects, type Table } from "./rows.js";
export {
  type Failure,
  openSweep,
  type RunSweepOptions,
  runSweep,
  type Sweep,
  type SweepOutcome,
  sweepFiles,
  tableOf,
  writeTables,
} from "./run.js";
export { sweepJsonSchema } from "./schema.js";
export { tableCsv, tableParquet } from "./table.js";
