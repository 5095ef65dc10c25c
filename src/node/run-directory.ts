import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { rm, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { InputError } from "../errors.js";
import { models } from "../models/index.js";
import type { Recipe } from "../recipe/index.js";
import { parseResult } from "../report/schema.js";
import type { Result } from "../report/types.js";
import { readFileOrExplain, stableJson, writeAtomic } from "./files.js";
import { type DirectoryLock, lockDirectory } from "./lock.js";
import { runFiles, stagesFolder } from "./run-files.js";

/** `recipe.json` of a run directory: the recipe with every default resolved, and what else decides its results. */
export interface RunRecipe extends Recipe {
  readonly threads: number;
  readonly versions: { readonly xbarkit: string; readonly node: string };
  /** SHA-256 of the files that the recipe names, null where it names none: a path says little about its content. */
  readonly files: { readonly model: string | null; readonly hardware: string | null };
}

export interface OpenRun {
  readonly directory: string;
  readonly recipe: RunRecipe;
  /** Its result is complete; there is nothing left to do. */
  readonly finished: boolean;
  /** An earlier, unfinished run of the same recipe is continued. */
  readonly resumed: boolean;
  readonly lock: DirectoryLock;
}

export interface OpenRunOptions {
  /** Default: runs/<name>-<hash>. */
  readonly directory?: string;
  /** Asked for by the user; otherwise those of an earlier run are kept. */
  readonly threads?: number;
  /** Used where neither the user nor an earlier run names a number. */
  readonly defaultThreads: number;
  /** Removes what an earlier run, of whichever recipe, has written. */
  readonly force?: boolean;
  readonly version: string;
}

/**
 * Makes or reopens a run directory and takes it for this process.
 * @throws InputError where it is in use, holds another recipe's run or other files, or cannot be written
 */
export async function openRun(recipe: Recipe, options: OpenRunOptions): Promise<OpenRun> {
  const files = await fileHashes(recipe);
  const directory = options.directory ?? join("runs", `${recipe.name}-${recipeHash(recipe, files)}`);
  refuseForeign(directory);
  const lock = await lockDirectory(directory);
  try {
    if (options.force) await removeRun(directory);
    const earlier = existsSync(join(directory, runFiles.recipe)) ? readRunRecipe(directory) : undefined;
    if (earlier) checkSame(directory, earlier, { recipe, files, options });
    const own: RunRecipe = earlier ?? {
      ...recipe,
      threads: options.threads ?? options.defaultThreads,
      versions: { xbarkit: options.version, node: process.version },
      files,
    };
    if (!earlier) await writeAtomic(join(directory, runFiles.recipe), stableJson(own));
    const finished = earlier !== undefined && existsSync(join(directory, runFiles.result));
    return { directory, recipe: own, finished, resumed: earlier !== undefined && !finished, lock };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** The recipe of an existing run. @throws InputError where the folder is none, or the file is damaged */
export function readRunRecipe(directory: string): RunRecipe {
  const path = join(directory, runFiles.recipe);
  if (!statSync(directory, { throwIfNoEntry: false })) {
    throw new InputError(`the run is ${directory}, which does not exist`, {
      hint: "name a directory that `xbarkit run` or `xbarkit compress` has written",
    });
  }
  if (!existsSync(path)) {
    throw new InputError(`the run is ${directory}, which holds no recipe.json`, {
      hint: "name a directory that `xbarkit run` or `xbarkit compress` has written",
    });
  }
  try {
    const recipe = JSON.parse(readFileSync(path, "utf8")) as RunRecipe;
    if (recipe.version === 1 && Array.isArray(recipe.stages)) return recipe;
  } catch {
    // Said below.
  }
  throw new InputError(`${path} is no recipe of a run`, {
    hint: "the file is damaged: delete the directory, or run again with --force",
  });
}

/** The result of a finished run. @throws InputError where the run has none */
export async function readResult(directory: string): Promise<Result> {
  readRunRecipe(directory);
  const path = join(directory, runFiles.result);
  if (!existsSync(path)) {
    throw new InputError(`the run is ${directory}, which is not finished`, {
      hint: "run its recipe again: it goes on where it stopped",
    });
  }
  return parseResult(new TextDecoder().decode(await readFileOrExplain(path, "the result")), path);
}

/** What tells runs apart: the recipe, with files by their content. The same recipe gives the same letters anywhere. */
function recipeHash(recipe: Recipe, files: RunRecipe["files"]): string {
  const text = JSON.stringify(identity(recipe, files));
  return createHash("sha256").update(text).digest("hex").slice(0, 8);
}

/**
 * Names points of a sweep: equal names mean equal bytes of the results on one machine. Unlike the name of a run
 * directory, this one holds the threads and the program's version, so that what lies beside one another under such
 * names can be compared. Files are read once.
 */
export function pointNames(version: string): (recipe: Recipe, threads: number) => Promise<string> {
  const hashes = new Map<string, Promise<RunRecipe["files"]>>();
  return async (recipe, threads) => {
    const key = JSON.stringify([recipe.model, recipe.hardware.base]);
    const known = hashes.get(key) ?? fileHashes(recipe);
    hashes.set(key, known);
    const text = JSON.stringify({ point: identity(recipe, await known), threads, version });
    return createHash("sha256").update(text).digest("hex").slice(0, 12);
  };
}

function identity(recipe: Recipe, files: RunRecipe["files"]): Record<string, unknown> {
  const { version, name, seed, model, data, hardware, groups, stages, place, calibrate, simulate, evaluate } =
    recipe;
  return {
    version,
    name,
    seed,
    model: files.model ? `sha256 ${files.model}` : model,
    data,
    hardware: files.hardware ? { ...hardware, base: `sha256 ${files.hardware}` } : hardware,
    groups,
    stages,
    place,
    calibrate,
    simulate,
    evaluate,
  };
}

async function fileHashes(recipe: Recipe): Promise<RunRecipe["files"]> {
  const { base } = recipe.hardware;
  return {
    // A file goes before a reference network of that name, as it does where the model is loaded.
    model:
      Object.hasOwn(models, recipe.model) && !existsSync(recipe.model)
        ? null
        : await fileHash(recipe.model, "the model"),
    hardware: /[/\\]|\.(json|ya?ml)$/i.test(base) ? await fileHash(base, "the hardware file") : null,
  };
}

const fileHash = async (path: string, what: string): Promise<string> =>
  createHash("sha256")
    .update(await readFileOrExplain(path, what))
    .digest("hex");

/** A directory with other things in it may be a typing error; nothing is written among them. */
function refuseForeign(directory: string): void {
  const stat = statSync(directory, { throwIfNoEntry: false });
  if (!stat) return;
  if (!stat.isDirectory())
    throw new InputError(`the run directory is ${directory}, which is a file`, {
      hint: "name another with --out",
    });
  const names = readdirSync(directory).filter((name) => !name.startsWith("."));
  if (names.length > 0 && !names.includes("recipe.json")) {
    throw new InputError(
      `the run directory is ${directory}, which holds other files (${names.slice(0, 3).join(", ")})`,
      {
        hint: "name a new or empty directory with --out",
      },
    );
  }
}

/** Removes what a run has written, and nothing else. */
async function removeRun(directory: string): Promise<void> {
  for (const file of Object.values(runFiles)) await rm(join(directory, file), { force: true });
  await rm(join(directory, stagesFolder), { recursive: true, force: true });
}

/**
 * Gives the directory back. One that was made for a run that came to nothing, because its input was wrong, goes too.
 */
export async function closeRun(run: OpenRun, options: { readonly discard?: boolean } = {}): Promise<void> {
  const discard = options.discard === true && !run.resumed && !run.finished;
  if (discard) await removeRun(run.directory);
  await run.lock.release();
  // Only an empty directory can be removed so.
  if (discard) await rmdir(run.directory).catch(() => {});
}

interface Wanted {
  readonly recipe: Recipe;
  readonly files: RunRecipe["files"];
  readonly options: OpenRunOptions;
}

const wayOut = "choose another directory with --out, or add --force to replace the run";

function checkSame(directory: string, earlier: RunRecipe, { recipe, files, options }: Wanted): void {
  const differences = differingKeys(identity(earlier, earlier.files), identity(recipe, files));
  if (options.threads !== undefined && options.threads !== earlier.threads)
    differences.push(`threads is ${earlier.threads} there, ${options.threads} here`);
  if (differences.length > 0) {
    const shown = differences.slice(0, 6).join("\n  ");
    const more = differences.length > 6 ? `\n  and ${differences.length - 6} more` : "";
    throw new InputError(`${directory} holds the run of another recipe:\n  ${shown}${more}`, {
      hint: wayOut,
    });
  }
  const { xbarkit } = earlier.versions;
  if (xbarkit !== options.version && !existsSync(join(directory, runFiles.result))) {
    throw new InputError(`${directory} was begun by xbarkit ${xbarkit}, and this is ${options.version}`, {
      hint: wayOut,
    });
  }
}

/** Every leaf in which two values differ, as "stages[0].weights.bits is 4 there, 8 here". */
export function differingKeys(there: unknown, here: unknown, path = ""): string[] {
  if (isPlain(there) && isPlain(here)) {
    const keys = new Set([...Object.keys(there), ...Object.keys(here)]);
    return [...keys].flatMap((key) => {
      const at = Array.isArray(here) ? `${path}[${key}]` : path === "" ? key : `${path}.${key}`;
      return differingKeys(there[key], here[key], at);
    });
  }
  if (JSON.stringify(there) === JSON.stringify(here)) return [];
  return [`${path} is ${JSON.stringify(there) ?? "absent"} there, ${JSON.stringify(here) ?? "absent"} here`];
}

const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;
