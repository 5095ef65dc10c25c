export type { ReferenceRun } from "./figures/pruning.js";
export { type HtmlMeta, htmlReport } from "./html.js";
export { type PairedInterval, pairedInterval } from "./paired.js";
export * from "./plots/index.js";
export { parseResult } from "./schema.js";
export { type TerminalOptions, terminalReport } from "./terminal.js";
export type * from "./types.js";
