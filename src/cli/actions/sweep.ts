import { existsSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { InputError, readRecipeText } from "../../index.js";
import {
  availableMemory_bytes,
  locateDataset,
  packageVersion,
  pointNames,
  readTextFile,
  recipeContext,
} from "../../node/index.js";
import {
  boardFor,
  defaultJobs,
  type Failure,
  openSweep,
  readPlan,
  resolvePoints,
  rowObjects,
  runSweep,
  type Sweep,
  type SweepPoint,
  sweepFiles,
  type Table,
  writeTables,
} from "../../sweep/index.js";
import type { CommonFlags } from "../command.js";
import { interruptible } from "../interrupt.js";
import { type Common, columns, print, readCommon, say, wholeNumber } from "../output.js";

export interface SweepFlags {
  readonly out?: string;
  readonly jobs?: string;
  readonly dataDir?: string;
  readonly dryRun?: true;
  readonly tableOnly?: true;
}

/** Milliseconds for the points' processes to stop in, which have two seconds each. */
const patience_ms = 5000;

export async function sweepPlan(file: string, flags: SweepFlags & CommonFlags): Promise<void> {
  const common = readCommon(flags);
  const jobs = wholeNumber("--jobs", flags.jobs, 1, 1024);
  if (common.seed !== undefined) {
    throw new InputError(`--seed is ${common.seed}, but a sweep's seeds are those of its plan`, {
      hint: "write seeds into the plan",
    });
  }
  const sweep = await load(file, common, flags);
  if (flags.dryRun) printPoints(common, sweep);
  else if (flags.tableOnly) await writeTableOnly(common, sweep);
  else await execute(common, sweep, flags, jobs);
}

/** Everything that can be wrong is found here, before the first point runs. */
async function load(file: string, common: Common, flags: SweepFlags): Promise<Sweep> {
  const options = flags.dataDir === undefined ? {} : { dataDir: flags.dataDir };
  const plan = await readPlan({
    file,
    text: await readTextFile(file, "the plan"),
    defaultName: planName(file),
    readRecipe: async (recipe) => readRecipeText(await readTextFile(recipe, "the recipe"), recipe),
  });
  const points = await resolvePoints(plan, {
    context: recipeContext(options),
    threads: common.threads,
    nameOf: pointNames(packageVersion()),
  });
  findImages(points, flags.dataDir);
  const labels = plan.settings.map(({ label }) => label);
  const directory = flags.out ?? join("runs", plan.name);
  return openSweep({ name: plan.name, directory, labels, points });
}

function planName(file: string): string {
  const name = /([^/\\]+?)(?:\.(?:ya?ml|json))?$/i.exec(file)?.[1] ?? "sweep";
  return name.replace(/[^A-Za-z0-9._-]+/g, "-").replace(/^[^A-Za-z0-9]+/, "") || "sweep";
}

function findImages(points: readonly SweepPoint[], dir: string | undefined): void {
  for (const name of new Set(points.map(({ recipe }) => recipe.data.name)))
    for (const part of ["train", "test"] as const)
      locateDataset(name, part, dir === undefined ? {} : { dir });
}

function printPoints(common: Common, sweep: Sweep): void {
  const rows = sweep.points.map((point) => ({
    point: point.name,
    state: sweep.results.has(point.name) ? "finished" : "open",
    threads: point.threads,
    seed: point.recipe.seed,
    values: point.values,
    title: point.title,
  }));
  const value = {
    name: sweep.name,
    directory: sweep.directory,
    points: rows.map(({ title: _, ...row }) => row),
  };
  print(common, value, () =>
    columns(
      ["point", "state", "threads", "values"],
      rows.map(({ point, state, threads, title }) => [point, state, String(threads), title]),
    ),
  );
}

async function writeTableOnly(common: Common, sweep: Sweep): Promise<void> {
  if (!existsSync(sweep.directory)) {
    throw new InputError(`the sweep's folder is ${sweep.directory}, which does not exist`, {
      hint: "run the plan first, or name its folder with --out",
    });
  }
  printSweep(common, sweep, await writeTables(sweep), []);
}

async function execute(
  common: Common,
  sweep: Sweep,
  flags: SweepFlags,
  wanted: number | undefined,
): Promise<void> {
  const open = sweep.points.length - sweep.results.size;
  if (open === 0) {
    say(common, `all ${sweep.points.length} points of ${sweep.directory} are finished`);
    printSweep(common, sweep, await writeTables(sweep), []);
    return;
  }
  const threads = Math.max(...sweep.points.map((point) => point.threads));
  const machine = { cores: common.defaultThreads, memory_bytes: availableMemory_bytes() };
  const jobs = Math.min(wanted ?? defaultJobs(threads, open, machine), open);
  const finished = sweep.results.size;
  say(
    common,
    `${sweep.directory}: ${open} of ${sweep.points.length} points to run, ${jobs} at a time, ${threads} ${threads === 1 ? "thread" : "threads"} each`,
  );
  const clock = () => performance.now() / 1000;
  const { name } = sweep;
  const board = boardFor(process.stderr, clock, {
    name,
    points: sweep.points.length,
    finished,
    jobs,
    quiet: common.quiet,
  });
  const program = fileURLToPath(new URL("../main.js", import.meta.url));
  const kept = `${sweep.directory} keeps what is done; the same command goes on from there`;
  const run = (signal: AbortSignal) =>
    runSweep(sweep, { jobs, program, dataDir: flags.dataDir, board, signal }).finally(() => board.close());
  const outcome = await interruptible(kept, run, { patience: patience_ms });
  printSweep(common, sweep, outcome.table, outcome.failures);
  if (outcome.failures.length > 0) throw failed(sweep, outcome.failures);
}

function failed(sweep: Sweep, failures: readonly Failure[]): Error {
  const lines = failures.map(
    ({ point, title, message }) => `  ${point} (${title}): ${message.replaceAll("\n", "\n  ")}`,
  );
  const recipe = relative("", join(sweep.directory, "points", `${failures[0]!.point}.json`));
  const alone = `one alone: xbarkit run ${recipe} --out ${join(sweep.directory, failures[0]!.point)} --threads ${sweep.points[0]!.threads}`;
  return new Error(
    `${failures.length} of ${sweep.points.length} points\n${lines.join("\n")}\n  the same command tries them again; ${alone}`,
  );
}

const shownColumns = [
  "accuracy_quantized",
  "accuracy_pruned",
  "accuracy_hardware",
  "groupSparsity",
  "energy_J",
  "latency_s",
  "area_m2",
];

function printSweep(common: Common, sweep: Sweep, table: Table, failures: readonly Failure[]): void {
  const rows = rowObjects(table);
  const value = { name: sweep.name, directory: sweep.directory, points: rows, failures };
  print(common, value, () => {
    const shown = [
      "point",
      ...sweep.labels,
      "seed",
      ...shownColumns.filter((name) => rows.some((row) => row[name] !== null)),
    ];
    const text = columns(
      shown,
      rows.map((row) => shown.map((name) => shortCell(row[name] ?? null))),
    );
    const files = [sweepFiles.csv, sweepFiles.parquet].map((file) => join(sweep.directory, file));
    return `${text}\n\nThe whole table is in ${files.join(" and ")}.`;
  });
}

const shortCell = (cell: string | number | boolean | null): string => {
  if (cell === null) return "–";
  return typeof cell === "number" && !Number.isInteger(cell)
    ? String(Number(cell.toPrecision(4)))
    : String(cell);
};
