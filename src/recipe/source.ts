import { InputError, type SourcePlace } from "../errors.js";

export type RecipePath = readonly (string | number)[];

/** How the one who wrote a recipe knows its values: by key and line in a file, by flag on a command line. */
export interface RecipeSource {
  label(path: RecipePath): string;
  /** The value as it was written. */
  shown(path: RecipePath, value: unknown): string;
  place(path: RecipePath): SourcePlace | undefined;
  /** What an unknown key at the end of a path is called, and where it stands. */
  keyPlace(path: RecipePath): SourcePlace | undefined;
  /** A path in the recipe as seen from where the program runs. */
  resolveFile(path: string): string;
}

/** An input error about the value at a path. */
export const fault = (source: RecipeSource, path: RecipePath, value: unknown, hint: string): InputError => {
  const place = source.place(path);
  return new InputError(`${source.label(path)} is ${source.shown(path, value)}`, {
    hint,
    ...(place ? { place } : {}),
  });
};

/** A word that stands for null, as null. */
export function nullFor<W extends string>(value: number | W | null, word: W): number | null {
  return value === word ? null : (value as number | null);
}
