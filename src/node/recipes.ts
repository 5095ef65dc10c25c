import { existsSync, readdirSync, statSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { InputError } from "../errors.js";
import {
  type DraftNames,
  defaultRecipe,
  parseRecipe,
  type Recipe,
  type RecipeDraft,
} from "../recipe/index.js";
import { locateDataset } from "./datasets.js";
import { readFileOrExplain } from "./files.js";
import { readHardwareFile } from "./hardware.js";

export interface RecipeOptions {
  /** The folder with the data sets, where it is not among the usual places. */
  readonly dataDir?: string;
}

/** A recipe from its file. @throws InputError with file, line and column for whatever is wrong in it */
export async function readRecipe(file: string, options: RecipeOptions = {}): Promise<Recipe> {
  return parseRecipe(await readTextFile(file, "the recipe"), file, recipeContext(options));
}

/** The text of a file that people write. @throws InputError where it is missing, far too large, or no UTF-8 */
export async function readTextFile(file: string, what: string): Promise<string> {
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (size > largestText_bytes) {
    throw new InputError(`${what} ${file} has ${size} bytes`, { hint: "is it another kind of file?" });
  }
  return decodeUtf8(await readFileOrExplain(file, what), file, what);
}

/** The recipe that the options of a command line describe. @throws InputError in the words of `names` */
export const recipeFromDraft = (draft: RecipeDraft, names: DraftNames, options: RecipeOptions = {}): Recipe =>
  defaultRecipe(draft, names, recipeContext(options));

export interface ListedRecipe {
  readonly file: string;
  /** The comment that the file starts with. */
  readonly about: string;
}

/** The recipes that come with the program, and those in `recipes/` of the current folder. */
export async function listRecipes(): Promise<ListedRecipe[]> {
  const own = fileURLToPath(new URL("../../recipes", import.meta.url));
  const folders = [...new Set([own, resolve("recipes")])].filter((folder) => existsSync(folder));
  const files = folders.flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => /\.ya?ml$/.test(name))
      .sort()
      .map((name) => join(folder, name)),
  );
  const read = async (file: string) => new TextDecoder().decode(await readFileOrExplain(file, "the recipe"));
  return Promise.all(
    files.map(async (file) => ({ file: relative("", file), about: firstComment(await read(file)) })),
  );
}

/** The first sentence of the comment at the start of a text; the point of "et al. 2021" ends none. */
function firstComment(text: string): string {
  const lines = /^(?:#.*\n)+/.exec(text)?.[0].split("\n") ?? [];
  const words = lines.filter((line) => !line.includes("$schema")).map((line) => line.replace(/^#\s?/, ""));
  return /^.*?\.(?=\s+[\p{Lu}`]|$)/u.exec(words.join(" ").trim())?.[0].slice(0, -1) ?? "";
}

const largestText_bytes = 2 ** 20;

/** What a recipe is resolved with where there are files. */
export const recipeContext = ({ dataDir }: RecipeOptions) => ({
  datasetIn: (folder: string) =>
    locateDataset(folder, "test", dataDir === undefined ? {} : { dir: dataDir }).name,
  hardwareFile: readHardwareFile,
});

function decodeUtf8(bytes: Uint8Array, file: string, what: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new InputError(`${what} ${file} is no text in UTF-8`, {
      hint: `${what.replace(/^the /, "a ")} is a YAML file`,
      cause,
    });
  }
}
