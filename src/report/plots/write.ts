import { middle } from "../format.js";
import { element, type Markup, raw, render } from "../svg.js";
import { svgElement } from "./parts.js";
import { plotStyle, themeStyle } from "./style.js";
import type { DataTable, Plot } from "./types.js";

/** A plot in an HTML page that carries {@link themeStyle} and {@link plotStyle}: title, drawing, words, numbers. */
export function figureHtml(plot: Plot): Markup {
  return element(
    "figure",
    { id: plot.id },
    element("figcaption", {}, element("h3", {}, plot.title), element("p", {}, plot.description)),
    svgElement(plot),
    element("details", {}, element("summary", {}, "Data"), tableHtml(plot.table)),
  );
}

export function tableHtml(table: DataTable): Markup {
  return element(
    "div",
    { class: "scroll", tabindex: 0 },
    element(
      "table",
      {},
      element(
        "thead",
        {},
        element(
          "tr",
          {},
          table.columns.map((name) => element("th", { scope: "col" }, name)),
        ),
      ),
      element(
        "tbody",
        {},
        table.rows.map(([head = "", ...cells]) =>
          element(
            "tr",
            {},
            element("th", { scope: "row" }, head),
            cells.map((cell) => element("td", {}, cell)),
          ),
        ),
      ),
    ),
  );
}

/** A plot as an SVG file of its own, with its title above and its style sheet inside. */
export function standaloneSvg(plot: Plot): string {
  const room = 30;
  const titled: Plot = {
    ...plot,
    height: plot.height + room,
    body: [
      element("style", {}, raw(themeStyle + plotStyle)),
      element("rect", {
        class: "page",
        x: 0,
        y: 0,
        width: plot.width,
        height: Math.ceil(plot.height + room),
      }),
      element("text", { class: "text heading", x: 0, y: 18 }, middle(plot.title, 90)),
      element("g", { transform: `translate(0 ${room})` }, [...plot.body]),
    ],
  };
  const svg = render(svgElement(titled));
  return `<?xml version="1.0" encoding="UTF-8"?>\n${svg.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ')}\n`;
}
