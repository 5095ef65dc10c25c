import { InputError, nearest } from "../../errors.js";
import { csvText } from "../csv.js";
import { figure4 } from "./lin2019/figure4.js";
import { figure6 as linFigure6 } from "./lin2019/figure6.js";
import { figure8 } from "./lin2019/figure8.js";
import { figure11 } from "./lin2019/figure11.js";
import { figure9, figure10 } from "./lin2019/gains.js";
import { figure2 } from "./meng2021/figure2.js";
import { figure5 } from "./meng2021/figure5.js";
import { figure6 } from "./meng2021/figure6.js";
import { figure7 } from "./meng2021/figure7.js";
import type { FigureOptions, FigureRun, PublishedFigure } from "./types.js";

export type * from "./types.js";
export { figureFile, figurePage } from "./write.js";

type FigureMaker = (runs: readonly FigureRun[], options: FigureOptions) => PublishedFigure;

/** The figures that can be made of runs, by publication (docs/sources.md) and number. */
export const publishedFigures: Readonly<Record<string, Readonly<Record<string, FigureMaker>>>> = {
  meng2021: { "2": figure2, "5": figure5, "6": figure6, "7": figure7 },
  lin2019: { "4": figure4, "6": linFigure6, "8": figure8, "9": figure9, "10": figure10, "11": figure11 },
};

/** @throws InputError where there is no such figure, or no run fits it */
export function makeFigure(
  publication: string,
  figure: string,
  runs: readonly FigureRun[],
  options: FigureOptions = {},
): PublishedFigure {
  const figures = own(publishedFigures, publication, "PAPER");
  return own(figures, figure, "FIGURE")(runs, options);
}

function own<V>(table: Readonly<Record<string, V>>, key: string, what: string): V {
  if (Object.hasOwn(table, key)) return table[key]!;
  const names = Object.keys(table);
  const near = key.length > 2 ? nearest(key, names) : undefined;
  throw new InputError(`${what} is ${key}`, {
    hint: near ? `did you mean ${near}?` : `choose ${names.join(", ")}`,
  });
}

/** The figure's data as comma-separated values; a key that a row does not have is empty. */
export function figureCsv({ rows }: PublishedFigure): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return csvText(
    columns,
    rows.map((row) => columns.map((name) => row[name] ?? null)),
  );
}
