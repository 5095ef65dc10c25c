import { extent } from "d3-array";
import { type ScaleLinear, scaleLinear } from "d3-scale";
import { line } from "d3-shape";
import { InputError } from "../../errors.js";
import { middle } from "../format.js";
import { element, type Markup } from "../svg.js";
import { legend, plotNumber, plotWidth, textWidth } from "./parts.js";
import type { Axis, DataTable, Plot, PlotText } from "./types.js";

export interface Curve {
  readonly name: string;
  readonly colour: string;
  /** Pieces that are not joined to one another; points of a piece from left to right. */
  readonly pieces: readonly (readonly (readonly [x: number, y: number])[])[];
}

/** A stretch of the horizontal axis with a name above it. */
export interface Band {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

export interface CurveChart extends PlotText {
  readonly curves: readonly Curve[];
  readonly bands?: readonly Band[];
  readonly x: Axis;
  readonly y: Axis;
}

const height = 220;
/** Points closer together than this many units have no dots; a dot shows where something was measured. */
const dotDistance = 9;

/** Many points per line, without values beside them; bands behind the lines, the legend above. */
export function curveChart(chart: CurveChart): Plot {
  checkCurves(chart);
  const { curves, bands = [], x: xAxis, y: yAxis } = chart;
  const keys = curves.length === 1 && curves[0]!.name === "" ? [] : curves;
  const key = legend(
    keys.map(({ name, colour }) => ({ mark: "swatch", label: name, colour })),
    0,
  );
  const names = bands.length > 0 ? 20 : 0;
  const top = key.height + 8 + names;
  const bottom = top + height;
  const y = scaleLinear()
    .domain([yAxis.min ?? 0, Math.max(yAxis.max, (yAxis.min ?? 0) + Number.EPSILON)])
    .range([bottom, top]);
  if (!yAxis.exact) y.nice(5);
  const yTicks = y.ticks(5);
  const left = 34 + Math.max(...yTicks.map((tick) => textWidth(yAxis.tick(tick))));
  const right = plotWidth - 14;
  const x = scaleLinear().domain(horizontal(chart)).range([left, right]);
  const body = [
    ...key.markup,
    ...bands.flatMap((band, i) => drawBand(band, i, x, top, bottom)),
    ...yTicks.flatMap((tick) => [
      element("line", { class: "grid", x1: left, x2: right, y1: y(tick), y2: y(tick) }),
      element(
        "text",
        { class: "text tick", x: left - 7, y: y(tick) + 4.5, "text-anchor": "end" },
        yAxis.tick(tick),
      ),
    ]),
    ...horizontalTicks(xAxis, x, bottom),
    element("line", { class: "base", x1: left, x2: right, y1: bottom, y2: bottom }),
    element(
      "text",
      {
        class: "text axis",
        transform: `translate(12 ${(top + bottom) / 2}) rotate(-90)`,
        "text-anchor": "middle",
      },
      yAxis.title,
    ),
    ...curves.flatMap((curve) => drawCurve(curve, chart, x, y)),
  ];
  const { id, title, description } = chart;
  return { id, title, description, width: plotWidth, height: bottom + 44, body, table: tableOf(chart) };
}

function horizontal({ curves, bands = [] }: CurveChart): [number, number] {
  const points = curves.flatMap(({ pieces }) => pieces.flatMap((piece) => piece.map(([x]) => x)));
  const [low, high] = extent([...points, ...bands.flatMap(({ from, to }) => [from, to])]);
  return low === undefined || high === undefined || low === high ? [low ?? 0, (low ?? 0) + 1] : [low, high];
}

function drawBand(
  { name, from, to }: Band,
  index: number,
  x: (value: number) => number,
  top: number,
  bottom: number,
): Markup[] {
  const [start, width] = [x(from), x(to) - x(from)];
  // Tick labels are a little smaller than other text.
  const room = Math.floor((width - 6) / (0.9 * textWidth("x")));
  const markup = [
    element(
      "rect",
      {
        class: index % 2 === 0 ? "band" : "band other",
        x: start,
        y: top - 20,
        width: Math.max(0, width),
        height: bottom - top + 20,
      },
      element("title", {}, name),
    ),
  ];
  // A name of less than three letters and a dot tells nobody anything.
  if (room < Math.min(4, [...name].length)) return markup;
  const place = { class: "text tick", x: start + width / 2, y: top - 6, "text-anchor": "middle" };
  return [...markup, element("text", place, middle(name, room))];
}

function horizontalTicks(axis: Axis, x: ScaleLinear<number, number>, bottom: number): Markup[] {
  const [left, right] = x.range() as [number, number];
  return [
    ...x.ticks(7).flatMap((tick) => {
      const label = axis.tick(tick);
      // The last label may stand over the edge of the picture.
      const at = Math.min(x(tick), plotWidth - textWidth(label) / 2);
      return label === ""
        ? []
        : [
            element("line", { class: "base", x1: x(tick), x2: x(tick), y1: bottom, y2: bottom + 4 }),
            element("text", { class: "text tick", x: at, y: bottom + 17, "text-anchor": "middle" }, label),
          ];
    }),
    element(
      "text",
      { class: "text axis", x: (left + right) / 2, y: bottom + 36, "text-anchor": "middle" },
      axis.title,
    ),
  ];
}

function drawCurve(
  { name, colour, pieces }: Curve,
  chart: CurveChart,
  x: (value: number) => number,
  y: (value: number) => number,
): Markup[] {
  const shape = line<readonly [number, number]>()
    .x(([at]) => x(at))
    .y(([, value]) => y(value))
    .digits(2);
  return pieces.flatMap((piece) => {
    if (piece.length === 0) return [];
    const markup = [element("path", { class: "line", d: shape([...piece]) ?? "", stroke: colour })];
    const sparse =
      piece.length === 1 || (x(piece.at(-1)![0]) - x(piece[0]![0])) / piece.length >= dotDistance;
    if (!sparse) return markup;
    return [
      ...markup,
      ...piece.map(([at, value]) => {
        const hint = `${name === "" ? "" : `${name}, `}${chart.x.title} ${chart.x.value(at)}: ${chart.y.value(value)}`;
        const dot = { cx: x(at), cy: y(value), r: 2.5, fill: colour };
        return element("circle", dot, element("title", {}, hint));
      }),
    ];
  });
}

/** A row per place on the horizontal axis. */
function tableOf({ curves, bands = [], x, y }: CurveChart): DataTable {
  const rows = new Map<string, string[]>();
  curves.forEach(({ pieces }, c) => {
    pieces.forEach((piece, p) => {
      for (const [at, value] of piece) {
        // Two pieces may meet at one place: the end of a stage and the start of the next.
        const key = `${p} ${at}`;
        const row = rows.get(key) ?? [x.value(at), bands[p]?.name ?? "", ...curves.map(() => "–")];
        row[2 + c] = y.value(value);
        rows.set(key, row);
      }
    });
  });
  const order = [...rows].sort(([a], [b]) => comparePlaces(a, b));
  const withBands = bands.length > 0;
  return {
    columns: [x.title, ...(withBands ? ["stage"] : []), ...curves.map(({ name }) => name || y.title)],
    rows: order.map(([, [at, band, ...values]]) => [at!, ...(withBands ? [band!] : []), ...values]),
  };
}

function comparePlaces(a: string, b: string): number {
  const [pieceA, atA] = a.split(" ").map(Number) as [number, number];
  const [pieceB, atB] = b.split(" ").map(Number) as [number, number];
  return atA - atB || pieceA - pieceB;
}

function checkCurves({ id, curves }: CurveChart): void {
  if (curves.every(({ pieces }) => pieces.every((piece) => piece.length === 0)))
    throw new InputError(`${id} has no points`, { hint: "leave a plot without data out" });
  for (const { name, pieces } of curves)
    for (const value of pieces.flat(2)) plotNumber(value, `${id}, "${name}"`);
}
