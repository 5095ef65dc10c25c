import { InputError } from "../../errors.js";
import { wilsonInterval } from "../format.js";
import type { Result } from "../types.js";
import type { FigureRun, PublishedFigure } from "./types.js";

/** The runs of a figure, and why the others are none. */
export class RunSelection<Run extends { readonly run: FigureRun }> {
  readonly runs: readonly Run[];
  private readonly others = new Map<string, string[]>();

  /**
   * @param read what the figure has to know of a run, or why the run is none of it
   * @param keyOf the same text for runs that differ in nothing but their seeds
   */
  constructor(
    found: readonly FigureRun[],
    read: (run: FigureRun) => Run | string,
    keyOf: (run: Run) => string,
  ) {
    const runs: Run[] = [];
    const seen = new Set<string>();
    for (const run of found) {
      const known = read(run);
      const key = typeof known === "string" ? "" : `${keyOf(known)} ${run.result.seed}`;
      if (typeof known === "string") this.passOver(known, run);
      else if (seen.has(key)) this.passOver("of a recipe and seed that another run has as well", run);
      else runs.push(known);
      seen.add(key);
    }
    this.runs = runs;
  }

  private passOver(reason: string, { directory }: FigureRun): void {
    this.others.set(reason, [...(this.others.get(reason) ?? []), directory]);
  }

  get passedOver(): PublishedFigure["passedOver"] {
    return [...this.others].map(([reason, runs]) => ({ reason, runs }));
  }

  /** @throws InputError where no run belongs, saying why each was passed over */
  requireSome(figure: string): void {
    if (this.runs.length > 0) return;
    const reasons = this.passedOver.map(({ reason, runs }) => `${runs.length} ${reason}`);
    throw new InputError(
      `no run fits ${figure}: ${reasons.length === 0 ? "there are no finished runs" : reasons.join("; ")}`,
      { hint: "docs/sweeps.md says which runs each figure needs" },
    );
  }
}

/** A recipe without seed and name. */
export function recipeText({ recipe }: Result): string {
  const { seed: _, name: __, ...rest } = recipe;
  return JSON.stringify(rest);
}

/** Items with the same key together, in the order in which the keys first occur. */
export function together<T>(items: readonly T[], keyOf: (item: T) => string): T[][] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    groups.set(key, [...(groups.get(key) ?? []), item]);
  }
  return [...groups.values()];
}

export const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** The range of several values; of a single accuracy the interval of its sample of images. */
export function spread(values: readonly number[], images?: number): readonly [number, number] | undefined {
  if (values.length > 1) return [Math.min(...values), Math.max(...values)];
  return images === undefined || values.length === 0 ? undefined : wilsonInterval(values[0]!, images);
}

export const spreadLabel = "range over seeds; for one seed, 95 % interval of the image sample";
