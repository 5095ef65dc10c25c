import { extent } from "d3-array";
import { scaleLinear } from "d3-scale";
import { line } from "d3-shape";
import { InputError } from "../../errors.js";
import { element, type Markup } from "../svg.js";
import { seriesColours } from "./palette.js";
import {
  axisTitles,
  type Box,
  horizontalReferences,
  legend,
  path,
  plotNumber,
  plotWidth,
  textWidth,
} from "./parts.js";
import type { Axis, Plot, PlotText, Reference } from "./types.js";

export interface Point {
  readonly x: number;
  readonly y: number;
  /** Uncertainty of y. */
  readonly interval?: readonly [number, number];
  readonly note?: string;
}

export interface LineChart extends PlotText {
  readonly series: readonly { readonly name: string; readonly points: readonly Point[] }[];
  readonly x: Axis;
  readonly y: Axis;
  /** Horizontal lines that the points are held against. */
  readonly references?: readonly Reference[];
  readonly intervalLabel?: string;
}

interface Frame extends Box {
  readonly x: (value: number) => number;
  readonly y: (value: number) => number;
}

/** Points joined by lines, values written at the points while there is one series; points need not be in order. */
export function lineChart(chart: LineChart): Plot {
  const series = chart.series.map(({ name, points }) => ({
    name,
    points: [...points].sort((a, b) => a.x - b.x),
  }));
  checkPoints(chart, series);
  const palette = seriesColours(series.length);
  const hasIntervals = series.some(({ points }) => points.some((point) => point.interval));
  const key = legend(
    [
      ...(series.length > 1
        ? series.map(({ name }, i) => ({ mark: "swatch" as const, label: name, colour: palette[i]! }))
        : []),
      ...(hasIntervals ? [{ mark: "whisker" as const, label: chart.intervalLabel ?? "interval" }] : []),
    ],
    0,
  );
  const { references = [] } = chart;
  const longest = Math.max(0, ...references.map((r) => textWidth(`${r.label}: ${chart.y.value(r.value)}`)));
  const box = { left: 64, right: plotWidth - 14 - longest, top: key.height + 12, bottom: key.height + 272 };
  const xs = series.flatMap(({ points }) => points.map((point) => point.x));
  const x = scaleLinear().domain(padded(xs)).range([box.left, box.right]);
  const y = scaleLinear()
    .domain([chart.y.min ?? 0, Math.max(chart.y.max, (chart.y.min ?? 0) + Number.EPSILON)])
    .range([box.bottom, box.top]);
  if (!chart.y.exact) y.nice(6);
  const frame: Frame = { ...box, x, y };

  const body = [
    ...key.markup,
    ...axes(chart, frame, y.ticks(6), [...new Set(xs)]),
    ...horizontalReferences(references, chart.y, frame.y, frame),
    ...series.flatMap(({ name, points }, i) =>
      drawSeries(points, name, palette[i]!, chart, frame, series.length === 1),
    ),
  ];
  const { id, title, description } = chart;
  return {
    id,
    title,
    description,
    width: plotWidth,
    height: box.bottom + 44,
    body,
    table: tableOf(chart, series),
  };
}

function axes(
  chart: LineChart,
  frame: Frame,
  yTicks: readonly number[],
  xTicks: readonly number[],
): Markup[] {
  const { left, right, bottom } = frame;
  return [
    ...yTicks.flatMap((tick) => [
      element("line", { class: "grid", x1: left, x2: right, y1: frame.y(tick), y2: frame.y(tick) }),
      element(
        "text",
        { class: "text tick", x: left - 7, y: frame.y(tick) + 4.5, "text-anchor": "end" },
        chart.y.tick(tick),
      ),
    ]),
    ...xTicks.map((tick) =>
      element(
        "text",
        { class: "text tick", x: frame.x(tick), y: bottom + 16, "text-anchor": "middle" },
        chart.x.tick(tick),
      ),
    ),
    ...axisTitles(chart, frame),
  ];
}

function drawSeries(
  points: readonly Point[],
  name: string,
  colour: string,
  chart: LineChart,
  frame: Frame,
  labelled: boolean,
): Markup[] {
  const shape = line<Point>()
    .x((point) => frame.x(point.x))
    .y((point) => frame.y(point.y))
    .digits(2);
  const markup = [element("path", { class: "line", d: shape(points) ?? "", stroke: colour })];
  for (const point of points) {
    const [x, y] = [frame.x(point.x), frame.y(point.y)];
    if (point.interval) {
      const [low, high] = point.interval.map((value) => frame.y(value)) as [number, number];
      const d = path`M${x - 4} ${low}H${x + 4}M${x} ${low}V${high}M${x - 4} ${high}H${x + 4}`;
      markup.push(element("path", { class: "whisker", d }));
    }
    const hint = `${name}, ${chart.x.title} ${chart.x.tick(point.x)}: ${chart.y.value(point.y)}`;
    markup.push(element("circle", { cx: x, cy: y, r: 4, fill: colour }, element("title", {}, hint)));
    if (!labelled) continue;
    // Beside the point, on the side where no reference is named.
    const last = point === points.at(-1) && points.length > 1;
    const place = { x: last ? x - 9 : x + 9, y: y + 18, "text-anchor": last ? "end" : "start" };
    markup.push(element("text", { class: "text value point", ...place }, chart.y.value(point.y)));
  }
  return markup;
}

function padded(values: readonly number[]): [number, number] {
  const [low, high] = extent(values);
  if (low === undefined || high === undefined) return [0, 1];
  const margin = high > low ? 0.08 * (high - low) : 1;
  return [low - margin, high + margin];
}

function tableOf(chart: LineChart, series: LineChart["series"]): Plot["table"] {
  const points = series.flatMap(({ points }) => points);
  const hasIntervals = points.some((point) => point.interval);
  const hasNotes = points.some((point) => point.note);
  return {
    columns: [
      "",
      chart.x.title,
      chart.y.title,
      ...(hasIntervals ? ["from", "to"] : []),
      ...(hasNotes ? ["note"] : []),
    ],
    rows: [
      ...series.flatMap(({ name, points }) =>
        points.map((point) => [
          name,
          chart.x.tick(point.x),
          chart.y.value(point.y),
          ...(hasIntervals
            ? [0, 1].map((i) => (point.interval ? chart.y.value(point.interval[i]!) : "–"))
            : []),
          ...(hasNotes ? [point.note ?? ""] : []),
        ]),
      ),
      ...(chart.references ?? []).map(({ label, value }) => [
        label,
        "",
        chart.y.value(value),
        ...Array<string>((hasIntervals ? 2 : 0) + (hasNotes ? 1 : 0)).fill(""),
      ]),
    ],
  };
}

function checkPoints(chart: LineChart, series: LineChart["series"]): void {
  if (series.every(({ points }) => points.length === 0))
    throw new InputError(`${chart.id} has no points`, { hint: "leave a plot without data out" });
  for (const { name, points } of series)
    for (const point of points)
      for (const value of [point.x, point.y, ...(point.interval ?? [])])
        plotNumber(value, `${chart.id}, "${name}"`);
}
