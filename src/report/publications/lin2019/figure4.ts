import { count, percent, share } from "../../format.js";
import { groupedBars, lineColours, type Plot, shareAxis } from "../../plots/index.js";
import { checkNetwork, knownNetworks } from "../networks.js";
import { together } from "../runs.js";
import type { FigureOptions, FigureRun, PublishedFigure } from "../types.js";
import { scarce } from "./published.js";
import {
  directoriesOf,
  holdsAcross,
  nearestToTable1,
  notShown,
  offTable1,
  overSeeds,
  type Repeated,
  Selection,
  type SparseRun,
  sizeText,
} from "./runs.js";

/** Arrays by the share of their weights that is not zero, 5 % a bin, in one state of the network. */
interface Histogram {
  readonly state: "dense" | "exchanged" | "pruned";
  /** [20] */
  readonly arrays: readonly number[];
}

const states = {
  dense: "placed dense",
  exchanged: "columns exchanged",
  pruned: "crossbar rows pruned as well",
} as const;

const colours = { dense: lineColours[1]!, exchanged: lineColours[0]!, pruned: lineColours[2]! } as const;

/** Bins up to the fill that the publication's remark is of. */
const scarceBins = Math.round(scarce.filledAtMost * 20);

/**
 * Fig. 4: how full the arrays are before and after the exchange of columns, and after crossbar-grained pruning where a run
 * has it; a panel per array size, the publication's first. Of each size one recipe.
 * @throws InputError where no run fits
 */
export function figure4(found: readonly FigureRun[], { network = "vgg16" }: FigureOptions): PublishedFigure {
  const name = checkNetwork(network);
  const { title } = knownNetworks[name]!;
  const selection = new Selection(found, { networks: [name], exchanged: true });
  selection.requireSome(`figure 4 (${title})`);
  const points = overSeeds(selection.runs);
  const shown = together(points, ({ array }) => sizeText(array))
    .map(chosen)
    .sort(
      (a, b) => rank(a) - rank(b) || a.array.size - b.array.size || (a.array.means < b.array.means ? 1 : -1),
    );
  return {
    plots: shown.map((point) => panel(point, title)),
    title: `How full the arrays of ${title.split(",")[0]} are`,
    description: `Arrays by the share of their weights that is not zero, 5 % a bin, over all layers. Fig. 4 itself prints no numbers; the text says that of VGG-16's arrays of 64 × 64 more than ${percent(scarce.moreThan, 0)} are only ${percent(scarce.filledAtMost, 0)} full.`,
    rows: [...shown.flatMap(rowsOf), ...(name === scarce.network ? [publishedRow()] : [])],
    used: directoriesOf(shown),
    missing: missingOf(shown),
    passedOver: [
      ...selection.passedOver,
      ...notShown(
        "of a recipe beside the one shown of its array size",
        points.filter((point) => !shown.includes(point)),
      ),
    ],
  };
}

/** With crossbar-grained pruning if there is such a one, since it has all three states; then by sparsity. */
function chosen(points: readonly Repeated[]): Repeated {
  const full = points.filter(({ crossbars }) => crossbars);
  return nearestToTable1(full.length > 0 ? full : points)!;
}

const rank = ({ array }: Repeated): number => (holdsAcross(array, scarce.size) ? 0 : 1);

function histograms({ run: { result } }: SparseRun): Histogram[] {
  const stages = result.data.crossbarPruning ?? [];
  const [first, last] = [stages[0], stages.at(-1)];
  if (first && last) {
    const { dense, exchanged } = first.utilization;
    return [
      { state: "dense", arrays: dense },
      { state: "exchanged", arrays: exchanged },
      { state: "pruned", arrays: last.utilization.pruned },
    ];
  }
  const layers = result.data.layers.flatMap(({ exchange }) => (exchange ? [exchange.utilization] : []));
  return [
    { state: "dense", arrays: summed(layers.map(({ dense }) => dense)) },
    { state: "exchanged", arrays: summed(layers.map(({ exchanged }) => exchanged)) },
  ];
}

const summed = (bins: readonly (readonly number[])[]): number[] =>
  bins[0]!.map((_, i) => bins.reduce((sum, one) => sum + one[i]!, 0));

/** Over all seeds together. */
function ofPoint({ runs }: Repeated): Histogram[] {
  const each = runs.map(histograms);
  return each[0]!.map(({ state }, i) => ({ state, arrays: summed(each.map((one) => one[i]!.arrays)) }));
}

const total = (arrays: readonly number[]): number => arrays.reduce((sum, n) => sum + n, 0);

/** The shares of the arrays in some bins, state by state. */
const sharesIn = (all: readonly Histogram[], from: number, to: number): number[] =>
  all.map(({ arrays }) => share(total(arrays.slice(from, to)), total(arrays)));

function panel(point: Repeated, network: string): Plot {
  const { array, sparsity } = point;
  const all = ofPoint(point);
  const scarcely = sharesIn(all, 0, scarceBins);
  const remark = point.network === scarce.network && rank(point) === 0;
  const rows = [
    { label: `up to ${percent(scarce.filledAtMost, 0)}, together`, from: 0, to: scarceBins },
    ...Array.from({ length: filledBins(all) }, (_, bin) => ({ label: binText(bin), from: bin, to: bin + 1 })),
  ];
  const values = rows.map(({ from, to }) => sharesIn(all, from, to));
  const arrays = all.map((one) => count(total(one.arrays))).join(", ");
  return groupedBars({
    id: `lin2019-figure4-${array.size}-${array.means}`,
    title: `${sizeText(array)}: ${percent(scarcely.at(-1)!, 1)} of the arrays are at most ${percent(scarce.filledAtMost, 0)} full, ${percent(scarcely[0]!, 1)} placed dense`,
    description: `${network}, ${percent(sparsity, 1)} of the weights zero, arrays of ${sizeText(array)}: ${arrays} arrays; none is fuller than the last row says.`,
    rowTitle: "weights that are not zero",
    axis: shareAxis("share of the arrays", { max: Math.max(0.05, ...values.flat()) }),
    series: all.map(({ state }) => ({ name: states[state], colour: colours[state] })),
    rows: rows.map(({ label, from, to }, i) => ({
      label,
      values: values[i]!,
      text: all.map((one) => count(total(one.arrays.slice(from, to)))).join(", "),
    })),
    ...(remark ? { references: [{ label: "published, first row: more than", value: scarce.moreThan }] } : {}),
    textTitle: "arrays",
  });
}

/** Bins up to the last that has an array in any state: sparse arrays leave the others empty. */
const filledBins = (all: readonly Histogram[]): number =>
  1 + Math.max(...all.map(({ arrays }) => arrays.findLastIndex((n) => n > 0)));

const binText = (bin: number): string => `${5 * bin} to ${5 * (bin + 1)} %`;

function rowsOf(point: Repeated): PublishedFigure["rows"] {
  return ofPoint(point).flatMap(({ state, arrays }) =>
    arrays.map((n, bin) => ({
      source: "runs",
      network: point.network,
      size: point.array.size,
      sizeMeans: point.array.means,
      sparsity: point.sparsity,
      seeds: point.runs.length,
      state,
      filledFrom: bin / 20,
      filledTo: (bin + 1) / 20,
      arrays: n,
      share: share(n, total(arrays)),
      runs: directoriesOf([point]).join(" "),
    })),
  );
}

/** What the share is at least. */
const publishedRow = (): PublishedFigure["rows"][number] => ({
  source: "section IV",
  network: scarce.network,
  size: scarce.size,
  filledFrom: 0,
  filledTo: scarce.filledAtMost,
  share: scarce.moreThan,
});

function missingOf(shown: readonly Repeated[]): string[] {
  const [first] = shown;
  return [
    ...(rank(first!) === 0 ? [] : [`runs on arrays of ${scarce.size} × ${scarce.size} weights`]),
    ...shown.flatMap((point) => offTable1(point).map((what) => `${sizeText(point.array)}: ${what}`)),
    ...shown.flatMap(({ crossbars, array }) =>
      crossbars ? [] : [`${sizeText(array)}: runs with crossbar-grained pruning`],
    ),
  ];
}
