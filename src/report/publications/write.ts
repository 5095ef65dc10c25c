import { figures, htmlPage } from "../page.js";
import { panels } from "../plots/panels.js";
import { standaloneSvg } from "../plots/write.js";
import { element, type Markup } from "../svg.js";
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
  return htmlPage({ ...meta, remark: "" }, [
    figure.plots[0]?.title === figure.title ? undefined : element("p", { class: "lead" }, figure.description),
    ...figures(figure.plots),
    listed("Runs", figure.used),
    listed("Missing for the full figure", figure.missing),
    listed(
      "Runs that are not in it",
      figure.passedOver.map(({ reason, runs }) => `${reason}: ${runs.join(", ")}`),
    ),
  ]);
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
