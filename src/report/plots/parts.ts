import type { ScaleLinear } from "d3-scale";
import { InputError } from "../../errors.js";
import { element, type Markup } from "../svg.js";
import type { Axis, Plot, Reference } from "./types.js";

/** Width of every plot in SVG units; it scales down with the page. */
export const plotWidth = 760;

/** Width of a text at the plots' font size: an estimate, since text can be measured only where it is drawn. */
export const textWidth = (text: string): number => 6.9 * [...text].length;

export interface LegendEntry {
  readonly label: string;
  readonly mark: "swatch" | "dash" | "tick" | "whisker" | "drawn";
  readonly colour?: string;
  /** With the mark "drawn": what is drawn around a point. */
  readonly draw?: (x: number, y: number) => readonly Markup[];
}

/** Legend entries from the left, wrapped to the plot's width; `height` is what they take. */
export function legend(entries: readonly LegendEntry[], y: number): { markup: Markup[]; height: number } {
  const markup: Markup[] = [];
  let x = 0;
  let line = 0;
  for (const entry of entries) {
    const width = 20 + textWidth(entry.label) + 16;
    if (x > 0 && x + width > plotWidth) {
      x = 0;
      line++;
    }
    const top = y + line * 20;
    if (entry.draw) markup.push(...entry.draw(x + 7, top + 7));
    else markup.push(legendMark(entry, x, top));
    markup.push(element("text", { class: "text", x: x + 20, y: top + 11 }, entry.label));
    x += width;
  }
  return { markup, height: entries.length === 0 ? 0 : (line + 1) * 20 + 4 };
}

function legendMark(entry: LegendEntry, x: number, y: number): Markup {
  switch (entry.mark) {
    case "swatch":
      return element("rect", { class: "key", x, y, width: 13, height: 13, fill: entry.colour });
    case "dash":
      return element("line", { class: "reference", x1: x, x2: x + 14, y1: y + 7, y2: y + 7 });
    case "tick":
      return element("line", { class: "marker", x1: x + 7, x2: x + 7, y1: y, y2: y + 13 });
    case "whisker":
    case "drawn":
      return whisker(x, x + 14, y + 7);
  }
}

/** A horizontal interval with caps. */
export function whisker(x1: number, x2: number, y: number): Markup {
  return element("path", {
    class: "whisker",
    d: path`M${x1} ${y - 4}V${y + 4}M${x1} ${y}H${x2}M${x2} ${y - 4}V${y + 4}`,
  });
}

/** Path data with coordinates rounded like all others. */
export function path(strings: TemplateStringsArray, ...values: readonly number[]): string {
  return strings.reduce((text, part, i) => text + String(Math.round(values[i - 1]! * 100) / 100) + part);
}

/** Grid lines and tick labels below a horizontal axis, and its title. */
export function horizontalAxis(
  axis: Axis,
  scale: ScaleLinear<number, number>,
  box: { left: number; right: number; top: number; bottom: number },
): Markup[] {
  const markup = scale.ticks(6).flatMap((tick) => {
    const x = scale(tick);
    const label = axis.tick(tick);
    if (label === "") return [];
    return [
      element("line", { class: "grid", x1: x, x2: x, y1: box.top, y2: box.bottom }),
      element("text", { class: "text tick", x, y: box.bottom + 16, "text-anchor": "middle" }, label),
    ];
  });
  markup.push(
    element(
      "text",
      { class: "text axis", x: (box.left + box.right) / 2, y: box.bottom + 36, "text-anchor": "middle" },
      axis.title,
    ),
  );
  return markup;
}

/** Dashed lines at values of the horizontal axis, each named on a line of its own above the plot. */
export function verticalReferences(
  references: readonly Reference[],
  axis: Axis,
  scale: ScaleLinear<number, number>,
  top: number,
  bottom: number,
): Markup[] {
  return references.flatMap(({ label, value }, i) => {
    const x = scale(value);
    const y = top - 6 - 16 * (references.length - 1 - i);
    const text = `${label}: ${axis.value(value)}`;
    const anchor = x + textWidth(text) > plotWidth ? "end" : "start";
    return [
      element("line", { class: "reference", x1: x, x2: x, y1: y - 9, y2: bottom }),
      element("text", { class: "text", x: x + (anchor === "end" ? -5 : 5), y, "text-anchor": anchor }, text),
    ];
  });
}

/** Dashed lines at values of the vertical axis, each named at its right end; names that would overlap move apart. */
export function horizontalReferences(
  references: readonly Reference[],
  axis: Axis,
  y: (value: number) => number,
  { left, right }: { readonly left: number; readonly right: number },
): Markup[] {
  let lowest = Number.NEGATIVE_INFINITY;
  return [...references]
    .sort((a, b) => b.value - a.value)
    .flatMap(({ label, value }) => {
      const at = y(plotNumber(value, label));
      lowest = Math.max(at, lowest + 16);
      return [
        element("line", { class: "reference", x1: left, x2: right, y1: at, y2: at }),
        element("text", { class: "text", x: right + 6, y: lowest + 4.5 }, `${label}: ${axis.value(value)}`),
      ];
    });
}

/** Edges of the part of a plot that its values stand in. */
export interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** The base line, and the titles of both axes below and left of the box. */
export function axisTitles({ x, y }: { readonly x: Axis; readonly y: Axis }, box: Box): Markup[] {
  const { left, right, top, bottom } = box;
  const transform = `translate(14 ${(top + bottom) / 2}) rotate(-90)`;
  return [
    element("line", { class: "base", x1: left, x2: right, y1: bottom, y2: bottom }),
    element(
      "text",
      { class: "text axis", x: (left + right) / 2, y: bottom + 36, "text-anchor": "middle" },
      x.title,
    ),
    element("text", { class: "text axis", transform, "text-anchor": "middle" }, y.title),
  ];
}

/** The whole SVG element of a plot, with its title and description for screen readers. */
export function svgElement(plot: Plot): Markup {
  return element(
    "svg",
    {
      class: "plot",
      viewBox: `0 0 ${plot.width} ${Math.ceil(plot.height)}`,
      width: plot.width,
      height: Math.ceil(plot.height),
      role: "img",
      "aria-labelledby": `${plot.id}-title ${plot.id}-desc`,
    },
    element("title", { id: `${plot.id}-title` }, plot.title),
    element("desc", { id: `${plot.id}-desc` }, plot.description),
    [...plot.body],
  );
}

/** @throws InputError where a plot's number is not finite */
export function plotNumber(value: number, what: string): number {
  if (Number.isFinite(value)) return value;
  throw new InputError(`${what} is ${value}`, { hint: "a plot takes finite numbers only" });
}
