import { realpathSync } from "node:fs";
import {
  compareRuns,
  comparisonCsv,
  comparisonHtml,
  comparisonText,
  distinctNames,
  InputError,
  type NamedRun,
} from "../../index.js";
import { packageVersion, readResult, readRunRecipe, writeAtomic } from "../../node/index.js";
import type { CommonFlags } from "../command.js";
import { print, readCommon, say, terminalWidth } from "../output.js";

export interface CompareFlags {
  readonly html?: string;
  readonly csv?: true;
}

export async function compareCommand(
  directories: readonly string[],
  flags: CompareFlags & CommonFlags,
): Promise<void> {
  const common = readCommon(flags);
  if (flags.csv && common.json) {
    throw new InputError("--csv and --json are both given", {
      hint: "standard output holds one of them: leave one out",
    });
  }
  const runs = await readRuns(directories);
  const comparison = compareRuns(runs);
  if (flags.html !== undefined) {
    const title = `${runs[0]!.name} and ${runs.length === 2 ? runs[1]!.name : `${runs.length - 1} other runs`}`;
    await writeAtomic(flags.html, comparisonHtml(runs, { title, version: packageVersion() }));
    say(common, `wrote ${flags.html}`);
  }
  if (flags.csv) {
    for (const note of comparison.notes) say(common, note);
    process.stdout.write(comparisonCsv(comparison, { directory: directories }));
    return;
  }
  const { notes } = comparison;
  const withDirectories = comparison.runs.map((run, i) => ({ directory: directories[i]!, ...run }));
  print(common, { runs: withDirectories, notes }, () =>
    comparisonText(comparison, { color: process.stdout.isTTY === true, width: terminalWidth() }),
  );
}

/** Finished runs with names that tell them apart. */
async function readRuns(directories: readonly string[]): Promise<NamedRun[]> {
  const [only, second] = directories;
  if (second === undefined) {
    throw new InputError(`RUN is ${only} alone`, {
      hint: "give two or more run directories; xbarkit report shows one",
    });
  }
  const found = directories.map((directory) => ({ name: readRunRecipe(directory).name, directory }));
  refuseRepeated(directories);
  const names = distinctNames(found);
  return Promise.all(
    found.map(async ({ directory }, i) => ({ name: names[i]!, result: await readResult(directory) })),
  );
}

/** The same run again compares with nothing; it is more likely a slip of the hand. */
function refuseRepeated(directories: readonly string[]): void {
  const seen = new Map<string, string>();
  for (const directory of directories) {
    const real = realpathSync(directory);
    const earlier = seen.get(real);
    if (earlier !== undefined) {
      throw new InputError(
        earlier === directory
          ? `RUN is ${directory} twice`
          : `RUN is ${earlier} and ${directory}, the same run`,
        { hint: "name each run once" },
      );
    }
    seen.set(real, directory);
  }
}
