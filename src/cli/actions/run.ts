import {
  type DraftNames,
  InputError,
  InterruptedError,
  type Recipe,
  type Result,
  terminalReport,
} from "../../index.js";
import {
  closeRun,
  type OpenRun,
  openRun,
  packageVersion,
  readRecipe,
  readResult,
  recipeFromDraft,
  runPipeline,
  takeOverStages,
} from "../../node/index.js";
import type { CommonFlags } from "../command.js";
import { interruptible } from "../interrupt.js";
import { type Common, print, readCommon, say, terminalWidth } from "../output.js";
import { draftOf } from "../recipe-flags.js";

export interface RunFlags {
  readonly out?: string;
  readonly dataDir?: string;
  readonly force?: true;
  readonly stagesFrom?: string;
}

/** The recipe's own options are read by `draftOf`. */
export type CompressFlags = RunFlags;

export async function runRecipe(file: string, flags: RunFlags & CommonFlags): Promise<void> {
  const common = readCommon(flags);
  const recipe = await readRecipe(file, placeOf(flags));
  await execute(common.seed === undefined ? recipe : { ...recipe, seed: common.seed }, common, flags);
}

export async function compressModel(model: string, flags: CompressFlags & CommonFlags): Promise<void> {
  const common = readCommon(flags);
  const described = draftOf({ ...flags });
  refuseUnusedFactor(described.draft);
  const seed = common.seed === undefined ? {} : { seed: common.seed };
  const draft = { ...described.draft, ...seed, model };
  await execute(recipeFromDraft(draft, namesFor(described, model), placeOf(flags)), common, flags);
}

/** How errors about a recipe from the command line speak of its values: the model is the argument, the rest options. */
export const namesFor = ({ flag, given }: ReturnType<typeof draftOf>, model: string): DraftNames => ({
  flag: (path) => (path[0] === "model" ? "MODEL" : flag(path)),
  given: (path) => (path[0] === "model" ? model : given(path)),
});

const placeOf = ({ dataDir }: RunFlags): { dataDir?: string } => (dataDir === undefined ? {} : { dataDir });

/** A factor that nothing reads would be a setting that the user believes in. */
function refuseUnusedFactor(draft: Readonly<Record<string, unknown>>): void {
  const [stage] = draft["stages"] as readonly { weights?: { range?: unknown; factor?: unknown } }[];
  const { range, factor } = stage?.weights ?? {};
  if (factor === undefined || range === "mean") return;
  throw new InputError(
    `--weight-range-factor is ${String(factor)}, but --weight-range is ${String(range ?? "mse")}`,
    {
      hint: "the factor belongs to --weight-range mean",
    },
  );
}

async function execute(recipe: Recipe, common: Common, flags: RunFlags): Promise<void> {
  const run = await openRun(recipe, {
    ...(flags.out === undefined ? {} : { directory: flags.out }),
    ...(common.threads === undefined ? {} : { threads: common.threads }),
    defaultThreads: common.defaultThreads,
    force: flags.force === true,
    version: packageVersion(),
  });
  if (run.finished) {
    await closeRun(run);
    say(common, `${run.directory} is finished; --force runs it again`);
    printResult(common, run.directory, await readResult(run.directory));
    return;
  }
  say(common, `${run.resumed ? "going on with" : "writing"} ${run.directory}`);
  if (flags.stagesFrom !== undefined) await takeOver(run, flags.stagesFrom, common);
  const kept = `${run.directory} keeps what is done; the same command goes on from there`;
  printResult(
    common,
    run.directory,
    await interruptible(kept, (signal) => pipeline(recipe, run, common, flags, signal)),
  );
}

async function takeOver(run: OpenRun, from: string, common: Common): Promise<void> {
  try {
    const taken = await takeOverStages(run.directory, run.recipe, from);
    say(common, `${taken.join(", ")}: taken over from ${from}`);
  } catch (error) {
    await closeRun(run, { discard: error instanceof InputError });
    throw error;
  }
}

async function pipeline(recipe: Recipe, run: OpenRun, common: Common, flags: RunFlags, signal: AbortSignal) {
  try {
    const { threads } = run.recipe;
    const { directory } = run;
    const result = await runPipeline({
      recipe,
      directory,
      threads,
      progress: common.progress,
      signal,
      ...placeOf(flags),
    });
    await closeRun(run);
    return result;
  } catch (error) {
    await closeRun(run, { discard: error instanceof InputError });
    if (error instanceof InputError || error instanceof InterruptedError) throw error;
    const message = error instanceof Error ? error.message : String(error);
    throw new Error(
      `${message}\n  ${run.directory} keeps what is done; the same command goes on from there`,
      {
        cause: error,
      },
    );
  }
}

function printResult(common: Common, directory: string, result: Result): void {
  print(common, { directory, ...result }, () => {
    const report = terminalReport(result, { color: process.stdout.isTTY === true, width: terminalWidth() });
    return `${report}\n\nThe run is in ${directory}; open ${directory}/report.html for the figures.`;
  });
}
