import { max } from "d3-array";
import { scaleLinear } from "d3-scale";
import { stack } from "d3-shape";
import { InputError } from "../../errors.js";
import { middle } from "../format.js";
import { element, type Markup } from "../svg.js";
import { colours } from "./palette.js";
import {
  horizontalAxis,
  type LegendEntry,
  legend,
  plotNumber,
  plotWidth,
  textWidth,
  verticalReferences,
  whisker,
} from "./parts.js";
import type { Axis, DataTable, Plot, PlotText, Reference } from "./types.js";

const labelCharacters = 30;

export interface Bar {
  readonly label: string;
  /** null: no bar, only `note`. */
  readonly value: number | null;
  /** Stands behind the value, right of the plot. */
  readonly note?: string;
  /** Uncertainty of the value. */
  readonly interval?: readonly [number, number];
  /** A value of this row that the bar is held against; `markerLabel` names it. */
  readonly marker?: number;
}

export interface BarChart extends PlotText {
  readonly bars: readonly Bar[];
  readonly axis: Axis;
  readonly references?: readonly Reference[];
  /** What the rows are: heads the first column of the data table. */
  readonly rowTitle: string;
  readonly markerLabel?: string;
  readonly intervalLabel?: string;
}

/** Horizontal bars from zero, one per row, with the values in a column to the right. */
export function barChart(chart: BarChart): Plot {
  const { bars, axis } = chart;
  const hasNotes = bars.some((bar) => bar.note !== undefined);
  const hasIntervals = bars.some((bar) => bar.interval !== undefined);
  const hasMarkers = bars.some((bar) => bar.marker !== undefined);
  const value = (x: number | null | undefined) => (x === null || x === undefined ? "–" : axis.value(x));
  const table: DataTable = {
    columns: [
      chart.rowTitle,
      axis.title,
      ...(hasIntervals ? ["from", "to"] : []),
      ...(hasMarkers ? [chart.markerLabel ?? "baseline"] : []),
      ...(hasNotes ? ["note"] : []),
    ],
    rows: [
      ...bars.map((bar) => [
        bar.label,
        value(bar.value),
        ...(hasIntervals ? [value(bar.interval?.[0]), value(bar.interval?.[1])] : []),
        ...(hasMarkers ? [value(bar.marker)] : []),
        ...(hasNotes ? [bar.note ?? ""] : []),
      ]),
      ...(chart.references ?? []).map((line) => [
        line.label,
        value(line.value),
        ...Array<string>((hasIntervals ? 2 : 0) + (hasMarkers ? 1 : 0) + (hasNotes ? 1 : 0)).fill(""),
      ]),
    ],
  };
  const keys: LegendEntry[] = [];
  if (hasIntervals) keys.push({ mark: "whisker", label: chart.intervalLabel ?? "interval" });
  if (hasMarkers) keys.push({ mark: "tick", label: chart.markerLabel ?? "baseline" });
  const rows = bars.map((bar) => ({
    ...bar,
    values: bar.value === null ? [] : [bar.value],
    texts: [bar.value === null ? "–" : axis.value(bar.value), bar.note ?? ""] as const,
  }));
  return draw(chart, rows, [{ name: "", colour: colours.main }], keys, table);
}

export interface Series {
  readonly name: string;
  readonly colour: string;
}

export interface StackedRow {
  readonly label: string;
  /** One value per series, none below zero. */
  readonly values: readonly number[];
  /** The total, right of the plot, and what there is to say of it. */
  readonly text?: string;
  readonly note?: string;
  readonly marker?: number;
}

export interface StackedBars extends PlotText {
  readonly series: readonly Series[];
  readonly rows: readonly StackedRow[];
  readonly axis: Axis;
  readonly references?: readonly Reference[];
  readonly rowTitle: string;
  readonly markerLabel?: string;
}

/** Horizontal bars made of parts, each part in its series' colour, legend above. */
export function stackedBars(chart: StackedBars): Plot {
  const { series, axis } = chart;
  const hasMarkers = chart.rows.some((row) => row.marker !== undefined);
  const hasTexts = chart.rows.some((row) => row.text !== undefined);
  const hasNotes = chart.rows.some((row) => row.note !== undefined);
  const table: DataTable = {
    columns: [
      chart.rowTitle,
      ...series.map(({ name }) => name),
      ...(hasMarkers ? [chart.markerLabel ?? "baseline"] : []),
      ...(hasTexts ? ["total"] : []),
      ...(hasNotes ? ["note"] : []),
    ],
    rows: chart.rows.map((row) => [
      row.label,
      ...row.values.map((value) => axis.value(value)),
      ...(hasMarkers ? [row.marker === undefined ? "–" : axis.value(row.marker)] : []),
      ...(hasTexts ? [row.text ?? ""] : []),
      ...(hasNotes ? [row.note ?? ""] : []),
    ]),
  };
  const keys: LegendEntry[] = series.map(({ name, colour }) => ({ mark: "swatch", label: name, colour }));
  if (hasMarkers) keys.push({ mark: "tick", label: chart.markerLabel ?? "baseline" });
  const rows = chart.rows.map((row) => ({ ...row, texts: [row.text ?? "", row.note ?? ""] as const }));
  return draw(chart, rows, series, keys, table);
}

interface DrawnRow {
  readonly label: string;
  readonly values: readonly number[];
  /** Value and note, each in its column right of the plot. */
  readonly texts: readonly [string, string];
  readonly interval?: readonly [number, number];
  readonly marker?: number;
}

function draw(
  chart: PlotText & { readonly axis: Axis; readonly references?: readonly Reference[] },
  rows: readonly DrawnRow[],
  series: readonly Series[],
  keys: readonly LegendEntry[],
  table: DataTable,
): Plot {
  checkRows(chart.id, rows, series.length);
  const { axis, references = [] } = chart;
  const step = rows.length > 12 ? 19 : 26;
  const key = legend(keys, 0);
  const left =
    12 + (max(rows, (row) => Math.min(textWidth(row.label), textWidth(" ".repeat(labelCharacters)))) ?? 0);
  const [valueWidth, noteWidth] = [0, 1].map((i) => max(rows, (row) => textWidth(row.texts[i]!)) ?? 0);
  const notesAt = plotWidth - noteWidth!;
  const textEnds = [notesAt - (noteWidth! > 0 ? 12 : 0), plotWidth];
  const right = Math.max(textEnds[0]! - valueWidth! - 14, left + 120);
  const top = key.height + 4 + 18 * references.length;
  const bottom = top + step * rows.length + 4;
  const scale = scaleLinear()
    .domain([axis.min ?? 0, largest(axis, rows, references)])
    .range([left, right]);
  if (!axis.exact) scale.nice(6);

  const body: Markup[] = [...key.markup, ...horizontalAxis(axis, scale, { left, right, top, bottom })];
  rows.forEach((row, i) => {
    const y = top + 4 + i * step;
    body.push(...drawRow(row, series, axis, scale, left, y, step - 6));
    row.texts.forEach((text, column) => {
      if (text === "") return;
      const place = { x: textEnds[column]!, y: y + (step - 6) / 2 + 4.5, "text-anchor": "end" };
      body.push(element("text", { class: "text value", ...place }, text));
    });
  });
  body.push(element("line", { class: "base", x1: left, x2: left, y1: top, y2: bottom }));
  body.push(...verticalReferences(references, axis, scale, top, bottom));
  return { ...textOf(chart), width: plotWidth, height: bottom + 44, body, table };
}

function drawRow(
  row: DrawnRow,
  series: readonly Series[],
  axis: Axis,
  scale: (value: number) => number,
  left: number,
  y: number,
  height: number,
): Markup[] {
  const middleLine = y + height / 2;
  const markup = [
    element(
      "text",
      { class: "text", x: left - 7, y: middleLine + 4.5, "text-anchor": "end" },
      row.label === middle(row.label, labelCharacters) ? undefined : element("title", {}, row.label),
      middle(row.label, labelCharacters),
    ),
  ];
  const layers = stack<readonly number[], number>()
    .keys(row.values.keys())
    .value((values, i) => values[i]!)([row.values]);
  for (const [i, [span]] of layers.entries()) {
    const { name, colour } = series[i]!;
    const [from, to] = span!;
    if (to === from) continue;
    const hint = `${row.label}${name === "" ? "" : `, ${name}`}: ${axis.value(to - from)}`;
    const box = { x: scale(from), y, width: Math.max(0, scale(to) - scale(from)), height, fill: colour };
    markup.push(element("rect", { class: "bar", ...box }, element("title", {}, hint)));
  }
  if (row.interval) markup.push(whisker(scale(row.interval[0]), scale(row.interval[1]), middleLine));
  if (row.marker !== undefined) {
    const x = scale(row.marker);
    markup.push(element("line", { class: "marker", x1: x, x2: x, y1: y - 2, y2: y + height + 2 }));
  }
  return markup;
}

function largest(axis: Axis, rows: readonly DrawnRow[], references: readonly Reference[]): number {
  const ends = rows.map((row) =>
    Math.max(
      row.values.reduce((sum, value) => sum + value, 0),
      row.marker ?? 0,
      row.interval?.[1] ?? 0,
    ),
  );
  const value = axis.exact ? axis.max : Math.max(axis.max, ...ends, ...references.map((line) => line.value));
  // An axis needs a length even where every value is zero.
  return value > (axis.min ?? 0) ? value : (axis.min ?? 0) + 1;
}

function checkRows(id: string, rows: readonly DrawnRow[], series: number): void {
  for (const row of rows) {
    const what = `${id}, row "${row.label}"`;
    if (row.values.length > series)
      throw new InputError(`${what} has ${row.values.length} values for ${series} series`, {
        hint: "give one value per series",
      });
    for (const value of [...row.values, ...(row.interval ?? []), row.marker ?? 0])
      if (plotNumber(value, what) < 0)
        throw new InputError(`${what} is ${value}`, { hint: "bars are drawn from zero up" });
  }
}

const textOf = ({ id, title, description }: PlotText): PlotText => ({ id, title, description });
