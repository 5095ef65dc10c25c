import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { temporaryFolder, writeDigits, xbarkit } from "./support.js";

const cwd = temporaryFolder();
writeDigits(join(cwd, "digits"), 4);

const recipe = (place: string): string =>
  "model: lenet5\ndata: { name: ./digits }\n" +
  "hardware: { base: lin2019, adcBits: ideal }\n" +
  "stages: [{ stage: post-training-quantization, images: 4, weights: { bits: 8 }, activations: { bits: 8 }, input: { bits: 8 } }]\n" +
  `groups: { rows: none }\nplace: ${place}\n` +
  "calibrate: { images: 4 }\nsimulate: { images: 4, adcBits: [] }\nevaluate: { images: 4 }\n";

const run = async (name: string, place: string): Promise<void> => {
  writeFileSync(join(cwd, `${name}.yaml`), recipe(place));
  const ran = await xbarkit(["run", `${name}.yaml`, "--out", name, "--json", "--quiet"], { cwd });
  expect(ran.stderr).toBe("");
  expect(ran.code).toBe(0);
};

beforeAll(async () => {
  await run(
    "exchanged",
    "{ scheme: column-exchange, exchange: { strategy: density-sort, searchPasses: 0 } }",
  );
  await run("dense", "{ scheme: dense }");
}, 300_000);

const estimate = (...words: string[]) => xbarkit(["estimate", ...words], { cwd });

describe("xbarkit estimate --baseline", () => {
  test("gives energy and speed over PRIME's dense map on its area, as result.json has them", async () => {
    const { code, stdout } = await estimate(
      ...["exchanged", "--baseline", "prime", "--area-budget", "dense", "--json"],
    );
    expect(code).toBe(0);
    const found = JSON.parse(stdout);
    const { data, cost } = JSON.parse(readFileSync(join(cwd, "exchanged/result.json"), "utf8"));
    expect(found.variants).toEqual(data.equalArea.variants);
    expect(found.budget_m2).toBe(found.designs[1].cost.area_m2);
    const [own, baseline] = data.equalArea.designs;
    expect([own.converter_bits, own.lossless_bits, own.losslessAlone_bits]).toEqual([14, 14, 13]);
    expect([baseline.rows, baseline.columns, baseline.cellBits, baseline.compose]).toEqual([
      256,
      256,
      4,
      "digital",
    ]);
    // The same arrays at the same components, priced once more.
    expect(own.energy_J).toBe(cost.energy_J);
    const sum = Object.values(own.breakdown as Record<string, { energy_J: number }>).reduce(
      (all, part) => all + part.energy_J,
      0,
    );
    expect(sum).toBe(own.energy_J);
  });

  test("prints the chips and the gains; the report has them as well", async () => {
    const { code, stdout } = await estimate("exchanged", "--area-budget", "50");
    expect(code).toBe(0);
    for (const words of ["exchanged columns", "no index is stored", "256 × 256", "as given"])
      expect(stdout).toContain(words);
    expect(readFileSync(join(cwd, "exchanged/report.html"), "utf8")).toContain(
      "On the same area as dense chips",
    );
    const report = await xbarkit(["report", "exchanged"], { cwd });
    expect(report.stdout).toContain("On the same area as dense chips");
  });

  test.each([
    [["exchanged", "--area-budget", "0"], "error: --area-budget is 0"],
    [["exchanged", "--area-budget", "-2"], "error: --area-budget is -2"],
    [["exchanged", "--area-budget", "NaN"], "error: --area-budget is NaN"],
    [["exchanged", "--area-budget", ""], "error: --area-budget is "],
    [["exchanged", "--baseline", "prim"], 'error: hardware is "prim", which is no preset'],
    [["dense", "--baseline", "prime"], "error: the placement has no exchanged columns"],
    [
      ["exchanged", "--baseline", "prime", "--hardware", "isaac"],
      "error: --baseline is prime, and --hardware is given as well",
    ],
    [
      ["--subarray", "lin2019", "--baseline", "prime"],
      "error: --baseline is prime, and there is a --subarray",
    ],
  ])("estimate %j: %s", async (words, message) => {
    const { code, stderr } = await estimate(...words);
    expect(stderr.split("\n")[0]!.trimEnd()).toBe(message.trimEnd());
    expect(code).toBe(2);
  });
});
