import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import type { Result } from "../../src/index.js";
import { type Outcome, temporaryFolder, writeDigits, xbarkit } from "./support.js";

const cwd = temporaryFolder();
writeDigits(join(cwd, "digits"), 240);
const read = (path: string) => readFileSync(join(cwd, path));
const result = (folder: string): Result => JSON.parse(read(join(folder, "result.json")).toString());

/** A network pruned in float over three rounds of 40 steps, whatever it costs, then quantised. */
const recipe = (changes: { validation?: number; strategy?: string; images?: number } = {}) =>
  "model: softmax-regression\n" +
  `data: { name: ./digits, validation: ${changes.validation ?? 40} }\n` +
  "hardware: { base: prime, rows: 32, columns: 64, adcBits: ideal }\ngroups: { rows: none }\nstages:\n" +
  "  - { stage: crossbar-pruning, steps: 40, interval: 10, batch: 20, share: 0.2, rounds: 3, budget_points: 100 }\n" +
  "  - { stage: post-training-quantization, images: 8, weights: { bits: 8 } }\n" +
  `place: { scheme: column-exchange, exchange: { strategy: ${changes.strategy ?? "greedy-union"}, searchPasses: 1 } }\n` +
  `calibrate: { images: 8 }\nsimulate: { images: 8, adcBits: [] }\nevaluate: { images: ${changes.images ?? 40} }\n`;

writeFileSync(join(cwd, "r.yaml"), recipe());
writeFileSync(join(cwd, "more.yaml"), recipe({ images: 60 }));
writeFileSync(join(cwd, "other.yaml"), recipe({ strategy: "identity" }));
writeFileSync(join(cwd, "blind.yaml"), recipe({ validation: 0 }));

const run = (file: string, out: string, words: readonly string[] = []) =>
  xbarkit(["run", file, "--out", out, "--threads", "1", "--json", ...words], { cwd });

describe("crossbar-pruning from a recipe", () => {
  let straight: Outcome;
  beforeAll(async () => {
    straight = await run("r.yaml", "straight");
  }, 120_000);

  test("runs to the end; every round is kept on disk, and progress names round and freed arrays", () => {
    expect(straight.code).toBe(0);
    expect(straight.stderr).toMatch(/^exchange columns, crossbar-pruning: done/m);
    expect(straight.stderr).toMatch(
      /^prune and train, crossbar-pruning: done in .*\d+ of \d+ arrays freed, .* % on validation images\)$/m,
    );
    const rounds = [0, 1, 2, 3].flatMap((round) =>
      ["curve.json", "graph", "record.json"].map((ending) => `01-crossbar-pruning.round-${round}.${ending}`),
    );
    const stage = ["curve.json", "graph", "record.json"].map((ending) => `01-crossbar-pruning.${ending}`);
    expect(readdirSync(join(cwd, "straight/stages")).sort()).toEqual([...rounds, ...stage].sort());
  });

  test("result.json says what each round left, the report shows it, and the chip has the arrays it says", () => {
    const { data, arrays, accuracy } = result("straight");
    const [report] = data.crossbarPruning!;
    expect(report!.rounds.map(({ kept }) => kept)).toEqual([true, true, true]);
    expect(report!.end.arrays).toBeLessThanOrEqual(0.6 * report!.start.arrays);
    // Quantising makes more weights zero, never fewer.
    expect(arrays).toBeLessThanOrEqual(report!.end.arrays);
    expect(data.training[0]!.points.at(-1)!.step).toBe(120);
    expect(data.stages[0]).toMatchObject({
      name: "crossbar-pruning",
      validation: { accuracy: report!.end.accuracy, images: 40 },
    });
    expect(accuracy.pruned).not.toBeNull();
    const html = read("straight/report.html").toString();
    expect(html).toContain('id="crossbar-pruning-0"');
    expect(html).toContain('id="crossbar-utilization-0"');
  });

  test.each([
    ["when the second round has begun", "01-crossbar-pruning.round-1.graph"],
    ["in the middle of a round", "01-crossbar-pruning.round-2.checkpoint"],
  ])(
    "killed %s, it goes on to the same bytes",
    async (name, file) => {
      const out = `killed ${name}`;
      let watching: NodeJS.Timeout | undefined;
      const killed = await xbarkit(["run", "r.yaml", "--out", out, "--threads", "1"], {
        cwd,
        onStderr: (_, child) => {
          watching ??= setInterval(() => {
            if (existsSync(join(cwd, out, "stages", file))) child.kill("SIGKILL");
          }, 2);
        },
      });
      clearInterval(watching);
      expect(killed.code).toBeNull();
      expect(existsSync(join(cwd, out, "result.json"))).toBe(false);
      expect((await run("r.yaml", out)).code).toBe(0);
      for (const same of ["result.json", "model.onnx", "placement.bin", "stages/01-crossbar-pruning.graph"])
        expect(read(join(out, same)).equals(read(join("straight", same)))).toBe(true);
    },
    60_000,
  );

  test("a run whose recipe is the same up to there takes the stage over, with what it did", async () => {
    const more = await run("more.yaml", "more", ["--stages-from", "straight"]);
    expect(more.stderr).not.toContain("prune and train");
    expect(result("more").data.crossbarPruning).toEqual(result("straight").data.crossbarPruning);
    const other = await run("other.yaml", "other", ["--stages-from", "straight"]);
    expect(other.code).toBe(2);
    expect(other.stderr).toContain("place.exchange.strategy is");
  }, 120_000);

  test("without validation images it is refused before anything is trained", async () => {
    const { code, stderr } = await run("blind.yaml", "blind");
    expect(code).toBe(2);
    expect(stderr).toContain("crossbar-pruning has no validation images by which it could tell when to stop");
    expect(existsSync(join(cwd, "blind"))).toBe(false);
  });
});
