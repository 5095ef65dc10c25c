import { existsSync, readdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { InputError } from "../../errors.js";
import { hardwareFor } from "../../recipe/index.js";
import type { Stage } from "../../recipe/types.js";
import { readFileOrExplain, writeAtomic } from "../files.js";
import { readHardwareFile } from "../hardware.js";
import { differingKeys, type RunRecipe, readRunRecipe } from "../run-directory.js";
import { runFiles, stagesFolder } from "../run-files.js";
import { stageFile } from "./stages.js";

export interface TakenOver {
  /** Directory of the run that had them. */
  readonly from: string;
  /** Names of the stages that were taken over. */
  readonly stages: readonly string[];
}

/**
 * Copies the networks of an earlier run's stages, as long as both recipes say the same up to there. A stage follows
 * from what is compared here, so the run comes to the same bytes as one that trains them itself.
 * @param directory of the run that goes on from them
 * @param from directory of the run that has them; or a folder of runs, of which the one with the most stages in common
 * serves, or none
 * @throws InputError where a run is named, and not even its first stage can be taken over
 */
export async function takeOverStages(directory: string, recipe: RunRecipe, from: string): Promise<TakenOver> {
  const many = isFolderOfRuns(from);
  const source = many ? bestOf(from, directory, recipe) : sharedWith(from, recipe);
  if (!many && source.stages.length === 0)
    throw new InputError(`no stage of ${from} can be taken over: ${source.end}`, {
      hint: "leave out --stages-from, or make the recipes alike up to a stage that is finished there",
    });
  for (const i of source.stages.keys()) {
    for (const file of filesOf(i, recipe.stages[i]!)) {
      // There from before the run was stopped; the same recipe gives the same bytes.
      if (existsSync(join(directory, file))) continue;
      const bytes = await readFileOrExplain(join(source.from, file), "a stage of a run");
      await writeAtomic(join(directory, file), bytes);
    }
  }
  return { from: source.from, stages: source.stages };
}

const isFolderOfRuns = (path: string): boolean =>
  statSync(path, { throwIfNoEntry: false })?.isDirectory() === true &&
  !existsSync(join(path, runFiles.recipe));

interface Shared extends TakenOver {
  /** What the first stage that is not shared is missing. */
  readonly end: string | undefined;
}

function bestOf(folder: string, own: string, recipe: RunRecipe): Shared {
  let best: Shared = { from: folder, stages: [], end: undefined };
  for (const name of readdirSync(folder).sort()) {
    const run = join(folder, name);
    if (resolve(run) === resolve(own) || !existsSync(join(run, runFiles.recipe))) continue;
    const shared = readable(() => sharedWith(run, recipe));
    if (shared && shared.stages.length > best.stages.length) best = shared;
  }
  return best;
}

/** Of many runs one that is damaged, or whose hardware file is gone, is none to take from. */
function readable<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}

/** The first stages of a run that are finished and follow from the same as in this recipe. */
function sharedWith(from: string, recipe: RunRecipe): Shared {
  const earlier = readRunRecipe(from);
  const [start] = differingKeys(beforeStages(earlier), beforeStages(recipe));
  if (start !== undefined) return { from, stages: [], end: start };
  const [groups] = differingKeys(groupsOf(earlier), groupsOf(recipe));
  const [chip] = differingKeys(chipOf(earlier), chipOf(recipe));
  const stages: string[] = [];
  for (const [i, stage] of recipe.stages.entries()) {
    const [other] = differingKeys(earlier.stages[i], stage, `stages[${i}]`);
    const difference =
      other ??
      (usesGroups(stage) ? groups : undefined) ??
      (stage.stage === "crossbar-pruning" ? chip : undefined);
    const done = filesOf(i, stage).every((file) => existsSync(join(from, file)));
    if (difference !== undefined || !done)
      return { from, stages, end: difference ?? `"${stage.name}" has left no network there` };
    stages.push(stage.name);
  }
  return { from, stages, end: undefined };
}

/** The graph comes last: its presence says that the stage is done. */
const filesOf = (i: number, { stage, name }: Stage): string[] =>
  (["curve.json", ...(stage === "crossbar-pruning" ? (["record.json"] as const) : []), "graph"] as const).map(
    (ending) => join(stagesFolder, stageFile(i, name, ending)),
  );

/** What every stage depends on beside the stages before it. */
function beforeStages({ version, seed, model, data, files, threads, versions }: RunRecipe) {
  return {
    version,
    seed,
    model: files.model ? `sha256 ${files.model}` : model,
    data,
    threads,
    xbarkit: versions.xbarkit,
  };
}

/** The grid of groups, on which pruning and what follows it depend besides; without groups no array cuts them. */
const groupsOf = ({ groups, hardware }: RunRecipe) => ({
  groups,
  ...(groups.rows === null ? {} : { "array.rows": hardwareFor(hardware, readHardwareFile).array.rows }),
});

/** The arrays and the order of columns on them, on which pruning by rows of crossbars depends besides. */
const chipOf = ({ hardware, place }: RunRecipe) => {
  const { array, encoding } = hardwareFor(hardware, readHardwareFile);
  return { array, encoding, place };
};

const usesGroups = ({ stage }: Stage): boolean =>
  stage !== "train" && stage !== "quantization-aware-training";
