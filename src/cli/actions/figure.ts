import {
  figureCsv,
  figureFile,
  figurePage,
  InputError,
  makeFigure,
  type PublishedFigure,
} from "../../index.js";
import { findRuns, packageVersion, writeAtomic } from "../../node/index.js";
import type { CommonFlags } from "../command.js";
import { print, readCommon, say } from "../output.js";

export interface FigureFlags {
  readonly runs?: readonly string[];
  readonly out?: string;
  readonly csv?: string;
  readonly model?: string;
}

export async function drawFigure(
  paper: string,
  number: string,
  flags: FigureFlags & CommonFlags,
): Promise<void> {
  const common = readCommon(flags);
  const out = flags.out ?? `${paper}-figure${number}.svg`;
  const form = /\.(svg|html)$/i.exec(out)?.[1]?.toLowerCase();
  if (!form) throw new InputError(`--out is ${out}`, { hint: "name a file that ends in .svg or .html" });
  const found = await findAll(flags.runs ?? ["runs"]);
  for (const message of found.refused) say(common, `passed over: ${message}`);
  const options = flags.model === undefined ? {} : { network: flags.model };
  const figure = makeFigure(paper, number, found.runs, options);
  const title = `${paper}, figure ${number}: ${figure.title}`;
  await writeAtomic(
    out,
    form === "svg" ? figureFile(figure) : figurePage(figure, { title, version: packageVersion() }),
  );
  if (flags.csv !== undefined) await writeAtomic(flags.csv, figureCsv(figure));
  const { plots: _, ...data } = figure;
  print(common, { paper, figure: number, file: out, ...data }, () => textOf(figure, out, flags.csv));
}

/** The runs of several folders, each run once. */
async function findAll(folders: readonly string[]) {
  const all = await Promise.all(folders.map((folder) => findRuns(folder)));
  const runs = new Map(all.flatMap((found) => found.runs.map((run) => [run.directory, run] as const)));
  return { runs: [...runs.values()], refused: all.flatMap(({ refused }) => refused) };
}

const mostListed = 20;

function textOf(figure: PublishedFigure, out: string, csv: string | undefined): string {
  const list = (heading: string, items: readonly string[]) =>
    items.length === 0 ? [] : [`${heading}:`, ...items.map((item) => `  ${item}`)];
  return [
    figure.title,
    "",
    ...list("runs in it", [
      ...figure.used.slice(0, mostListed),
      ...(figure.used.length > mostListed ? [`and ${figure.used.length - mostListed} more`] : []),
    ]),
    ...list("missing for the full figure", figure.missing),
    ...list(
      "runs that are not in it",
      figure.passedOver.map(({ reason, runs }) => `${runs.length} ${reason}: ${shortened(runs)}`),
    ),
    "",
    `The figure is in ${out}${csv === undefined ? "" : `, its data in ${csv}`}.`,
  ].join("\n");
}

const shortened = (names: readonly string[]): string =>
  names.length <= 3 ? names.join(", ") : `${names.slice(0, 3).join(", ")} and ${names.length - 3} more`;
