import { InputError } from "../../../errors.js";
import { wilsonInterval } from "../../format.js";
import type { Result } from "../../types.js";
import type { FigureRun, PublishedFigure } from "../types.js";
import { networkOf } from "./networks.js";

/** How a run's groups came to be zero. */
export type Method = "multi-group" | "plain" | "magnitude" | "filters";

export const methodTitles: Readonly<Record<Method, string>> = {
  "multi-group": "multi-group Lasso",
  plain: "plain group Lasso",
  magnitude: "magnitude",
  filters: "whole filters by magnitude",
};

/** What a figure has to know of a run. */
export interface PrunedRun {
  readonly run: FigureRun;
  readonly network: string;
  readonly method: Method;
  /** Strength of the penalty; null where the method has none, or the recipe does not say. */
  readonly lambda: number | null;
  readonly groupRows: number;
  /** Zero groups over all groups. */
  readonly sparsity: number;
  /** Accuracy of the pruned and quantised network in software. */
  readonly software: number | null;
}

interface PruningStage {
  readonly stage?: unknown;
  readonly method?: unknown;
  readonly lambda?: unknown;
  readonly structure?: unknown;
}

/** The last pruning stage of a recipe. */
function pruningOf(recipe: Result["recipe"]): Pick<PrunedRun, "method" | "lambda"> | null {
  const stages = Array.isArray(recipe["stages"]) ? (recipe["stages"] as readonly PruningStage[]) : [];
  const last = stages.findLast(({ stage }) => stage === "group-lasso" || stage === "magnitude-pruning");
  if (!last) return null;
  if (last.stage === "magnitude-pruning")
    return { method: last.structure === "filters" ? "filters" : "magnitude", lambda: null };
  return {
    method: last.method === "plain" ? "plain" : "multi-group",
    lambda: typeof last.lambda === "number" ? last.lambda : null,
  };
}

/** What the recipe says; dense layers may have groups of another size. */
function groupRowsOf({ recipe, data }: Result): number | null {
  const groups = recipe["groups"] as { readonly rows?: unknown } | undefined;
  if (typeof groups?.rows === "number") return groups.rows;
  return data.layers.find(({ groups: count }) => count > 0)?.groupRows ?? null;
}

/** Conditions under which a run can stand in a figure, in words for those that cannot. */
export interface Wanted {
  readonly networks: readonly string[];
  readonly methods?: readonly Method[];
  readonly groupRows?: readonly number[];
  /** On the publication's array, where what is shown depends on it. */
  readonly onItsArray?: boolean;
  /** Groups read at once, where what is shown depends on it. */
  readonly readAtOnce?: boolean;
  /** Lambda 0 is no penalty. */
  readonly penalised?: boolean;
}

/** The runs of a figure, and why the others are none. */
export class Selection {
  readonly runs: PrunedRun[] = [];
  private readonly others = new Map<string, string[]>();

  constructor(
    found: readonly FigureRun[],
    private readonly wanted: Wanted,
  ) {
    const seen = new Set<string>();
    for (const run of found) {
      const read = this.read(run);
      const key = typeof read === "string" ? "" : `${recipeKey(read)} ${run.result.seed}`;
      if (typeof read === "string") this.passOver(read, run);
      else if (seen.has(key)) this.passOver("of a recipe and seed that another run has as well", run);
      else this.runs.push(read);
      seen.add(key);
    }
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

  private read(run: FigureRun): PrunedRun | string {
    const { wanted } = this;
    const { data, recipe, groupSparsity, accuracy } = run.result;
    const network = networkOf(run.result);
    if (network === null || !wanted.networks.includes(network))
      return `of another network (${data.model.name})`;
    const grouped = data.layers.filter(({ groups }) => groups > 0);
    const groupRows = groupRowsOf(run.result);
    if (groupSparsity === null || groupRows === null) return "without groups";
    const pruning = pruningOf(recipe);
    if (!pruning) return "that no stage has pruned";
    if (wanted.penalised && pruning.lambda === 0) return "with lambda 0";
    if (wanted.methods && !wanted.methods.includes(pruning.method))
      return `pruned otherwise (${methodTitles[pruning.method]})`;
    if (grouped.some(({ weightBits, inputBits }) => weightBits !== 4 || inputBits !== 4))
      return "not of 4-bit weights and activations";
    if (wanted.groupRows && !wanted.groupRows.includes(groupRows)) return `with ${groupRows}-row groups`;
    const { array, name, encoding } = data.hardware;
    if (wanted.onItsArray) {
      if (name !== "meng2021" || array.rows !== 144 || array.columns !== 32 || encoding["cellBits"] !== 2)
        return "on other arrays or cells";
      if (wanted.readAtOnce && array.activeRows < groupRows)
        return `with ${groupRows}-row groups of which ${array.activeRows} rows are read at once`;
    }
    const software = accuracy.pruned ?? accuracy.quantized;
    return { run, network, ...pruning, groupRows, sparsity: groupSparsity, software };
  }
}

/** Runs of one recipe under several seeds. */
export interface Repeated extends Omit<PrunedRun, "run" | "sparsity" | "software"> {
  readonly runs: readonly PrunedRun[];
  /** Mean over the seeds. */
  readonly sparsity: number;
}

/** What runs of one recipe have in common, whatever their seeds and names. */
function recipeKey({ network, groupRows, run }: PrunedRun): string {
  const { seed: _, name: __, ...recipe } = run.result.recipe as Record<string, unknown>;
  return JSON.stringify([network, groupRows, recipe]);
}

/** Runs whose recipes differ in nothing but seed and name, together; in the order of their sparsity. */
export function overSeeds(runs: readonly PrunedRun[]): Repeated[] {
  const groups = new Map<string, PrunedRun[]>();
  for (const one of runs) {
    const key = recipeKey(one);
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return [...groups.values()]
    .map((same) => ({ ...same[0]!, runs: same, sparsity: mean(same.map(({ sparsity }) => sparsity)) }))
    .sort((a, b) => a.sparsity - b.sparsity);
}

export const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** The range of several values; of a single accuracy the interval of its sample of images. */
export function spread(values: readonly number[], images?: number): readonly [number, number] | undefined {
  if (values.length > 1) return [Math.min(...values), Math.max(...values)];
  return images === undefined || values.length === 0 ? undefined : wilsonInterval(values[0]!, images);
}

export const spreadLabel = "range over seeds; for one seed, 95 % interval of the image sample";

export const directoriesOf = (repeated: readonly Repeated[]): string[] =>
  [...new Set(repeated.flatMap(({ runs }) => runs.map(({ run }) => run.directory)))].sort();

export const seedsText = ({ runs }: Repeated): string =>
  runs.length === 1 ? `seed ${runs[0]!.run.result.seed}` : `${runs.length} seeds`;

/** 72 × 1, as the publication writes it. */
export const sizeText = (groupRows: number): string => `${groupRows} × 1`;
