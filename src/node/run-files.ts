import { existsSync } from "node:fs";
import { appendFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeAtomic } from "./files.js";

/** The files of a run directory. */
export const runFiles = {
  recipe: "recipe.json",
  metrics: "metrics.jsonl",
  timing: "timing.jsonl",
  model: "model.onnx",
  placement: "placement.bin",
  calibration: "calibration.json",
  activity: "activity.json",
  result: "result.json",
  report: "report.html",
} as const;

/** The folder of a run directory with checkpoints and the networks that training stages leave. */
export const stagesFolder = "stages";

/**
 * Figures that a run has found, one JSON line each, appended as they come. A run that is started again takes them
 * from here instead of computing them anew; a last line that was cut off by a kill is computed again.
 */
export class Metrics {
  private constructor(
    private readonly path: string,
    private readonly known: Map<string, unknown>,
  ) {}

  static async open(directory: string): Promise<Metrics> {
    const path = join(directory, runFiles.metrics);
    const known = new Map<string, unknown>();
    const text = existsSync(path) ? await readFile(path, "utf8") : "";
    for (const line of text.split("\n")) {
      const entry = parseLine(line);
      if (entry) known.set(entry.metric, entry.value);
    }
    const metrics = new Metrics(path, known);
    // Rewritten whole, so that what follows does not hang on a line that was cut off.
    await writeAtomic(path, [...known].map(([metric, value]) => lineOf(metric, value)).join(""));
    return metrics;
  }

  /** The known value of a metric, or the one that `compute` finds, which is then known. */
  async get<V>(metric: string, compute: () => Promise<V>): Promise<V> {
    if (this.known.has(metric)) return this.known.get(metric) as V;
    const value = await compute();
    this.known.set(metric, value);
    await appendFile(this.path, lineOf(metric, value));
    return value;
  }
}

const lineOf = (metric: string, value: unknown): string => `${JSON.stringify({ metric, value })}\n`;

function parseLine(line: string): { metric: string; value: unknown } | undefined {
  if (line === "") return undefined;
  try {
    const entry = JSON.parse(line) as { metric?: unknown; value?: unknown };
    return typeof entry.metric === "string" ? { metric: entry.metric, value: entry.value } : undefined;
  } catch {
    return undefined;
  }
}

/** Wall-clock seconds of each stage: the only file of a run with time in it. */
export async function recordTime(directory: string, stage: string, seconds: number): Promise<void> {
  const line = JSON.stringify({ stage, seconds: Number(seconds.toFixed(3)) });
  await appendFile(join(directory, runFiles.timing), `${line}\n`);
}
