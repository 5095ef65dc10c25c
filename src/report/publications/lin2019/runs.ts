import type { DesignName } from "../../../cost/index.js";
import { bitLinesPerWeight, encodingOf } from "../../../mapping/encoding.js";
import { percent } from "../../format.js";
import type { AccuracyOnImages, EqualAreaChip, Result, StageAccuracy } from "../../types.js";
import { networkOf } from "../networks.js";
import { mean, RunSelection, recipeText, together } from "../runs.js";
import type { FigureRun, PublishedFigure } from "../types.js";
import { published } from "./published.js";

/** What a figure has to know of a run. */
export interface SparseRun {
  readonly run: FigureRun;
  readonly network: string;
  /** Zero weights over all weights, before crossbar rows were pruned. */
  readonly sparsity: number;
  readonly weightBits: number;
  /** Whether rows of crossbars were pruned as well. */
  readonly crossbars: boolean;
  readonly array: ArraySize;
}

/** L of the publication: word lines, and as many weights or as many cells across. */
export interface ArraySize {
  readonly size: number;
  readonly means: "weights" | "cells";
}

/** Conditions under which a run can stand in a figure, in words for those that cannot. */
export interface Wanted {
  readonly networks: readonly string[];
  /** With crossbar-grained pruning, or without; both where absent. */
  readonly crossbars?: boolean;
  readonly weightBits?: number;
  /** Its columns have to be exchanged, on arrays as high as wide. */
  readonly exchanged?: boolean;
  /** On the publication's chip (2-bit cells, composed before conversion), beside PRIME's. */
  readonly onItsChip?: boolean;
  readonly size?: ArraySize;
}

export class Selection extends RunSelection<SparseRun> {
  /** @param keyOf the same text for runs that are one point of the figure */
  constructor(found: readonly FigureRun[], wanted: Wanted, keyOf: (run: SparseRun) => string = recipeKey) {
    super(found, (run) => read(run, wanted), keyOf);
  }
}

function read(run: FigureRun, wanted: Wanted): SparseRun | string {
  const { data } = run.result;
  const network = networkOf(run.result);
  if (network === null || !wanted.networks.includes(network))
    return `of another network (${data.model.name})`;
  const sparsity = sparsityOf(run.result);
  if (sparsity === null) return "in which no single weights were pruned";
  const crossbars = (data.crossbarPruning ?? []).length > 0;
  if (wanted.crossbars !== undefined && wanted.crossbars !== crossbars)
    return `${crossbars ? "with" : "without"} crossbar-grained pruning`;
  const widths = [...new Set(data.layers.map(({ weightBits }) => weightBits))];
  const [weightBits] = widths;
  if (weightBits === undefined || widths.length > 1) return "with weights of several widths";
  if (wanted.weightBits !== undefined && weightBits !== wanted.weightBits)
    return `not of ${wanted.weightBits}-bit weights`;
  const array = sizeOf(run.result, weightBits);
  if (wanted.exchanged && data.layers.every(({ exchange }) => !exchange))
    return "without exchanged columns (place: { scheme: column-exchange })";
  if ((wanted.exchanged || wanted.size) && array === null)
    return "on arrays that are not L × L, neither in weights nor in cells";
  if (wanted.onItsChip) {
    const refused = otherChip(run.result);
    if (refused) return refused;
  }
  const { size } = wanted;
  if (size && (array!.size !== size.size || array!.means !== size.means))
    return `on other arrays than ${sizeText(size)}`;
  return {
    ...{ run, network, sparsity, weightBits, crossbars },
    array: array ?? { size: data.hardware.array.rows, means: "weights" },
  };
}

/** What irregular pruning had left when crossbar rows began to be pruned, or in the end where none were. */
function sparsityOf({ data: { crossbarPruning, sparsity } }: Result): number | null {
  const first = crossbarPruning?.[0];
  if (first) return 1 - first.start.weights / first.dense.weights;
  return sparsity && sparsity.zeros > 0 ? sparsity.zeros / sparsity.weights : null;
}

function sizeOf({ data: { hardware } }: Result, weightBits: number): ArraySize | null {
  const { rows, columns } = hardware.array;
  if (columns === rows) return { size: rows, means: "cells" };
  const { cellBits, sign, compose, offsetBy } = hardware.encoding;
  const encoding = encodingOf(weightBits, { cellBits, sign, compose, offsetBy } as Parameters<
    typeof encodingOf
  >[1]);
  return columns === rows * bitLinesPerWeight(encoding) ? { size: rows, means: "weights" } : null;
}

function otherChip({ data: { equalArea, hardware } }: Result): string | null {
  if (!equalArea) return "without exchanged columns (place: { scheme: column-exchange })";
  if (equalArea.baseline !== "prime") return `beside ${equalArea.baseline} instead of prime`;
  const { cellBits, compose } = hardware.encoding;
  return cellBits === 2 && compose === "analog"
    ? null
    : "on another chip than the publication's, of 2-bit cells composed before conversion (hardware: { base: lin2019 })";
}

/** What runs of one recipe have in common, whatever their seeds and names. */
const recipeKey = ({ network, run }: SparseRun): string => JSON.stringify([network, recipeText(run.result)]);

/** Runs of one recipe under several seeds. */
export interface Repeated extends Omit<SparseRun, "run" | "sparsity"> {
  readonly runs: readonly SparseRun[];
  /** Mean over the seeds. */
  readonly sparsity: number;
}

/** Runs that are one point, together; in the order of their sparsity. */
export const overSeeds = (runs: readonly SparseRun[], keyOf = recipeKey): Repeated[] =>
  together(runs, keyOf)
    .map((same) => ({ ...same[0]!, runs: same, sparsity: mean(same.map(({ sparsity }) => sparsity)) }))
    .sort((a, b) => a.sparsity - b.sparsity);

/** The recipe whose sparsity is nearest to Table I's; the sparsest where the network is not in it. */
export function nearestToTable1(points: readonly Repeated[]): Repeated | undefined {
  const away = ({ network, sparsity }: Repeated) => Math.abs(sparsity - (published[network]?.sparsity ?? 1));
  return [...points].sort((a, b) => away(a) - away(b))[0];
}

/** Sparsities this far from Table I's are said to be. */
const near = 0.01;

/** What a point lacks to be that of Table I. */
export function offTable1({ network, sparsity }: Repeated): string[] {
  const paper = published[network]?.sparsity;
  return paper === undefined || Math.abs(paper - sparsity) <= near
    ? []
    : [
        `runs with ${percent(paper, 1)} of the weights zero, as in Table I (these have ${percent(sparsity, 1)})`,
      ];
}

/** What a run gains over PRIME in energy and speed; null where an area does not hold one copy of every layer. */
export function gainsOf({ run }: SparseRun, variant = "asConfigured") {
  const found = run.result.data.equalArea!.variants.find(({ name }) => name === variant);
  return found?.gains.baseline ?? { energy: null, pipelined: null, serial: null };
}

/** One of the chips that are compared; one copy of every layer. */
export const chipOf = ({ run }: SparseRun, name: DesignName): EqualAreaChip =>
  run.result.data.equalArea!.designs.find((design) => design.name === name)!;

export const ownChip = (run: SparseRun): EqualAreaChip => chipOf(run, "exchanged");

/** Means over those seeds that have a value; null where none has. */
export function meanOf(point: Repeated, value: (run: SparseRun) => number | null | undefined): number | null {
  const values = valuesOf(point, value);
  return values.length === 0 ? null : mean(values);
}

export const valuesOf = (
  { runs }: Repeated,
  value: (run: SparseRun) => number | null | undefined,
): number[] => runs.flatMap((run) => value(run) ?? []);

const quantises = ({ kind }: StageAccuracy): boolean =>
  kind === "quantization-aware-training" || kind === "post-training-quantization";

/** Test accuracy of the pruned network in floating point: behind the last stage before the one that quantises. */
export function floatAccuracy({ run }: SparseRun): AccuracyOnImages | null {
  const { stages } = run.result.data;
  const end = stages.findIndex(quantises);
  return stages.slice(0, Math.max(0, end)).findLast(({ kind }) => kind !== "train")?.test ?? null;
}

/** Test accuracy behind the last stage before crossbar rows are pruned. */
export function beforeCrossbars({ run }: SparseRun): number | null {
  const { stages } = run.result.data;
  const first = stages.findIndex(({ kind }) => kind === "crossbar-pruning");
  return stages[first - 1]?.test?.accuracy ?? null;
}

/** Test accuracy before anything was pruned: behind the training, or of the network as it was given. */
export function unprunedAccuracy({ run }: SparseRun): number | null {
  const { data, accuracy } = run.result;
  const trained = data.stages.filter(({ kind }) => kind === "train");
  return trained.length === 0 ? accuracy.fp32 : (trained.at(-1)!.test?.accuracy ?? null);
}

/** Test accuracy of the network as placed, quantised, in software. */
export const placedAccuracy = ({ run: { result } }: SparseRun): number | null =>
  result.accuracy.pruned ?? result.accuracy.quantized;

export const directoriesOf = (points: readonly Repeated[]): string[] =>
  [...new Set(points.flatMap(({ runs }) => runs.map(({ run }) => run.directory)))].sort();

export const seedsText = ({ runs }: Repeated): string =>
  runs.length === 1 ? `seed ${runs[0]!.run.result.seed}` : `${runs.length} seeds`;

/** Whether an array holds so many weights across, whatever cells they take. */
export const holdsAcross = ({ size, means }: ArraySize, weights: number): boolean =>
  size === weights && means === "weights";

/** 32 × 32 weights */
export const sizeText = ({ size, means }: ArraySize): string => `${size} × ${size} ${means}`;

/** Points that a figure does not show, as a reason beside the selection's own. */
export const notShown = (reason: string, points: readonly Repeated[]): PublishedFigure["passedOver"] =>
  points.length === 0 ? [] : [{ reason, runs: directoriesOf(points) }];
