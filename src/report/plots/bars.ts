import { drawBars, type Series } from "./bar-rows.js";
import { colours } from "./palette.js";
import type { LegendEntry } from "./parts.js";
import type { Axis, DataTable, Plot, PlotText, Reference } from "./types.js";

export type { Series } from "./bar-rows.js";

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
  return drawBars(chart, rows, [{ name: "", colour: colours.main }], keys, table);
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
  return drawBars(chart, rows, series, keys, table);
}

export interface GroupedRow {
  readonly label: string;
  /** One value per series, none below zero; null: no bar. */
  readonly values: readonly (number | null)[];
  /** What there is to say of the row, right of the plot. */
  readonly text?: string;
}

export interface GroupedBars extends PlotText {
  readonly series: readonly Series[];
  readonly rows: readonly GroupedRow[];
  readonly axis: Axis;
  readonly references?: readonly Reference[];
  readonly rowTitle: string;
  /** Heads the rows' texts in the data table. */
  readonly textTitle?: string;
}

/** Horizontal bars from zero, those of a row below one another, each in its series' colour, legend above. */
export function groupedBars(chart: GroupedBars): Plot {
  const { series, axis } = chart;
  const hasTexts = chart.rows.some((row) => row.text !== undefined);
  const table: DataTable = {
    columns: [
      chart.rowTitle,
      ...series.map(({ name }) => name),
      ...(hasTexts ? [chart.textTitle ?? "all"] : []),
    ],
    rows: [
      ...chart.rows.map((row) => [
        row.label,
        ...row.values.map((value) => (value === null ? "–" : axis.value(value))),
        ...(hasTexts ? [row.text ?? ""] : []),
      ]),
      ...(chart.references ?? []).map(({ label, value }) => [
        label,
        axis.value(value),
        ...Array<string>(series.length - 1 + (hasTexts ? 1 : 0)).fill(""),
      ]),
    ],
  };
  const keys: LegendEntry[] = series.map(({ name, colour }) => ({ mark: "swatch", label: name, colour }));
  const rows = chart.rows.map((row) => ({ ...row, texts: [row.text ?? "", ""] as const }));
  return drawBars(chart, rows, series, keys, table, true);
}
