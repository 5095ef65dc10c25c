import { InputError } from "../../errors.js";
import { count } from "../format.js";
import { element, type Markup } from "../svg.js";
import type { ArrayDrawing } from "../types.js";
import { colours } from "./palette.js";
import { legend, path, plotWidth } from "./parts.js";
import type { Plot, PlotText } from "./types.js";

type RowGroups = ArrayDrawing["arrays"][number];

/** Cells of one array by what they do. */
export interface CellCounts {
  readonly occupied: number;
  readonly wasted: number;
  readonly empty: number;
}

interface Span {
  readonly first: number;
  readonly lines: number;
  readonly from: number;
  readonly to: number;
}

/**
 * What the cells of a drawn array do. A column is used where any row group of the array has a weight in it. A cell of
 * a used column without a weight of its own is wasted if the matrix has a row on its word line (a row group says so,
 * if only with 0 bit lines); all other cells without a weight are empty.
 */
export function cellCounts(groups: RowGroups, rows: number, columns: number): CellCounts {
  const cells = (spans: readonly Span[]) =>
    spans.reduce((sum, { lines, from, to }) => sum + lines * (to - from), 0);
  const occupied = cells(occupiedSpans(groups));
  const wasted = cells(wastedSpans(groups));
  return { occupied, wasted, empty: rows * columns - occupied - wasted };
}

function occupiedSpans(groups: RowGroups): Span[] {
  return groups
    .filter(([, lines, bits]) => lines * bits > 0)
    .map(([first, lines, to]) => ({ first, lines, from: 0, to }));
}

function wastedSpans(groups: RowGroups): Span[] {
  const used = Math.max(0, ...groups.map(([, , bits]) => bits));
  return groups
    .filter(([, lines, bits]) => lines > 0 && bits < used)
    .map(([first, lines, from]) => ({ first, lines, from, to: used }));
}

/** @throws InputError where a row group leaves its array or shares a word line with another */
function checkDrawing(id: string, { arrays, rows, columns }: ArrayDrawing): void {
  arrays.forEach((groups, i) => {
    let free = 0;
    for (const [first, lines, bits] of [...groups].sort((a, b) => a[0] - b[0])) {
      if (first >= free && lines >= 0 && bits >= 0 && first + lines <= rows && bits <= columns) {
        free = first + lines;
        continue;
      }
      throw new InputError(
        `${id}: row group [${first}, ${lines}, ${bits}] of array ${i} is no part of ${rows} × ${columns} cells`,
        {
          hint: "row groups of an array lie inside it and share no word line",
        },
      );
    }
  });
}

export interface ArrayMap extends PlotText {
  readonly drawing: ArrayDrawing;
}

/** The first arrays of a layer, each as a grid of its cells: word lines from the top, bit lines from the left. */
export function arrayMap(chart: ArrayMap): Plot {
  const { drawing } = chart;
  checkDrawing(chart.id, drawing);
  const layout = layoutOf(drawing);
  const key = legend(
    [
      { mark: "swatch", label: "occupied: holds a weight", colour: colours.occupied },
      { mark: "swatch", label: "wasted: no weight, in a used column", colour: colours.wasted },
      { mark: "swatch", label: "empty", colour: colours.empty },
    ],
    0,
  );
  const pattern = `${chart.id}-grid`;
  const body: Markup[] = [...key.markup];
  if (layout.cell >= 1.5) body.push(gridPattern(pattern, layout.cell));
  drawing.arrays.forEach((groups, i) => {
    const x = layout.left + (i % layout.across) * (layout.width + layout.gap);
    const y = key.height + 14 + Math.floor(i / layout.across) * (layout.height + 32);
    body.push(drawArray(groups, i, x, y, drawing, layout, layout.cell >= 1.5 ? pattern : undefined));
  });
  const bottom = key.height + 14 + layout.down * (layout.height + 32);
  body.push(
    element(
      "text",
      {
        class: "text axis",
        transform: `translate(12 ${key.height + 18 + layout.height / 2}) rotate(-90)`,
        "text-anchor": "middle",
      },
      `${drawing.rows} word lines`,
    ),
    element("text", { class: "text axis", x: layout.left, y: bottom + 8 }, captionOf(drawing)),
  );
  const { id, title, description } = chart;
  return { id, title, description, width: plotWidth, height: bottom + 18, body, table: tableOf(drawing) };
}

interface Layout {
  readonly cell: number;
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly gap: number;
  readonly across: number;
  readonly down: number;
}

/** The largest cells with which all arrays fit on about one screen. */
function layoutOf(drawing: ArrayDrawing): Layout {
  const arrays = Math.max(1, drawing.arrays.length);
  const [left, gap] = [26, 16];
  const sizes = [8, 6, 4, 3, 2, 1.5, 1, 0.75, 0.5, 0.25, 0.1];
  const layouts = sizes.map((cell) => {
    const [width, height] = [drawing.columns * cell, drawing.rows * cell];
    const across = Math.max(1, Math.floor((plotWidth - left + gap) / (width + gap)));
    return { cell, width, height, left, gap, across, down: Math.ceil(arrays / across) };
  });
  const fits = (layout: Layout) =>
    left + layout.width <= plotWidth && layout.height <= 450 && layout.down * (layout.height + 32) <= 900;
  return layouts.find(fits) ?? layouts[layouts.length - 1]!;
}

function drawArray(
  groups: RowGroups,
  index: number,
  x: number,
  y: number,
  drawing: ArrayDrawing,
  { cell, width, height }: Layout,
  pattern: string | undefined,
): Markup {
  const counts = cellCounts(groups, drawing.rows, drawing.columns);
  const rectangle = (name: string) => (span: Span) =>
    element("rect", {
      class: name,
      x: x + span.from * cell,
      y: y + span.first * cell,
      width: (span.to - span.from) * cell,
      height: span.lines * cell,
    });
  const frame = { x, y, width, height };
  const hint = `array ${index}: ${count(counts.occupied)} cells occupied, ${count(counts.wasted)} wasted, ${count(counts.empty)} empty; ${groups.length} row groups`;
  return element(
    "g",
    {},
    element("title", {}, hint),
    element("rect", { class: "empty", ...frame }),
    occupiedSpans(groups).map(rectangle("occupied")),
    wastedSpans(groups).map(rectangle("wasted")),
    pattern === undefined
      ? undefined
      : element("rect", { class: "cells", ...frame, fill: `url(#${pattern})` }),
    element("rect", { class: "outline", ...frame }),
    element(
      "text",
      { class: "text tick", x: x + width / 2, y: y + height + 15, "text-anchor": "middle" },
      String(index),
    ),
  );
}

function gridPattern(id: string, cell: number): Markup {
  return element(
    "pattern",
    { id, width: cell, height: cell, patternUnits: "userSpaceOnUse" },
    element("path", { class: "cell-edge", d: path`M${cell} 0H0V${cell}` }),
  );
}

function captionOf(drawing: ArrayDrawing): string {
  const shown = `${count(drawing.arraysShown)} of ${count(drawing.arraysTotal)} arrays shown`;
  return `array index below each array, ${drawing.columns} bit lines wide; ${shown}`;
}

function tableOf(drawing: ArrayDrawing): Plot["table"] {
  return {
    columns: ["array", "row groups", "used bit lines", "occupied cells", "wasted cells", "empty cells"],
    rows: drawing.arrays.map((groups, i) => {
      const cells = cellCounts(groups, drawing.rows, drawing.columns);
      const used = Math.max(0, ...groups.map(([, , bits]) => bits));
      return [i, groups.length, used, cells.occupied, cells.wasted, cells.empty].map((value) => count(value));
    }),
  };
}
