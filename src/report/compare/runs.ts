import { InputError } from "../../errors.js";
import { count, percent, requireResult } from "../format.js";
import type { CostTriple, MismatchColumns, PairedDifference, Result } from "../types.js";

/** A run with the name that tells it from the others. */
export interface NamedRun {
  readonly name: string;
  readonly result: Result;
}

/** The figures of one run that are set beside those of the others. Fractions, SI. */
export interface ComparedRun extends CostTriple {
  readonly name: string;
  readonly model: string;
  /** The data set of its recipe; null where the recipe does not say. */
  readonly data: string | null;
  readonly hardware: string;
  readonly seed: number;
  readonly softwareImages: number;
  readonly hardwareImages: number;
  readonly accuracy: Result["accuracy"];
  /** By converter width, the narrowest first, null (ideal) last. */
  readonly adcSweep: readonly { readonly bits: number | null; readonly accuracy: number }[];
  readonly paired: readonly PairedDifference[];
  readonly groupSparsity: number | null;
  readonly readWeightedSparsity: number | null;
  readonly mismatchColumns: MismatchColumns | null;
  readonly wastedFraction: number | null;
  readonly compression: Result["compression"];
  readonly arrays: number;
  /** Over those of the first run; null where that has none. */
  readonly toFirst: Readonly<Record<"arrays" | "energy" | "latency" | "area", number | null>>;
  /** Energy over that of the run's own unpruned baselines. */
  readonly energyToBaseline: { readonly fullColumns: number | null; readonly sameRowGroups: number | null };
}

export interface RunComparison {
  readonly runs: readonly ComparedRun[];
  /** What keeps some of the figures from being compared. */
  readonly notes: readonly string[];
}

/**
 * Runs side by side; ratios are to the first of them.
 * @throws InputError where there are fewer than two, or two have one name
 */
export function compareRuns(runs: readonly NamedRun[]): RunComparison {
  const [first] = runs;
  if (runs.length < 2 || !first) {
    throw new InputError(`there ${runs.length === 1 ? "is 1 run" : "are 0 runs"} to compare`, {
      hint: "give two or more; one alone is what the report of a run shows",
    });
  }
  const twice = runs.find(({ name }, i) => runs.findIndex((other) => other.name === name) < i);
  if (twice) throw new InputError(`two runs have the name ${twice.name}`, { hint: "give each its own" });
  for (const { result } of runs) requireResult(result);
  const compared = runs.map((run) => figuresOf(run, first.result));
  return { runs: compared, notes: notesOn(compared) };
}

const over = (value: number, base: number): number | null => (base === 0 ? null : value / base);

function figuresOf({ name, result }: NamedRun, first: Result): ComparedRun {
  const { data, cost } = result;
  const { pruning } = data;
  return {
    name,
    model: data.model.name,
    data: dataSetOf(result),
    hardware: data.hardware.name,
    seed: result.seed,
    softwareImages: result.softwareImages,
    hardwareImages: result.hardwareImages,
    accuracy: result.accuracy,
    adcSweep: [...data.adcSweep]
      .sort((a, b) => (a.bits ?? 99) - (b.bits ?? 99))
      .map(({ bits, accuracy }) => ({ bits, accuracy })),
    paired: data.paired ?? [],
    groupSparsity: result.groupSparsity,
    readWeightedSparsity: result.readWeightedSparsity,
    mismatchColumns: pruning?.mismatchColumns ?? null,
    wastedFraction: pruning?.wastedFraction ?? null,
    compression: result.compression,
    arrays: result.arrays,
    energy_J: cost.energy_J,
    latency_s: cost.latency_s,
    area_m2: cost.area_m2,
    toFirst: {
      arrays: over(result.arrays, first.arrays),
      energy: over(cost.energy_J, first.cost.energy_J),
      latency: over(cost.latency_s, first.cost.latency_s),
      area: over(cost.area_m2, first.cost.area_m2),
    },
    energyToBaseline: {
      fullColumns: over(cost.energy_J, result.baseline.energy_J),
      sameRowGroups: over(cost.energy_J, result.baselineSameBands.energy_J),
    },
  };
}

function dataSetOf({ recipe }: Result): string | null {
  const { data } = recipe as { readonly data?: { readonly name?: unknown } };
  return typeof data?.name === "string" ? data.name : null;
}

/** Mismatch compares at equal sparsity (spec of Meng et al., check 12): no further apart than this. */
const sameSparsity = 0.01;

function notesOn(runs: readonly ComparedRun[]): string[] {
  const notes: string[] = [];
  const differ = <V>(of: (run: ComparedRun) => V, text: (values: readonly V[]) => string) => {
    const values = [...new Set(runs.map(of))];
    if (values.length > 1) notes.push(text(values));
  };
  differ(
    ({ data }) => data,
    (sets) =>
      `The data sets differ (${sets.map((set) => set ?? "unknown").join(", ")}): accuracies do not compare.`,
  );
  differ(
    ({ model }) => model,
    (models) =>
      `The networks differ (${models.join(", ")}): so do the numbers of weights behind each figure.`,
  );
  differ(
    ({ hardwareImages }) => hardwareImages,
    (images) =>
      `Accuracies on hardware are of different images (the first ${images.map(count).join(", ")}): part of their differences is the sample's.`,
  );
  differ(
    ({ softwareImages }) => softwareImages,
    (images) => `Accuracies in software are of different images (the first ${images.map(count).join(", ")}).`,
  );
  const sparsities = runs.flatMap(({ groupSparsity }) => groupSparsity ?? []);
  const [low, high] = [Math.min(...sparsities), Math.max(...sparsities)];
  if (sparsities.length > 1 && high - low > sameSparsity)
    notes.push(
      `Group sparsities differ by more than a point (${percent(low, 1)} to ${percent(high, 1)}): mismatch compares at equal sparsity.`,
    );
  return notes;
}

/** Names as given; those that several runs have get their directory's name behind them, or its whole path. */
export function distinctNames(
  runs: readonly { readonly name: string; readonly directory: string }[],
): string[] {
  const last = (path: string) =>
    path
      .replace(/[/\\]+$/, "")
      .split(/[/\\]/)
      .at(-1) ?? path;
  const unique = (names: readonly string[], i: number) =>
    names.filter((name) => name === names[i]).length === 1;
  const plain = runs.map(({ name }) => name);
  const short = runs.map(({ name, directory }) => `${name} (${last(directory)})`);
  return runs.map(({ name, directory }, i) => {
    if (unique(plain, i)) return name;
    return unique(short, i) ? short[i]! : `${name} (${directory})`;
  });
}
