import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { InputError } from "../errors.js";
import { parseResult } from "../report/schema.js";
import type { Result } from "../report/types.js";
import { readFileOrExplain } from "./files.js";
import { runFiles } from "./run-files.js";

export interface FoundRuns {
  /** In the order of their paths. */
  readonly runs: readonly { readonly directory: string; readonly result: Result }[];
  /** Files called result.json that are none, with what is wrong. */
  readonly refused: readonly string[];
}

/**
 * Every finished run in a folder and the folders below it: wherever a result.json is. Hidden folders and node_modules
 * are passed over, links are not followed.
 * @throws InputError where there is no such folder
 */
export async function findRuns(folder: string): Promise<FoundRuns> {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    throw new InputError(`the folder of runs is ${folder}, which is no folder`, {
      hint: "name one that holds run directories, such as runs",
    });
  }
  const runs: { directory: string; result: Result }[] = [];
  const refused: string[] = [];
  for (const directory of foldersWith(folder, runFiles.result)) {
    const path = join(directory, runFiles.result);
    try {
      const text = new TextDecoder().decode(await readFileOrExplain(path, "the result"));
      runs.push({ directory, result: parseResult(text, path) });
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      refused.push(error.message);
    }
  }
  return { runs, refused };
}

function foldersWith(folder: string, file: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true });
  const own = entries.some((entry) => entry.name === file && entry.isFile()) ? [folder] : [];
  const below = entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith(".") && entry.name !== "node_modules")
    .map(({ name }) => name)
    .sort();
  return [...own, ...below.flatMap((name) => foldersWith(join(folder, name), file))];
}
