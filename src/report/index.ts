export { comparisonCsv } from "./compare/csv.js";
export { comparisonHtml } from "./compare/html.js";
export {
  type ComparedRun,
  compareRuns,
  distinctNames,
  type NamedRun,
  type RunComparison,
} from "./compare/runs.js";
export { comparisonText } from "./compare/text.js";
export { type CsvCell, csvText } from "./csv.js";
export { equalAreaData, equalAreaLead, equalAreaTables } from "./equal-area.js";
export type { ReferenceRun } from "./figures/pruning.js";

export { type HtmlMeta, htmlReport } from "./html.js";
export { type LayerMismatch, mismatchOfLayers, totalMismatch } from "./mismatch.js";
export { type PairedInterval, pairedInterval } from "./paired.js";
export * from "./plots/index.js";
export * from "./publications/index.js";
export { parseResult } from "./schema.js";
export { terminalReport } from "./terminal.js";
export type { TextOptions } from "./text.js";
export type * from "./types.js";
