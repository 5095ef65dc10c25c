import { existsSync } from "node:fs";
import { join } from "node:path";
import { InputError } from "../../errors.js";
import { hardwareFor } from "../../recipe/index.js";
import type { Stage } from "../../recipe/types.js";
import { readFileOrExplain, writeAtomic } from "../files.js";
import { readHardwareFile } from "../hardware.js";
import { differingKeys, type RunRecipe, readRunRecipe } from "../run-directory.js";
import { stagesFolder } from "../run-files.js";
import { stageFile } from "./stages.js";

/**
 * Copies the networks of an earlier run's stages, as long as both recipes say the same up to there. A stage follows
 * from what is compared here, so the run comes to the same bytes as one that trains them itself.
 * @param directory of the run that goes on from them
 * @param from directory of the run that has them
 * @returns names of the stages that were taken over
 * @throws InputError where not even the first can be
 */
export async function takeOverStages(
  directory: string,
  recipe: RunRecipe,
  from: string,
): Promise<readonly string[]> {
  const earlier = readRunRecipe(from);
  const refuse = (why: string, hint: string): never => {
    throw new InputError(`no stage of ${from} can be taken over: ${why}`, { hint });
  };
  const [difference] = differingKeys(beforeStages(earlier), beforeStages(recipe));
  if (difference) refuse(difference, "leave out --stages-from, or make the recipes alike up to a stage");
  const [otherGroups] = differingKeys(groupsOf(earlier), groupsOf(recipe));
  const taken: string[] = [];
  for (const [i, stage] of recipe.stages.entries()) {
    const { name } = stage;
    const other =
      differingKeys(earlier.stages[i], stage, `stages[${i}]`)[0] ??
      (usesGroups(stage) ? otherGroups : undefined);
    const files = (["curve.json", "graph"] as const).map((ending) =>
      join(stagesFolder, stageFile(i, name, ending)),
    );
    if (other === undefined && files.every((file) => existsSync(join(from, file)))) {
      // The graph comes last: its presence says that the stage is done.
      for (const file of files)
        await writeAtomic(
          join(directory, file),
          await readFileOrExplain(join(from, file), "a stage of a run"),
        );
      taken.push(name);
      continue;
    }
    if (i === 0)
      refuse(
        other ?? `"${name}" has not left a network there`,
        "name a run whose first stage is the same, and done",
      );
    break;
  }
  return taken;
}

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

/** The grid of groups, on which pruning and what follows it depend besides. */
const groupsOf = ({ groups, hardware }: RunRecipe) => ({
  groups,
  "array.rows": hardwareFor(hardware, readHardwareFile).array.rows,
});

const usesGroups = ({ stage }: Stage): boolean =>
  stage !== "train" && stage !== "quantization-aware-training";
