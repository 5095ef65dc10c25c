import { baseName, folderName } from "./paths.js";
import { type RecipeContext, resolveRecipe } from "./resolve.js";
import type { RecipePath, RecipeSource } from "./source.js";
import type { Recipe } from "./types.js";
import { pathText, readYaml, shortJson } from "./yaml.js";

export type ParseRecipeOptions = Partial<RecipeContext>;

/**
 * A recipe from its YAML text (JSON is YAML), with every default resolved. Paths in it are relative to the file.
 * @throws InputError for the first thing that is wrong, with file, line and column
 */
export function parseRecipe(text: string, file: string, options: ParseRecipeOptions = {}): Recipe {
  const { value, source } = readYaml(text, file);
  const defaultName = folderName(baseName(file, /\.(ya?ml|json)$/i));
  return resolveRecipe(value, source, { defaultName, ...options });
}

/** A recipe as it is written: any key may be absent. Its words and shapes are those of the YAML form. */
export interface RecipeDraft {
  readonly [key: string]: unknown;
}

/** How flags are spoken of: the flag of a path, and the text that was given for it. */
export interface DraftNames {
  flag(path: RecipePath): string | undefined;
  given(path: RecipePath): string | undefined;
}

/**
 * The recipe that a command line describes: the same schema and defaults as a file's, with errors that name flags.
 * @throws InputError for the first thing that is wrong
 */
export function defaultRecipe(
  draft: RecipeDraft,
  names?: DraftNames,
  options: ParseRecipeOptions = {},
): Recipe {
  const model = typeof draft["model"] === "string" ? draft["model"] : "";
  const source: RecipeSource = {
    label: (path) => names?.flag(path) ?? pathText(path),
    shown: (path, value) => names?.given(path) ?? shortJson(value),
    place: () => undefined,
    keyPlace: () => undefined,
    resolveFile: (path) => path,
  };
  return resolveRecipe(draft, source, { defaultName: folderName(baseName(model, /\.onnx$/i)), ...options });
}
