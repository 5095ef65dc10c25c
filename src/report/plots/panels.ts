import { max, sum } from "d3-array";
import { element, type Markup } from "../svg.js";
import type { Plot, PlotText } from "./types.js";

const titleRoom = 26;
const gap = 18;

/** Several plots one below another as one, each under its own title. */
export function panels(text: PlotText, plots: readonly Plot[]): Plot {
  let top = 0;
  const body: Markup[] = [];
  for (const plot of plots) {
    body.push(
      element("text", { class: "text panel", x: 0, y: top + 14 }, plot.title),
      element("g", { transform: `translate(0 ${top + titleRoom})` }, [...plot.body]),
    );
    top += titleRoom + Math.ceil(plot.height) + gap;
  }
  return {
    ...text,
    width: max(plots, ({ width }) => width) ?? 0,
    height: sum(plots, ({ height }) => titleRoom + Math.ceil(height) + gap),
    body,
    table: {
      columns: plots[0]?.table.columns ?? [],
      rows: plots.flatMap(({ table }) => table.rows),
    },
  };
}
