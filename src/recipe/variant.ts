import { InputError, nearest } from "../errors.js";
import { type RecipeContext, resolveRecipe } from "./resolve.js";
import type { RecipePath, RecipeSource } from "./source.js";
import type { Recipe } from "./types.js";
import { pathText, readYaml, shortJson } from "./yaml.js";

/** A recipe as it was written: no default is filled in yet. */
export interface RecipeText {
  readonly value: unknown;
  readonly source: RecipeSource;
}

/** @throws InputError for what is no YAML, with its line */
export const readRecipeText = (text: string, file: string): RecipeText => readYaml(text, file);

/** The part of a text below a path, as a recipe of its own that keeps the places of its values. */
export function recipeWithin({ value, source }: RecipeText, path: RecipePath): RecipeText {
  return {
    value: path.reduce<unknown>((at, key) => (at as Record<string | number, unknown>)[key], value),
    source: {
      label: (inner) => source.label([...path, ...inner]),
      shown: (inner, shown) => source.shown([...path, ...inner], shown),
      place: (inner) => source.place([...path, ...inner]),
      keyPlace: (inner) => source.keyPlace([...path, ...inner]),
      resolveFile: source.resolveFile,
    },
  };
}

/** A value that takes the place of one in a recipe, and where it was written. */
export interface Override {
  readonly path: RecipePath;
  readonly value: unknown;
  readonly source: RecipeSource;
  /** Where the source has the value, and where the key that names its path. */
  readonly at: RecipePath;
  readonly keyAt: RecipePath;
}

/**
 * The recipe with some of its values replaced, every default resolved. Defaults that follow from other values follow
 * from the new ones. Files that an override names are relative to the file that it stands in.
 * @throws InputError for the first thing that is wrong, at the line where it was written
 */
export function resolveVariant(
  base: RecipeText,
  overrides: readonly Override[],
  context: RecipeContext,
): Recipe {
  let value = base.value;
  for (const { path, value: wanted } of overrides) value = replaced(value, path, wanted);
  return resolveRecipe(value, overlay(base.source, overrides), context);
}

/** Values that were replaced are spoken of where the replacement stands, all others where the recipe does. */
function overlay(base: RecipeSource, overrides: readonly Override[]): RecipeSource {
  // The last one counts, as it does where values are replaced.
  const ordered = [...overrides].reverse();
  const covering = (path: RecipePath) => ordered.find((o) => startsWith(path, o.path));
  const inside = (o: Override, path: RecipePath) => [...o.at, ...path.slice(o.path.length)];
  const ownFiles = new Map(
    overrides.flatMap((o) => (typeof o.value === "string" ? [[o.value, o.source]] : [])),
  );
  return {
    label: pathText,
    shown: (path, value) => {
      const found = covering(path);
      return found ? found.source.shown(inside(found, path), value) : base.shown(path, value);
    },
    place: (path) => {
      const found = covering(path);
      return found ? found.source.place(inside(found, path)) : base.place(path);
    },
    keyPlace: (path) => {
      const within = covering(path);
      if (within && within.path.length < path.length) return within.source.keyPlace(inside(within, path));
      const made = ordered.find((o) => startsWith(o.path, path));
      return made ? made.source.keyPlace(made.keyAt) : base.keyPlace(path);
    },
    // What is resolved is given without its key; a path that an override has is the override's.
    resolveFile: (path) => (ownFiles.get(path) ?? base).resolveFile(path),
  };
}

const startsWith = (path: RecipePath, start: RecipePath): boolean => start.every((key, i) => path[i] === key);

/** A copy of a value with another one at a path; sections on the way are made. The path fits, see {@link recipePath}. */
function replaced(value: unknown, [key, ...rest]: RecipePath, wanted: unknown): unknown {
  if (key === undefined) return wanted;
  if (Array.isArray(value)) return value.map((item, i) => (i === key ? replaced(item, rest, wanted) : item));
  const section = (value ?? {}) as Readonly<Record<string, unknown>>;
  return { ...section, [key]: replaced(section[key], rest, wanted) };
}

/**
 * A path as people write it: `groups.rows`, `stages[1].lambda`, `stages.1.lambda`, or by a stage's name or kind,
 * `stages.group-lasso.lambda`; a name with dots stands in brackets.
 * @param base the recipe as it was written, by which stages are found
 * @throws InputError where the text is no path, or names no stage, or several
 */
export function recipePath(text: string, base: unknown): RecipePath {
  const path: (string | number)[] = [];
  let at = base;
  for (const key of keysOf(text)) {
    if (Array.isArray(at)) path.push(itemOf(at, key, text));
    else if (at === undefined || at === null || typeof at === "object") path.push(key);
    else {
      throw new InputError(`${text} goes into ${pathText(path)}, which is ${shortJson(at)} in the recipe`, {
        hint: `write ${pathText(path)} with its keys in the recipe, or replace it as a whole`,
      });
    }
    at = (at as Record<string | number, unknown> | null | undefined)?.[path.at(-1)!];
  }
  if (path.length === 1 && path[0] === "stages") return path;
  if (path[0] === "stages" && typeof path[1] !== "number") {
    throw new InputError(`${text} is a value of a stage, but the recipe writes no stages`, {
      hint: "write them there, with their kinds at least",
    });
  }
  return path;
}

function keysOf(text: string): string[] {
  const keys = [...text.matchAll(/(?:^|\.)([^.[\]]+)|\[\s*(?:"([^"]+)"|'([^']+)'|([^\]"']+?))\s*\]/gy)];
  if (keys.length > 0 && keys.reduce((length, [part]) => length + part.length, 0) === text.length)
    return keys.map(([, plain, double, single, bare]) => (plain ?? double ?? single ?? bare)!.trim());
  throw new InputError(`${JSON.stringify(text)} is no path`, {
    hint: "write keys with dots between them, such as groups.rows or stages[0].weights.bits",
  });
}

interface NamedStage {
  readonly name?: unknown;
  readonly stage?: unknown;
}

/** The index of an item by its number, or of a stage by its name, or by its kind where it is the only one. */
function itemOf(items: readonly unknown[], key: string, text: string): number {
  if (/^\d+$/.test(key)) {
    if (Number(key) < items.length) return Number(key);
    throw new InputError(`${text} is item ${key} of ${items.length}`, {
      hint: "items are counted from 0; items cannot be added",
    });
  }
  const stages = items.map((item) => (typeof item === "object" && item !== null ? (item as NamedStage) : {}));
  const named = stages.findIndex(({ name }) => name === key);
  if (named >= 0) return named;
  const ofKind = [...stages.keys()].filter((i) => stages[i]!.stage === key);
  if (ofKind.length === 1) return ofKind[0]!;
  if (ofKind.length > 1) {
    throw new InputError(`${text} may be any of the stages ${ofKind.join(", ")}`, {
      hint: `give the stage's number, as in stages[${ofKind[0]}], or a name in the recipe`,
    });
  }
  const known = stages.flatMap(({ name, stage }) => [name, stage]).filter((word) => typeof word === "string");
  const near = nearest(key, known);
  throw new InputError(`${text} names no stage of the recipe`, {
    hint: near ? `did you mean ${near}?` : `there are ${[...new Set(known)].join(", ") || "none with names"}`,
  });
}
