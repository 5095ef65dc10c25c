import { middle } from "../format.js";
import { type Pen, penFor, printable, type TextOptions, table, wrapped } from "../text.js";
import { type ComparisonRow, comparisonRows } from "./rows.js";
import type { RunComparison } from "./runs.js";

const longestName = 28;

/**
 * Runs side by side as plain text: a figure per line, a column per run, what it is to the first run beside it. Where
 * not all runs fit, several blocks stand below one another, each beginning with the first run.
 */
export function comparisonText(comparison: RunComparison, options: TextOptions = {}): string {
  const pen = penFor(options);
  const sections = comparisonRows(comparison);
  const all = sections.flatMap(({ rows }) => rows);
  const full = comparison.runs.map(({ name }) => printable(name));
  const names = shortNames(full, all, pen);
  const blocks = blocksOf(names, all, pen);
  const texts = blocks.map((runs) =>
    sections
      .map(({ heading, rows }) => [pen.heading(heading), ...block(names, runs, rows, all, pen)].join("\n"))
      .join("\n\n"),
  );
  if (names.some((name, i) => name !== full[i])) {
    const lines = full.flatMap((name, i) => wrapped(`${names[i]}: ${name}`, pen));
    texts.push([pen.heading("Runs"), ...lines].join("\n"));
  }
  const notes = comparison.notes.flatMap((note) => wrapped(`- ${note}`, pen));
  if (notes.length > 0) texts.push([pen.heading("Notes"), ...notes].join("\n"));
  return texts.join("\n\n");
}

/** Names of which at least two stand beside the figures; numbers where nothing tells the shortened ones apart. */
function shortNames(full: readonly string[], rows: readonly ComparisonRow[], pen: Pen): string[] {
  const rest =
    1 + widest(rows.map(({ label }) => label)) + 6 + widest(rows.flatMap(({ toFirst }) => toFirst));
  const room = Math.min(longestName, Math.floor((pen.width - rest) / 2));
  const cut = full.map((name) => middle(name, room));
  return new Set(cut).size === full.length ? cut : full.map((_, i) => `run ${i + 1}`);
}

const widest = (texts: readonly string[]): number => Math.max(...texts.map((text) => [...text].length));

/** What a run takes of a line: its values and its differences to the first run, two spaces before each. */
function widthOf(run: number, names: readonly string[], rows: readonly ComparisonRow[]): number {
  const values = widest([names[run]!, ...rows.map((row) => row.values[run]!)]);
  return 2 + values + (run === 0 ? 0 : 2 + widest(["to first", ...rows.map((row) => row.toFirst[run - 1]!)]));
}

/** Indices of the runs of each block, without the first, which stands in all of them. */
function blocksOf(names: readonly string[], rows: readonly ComparisonRow[], pen: Pen): number[][] {
  const start = 1 + widest(rows.map(({ label }) => label)) + widthOf(0, names, rows);
  const blocks: number[][] = [];
  let used = Number.POSITIVE_INFINITY;
  for (let run = 1; run < names.length; run++) {
    const width = widthOf(run, names, rows);
    if (used + width > pen.width) {
      blocks.push([]);
      used = start;
    }
    blocks.at(-1)!.push(run);
    used += width;
  }
  return blocks;
}

function block(
  names: readonly string[],
  runs: readonly number[],
  rows: readonly ComparisonRow[],
  all: readonly ComparisonRow[],
  pen: Pen,
): string[] {
  // Every section has the columns of the whole block, so that they stand below one another.
  const column = (head: string, of: (row: ComparisonRow) => string): string[] => {
    const width = widest([head, ...all.map(of)]);
    return [head, ...rows.map(of)].map((text) => text.padStart(width));
  };
  const label = widest(all.map((row) => row.label));
  const columns = [0, ...runs].flatMap((run) => [
    column(names[run]!, (row) => row.values[run]!),
    ...(run === 0 ? [] : [column("to first", (row) => row.toFirst[run - 1]!)]),
  ]);
  const body = rows.map((row, i) => [row.label.padEnd(label), ...columns.map((cells) => cells[i + 1]!)]);
  const head = ["".padEnd(label), ...columns.map((cells) => cells[0]!)];
  return table(head, body, ["left", ...columns.map(() => "right" as const)], pen);
}
