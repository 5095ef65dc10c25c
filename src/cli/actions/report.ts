import { join } from "node:path";
import { htmlReport, terminalReport } from "../../index.js";
import { packageVersion, readResult, readRunRecipe, writeAtomic } from "../../node/index.js";
import type { CommonFlags } from "../command.js";
import { print, readCommon, terminalWidth } from "../output.js";

export interface ReportFlags {
  readonly html?: string;
}

export async function reportRun(directory: string, flags: ReportFlags & CommonFlags): Promise<void> {
  const common = readCommon(flags);
  const result = await readResult(directory);
  const html = flags.html ?? join(directory, "report.html");
  const { name } = readRunRecipe(directory);
  await writeAtomic(html, htmlReport(result, { title: name, version: packageVersion() }));
  print(common, { directory, html, ...result }, () => {
    const report = terminalReport(result, { color: process.stdout.isTTY === true, width: terminalWidth() });
    return `${report}\n\nThe figures are in ${html}.`;
  });
}
