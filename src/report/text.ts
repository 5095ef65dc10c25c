import Table from "cli-table3";

export interface TextOptions {
  /** Bold headings and dim notes by ANSI codes; default false. */
  readonly color?: boolean;
  /** Columns of the terminal; default 100. Nothing is laid out for fewer than 72. */
  readonly width?: number;
}

export interface Pen {
  readonly width: number;
  readonly heading: (text: string) => string;
  readonly dim: (text: string) => string;
}

export function penFor({ color = false, width = 100 }: TextOptions): Pen {
  const ansi = (code: number) => (text: string) => (color ? `\u001b[${code}m${text}\u001b[22m` : text);
  return { width: Math.max(72, Math.floor(width)), heading: ansi(1), dim: ansi(2) };
}

export type Align = "left" | "right";

const bare = {
  ...{ top: "", "top-mid": "", "top-left": "", "top-right": "" },
  ...{ bottom: "", "bottom-mid": "", "bottom-left": "", "bottom-right": "" },
  ...{ left: " ", "left-mid": " ", mid: "", "mid-mid": "", right: "", "right-mid": "", middle: "  " },
};
const style = { "padding-left": 0, "padding-right": 0, head: [], border: [], compact: true };

/** Columns parted by spaces under a dim head. */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  aligns: readonly Align[],
  pen: Pen,
): string[] {
  const grid = new Table({ chars: bare, style, colAligns: [...aligns] });
  grid.push(head.map((text) => pen.dim(text)));
  for (const row of rows) grid.push(row.map(printable));
  return linesOf(grid.toString());
}

/** Names and values; a long value goes on below itself. */
export function properties(rows: readonly (readonly [string, string])[], pen: Pen): string[] {
  if (rows.length === 0) return [];
  const names = Math.max(...rows.map(([name]) => name.length));
  const grid = new Table({ chars: bare, style, colWidths: [names, pen.width - names - 3], wordWrap: true });
  for (const row of rows) grid.push(row.map(printable));
  return linesOf(grid.toString());
}

const linesOf = (text: string): string[] => text.split("\n").map((line) => line.trimEnd());

/** Names come from other people's files; what steers a terminal or turns its text around is not printed. */
export const printable = (text: string): string =>
  text.replace(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, "\ufffd");

/** Text broken at spaces to the terminal's width, indented by one. */
export function wrapped(text: string, pen: Pen): string[] {
  const lines: string[] = [];
  for (const word of printable(text).split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= pen.width)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(lines.length === 0 ? ` ${word}` : `   ${word}`);
  }
  return lines;
}
