import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { RunComparison } from "../../src/index.js";
import { stableJson } from "../../src/node/files.js";
import { resnet20Layers, sampleResult } from "../support/sample-result.js";
import { temporaryFolder, xbarkit } from "./support.js";

const cwd = temporaryFolder();

/** A finished run, as far as comparing reads it; `sparsity` null: unfinished. */
function writeRun(directory: string, name: string, sparsity: number | null, data = "cifar10"): void {
  mkdirSync(join(cwd, directory), { recursive: true });
  const recipe = { version: 1, name, data: { name: data }, stages: [] };
  writeFileSync(join(cwd, directory, "recipe.json"), JSON.stringify(recipe));
  if (sparsity === null) return;
  const layers = resnet20Layers().map((layer) => ({ ...layer, sparsity: layer.sparsity && sparsity }));
  writeFileSync(join(cwd, directory, "result.json"), stableJson({ ...sampleResult(layers), recipe }));
}

writeRun("plain", "lasso", 0.4);
writeRun("multi", "lasso", 0.405);
writeRun("dense", "lambda0", 0);
writeRun("digits", "lenet5", 0.4, "mnist");
writeRun("unfinished", "lasso", null);
symlinkSync("plain", join(cwd, "link"));

describe("compare", () => {
  test("prints a table; runs of one name are told apart by their directories", async () => {
    const { code, stdout, stderr } = await xbarkit(["compare", "dense", "plain", "multi"], { cwd });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/^Accuracy\n +lambda0 +lasso \(plain\) +to first/);
    expect(stdout).toMatch(/^ energy per image +[\d.]+ [µn]J +[\d.]+ nJ +0\.\d+ ×/m);
    expect(stdout).toContain("- Group sparsities differ by more than a point");
    expect(stdout).not.toContain("\u001b");
    expect(existsSync(join(cwd, "compare.html"))).toBe(false);
  });

  test("--json has the runs with their directories, and nothing else on standard output", async () => {
    const { stdout } = await xbarkit(["compare", "plain", "multi", "--json"], { cwd });
    const { runs, notes } = JSON.parse(stdout) as RunComparison;
    expect(runs).toMatchObject([
      { directory: "plain", name: "lasso (plain)", data: "cifar10", toFirst: { energy: 1 } },
      { directory: "multi", name: "lasso (multi)" },
    ]);
    expect(notes).toEqual([]);
  });

  test("--html writes one file, --csv goes on with the lines alone", async () => {
    const words = ["compare", "plain", "multi", "--html", "out/both.html", "--csv"];
    const { code, stdout, stderr } = await xbarkit(words, { cwd });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "wrote out/both.html\n" });
    expect(stdout.split("\r\n").map((line) => line.split(",")[0])).toEqual([
      "run",
      "lasso (plain)",
      "lasso (multi)",
      "",
    ]);
    const html = readFileSync(join(cwd, "out/both.html"), "utf8");
    expect(html).toContain("<title>lasso (plain) and lasso (multi)</title>");
  });

  test("runs of different data sets compare with a warning", async () => {
    const { code, stderr, stdout } = await xbarkit(["compare", "plain", "digits", "--csv"], { cwd });
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: "The data sets differ (cifar10, mnist): accuracies do not compare.\n",
    });
    expect(stdout).toContain("\r\nlenet5,digits,");
  });

  const cases: readonly (readonly [words: readonly string[], message: string])[] = [
    [[], "RUN is missing\n  see xbarkit compare --help"],
    [["plain"], "RUN is plain alone\n  give two or more run directories; xbarkit report shows one"],
    [["plain", "multi", "plain"], "RUN is plain twice\n  name each run once"],
    [["plain", "link/"], "RUN is plain and link/, the same run\n  name each run once"],
    [
      ["plain", "unfinished"],
      "the run is unfinished, which is not finished\n  run its recipe again: it goes on where it stopped",
    ],
    [
      ["none", "plain"],
      "the run is none, which does not exist\n  name a directory that `xbarkit run` or `xbarkit compress` has written",
    ],
    [
      ["plain", "multi", "--csv", "--json"],
      "--csv and --json are both given\n  standard output holds one of them: leave one out",
    ],
    [["plain", "multi", "--html", "plain"], "plain cannot be written: it is a folder\n  name a file in it"],
    [["plain", "multi", "--html"], "--html has no value\n  see xbarkit compare --help"],
  ];
  test.concurrent.each(cases)("%j", async (words, message) => {
    const { code, stdout, stderr } = await xbarkit(["compare", ...words], { cwd });
    expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: "", stderr: `error: ${message}\n` });
  });
});
