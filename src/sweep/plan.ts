import {
  InputError,
  nearest,
  type Override,
  type RecipeText,
  readYaml,
  recipePath,
  recipeWithin,
  type YamlText,
} from "../index.js";
import { fixedColumns } from "./rows.js";
import { keySeparator, type PlanInput, planSchema } from "./schema.js";

/** A path of the recipe that the plan changes. */
export interface Setting {
  /** As the plan writes it. */
  readonly key: string;
  /** Its column in the table. */
  readonly label: string;
}

/** Values by the paths as the plan writes them. */
export type Values = Readonly<Record<string, unknown>>;

/** One combination of values, before it is resolved. */
export interface Combination {
  readonly values: Values;
  readonly seed: number | null;
  /** The values with their places, the seed not among them. */
  readonly overrides: readonly Override[];
}

export interface SweepPlan {
  readonly name: string;
  readonly file: string;
  readonly base: RecipeText;
  readonly threads: number;
  readonly settings: readonly Setting[];
  readonly combinations: readonly Combination[];
}

export interface PlanFile {
  readonly file: string;
  readonly text: string;
  /** The plan's name where it has none of its own. */
  readonly defaultName: string;
  /** Reads the recipe that the plan names. */
  readonly readRecipe: (file: string) => Promise<RecipeText>;
}

const planKind = {
  what: "a plan",
  needs: "a plan needs at least a recipe; recipes/sweeps/ has examples",
  startsLike: "a plan starts like `recipe: lenet5.yaml`; recipes/sweeps/ has examples",
};

/** More points than this are a typing error, or wait years for their end. */
const mostPoints = 100_000;

/** A plan from its YAML text: which points there are. @throws InputError with line and value of what is wrong */
export async function readPlan({ file, text, defaultName, readRecipe }: PlanFile): Promise<SweepPlan> {
  const yaml = readYaml(text, file, planKind);
  const input = check(yaml);
  const base = await baseRecipe(input, yaml, readRecipe);
  const reader = new Reader(yaml, base);
  const lists = [...reader.grid(input), ...reader.points(input)];
  const seeds = input.seeds ?? [null];
  if (new Set(seeds).size < seeds.length)
    throw reader.fault(["seeds"], input.seeds, "give every seed only once");
  if (lists.length * seeds.length > mostPoints) {
    throw reader.fault([], `${lists.length * seeds.length} points`, `a plan has at most ${mostPoints}`);
  }
  const all = lists.flatMap((list) => seeds.map((seed) => combination(list, seed)));
  const kept = reader.without(input.exclude, all);
  const keys = [...new Set(all.flatMap(({ values }) => Object.keys(values)))];
  return {
    name: input.name ?? defaultName,
    file,
    base,
    threads: input.threads,
    settings: reader.settings(keys, input.labels),
    combinations: kept,
  };
}

type Entry = readonly [key: string, override: Override];

const combination = (entries: readonly Entry[], seed: number | null): Combination => ({
  values: Object.fromEntries(entries.map(([key, { value }]) => [key, value])),
  seed,
  overrides: entries.map(([, override]) => override),
});

async function baseRecipe(
  input: PlanInput,
  yaml: YamlText,
  readRecipe: PlanFile["readRecipe"],
): Promise<RecipeText> {
  if (typeof input.recipe !== "string") return recipeWithin(yaml, ["recipe"]);
  const file = yaml.source.resolveFile(input.recipe);
  try {
    return await readRecipe(file);
  } catch (error) {
    const place = yaml.source.place(["recipe"]);
    if (!(error instanceof InputError) || error.place || !place) throw error;
    throw new InputError(error.message, {
      cause: error,
      place,
      ...(error.hint ? { hint: error.hint } : {}),
    });
  }
}

function check({ value, source }: YamlText): PlanInput {
  // A section whose lines are all commented out reads as null; it means that there are none.
  const written = Object.fromEntries(
    Object.entries(value as Values).filter(([key, section]) => section !== null || key === "recipe"),
  );
  const parsed = planSchema.safeParse(written);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues;
  const issue = issues.find(({ code }) => code === "unrecognized_keys") ?? issues[0]!;
  const path = issue.path as (string | number)[];
  if (issue.code === "unrecognized_keys") {
    const key = issue.keys[0]!;
    const known = issue.message.split(keySeparator);
    const near = nearest(key, known);
    const place = source.keyPlace([...path, key]);
    throw new InputError(`${key} is not a known key`, {
      hint: near ? `did you mean ${near}?` : `known keys here: ${known.join(", ")}`,
      ...(place ? { place } : {}),
    });
  }
  const found = path.reduce<unknown>(
    (at, key) => (at as Record<string | number, unknown> | null)?.[key],
    written,
  );
  const place = source.place(path);
  const what = found === undefined ? "is missing" : `is ${source.shown(path, found)}`;
  throw new InputError(`${source.label(path)} ${what}`, {
    hint: issue.message,
    ...(place ? { place } : {}),
  });
}

/** Makes points of what a plan writes, and knows where each value stands. */
class Reader {
  constructor(
    private readonly plan: YamlText,
    private readonly base: RecipeText,
  ) {}

  fault(path: readonly (string | number)[], value: unknown, hint: string): InputError {
    const { source } = this.plan;
    const place = source.place(path);
    const what = path.length === 0 ? `the plan has ${String(value)}` : undefined;
    return new InputError(what ?? `${source.label(path)} is ${source.shown(path, value)}`, {
      hint,
      ...(place ? { place } : {}),
    });
  }

  /** Every combination of the grid's values; the last path changes fastest. */
  grid({ grid, points }: PlanInput): Entry[][] {
    const axes = Object.entries(grid);
    // A plan of points alone has no further point; one without either runs the recipe as it is.
    if (axes.length === 0) return points.length === 0 ? [[]] : [];
    let lists: Entry[][] = [[]];
    for (const [key, values] of axes) {
      const texts = values.map((value) => JSON.stringify(value));
      const twice = texts.findIndex((text, i) => texts.indexOf(text) < i);
      if (twice >= 0) throw this.fault(["grid", key, twice], values[twice], "give every value only once");
      const choices = values.map((value, i) => this.choice(key, value, i));
      if (lists.length * choices.length > mostPoints)
        throw this.fault([], `more than ${mostPoints} points`, "give fewer values");
      lists = lists.flatMap((list) => choices.map((choice) => [...list, ...choice]));
    }
    return lists;
  }

  /** One value of one path, or of paths that change together: `groups.rows, hardware.activeRows: [[72, 72], ...]`. */
  private choice(key: string, value: unknown, i: number): Entry[] {
    const keyAt = ["grid", key];
    const paths = key.split(",").map((path) => path.trim());
    if (paths.length === 1) return [this.entry(key, value, keyAt, [...keyAt, i])];
    if (!Array.isArray(value) || value.length !== paths.length) {
      throw this.fault([...keyAt, i], value, `give a list of ${paths.length} values, one per path`);
    }
    return paths.map((path, j) => this.entry(path, value[j], keyAt, [...keyAt, i, j]));
  }

  points({ points }: PlanInput): Entry[][] {
    return points.map((values, i) =>
      Object.entries(values).map(([key, value]) =>
        this.entry(key, value, ["points", i, key], ["points", i, key]),
      ),
    );
  }

  private entry(
    key: string,
    value: unknown,
    keyAt: readonly (string | number)[],
    at: readonly (string | number)[],
  ): Entry {
    const { source } = this.plan;
    const place = source.keyPlace(keyAt);
    if (key === "seed" || key === "name" || key === "version") {
      throw new InputError(`${key} is among the values of points`, {
        hint: key === "seed" ? "give the list seeds instead" : "it cannot differ between points",
        ...(place ? { place } : {}),
      });
    }
    try {
      return [key, { path: recipePath(key, this.base.value), value, source, at, keyAt }];
    } catch (error) {
      if (!(error instanceof InputError) || !place) throw error;
      throw new InputError(error.message, {
        place,
        cause: error,
        ...(error.hint ? { hint: error.hint } : {}),
      });
    }
  }

  /** What is left without the excluded points. An exclusion that fits none is a typing error. */
  without(exclude: PlanInput["exclude"], all: readonly Combination[]): Combination[] {
    const excluded = new Set<Combination>();
    for (const [i, values] of exclude.entries()) {
      const fitting = all.filter((point) =>
        Object.entries(values).every(([key, value]) =>
          key === "seed" ? point.seed === value : same(point.values[key], value),
        ),
      );
      if (fitting.length === 0) throw this.fault(["exclude", i], values, "no point has all of these values");
      for (const point of fitting) excluded.add(point);
    }
    if (excluded.size === all.length)
      throw this.fault(["exclude"], exclude, "nothing is left: exclude fewer points");
    return all.filter((point) => !excluded.has(point));
  }

  settings(keys: readonly string[], labels: PlanInput["labels"]): Setting[] {
    const settings = keys.map((key) => ({ key, label: labels[key] ?? key }));
    for (const key of Object.keys(labels)) {
      if (keys.includes(key)) continue;
      const near = nearest(key, keys);
      const hint = near ? `did you mean ${near}?` : `paths of this plan: ${keys.join(", ") || "none"}`;
      const place = this.plan.source.keyPlace(["labels", key]);
      throw new InputError(`labels has ${key}, which no point changes`, {
        hint,
        ...(place ? { place } : {}),
      });
    }
    for (const [i, { key, label }] of settings.entries()) {
      const taken = settings.findIndex((other) => other.label === label) < i || fixedColumns.has(label);
      if (taken) {
        throw this.fault(
          key in labels ? ["labels", key] : ["grid", key],
          label,
          "another column of the table has this name: give another in labels",
        );
      }
    }
    return settings;
  }
}

const same = (a: unknown, b: unknown): boolean => a !== undefined && JSON.stringify(a) === JSON.stringify(b);
