import { existsSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { InterruptedError, isDatasetName, models, type Recipe, type Result } from "../index.js";
import {
  type ChildOutcome,
  lockDirectory,
  readResult,
  runProgram,
  stableJson,
  writeAtomic,
} from "../node/index.js";
import type { Board } from "./board.js";
import type { SweepPoint } from "./points.js";
import { pointTable, type Table } from "./rows.js";
import { tableCsv, tableParquet } from "./table.js";

export interface Sweep {
  readonly name: string;
  /** Holds the points' run directories and the table. */
  readonly directory: string;
  /** Columns of the values that the plan changes. */
  readonly labels: readonly string[];
  readonly points: readonly SweepPoint[];
  /** Of the points that are finished, by name. */
  readonly results: ReadonlyMap<string, Result>;
}

/** The files of a sweep's folder, beside one run directory per point. */
export const sweepFiles = { plan: "sweep.json", csv: "results.csv", parquet: "results.parquet" } as const;

const recipeFolder = "points";

/** What is known of the points. @throws InputError where a result is damaged */
export async function openSweep(sweep: Omit<Sweep, "results">): Promise<Sweep> {
  const results = new Map<string, Result>();
  for (const { name } of sweep.points) {
    const directory = join(sweep.directory, name);
    if (existsSync(join(directory, "result.json"))) results.set(name, await readResult(directory));
  }
  return { ...sweep, results };
}

export const tableOf = ({ labels, points, results }: Sweep): Table =>
  pointTable(
    labels,
    points.map(({ name, values, recipe, threads }) => ({
      point: name,
      values,
      seed: recipe.seed,
      threads,
      result: results.get(name) ?? null,
    })),
  );

/** Writes the table in both forms. */
export async function writeTables(sweep: Sweep): Promise<Table> {
  const table = tableOf(sweep);
  await writeAtomic(join(sweep.directory, sweepFiles.csv), tableCsv(table));
  await writeAtomic(join(sweep.directory, sweepFiles.parquet), tableParquet(table));
  return table;
}

export interface RunSweepOptions {
  /** Points that run at the same time. */
  readonly jobs: number;
  /** The command line's JavaScript file. */
  readonly program: string;
  readonly dataDir?: string | undefined;
  readonly board: Board;
  readonly signal: AbortSignal;
}

export interface Failure {
  readonly point: string;
  readonly title: string;
  readonly message: string;
}

export interface SweepOutcome {
  readonly table: Table;
  readonly failures: readonly Failure[];
}

/**
 * Runs the points that are not finished, each in a process of its own: `xbarkit run` with the point's recipe, which
 * goes on where it was stopped. The table is written anew after each of them. A point that fails does not stop the
 * others.
 * @throws InputError where another process has the folder; InterruptedError where the signal stopped it
 */
export async function runSweep(sweep: Sweep, options: RunSweepOptions): Promise<SweepOutcome> {
  const lock = await lockDirectory(sweep.directory);
  try {
    return await new Runner(sweep, options).run();
  } finally {
    await lock.release();
  }
}

class Runner {
  private readonly results: Map<string, Result>;
  private readonly failures: Failure[] = [];
  private written: Promise<unknown> = Promise.resolve();
  /** Stops the other points where the sweep itself fails, as on a full disk. */
  private readonly broken = new AbortController();
  private readonly signal: AbortSignal;

  constructor(
    private readonly sweep: Sweep,
    private readonly options: RunSweepOptions,
  ) {
    this.results = new Map(sweep.results);
    this.signal = AbortSignal.any([options.signal, this.broken.signal]);
  }

  async run(): Promise<SweepOutcome> {
    const { sweep } = this;
    await writeAtomic(join(sweep.directory, sweepFiles.plan), stableJson(description(sweep)));
    await this.write();
    const open = sweep.points.filter(({ name }) => !this.results.has(name)).values();
    const lane = async () => {
      for (const point of open) {
        if (this.signal.aborted) return;
        await this.runPoint(point);
      }
    };
    await this.all(Array.from({ length: this.options.jobs }, lane));
    await this.written;
    if (this.options.signal.aborted) throw new InterruptedError("the sweep was stopped");
    return { table: tableOf({ ...sweep, results: this.results }), failures: this.failures };
  }

  /** Waits for all of them, also where one fails: no process is left behind. */
  private async all(lanes: readonly Promise<void>[]): Promise<void> {
    for (const lane of lanes) lane.catch(() => this.broken.abort());
    const failed = (await Promise.allSettled(lanes)).find(({ status }) => status === "rejected");
    if (failed?.status === "rejected") throw failed.reason;
  }

  private async runPoint(point: SweepPoint): Promise<void> {
    const { signal } = this;
    const { board, program } = this.options;
    board.started(point.name, point.title);
    const file = await this.writeRecipe(point);
    const outcome = await runProgram({
      file: program,
      words: this.words(point, file),
      onLine: (line) => board.said(point.name, line),
      signal,
    });
    if (outcome.code === 0) {
      const result = await readResult(join(this.sweep.directory, point.name));
      this.results.set(point.name, result);
      await this.write();
      board.ended(point.name, finishedText(result));
    } else if (signal.aborted) {
      board.ended(point.name, "stopped");
    } else {
      const message = failureText(outcome);
      this.failures.push({ point: point.name, title: point.title, message });
      board.ended(point.name, `failed: ${message.split("\n", 1)[0]}`);
    }
  }

  private words({ name, threads }: SweepPoint, file: string): string[] {
    const { dataDir } = this.options;
    const { directory } = this.sweep;
    // Points that begin with the same stages train them once: whichever is first leaves them for the others.
    const out = ["--out", join(directory, name), "--stages-from", directory, "--threads", String(threads)];
    return ["run", file, ...out, ...(dataDir === undefined ? [] : ["--data-dir", dataDir])];
  }

  /** The point as a recipe file: all that its process is told, and by which it can be run alone. */
  private async writeRecipe({ name, recipe }: SweepPoint): Promise<string> {
    const folder = join(this.sweep.directory, recipeFolder);
    const file = join(folder, `${name}.json`);
    await writeAtomic(file, stableJson(relativeTo(folder, recipe)));
    return file;
  }

  /** One at a time: two at once might end in the wrong order. */
  private write(): Promise<unknown> {
    this.written = this.written.then(() => writeTables({ ...this.sweep, results: this.results }));
    return this.written;
  }
}

/** A recipe names its files relative to where it stands. */
function relativeTo(folder: string, recipe: Recipe): Recipe {
  const moved = (path: string) => relative(resolve(folder), resolve(path)).replaceAll("\\", "/");
  const { model, data, hardware } = recipe;
  return {
    ...recipe,
    model: Object.hasOwn(models, model) ? model : moved(model),
    data: { ...data, name: isDatasetName(data.name) ? data.name : moved(data.name) },
    hardware: {
      ...hardware,
      base: /[/\\]|\.(json|ya?ml)$/i.test(hardware.base) ? moved(hardware.base) : hardware.base,
    },
  };
}

const description = ({ name, points }: Sweep) => ({
  version: 1,
  name,
  points: points.map((point) => ({
    point: point.name,
    values: point.values,
    seed: point.recipe.seed,
    threads: point.threads,
  })),
});

function finishedText({ accuracy, groupSparsity }: Result): string {
  const per = (value: number) => `${(100 * value).toFixed(2)} %`;
  const parts = [
    ...(accuracy.hardware === null ? [] : [`${per(accuracy.hardware)} on the hardware`]),
    ...(groupSparsity === null ? [] : [`${per(groupSparsity)} of the groups zero`]),
  ];
  return parts.length === 0 ? "finished" : parts.join(", ");
}

/** What a process said of its end; one that was killed says nothing. */
function failureText({ code, signal, lines }: ChildOutcome): string {
  if (signal !== null) {
    const why = signal === "SIGKILL" ? ", as by a machine that is out of memory: try fewer --jobs" : "";
    return `its process was ended by ${signal}${why}`;
  }
  const start = lines.findLastIndex((line) => /^(error|failed|interrupted): /.test(line));
  if (start < 0) return `its process ended with exit code ${code}: ${lines.at(-1) ?? "it said nothing"}`;
  const said = lines.slice(start).join("\n").trimEnd();
  return said.replace(/^(error|failed): /, "");
}
