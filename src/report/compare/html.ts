import { figures, htmlPage, type PageMeta, section } from "../page.js";
import type { DataTable } from "../plots/types.js";
import { tableHtml } from "../plots/write.js";
import { element, type Markup } from "../svg.js";
import { accuracyPlots, costPlots, pruningPlots, trainingPlots } from "./figures.js";
import { type ComparisonRow, comparisonRows } from "./rows.js";
import { compareRuns, type NamedRun, type RunComparison } from "./runs.js";

/**
 * Runs side by side as one HTML file that loads nothing, in the looks of a run's own report. Equal results give equal
 * bytes.
 *
 * @throws InputError where there are fewer than two runs, two have one name, or a number is not finite
 */
export function comparisonHtml(runs: readonly NamedRun[], meta: PageMeta): string {
  const comparison = compareRuns(runs);
  return htmlPage(meta, [
    element("p", { class: "lead" }, `${runs.length} runs; ratios and differences are to ${runs[0]!.name}`),
    ...notes(comparison),
    section("Figures", tables(comparison)),
    section("Accuracy", figures(accuracyPlots(runs))),
    section("Training", figures(trainingPlots(runs))),
    section("Pruning and compression", figures(pruningPlots(runs))),
    section("Cost", figures(costPlots(runs))),
  ]);
}

function notes({ notes: found }: RunComparison): Markup[] {
  if (found.length === 0) return [];
  const items = found.map((note) => element("li", {}, note));
  return [element("ul", { class: "warnings" }, items)];
}

function tables(comparison: RunComparison): Markup[] {
  const names = comparison.runs.map(({ name }) => name);
  return comparisonRows(comparison).flatMap(({ heading, rows }) => [
    element("h3", {}, heading),
    tableHtml(tableOf(names, rows)),
  ]);
}

const tableOf = (names: readonly string[], rows: readonly ComparisonRow[]): DataTable => ({
  columns: ["", ...names.flatMap((name, i) => (i === 0 ? [name] : [name, "to first"]))],
  rows: rows.map(({ label, values, toFirst }) => [
    label,
    ...values.flatMap((value, i) => (i === 0 ? [value] : [value, toFirst[i - 1]!])),
  ]),
});
