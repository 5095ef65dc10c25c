import type { CrossbarPruningReport } from "../../compress/prune/crossbar/index.js";
import { count, percent, points, share } from "../format.js";
import { colours, groupedBars, type Plot, seriesColours, shareAxis } from "../plots/index.js";
import type { DataTable } from "../plots/types.js";

/**
 * What a stage of crossbar-grained pruning did: weights removed beside arrays freed (Lin et al. 2019, Fig. 11), and how
 * full the arrays are before columns were exchanged, behind that, and behind pruning (Fig. 4).
 * @param i tells the figures of several stages apart
 */
export const crossbarPruningPlots = (report: CrossbarPruningReport, i: number): Plot[] => [
  removedPlot(report, `crossbar-pruning-${i}`),
  utilizationPlot(report, `crossbar-utilization-${i}`),
];

/** Against what there was when the stage began. */
export function removedShares({
  start,
  end,
}: Pick<CrossbarPruningReport["layers"][number], "start" | "end">): readonly [number, number] {
  return [share(start.weights - end.weights, start.weights), share(start.arrays - end.arrays, start.arrays)];
}

function removedPlot(report: CrossbarPruningReport, id: string): Plot {
  const rows = [{ ...report, matrix: "whole network" }, ...report.layers].map((row) => ({
    label: row.matrix,
    values: removedShares(row),
    text: `${count(row.start.weights - row.end.weights)}, ${count(row.start.arrays - row.end.arrays)}`,
  }));
  const [weights, arrays] = removedShares(report);
  return groupedBars({
    id,
    title: `${report.stage}: ${percent(arrays, 1)} of the arrays freed by ${percent(weights, 1)} of the weights`,
    description:
      "Weights that were removed and arrays that were freed, as shares of those of the same row when the stage began: weights that were not zero, and arrays behind the exchange of columns.",
    rowTitle: "layer",
    axis: shareAxis("removed", { max: Math.max(0.05, ...rows.flatMap(({ values }) => values)) }),
    series: [
      { name: "weights", colour: colours.main },
      { name: "arrays", colour: colours.wasted },
    ],
    rows,
    textTitle: "weights, arrays",
  });
}

function utilizationPlot({ stage, utilization }: CrossbarPruningReport, id: string): Plot {
  const histograms = [utilization.dense, utilization.exchanged, utilization.pruned];
  const totals = histograms.map((bins) => bins.reduce((sum, n) => sum + n, 0));
  const shares = histograms.map((bins, i) => bins.map((n) => share(n, totals[i]!)));
  const scarce = shares.map((bins) => percent(bins[0]! + bins[1]! + bins[2]!, 1));
  const names = ["placed dense", "columns exchanged", "pruned"];
  return groupedBars({
    id,
    title: `${stage}: ${scarce[2]} of the arrays are at most 15 % full, ${scarce[1]} before pruning, ${scarce[0]} before columns were exchanged`,
    description: `Arrays of all layers by the share of their weights that is not zero: ${totals.map(count).join(", ")} arrays.`,
    rowTitle: "weights that are not zero",
    axis: shareAxis("share of the arrays", { max: Math.max(0.05, ...shares.flat()) }),
    series: names.map((name, i) => ({ name, colour: seriesColours(names.length)[i]! })),
    rows: utilization.dense.map((_, bin) => ({
      label: `${5 * bin} to ${5 * (bin + 1)} %`,
      values: shares.map((bins) => bins[bin]!),
      text: histograms.map((bins) => count(bins[bin]!)).join(", "),
    })),
    textTitle: "arrays",
  });
}

/** Round by round, what was left. */
export function roundsTable({ start, dense, rounds }: CrossbarPruningReport): DataTable {
  const standing = (weights: number, arrays: number) => [
    `${count(weights)} (${percent(share(weights, dense.weights))})`,
    count(arrays),
  ];
  return {
    columns: ["round", "weights left", "arrays left", "validation", "to the start", "network"],
    rows: [
      ["start", ...standing(start.weights, start.arrays), percent(start.accuracy), "–", "–"],
      ...rounds.map(({ round, weights, arrays, accuracy, kept }) => [
        String(round),
        ...standing(weights, arrays),
        percent(accuracy),
        points(accuracy - start.accuracy),
        kept ? "kept" : "undone",
      ]),
    ],
  };
}

/** Why it ended, and what that left, in a sentence. */
export function endWords(report: CrossbarPruningReport): string {
  const { start, end, dense, ended, budget_points, images, rounds } = report;
  const why = {
    budget: `round ${rounds.length} cost more than ${budget_points} percentage points and was undone`,
    rounds: "all rounds were made",
    "nothing left": "no group of columns could lose more without losing all",
  }[ended];
  return (
    `${count(start.weights - end.weights)} of ${count(start.weights)} weights removed and ` +
    `${count(start.arrays - end.arrays)} of ${count(start.arrays)} arrays freed (dense there are ${count(dense.weights)} weights on ${count(dense.arrays)} arrays); ` +
    `${percent(end.accuracy)} of ${count(images)} validation images, ${percent(start.accuracy)} at the start; it ended because ${why}.`
  );
}
