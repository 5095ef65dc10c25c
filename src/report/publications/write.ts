import { reportStyle } from "../page.js";
import { panels } from "../plots/panels.js";
import { plotStyle, themeStyle } from "../plots/style.js";
import { figureHtml, standaloneSvg } from "../plots/write.js";
import { element, type Markup, raw, render } from "../svg.js";
import type { PublishedFigure } from "./types.js";

/** The figure as one SVG file that loads nothing. */
export function figureFile({ plots, title, description }: PublishedFigure): string {
  const [only] = plots;
  return standaloneSvg(only?.title === title ? only : panels({ id: "figure", title, description }, plots));
}

/** The figure as one HTML file: its plots with their numbers, the runs behind it, and what a full figure lacks. */
export function figurePage(
  figure: PublishedFigure,
  meta: { readonly title: string; readonly version: string },
): string {
  const head = element(
    "head",
    {},
    element("meta", { charset: "utf-8" }),
    element("meta", { name: "viewport", content: "width=device-width, initial-scale=1" }),
    element("meta", {
      "http-equiv": "Content-Security-Policy",
      content: "default-src 'none'; style-src 'unsafe-inline'; img-src data:",
    }),
    element("link", { rel: "icon", href: "data:," }),
    element("title", {}, meta.title),
    element("style", {}, raw(themeStyle + plotStyle + reportStyle)),
  );
  const body = element(
    "body",
    {},
    element(
      "main",
      {},
      element("h1", {}, meta.title),
      figure.plots[0]?.title === figure.title
        ? undefined
        : element("p", { class: "lead" }, figure.description),
      figure.plots.map((plot) => figureHtml(plot)),
      listed("Runs", figure.used),
      listed("Missing for the full figure", figure.missing),
      listed(
        "Runs that are not in it",
        figure.passedOver.map(({ reason, runs }) => `${reason}: ${runs.join(", ")}`),
      ),
      element("footer", {}, `Written by xbarkit ${meta.version}.`),
    ),
  );
  return `<!DOCTYPE html>\n${render(element("html", { lang: "en" }, head, body))}\n`;
}

const listed = (heading: string, items: readonly string[]): Markup | undefined =>
  items.length === 0
    ? undefined
    : element(
        "section",
        {},
        element("h2", {}, heading),
        element(
          "ul",
          {},
          items.map((item) => element("li", {}, item)),
        ),
      );
