import type { Result } from "../../types.js";
import { networkOf } from "../networks.js";
import { mean, RunSelection, recipeText, together } from "../runs.js";
import type { FigureRun } from "../types.js";

export { mean, spread, spreadLabel } from "../runs.js";

/** How a run's groups came to be zero. */
export type Method = Penalty | `${Penalty}+magnitude` | "magnitude" | "filters";
export type Penalty = "multi-group" | "plain";

export const methodTitles: Readonly<Record<Method, string>> = {
  "multi-group": "multi-group Lasso",
  plain: "plain group Lasso",
  "multi-group+magnitude": "multi-group Lasso, then magnitude",
  "plain+magnitude": "plain group Lasso, then magnitude",
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

/** The last pruning stage of a recipe, and the penalty in front of it where it only takes what that has made weak. */
function pruningOf(recipe: Result["recipe"]): Pick<PrunedRun, "method" | "lambda"> | null {
  const stages = Array.isArray(recipe["stages"]) ? (recipe["stages"] as readonly PruningStage[]) : [];
  const last = stages.findLast(({ stage }) => stage === "group-lasso" || stage === "magnitude-pruning");
  if (!last) return null;
  const oneShot = last.stage === "magnitude-pruning";
  if (oneShot && last.structure === "filters") return { method: "filters", lambda: null };
  const lasso = stages.findLast(({ stage, lambda }) => stage === "group-lasso" && (!oneShot || lambda !== 0));
  if (!lasso) return { method: "magnitude", lambda: null };
  const penalty = lasso.method === "plain" ? "plain" : "multi-group";
  const lambda = typeof lasso.lambda === "number" ? lasso.lambda : null;
  return { method: oneShot ? `${penalty}+magnitude` : penalty, lambda };
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
export class Selection extends RunSelection<PrunedRun> {
  constructor(found: readonly FigureRun[], wanted: Wanted) {
    super(found, (run) => read(run, wanted), recipeKey);
  }
}

function read(run: FigureRun, wanted: Wanted): PrunedRun | string {
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

/** Runs of one recipe under several seeds. */
export interface Repeated extends Omit<PrunedRun, "run" | "sparsity" | "software"> {
  readonly runs: readonly PrunedRun[];
  /** Mean over the seeds. */
  readonly sparsity: number;
}

/** What runs of one recipe have in common, whatever their seeds and names. */
const recipeKey = ({ network, groupRows, run }: PrunedRun): string =>
  JSON.stringify([network, groupRows, recipeText(run.result)]);

/** Runs whose recipes differ in nothing but seed and name, together; in the order of their sparsity. */
export function overSeeds(runs: readonly PrunedRun[]): Repeated[] {
  return together(runs, recipeKey)
    .map((same) => ({ ...same[0]!, runs: same, sparsity: mean(same.map(({ sparsity }) => sparsity)) }))
    .sort((a, b) => a.sparsity - b.sparsity);
}

export const directoriesOf = (repeated: readonly Repeated[]): string[] =>
  [...new Set(repeated.flatMap(({ runs }) => runs.map(({ run }) => run.directory)))].sort();

export const seedsText = ({ runs }: Repeated): string =>
  runs.length === 1 ? `seed ${runs[0]!.run.result.seed}` : `${runs.length} seeds`;

/** 72 × 1, as the publication writes it. */
export const sizeText = (groupRows: number): string => `${groupRows} × 1`;
