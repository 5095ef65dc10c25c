import { join } from "node:path";
import { htmlReport, InputError, type ReferenceRun, terminalReport } from "../../index.js";
import { packageVersion, readResult, readRunRecipe, writeAtomic } from "../../node/index.js";
import type { CommonFlags } from "../command.js";
import { print, readCommon, terminalWidth } from "../output.js";

export interface ReportFlags {
  readonly html?: string;
  readonly reference?: string;
}

export async function reportRun(directory: string, flags: ReportFlags & CommonFlags): Promise<void> {
  const common = readCommon(flags);
  const result = await readResult(directory);
  const html = flags.html ?? join(directory, "report.html");
  const { name } = readRunRecipe(directory);
  const reference = flags.reference === undefined ? undefined : await referenceRun(flags.reference, name);
  const meta = { title: name, version: packageVersion(), ...(reference ? { reference } : {}) };
  await writeAtomic(html, htmlReport(result, meta));
  print(common, { directory, html, ...result }, () => {
    const report = terminalReport(result, { color: process.stdout.isTTY === true, width: terminalWidth() });
    return `${report}\n\nThe figures are in ${html}.`;
  });
}

/** A run that this one's mismatch is drawn beside; of two runs of one name it is told apart by its directory. */
async function referenceRun(directory: string, name: string): Promise<ReferenceRun> {
  const result = await readResult(directory);
  if (!result.data.pruning) {
    throw new InputError(`--reference is ${directory}, a run whose layers carry no groups`, {
      hint: "name a run that prunes in groups, such as the same recipe without the multi-group penalty",
    });
  }
  const { name: title } = readRunRecipe(directory);
  return { title: title === name ? `${title} (${directory})` : title, result };
}
