import { max } from "d3-array";
import { scaleLinear } from "d3-scale";
import { InputError } from "../../errors.js";
import { middle } from "../format.js";
import { element, type Markup } from "../svg.js";
import type { Series } from "./bars.js";
import { horizontalAxis, legend, plotNumber, plotWidth, textWidth, whisker } from "./parts.js";
import type { Axis, Plot, PlotText } from "./types.js";

export interface GroupedRow {
  readonly label: string;
  /** One value per series, none below zero. */
  readonly values: readonly number[];
  /** The spread of each value, where it has one. */
  readonly intervals?: readonly (readonly [number, number] | undefined)[];
}

export interface GroupedBars extends PlotText {
  readonly series: readonly Series[];
  readonly rows: readonly GroupedRow[];
  readonly axis: Axis;
  readonly rowTitle: string;
  readonly intervalLabel?: string;
}

const labelCharacters = 30;
const barHeight = 9;
const rowGap = 9;

/** Horizontal bars side by side: each row has one per series, values to the right. */
export function groupedBars(chart: GroupedBars): Plot {
  const { series, rows, axis } = chart;
  check(chart);
  const spread = rows.some(({ intervals }) => intervals?.some((interval) => interval));
  const key = legend(
    [
      ...series.map(({ name, colour }) => ({ mark: "swatch" as const, label: name, colour })),
      ...(spread ? [{ mark: "whisker" as const, label: chart.intervalLabel ?? "interval" }] : []),
    ],
    0,
  );
  const left =
    12 + (max(rows, ({ label }) => Math.min(textWidth(label), textWidth(" ".repeat(labelCharacters)))) ?? 0);
  const texts = rows.map(({ values }) => values.map((value) => axis.value(value)).join(" | "));
  const right = Math.max(plotWidth - 14 - (max(texts, textWidth) ?? 0), left + 120);
  const step = barHeight * series.length + rowGap;
  const top = key.height + 4;
  const bottom = top + step * rows.length + 4;
  const largest = max(rows, ({ values, intervals }) =>
    Math.max(...values, ...(intervals ?? []).map((interval) => interval?.[1] ?? 0)),
  );
  const scale = scaleLinear()
    .domain([0, Math.max(axis.max, largest ?? 0) || 1])
    .range([left, right])
    .nice(6);
  const body: Markup[] = [...key.markup, ...horizontalAxis(axis, scale, { left, right, top, bottom })];
  rows.forEach((row, i) => {
    const y = top + rowGap / 2 + i * step;
    const centre = y + (barHeight * series.length) / 2 + 4.5;
    body.push(
      element("text", { class: "text", x: left - 7, y: centre, "text-anchor": "end" }, [
        ...(row.label === middle(row.label, labelCharacters) ? [] : [element("title", {}, row.label)]),
        middle(row.label, labelCharacters),
      ]),
      ...barsOf(row, chart, scale, left, y),
      element("text", { class: "text value", x: plotWidth, y: centre, "text-anchor": "end" }, texts[i]!),
    );
  });
  body.push(element("line", { class: "base", x1: left, x2: left, y1: top, y2: bottom }));
  const { id, title, description } = chart;
  return { id, title, description, width: plotWidth, height: bottom + 44, body, table: tableOf(chart) };
}

function barsOf(
  row: GroupedRow,
  { series, axis }: GroupedBars,
  scale: (value: number) => number,
  left: number,
  top: number,
): Markup[] {
  return row.values.flatMap((value, i) => {
    const { name, colour } = series[i]!;
    const y = top + i * barHeight;
    const interval = row.intervals?.[i];
    const box = { x: left, y, width: Math.max(0, scale(value) - left), height: barHeight, fill: colour };
    const hint = element("title", {}, `${row.label}, ${name}: ${axis.value(value)}`);
    return [
      ...(value > 0 ? [element("rect", { class: "bar", ...box }, hint)] : []),
      ...(interval ? [whisker(scale(interval[0]), scale(interval[1]), y + barHeight / 2)] : []),
    ];
  });
}

const tableOf = ({ rowTitle, series, rows, axis }: GroupedBars): Plot["table"] => ({
  columns: [rowTitle, ...series.map(({ name }) => name)],
  rows: rows.map(({ label, values }) => [label, ...values.map((value) => axis.value(value))]),
});

function check({ id, rows, series }: GroupedBars): void {
  if (rows.length === 0) throw new InputError(`${id} has no rows`, { hint: "leave a plot without data out" });
  for (const { label, values, intervals } of rows) {
    const what = `${id}, row "${label}"`;
    if (values.length !== series.length) {
      throw new InputError(`${what} has ${values.length} values for ${series.length} series`, {
        hint: "give one value per series",
      });
    }
    for (const value of [...values, ...(intervals ?? []).flatMap((interval) => interval ?? [])])
      if (plotNumber(value, what) < 0)
        throw new InputError(`${what} is ${value}`, { hint: "bars are drawn from zero up" });
  }
}
