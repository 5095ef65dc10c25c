export { type CsvCell, csvText } from "./csv.js";
export { type HtmlMeta, htmlReport } from "./html.js";
export { type LayerMismatch, mismatchOfLayers, totalMismatch } from "./mismatch.js";
export { type PairedInterval, pairedInterval } from "./paired.js";
export * from "./plots/index.js";
export * from "./publications/index.js";
export { parseResult } from "./schema.js";
export { type TerminalOptions, terminalReport } from "./terminal.js";
export type * from "./types.js";
