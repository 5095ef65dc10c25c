import { max, sum } from "d3-array";
import { scaleLinear } from "d3-scale";
import { stack } from "d3-shape";
import { InputError } from "../../errors.js";
import { middle } from "../format.js";
import { element, type Markup } from "../svg.js";
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

export interface Series {
  readonly name: string;
  readonly colour: string;
}

export interface DrawnRow {
  readonly label: string;
  /** One per series; null: not measured. */
  readonly values: readonly (number | null)[];
  /** Value and note, each in its column right of the plot. */
  readonly texts: readonly [string, string];
  readonly interval?: readonly [number, number];
  readonly marker?: number;
}

/** Heights of a row in which bars stand below one another: of each bar, and of what parts it from the next row. */
const [thin, thick, gap] = [5, 9, 8];

/**
 * Rows of horizontal bars from zero, texts in columns to the right, the legend above.
 * @param beside the series of a row stand below one another, from the top; otherwise end to end
 */
export function drawBars(
  chart: PlotText & { readonly axis: Axis; readonly references?: readonly Reference[] },
  rows: readonly DrawnRow[],
  series: readonly Series[],
  keys: readonly LegendEntry[],
  table: DataTable,
  beside = false,
): Plot {
  checkRows(chart.id, rows, series.length);
  const { axis, references = [] } = chart;
  const many = rows.length > 12;
  const bar = rows.length * series.length > 24 ? thin : thick;
  const step = beside ? Math.max(many ? 19 : 22, series.length * bar + gap) : many ? 19 : 26;
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
    .domain([axis.min ?? 0, largest(axis, rows, references, beside)])
    .range([left, right]);
  if (!axis.exact) scale.nice(6);

  const body: Markup[] = [...key.markup, ...horizontalAxis(axis, scale, { left, right, top, bottom })];
  rows.forEach((row, i) => {
    const y = top + 4 + i * step;
    const place = { left, y, height: step - 6 };
    body.push(...drawLabel(row.label, place));
    body.push(...(beside ? besideBars : stackedBars)(row, series, axis, scale, place));
    body.push(...drawMarks(row, scale, place));
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

interface Place {
  readonly left: number;
  readonly y: number;
  readonly height: number;
}

function drawLabel(label: string, { left, y, height }: Place): Markup[] {
  return [
    element(
      "text",
      { class: "text", x: left - 7, y: y + height / 2 + 4.5, "text-anchor": "end" },
      label === middle(label, labelCharacters) ? undefined : element("title", {}, label),
      middle(label, labelCharacters),
    ),
  ];
}

function drawBar(
  row: DrawnRow,
  { name, colour }: Series,
  axis: Axis,
  value: number,
  box: { x: number; y: number; width: number; height: number },
): Markup {
  const hint = `${row.label}${name === "" ? "" : `, ${name}`}: ${axis.value(value)}`;
  return element("rect", { class: "bar", ...box, fill: colour }, element("title", {}, hint));
}

function stackedBars(
  row: DrawnRow,
  series: readonly Series[],
  axis: Axis,
  scale: (value: number) => number,
  { y, height }: Place,
): Markup[] {
  const layers = stack<readonly (number | null)[], number>()
    .keys(row.values.keys())
    .value((values, i) => values[i] ?? 0)([row.values]);
  return layers.flatMap(([span], i) => {
    const [from, to] = span!;
    if (to === from) return [];
    const box = { x: scale(from), y, width: Math.max(0, scale(to) - scale(from)), height };
    return [drawBar(row, series[i]!, axis, to - from, box)];
  });
}

function besideBars(
  row: DrawnRow,
  series: readonly Series[],
  axis: Axis,
  scale: (value: number) => number,
  { left, y, height }: Place,
): Markup[] {
  const each = height / series.length;
  return row.values.flatMap((value, i) => {
    if (value === null || value === 0) return [];
    const box = { x: left, y: y + i * each, width: scale(value) - left, height: each };
    return [drawBar(row, series[i]!, axis, value, box)];
  });
}

/** An interval, and what the row is held against. */
function drawMarks(row: DrawnRow, scale: (value: number) => number, { y, height }: Place): Markup[] {
  const markup: Markup[] = [];
  if (row.interval) markup.push(whisker(scale(row.interval[0]), scale(row.interval[1]), y + height / 2));
  if (row.marker !== undefined) {
    const x = scale(row.marker);
    markup.push(element("line", { class: "marker", x1: x, x2: x, y1: y - 2, y2: y + height + 2 }));
  }
  return markup;
}

function largest(
  axis: Axis,
  rows: readonly DrawnRow[],
  references: readonly Reference[],
  beside: boolean,
): number {
  const ends = rows.map((row) =>
    Math.max(
      beside ? (max(row.values, (value) => value ?? 0) ?? 0) : sum(row.values, (value) => value ?? 0),
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
      if (plotNumber(value ?? 0, what) < 0)
        throw new InputError(`${what} is ${value}`, { hint: "bars are drawn from zero up" });
  }
}

const textOf = ({ id, title, description }: PlotText): PlotText => ({ id, title, description });
