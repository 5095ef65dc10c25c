import { percent } from "../../format.js";
import { type GroupedRow, groupedBars, pairColours, shareAxis } from "../../plots/index.js";
import { checkNetwork, knownNetworks } from "../networks.js";
import type { FigureOptions, FigureRun, PublishedFigure } from "../types.js";
import { chosenSize, itsNetworks, published } from "./published.js";
import {
  beforeCrossbars,
  directoriesOf,
  floatAccuracy,
  holdsAcross,
  meanOf,
  offTable1,
  overSeeds,
  placedAccuracy,
  type Repeated,
  Selection,
  type SparseRun,
  unprunedAccuracy,
} from "./runs.js";

/**
 * Fig. 11: weights that crossbar-grained pruning has removed beside arrays that it has freed, both as shares of the whole
 * network's, zeros counted; with the accuracies that Table II gives for its networks.
 * @throws InputError where no run fits
 */
export function figure11(found: readonly FigureRun[], { network }: FigureOptions): PublishedFigure {
  const networks = network === undefined ? [...itsNetworks] : [checkNetwork(network)];
  const selection = new Selection(found, { networks, crossbars: true, exchanged: true });
  selection.requireSome("figure 11");
  // By network, then the arrays that the publication chose before others; by sparsity as they come.
  const points = overSeeds(selection.runs).sort(
    (a, b) =>
      networks.indexOf(a.network as never) - networks.indexOf(b.network as never) ||
      Number(isChosen(b)) - Number(isChosen(a)),
  );
  const shown = networks.filter((name) => points.some((point) => point.network === name));
  const rows = shown.flatMap((name) => [
    ...points.filter((point) => point.network === name).map(barsOf),
    ...publishedBars(name),
  ]);
  const plot = groupedBars({
    id: "lin2019-figure11",
    title: "Weights removed and arrays freed by crossbar-grained pruning",
    description: `Shares of all weights of the network, and of all arrays of its dense map; weights that irregular pruning had removed and arrays that the exchange of columns had freed are not in them. On the right the accuracies in floating point, as trained, pruned, and with crossbar rows pruned, and those of Table II. Arrays hold ${chosenSize} × ${chosenSize} weights unless L says otherwise. Fig. 11 itself prints no numbers.`,
    rowTitle: "network, zero weights before",
    axis: shareAxis("of the whole network", {
      max: Math.max(0.01, ...rows.flatMap(({ values }) => values.flatMap((value) => value ?? []))),
    }),
    series: [
      { name: "weights removed", colour: pairColours[0] },
      { name: "arrays freed", colour: pairColours[1] },
    ],
    rows,
    textTitle: "accuracy as trained → pruned → crossbar rows pruned",
  });
  return {
    plots: [plot],
    title: plot.title,
    description: plot.description,
    rows: [...points.map(rowOf), ...shown.flatMap(publishedRows)],
    used: directoriesOf(points),
    missing: missingOf(points, networks),
    passedOver: selection.passedOver,
  };
}

/** From the first round of the first stage to the last that was kept of the last. */
function removed({ run }: SparseRun) {
  const stages = run.result.data.crossbarPruning!;
  const { dense, start } = stages[0]!;
  const { end } = stages.at(-1)!;
  const [weights, arrays] = [start.weights - end.weights, start.arrays - end.arrays];
  return {
    weights: weights / dense.weights,
    arrays: arrays / dense.arrays,
    ofKeptWeights: weights / start.weights,
    ofKeptArrays: arrays / start.arrays,
  };
}

const floatOf = (run: SparseRun): number | null => floatAccuracy(run)?.accuracy ?? null;

const nameOf = (network: string): string => knownNetworks[network]!.title.split(",")[0]!;

const accuracies = (values: readonly (number | null)[]): string =>
  values.map((value) => (value === null ? "–" : percent(value))).join(" → ");

const isChosen = ({ array }: Repeated): boolean => holdsAcross(array, chosenSize);

function barsOf(point: Repeated): GroupedRow {
  const { array, network, sparsity } = point;
  const { size, means } = array;
  const other = means === "weights" ? `, L = ${size}` : `, L = ${size} cells`;
  return {
    label: `${nameOf(network)}, ${percent(sparsity, 1)}${isChosen(point) ? "" : other}`,
    values: [meanOf(point, (run) => removed(run).weights), meanOf(point, (run) => removed(run).arrays)],
    text: accuracies([unprunedAccuracy, beforeCrossbars, floatOf].map((of) => meanOf(point, of))),
  };
}

function publishedBars(network: string): GroupedRow[] {
  const paper = published[network]?.table2;
  if (!paper) return [];
  const { original, pruned, crossbarPruned } = paper;
  const text = accuracies([original, pruned, crossbarPruned]);
  return [{ label: `${nameOf(network)}, Table II`, values: [null, null], text }];
}

function rowOf(point: Repeated): PublishedFigure["rows"][number] {
  const of = (key: keyof ReturnType<typeof removed>) => meanOf(point, (run) => removed(run)[key]);
  return {
    source: "runs",
    network: point.network,
    size: point.array.size,
    sizeMeans: point.array.means,
    sparsity: point.sparsity,
    seeds: point.runs.length,
    weightsRemoved: of("weights"),
    arraysFreed: of("arrays"),
    ofKeptWeights: of("ofKeptWeights"),
    ofKeptArrays: of("ofKeptArrays"),
    original: meanOf(point, unprunedAccuracy),
    pruned: meanOf(point, beforeCrossbars),
    crossbarPruned: meanOf(point, floatOf),
    placed: meanOf(point, placedAccuracy),
    runs: directoriesOf([point]).join(" "),
  };
}

const publishedRows = (network: string): PublishedFigure["rows"] => {
  const paper = published[network];
  return paper?.table2
    ? [{ source: "Tables I and II", network, sparsity: paper.sparsity, ...paper.table2 }]
    : [];
};

function missingOf(points: readonly Repeated[], networks: readonly string[]): string[] {
  return networks.flatMap((name) => {
    const own = points.filter((point) => point.network === name);
    const { title } = knownNetworks[name]!;
    if (own.length === 0) return [`runs of ${title}`];
    const lacks = own.map(offTable1);
    return lacks.some((what) => what.length === 0) ? [] : lacks.at(-1)!.map((what) => `${title}: ${what}`);
  });
}
