import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { temporaryFolder, writeDigits, xbarkit } from "./support.js";

const cwd = temporaryFolder();
writeDigits(join(cwd, "digits"), 16);

const recipe = (compose: string) =>
  "model: lenet5\ndata: { name: ./digits }\n" +
  `hardware: { base: prime, rows: 32, columns: 128, activeRows: 32, cellBits: 2, compose: ${compose}, adcBits: 8, adcRange: mse }\n` +
  "stages: [{ stage: post-training-quantization, images: 8, weights: { bits: 9, range: max } }]\n" +
  "groups: { rows: none }\ncalibrate: { images: 2 }\nsimulate: { images: 8, adcBits: [] }\nevaluate: { images: 8 }\n";

const simulate = (...words: string[]) => xbarkit(["simulate", ...words, "--json", "--quiet"], { cwd });

beforeAll(async () => {
  for (const compose of ["analog", "digital"]) {
    writeFileSync(join(cwd, `${compose}.yaml`), recipe(compose));
    const ran = await xbarkit(["run", `${compose}.yaml`, "--out", compose, "--json", "--quiet"], { cwd });
    expect(ran).toMatchObject({ code: 0, stderr: "" });
  }
}, 180_000);

test("a result says what bits composed sums take beside what the converters have", async () => {
  const { data } = JSON.parse(readFileSync(join(cwd, "analog/result.json"), "utf8"));
  // 32 rows of 8-bit fields with both signs; the first layer has 25.
  expect(data.layers.length).toBeGreaterThan(2);
  for (const { losslessBits } of data.layers) expect(losslessBits).toBe(14);
  const report = await xbarkit(["report", "analog"], { cwd });
  expect(report.stdout).toContain("composed sums take 14 bit to lose nothing");
  expect(readFileSync(join(cwd, "digital/result.json"), "utf8")).not.toContain("losslessBits");
});

test("several chips: each its own accuracy, the same again, mean and spread of all", async () => {
  const words = ["analog", "--branch-gain-sigma", "0.2", "--branch-gain-seed", "3", "--chips", "3"];
  const { code, stdout } = await simulate(...words, "--threads", "1");
  expect(code).toBe(0);
  const found = JSON.parse(stdout);
  const accuracies: number[] = found.chips.map((chip: { accuracy: number }) => chip.accuracy);
  expect(found.chips.map((chip: { branchGainSeed: number }) => chip.branchGainSeed)).toEqual([3, 4, 5]);
  const mean = accuracies.reduce((a, b) => a + b) / 3;
  expect(found.accuracy).toBeCloseTo(mean, 12);
  expect(found.standardDeviation).toBeCloseTo(
    Math.sqrt(accuracies.reduce((sum, a) => sum + (a - mean) ** 2, 0) / 2),
    12,
  );
  expect((await simulate(...words, "--threads", "2")).stdout).toBe(stdout);
});

test("saturation, layer by layer, and converters of up to 20 bits, which cut off nothing", async () => {
  const { layers } = JSON.parse((await simulate("analog", "--saturation", "--images", "2")).stdout);
  for (const { losslessBits, conversions } of layers) {
    expect(losslessBits).toBe(14);
    expect(conversions).toBeGreaterThan(0);
  }
  const wide = JSON.parse(
    (await simulate("analog", "--saturation", "--images", "2", "--adc-bits", "14")).stdout,
  );
  for (const { below, above } of wide.layers) expect([below, above]).toEqual([0, 0]);
  const ideal = JSON.parse((await simulate("analog", "--adc-bits", "ideal")).stdout);
  expect(JSON.parse((await simulate("analog", "--adc-bits", "14")).stdout).correct).toBe(ideal.correct);
  const text = await xbarkit(["simulate", "analog", "--saturation", "--images", "2", "--quiet"], { cwd });
  expect(text.stdout).toMatch(/layer +lossless bits +bits +conversions +cut off below +above/);
});

test.each([
  [["digital", "--branch-gain-sigma", "0.01"], "digital composition has no branches to err"],
  [["digital", "--adc-bits", "13"], "under digital composition a converter has at most 12 bits"],
  [["analog", "--chips", "2"], "there are 2 chips, but their branches have no gain error"],
])("%j is refused", async (words, message) => {
  const { code, stderr } = await simulate(...words);
  expect(code).toBe(2);
  expect(stderr).toContain(message);
});
