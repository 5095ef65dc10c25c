import { InputError, type Recipe, type RecipeContext, resolveVariant, shortJson } from "../index.js";
import type { Combination, SweepPlan } from "./plan.js";
import { type Cell, cellOf } from "./rows.js";

/** One run of a sweep. Its recipe and its threads decide its results; its name is their hash. */
export interface SweepPoint {
  readonly name: string;
  readonly recipe: Recipe;
  readonly threads: number;
  /** What the plan changes, by column of the table. */
  readonly values: Readonly<Record<string, Cell>>;
  /** The same in words. */
  readonly title: string;
}

export interface ResolveOptions {
  readonly context: Partial<Omit<RecipeContext, "defaultName">>;
  /** Instead of the plan's. */
  readonly threads?: number | undefined;
  /** The hash of a recipe with its threads. @throws InputError where a file that it names cannot be read */
  readonly nameOf: (recipe: Recipe, threads: number) => Promise<string>;
}

/** Every point of a plan, resolved and checked. @throws InputError for the first point that is wrong */
export async function resolvePoints(plan: SweepPlan, options: ResolveOptions): Promise<SweepPoint[]> {
  const points: SweepPoint[] = [];
  const titles = new Map<string, string>();
  const threads = options.threads ?? plan.threads;
  for (const combination of plan.combinations) {
    const point = await atPoint(plan, combination, async () => {
      const recipe = resolved(plan, combination, options);
      return { recipe, name: await options.nameOf(recipe, threads) };
    });
    const title = titleOf(plan, combination, point.recipe.seed);
    const twin = titles.get(point.name);
    if (twin !== undefined) {
      const place = combination.overrides[0]?.source.place(combination.overrides[0].at);
      throw new InputError(`two points are the same: ${twin}, and ${title}`, {
        hint: "take one of them out of the plan, with exclude if need be",
        ...(place ? { place } : {}),
      });
    }
    titles.set(point.name, title);
    const values = plan.settings.map(({ key, label }): [string, Cell] => [
      label,
      cellOf(combination.values[key] ?? null),
    ]);
    points.push({ ...point, threads, values: Object.fromEntries(values), title });
  }
  return points;
}

function resolved(plan: SweepPlan, { overrides, seed }: Combination, { context }: ResolveOptions): Recipe {
  const recipe = resolveVariant(plan.base, overrides, { ...context, defaultName: plan.name });
  // The runs belong to the sweep, whatever its recipe is called.
  return { ...recipe, name: plan.name, ...(seed === null ? {} : { seed }) };
}

/** What a combination sets, and its seed: `groups.rows 72, seed 1`. */
function titleOf(plan: SweepPlan, { values }: Combination, seed: number): string {
  const parts = plan.settings
    .filter(({ key }) => key in values)
    .map(({ key, label }) => {
      const value = values[key];
      return `${label} ${typeof value === "string" ? value : shortJson(value)}`;
    });
  return [...parts, `seed ${seed}`].join(", ");
}

/** Errors of a point name it, and stand at a line of the plan where its values are at fault. */
async function atPoint<R>(plan: SweepPlan, combination: Combination, work: () => Promise<R>): Promise<R> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof InputError) || error.place?.file === plan.file) throw error;
    const first = combination.overrides[0];
    const place = first?.source.place(first.at) ?? plan.base.source.place([]);
    const parts = Object.entries(combination.values).map(([key, value]) => `${key} ${shortJson(value)}`);
    const where = error.place ? `${error.place.file}:${error.place.line}: ` : "";
    const point = parts.length === 0 ? "" : `with ${parts.join(", ")}: `;
    throw new InputError(`${point}${where}${error.message}`, {
      cause: error,
      ...(error.hint ? { hint: error.hint } : {}),
      ...(place ? { place } : {}),
    });
  }
}
