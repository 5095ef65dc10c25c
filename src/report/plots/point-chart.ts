import { scaleLinear } from "d3-scale";
import { line } from "d3-shape";
import { InputError } from "../../errors.js";
import { element, type Markup } from "../svg.js";
import {
  axisTitles,
  horizontalReferences,
  type LegendEntry,
  legend,
  path,
  plotNumber,
  plotWidth,
  textWidth,
} from "./parts.js";
import type { Axis, Plot, PlotText, Reference } from "./types.js";

export type PointMark = "circle" | "square" | "triangle" | "diamond";

export interface ChartPoint {
  readonly x: number;
  readonly y: number;
  /** Uncertainty of y. */
  readonly interval?: readonly [number, number];
  /** Said of the point in the data table and when one points at it. */
  readonly note?: string;
}

export interface PointSeries {
  readonly name: string;
  readonly colour: string;
  readonly mark: PointMark;
  /** Drawn as an outline, as what somebody else has measured. */
  readonly hollow?: boolean;
  /** How its points are joined; not at all where absent. */
  readonly line?: "solid" | "dashed";
  readonly points: readonly ChartPoint[];
}

/** Both axes are cut to the points: `min` and `max` of an axis only widen them. */
export interface PointChart extends PlotText {
  readonly series: readonly PointSeries[];
  readonly x: Axis;
  readonly y: Axis;
  /** Horizontal lines that the points are held against. */
  readonly references?: readonly Reference[];
  readonly intervalLabel?: string;
}

const plotHeight = 300;
const left = 64;

type Scale = (value: number) => number;

/** Points of several series over two quantities, told apart by colour and shape. */
export function pointChart(chart: PointChart): Plot {
  const { references = [] } = chart;
  const series = chart.series.map((one) => ({
    ...one,
    points: [...one.points].sort((a, b) => a.x - b.x),
  }));
  check(chart);
  const key = legend(legendOf(chart), 0);
  const longest = Math.max(0, ...references.map((r) => textWidth(`${r.label}: ${chart.y.value(r.value)}`)));
  const right = plotWidth - 14 - longest;
  const top = key.height + 12;
  const bottom = top + plotHeight;
  const points = series.flatMap((one) => one.points);
  const x = scaleLinear()
    .domain(
      span(
        points.map((point) => point.x),
        chart.x,
      ),
    )
    .nice(8)
    .range([left, right]);
  const ys = [
    ...points.flatMap((point) => [point.y, ...(point.interval ?? [])]),
    ...references.map(({ value }) => value),
  ];
  const y = scaleLinear().domain(span(ys, chart.y)).nice(6).range([bottom, top]);
  const body = [
    ...key.markup,
    ...frame(chart, x, y, { right, top, bottom }),
    ...horizontalReferences(references, chart.y, y, { left, right }),
    ...series.flatMap((one) => joined(one, x, y)),
    ...series.flatMap((one) => one.points.flatMap((point) => marked(one, point, chart, x, y))),
  ];
  const { id, title, description } = chart;
  return {
    id,
    title,
    description,
    width: plotWidth,
    height: bottom + 44,
    body,
    table: tableOf(chart, series),
  };
}

function legendOf({ series, intervalLabel }: PointChart): LegendEntry[] {
  const entries = series.map(
    (one): LegendEntry => ({
      mark: "drawn",
      label: one.name,
      draw: (x, y) => [
        ...(one.line ? [lineMark(one, path`M${x - 7} ${y}H${x + 7}`)] : []),
        symbol(one, x, y),
      ],
    }),
  );
  const whiskers = series.some(({ points }) => points.some(({ interval }) => interval));
  return [
    ...entries,
    ...(whiskers ? [{ mark: "whisker" as const, label: intervalLabel ?? "interval" }] : []),
  ];
}

/** From the smallest to the largest value with a little room, inside what the axis can be. */
function span(values: readonly number[], axis: Axis): [number, number] {
  const low = Math.min(...values, axis.min ?? Number.POSITIVE_INFINITY);
  const high = Math.max(...values);
  const room = high > low ? 0.04 * (high - low) : 0.02 * Math.max(Math.abs(high), 1e-3);
  return [Math.max(0, low - room), axis.exact ? Math.min(axis.max, high + room) : high + room];
}

type Ticking = Scale & { ticks: (count: number) => number[] };

function frame(
  chart: PointChart,
  x: Ticking,
  y: Ticking,
  { right, top, bottom }: { readonly right: number; readonly top: number; readonly bottom: number },
): Markup[] {
  return [
    ...y
      .ticks(6)
      .flatMap((tick) => [
        element("line", { class: "grid", x1: left, x2: right, y1: y(tick), y2: y(tick) }),
        element(
          "text",
          { class: "text tick", x: left - 7, y: y(tick) + 4.5, "text-anchor": "end" },
          chart.y.tick(tick),
        ),
      ]),
    ...x
      .ticks(8)
      .flatMap((tick) => [
        element("line", { class: "grid", x1: x(tick), x2: x(tick), y1: top, y2: bottom }),
        element(
          "text",
          { class: "text tick", x: x(tick), y: bottom + 16, "text-anchor": "middle" },
          chart.x.tick(tick),
        ),
      ]),
    ...axisTitles(chart, { left, right, top, bottom }),
  ];
}

const lineMark = ({ colour, line: kind }: PointSeries, d: string): Markup =>
  element("path", {
    class: "line",
    d,
    stroke: colour,
    "stroke-dasharray": kind === "dashed" ? "5 4" : undefined,
  });

function joined(series: PointSeries, x: Scale, y: Scale): Markup[] {
  if (!series.line || series.points.length < 2) return [];
  const shape = line<ChartPoint>()
    .x((point) => x(point.x))
    .y((point) => y(point.y))
    .digits(2);
  return [lineMark(series, shape(series.points) ?? "")];
}

function marked(series: PointSeries, point: ChartPoint, chart: PointChart, xs: Scale, ys: Scale): Markup[] {
  const [x, y] = [xs(point.x), ys(point.y)];
  const hint = `${series.name}: ${chart.x.value(point.x)}, ${chart.y.value(point.y)}${point.note ? `, ${point.note}` : ""}`;
  const markup: Markup[] = [];
  if (point.interval) {
    const [low, high] = point.interval.map(ys) as [number, number];
    const d = path`M${x - 4} ${low}H${x + 4}M${x} ${low}V${high}M${x - 4} ${high}H${x + 4}`;
    markup.push(element("path", { class: "whisker", d }));
  }
  return [...markup, symbol(series, x, y, element("title", {}, hint))];
}

function symbol({ mark, colour, hollow }: PointSeries, x: number, y: number, title?: Markup): Markup {
  const look = hollow
    ? { class: "hollow", fill: "var(--page)", stroke: colour }
    : { class: "dot", fill: colour };
  if (mark === "circle") return element("circle", { ...look, cx: x, cy: y, r: 4.5 }, title);
  return element("path", { ...look, d: outlines[mark](x, y) }, title);
}

const outlines: Readonly<Record<Exclude<PointMark, "circle">, (x: number, y: number) => string>> = {
  square: (x, y) => path`M${x - 4} ${y - 4}H${x + 4}V${y + 4}H${x - 4}Z`,
  triangle: (x, y) => path`M${x} ${y - 5.5}L${x + 5} ${y + 4}H${x - 5}Z`,
  diamond: (x, y) => path`M${x} ${y - 6}L${x + 6} ${y}L${x} ${y + 6}L${x - 6} ${y}Z`,
};

function tableOf(chart: PointChart, series: readonly PointSeries[]): Plot["table"] {
  const points = series.flatMap((one) => one.points);
  const hasIntervals = points.some((point) => point.interval);
  const hasNotes = points.some((point) => point.note);
  const ends = hasIntervals ? ["from", "to"] : [];
  return {
    columns: ["series", chart.x.title, chart.y.title, ...ends, ...(hasNotes ? ["note"] : [])],
    rows: [
      ...series.flatMap((one) =>
        one.points.map((point) => [
          one.name,
          chart.x.value(point.x),
          chart.y.value(point.y),
          ...ends.map((_, i) => (point.interval ? chart.y.value(point.interval[i]!) : "–")),
          ...(hasNotes ? [point.note ?? ""] : []),
        ]),
      ),
      ...(chart.references ?? []).map(({ label, value }) => [
        label,
        "",
        chart.y.value(value),
        ...ends.map(() => ""),
        ...(hasNotes ? [""] : []),
      ]),
    ],
  };
}

function check(chart: PointChart): void {
  if (chart.series.every(({ points }) => points.length === 0))
    throw new InputError(`${chart.id} has no points`, { hint: "leave a plot without data out" });
  for (const { name, points } of chart.series)
    for (const { x, y, interval = [] } of points)
      for (const value of [x, y, ...interval]) plotNumber(value, `${chart.id}, "${name}"`);
  for (const { label, value } of chart.references ?? []) plotNumber(value, `${chart.id}, "${label}"`);
}
