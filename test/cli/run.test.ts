import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import type { Result } from "../../src/index.js";
import { type Outcome, temporaryFolder, writeDigits, xbarkit } from "./support.js";

const cwd = temporaryFolder();
writeDigits(join(cwd, "digits"), 40);
const read = (name: string) => readFileSync(join(cwd, name), "utf8");
const json = (name: string) => JSON.parse(read(name));

const small = ["--calibration-images", "16", "--images", "24", "--evaluate-images", "40", "--threads", "2"];
const compress = ["compress", "lenet5", "--data", "./digits", ...small];

describe("compress and what follows it", () => {
  let first: Outcome;
  beforeAll(async () => {
    first = await xbarkit([...compress, "--out", "run", "--json"], { cwd });
  });

  test("prints one JSON document and nothing else; progress is plain lines on standard error", () => {
    expect({ code: first.code, stderr: first.stderr.split("\n")[0] }).toEqual({
      code: 0,
      stderr: "writing run",
    });
    const { directory, ...result } = JSON.parse(first.stdout);
    expect(directory).toBe("run");
    expect(result).toEqual(json("run/result.json"));
    expect(first.stderr).toMatch(/^simulate, 5-bit converters: done in \d+\.\d s \(\d+\.\d\d %\)$/m);
    expect(first.stderr).not.toContain("\u001b");
  });

  test("the run directory holds what the design says, and is given back", () => {
    expect(readdirSync(join(cwd, "run")).sort()).toEqual([
      "activity.json",
      "calibration.json",
      "metrics.jsonl",
      "model.onnx",
      "placement.bin",
      "recipe.json",
      "report.html",
      "result.json",
      "timing.jsonl",
    ]);
  });

  test("recipe.json has every default resolved, versions, seed and threads", () => {
    const recipe = json("run/recipe.json");
    expect(recipe).toMatchObject({
      version: 1,
      name: "lenet5",
      seed: 1,
      model: "lenet5",
      threads: 2,
      data: { normalization: { mean: [0.1307], std: [0.3081], scale: 1 / 255, layout: "NCHW" } },
      files: { model: null, hardware: null },
    });
    expect(recipe.versions).toEqual({
      xbarkit: JSON.parse(readFileSync(join(import.meta.dirname, "../../package.json"), "utf8")).version,
      node: process.version,
    });
    expect(json("run/result.json").recipe).toMatchObject({
      calibrate: { images: 16 },
      simulate: { images: 24 },
    });
  });

  test("the chip is compared with software on the same images, at every converter width", () => {
    const { data, hardwareImages } = json("run/result.json") as Result;
    const software = data.ladder.find(({ name }) => name.endsWith(", simulated images"))!.accuracy;
    expect(data.paired!.map(({ bits }) => bits)).toEqual(data.adcSweep.map(({ bits }) => bits));
    for (const { bits, difference, low, high, images } of data.paired!) {
      const { accuracy } = data.adcSweep.find((entry) => entry.bits === bits)!;
      expect([images, difference]).toEqual([hardwareImages, expect.closeTo(accuracy - software, 12)]);
      expect(low <= difference && difference <= high).toBe(true);
    }
    expect(data.training).toEqual([]);
    expect(data.stages.map(({ kind }) => kind)).toEqual(["post-training-quantization"]);
    expect(data.pruning!.layers.map(({ matrix }) => matrix)).toEqual(
      data.layers.filter(({ groups }) => groups > 0).map(({ matrix }) => matrix),
    );
  });

  test("the same command again says that the run is finished and prints its report", async () => {
    const again = await xbarkit([...compress, "--out", "run"], { cwd });
    expect({ code: again.code, stderr: again.stderr }).toEqual({
      code: 0,
      stderr: "run is finished; --force runs it again\n",
    });
    expect(again.stdout).toMatch(/^Accuracy\n/);
    expect(again.stdout).toMatch(/\nThe run is in run; open run\/report\.html for the figures\.\n$/);
  });

  test("another recipe is refused, and the differing values are named", async () => {
    const other = await xbarkit([...compress, "--weight-bits", "3", "--seed", "2", "--out", "run"], { cwd });
    expect({ code: other.code, stdout: other.stdout }).toEqual({ code: 2, stdout: "" });
    expect(other.stderr).toBe(
      "error: run holds the run of another recipe:\n" +
        "  seed is 1 there, 2 here\n" +
        "  stages[0].weights.bits is 4 there, 3 here\n" +
        "  choose another directory with --out, or add --force to replace the run\n",
    );
    const threads = await xbarkit([...compress, "--threads", "1", "--out", "run"], { cwd });
    expect(threads.stderr).toBe(
      "error: run holds the run of another recipe:\n  threads is 2 there, 1 here\n" +
        "  choose another directory with --out, or add --force to replace the run\n",
    );
  });

  test("--force runs it again, to the same bytes", async () => {
    const before = [read("run/result.json"), read("run/model.onnx")];
    const forced = await xbarkit([...compress, "--out", "run", "--force", "--quiet"], { cwd });
    expect({ code: forced.code, stderr: forced.stderr }).toEqual({ code: 0, stderr: "" });
    expect([read("run/result.json"), read("run/model.onnx")]).toEqual(before);
  });

  test("report writes the figures where it is told", async () => {
    const { code, stdout } = await xbarkit(["report", "run", "--html", "out/figures.html"], { cwd });
    expect(code).toBe(0);
    expect(stdout).toMatch(/The figures are in out\/figures\.html\.\n$/);
    expect(read("out/figures.html")).toBe(read("run/report.html"));
  });

  test("report draws the mismatch of a reference run beside the run's own", async () => {
    const words = ["report", "run", "--reference", "run", "--html", "out/beside.html"];
    expect((await xbarkit(words, { cwd })).code).toBe(0);
    expect(read("out/beside.html")).toMatch(/id="mismatch-chunks"[\s\S]*lenet5 \(run\)/);
    expect(read("out/figures.html")).not.toContain("mismatch-chunks");
  });

  test("simulate repeats the run's own accuracy, and takes other converters", async () => {
    const own = JSON.parse((await xbarkit(["simulate", "run", "--json"], { cwd })).stdout);
    const result = json("run/result.json");
    expect(own).toEqual({
      directory: "run",
      adcBits: 5,
      accuracy: result.accuracy.hardware,
      correct: Math.round(24 * result.accuracy.hardware),
      images: 24,
    });
    const ideal = await xbarkit(["simulate", "run", "--adc-bits", "ideal", "--images", "8", "--quiet"], {
      cwd,
    });
    expect(ideal.stdout).toMatch(/^\d+\.\d\d % of 8 images are right, with ideal converters\n$/);
  });

  test("estimate repeats the run's own cost", async () => {
    const { code, stdout } = await xbarkit(["estimate", "run", "--json"], { cwd });
    const { cost } = json("run/result.json");
    expect(code).toBe(0);
    expect(JSON.parse(stdout).cost).toMatchObject({
      energy_J: cost.energy_J,
      latency_s: cost.latency_s,
      area_m2: cost.area_m2,
    });
  });

  test("estimate on computed circuits says what time takes: images, leakage, programming", async () => {
    const { code, stdout } = await xbarkit(["estimate", "run", "--hardware", "analytic-32nm"], { cwd });
    expect(code).toBe(0);
    for (const part of ["control", "tileBuffer", "interconnect", "leakage"])
      expect(stdout).toContain(`\n${part} `);
    expect(stdout).toMatch(/\nAn image every [\d.]+ .?s; all circuits leak [\d.]+ .?W meanwhile\.\n/);
    expect(stdout).toMatch(/\nStoring the weights once, [\d,]+ cells: [\d.]+ .?J in [\d.]+ .?s\.\n/);
  });

  test("estimate in reference mode prints the chip as that estimator lays it out", async () => {
    const words = ["estimate", "run", "--hardware", "neurosim-reference"];
    const { stdout } = await xbarkit(words, { cwd });
    expect(stdout).toMatch(/\nlaid out as the reference estimator does +area\narrays +[\d.]+ /);
    const { cost } = JSON.parse((await xbarkit([...words, "--json"], { cwd })).stdout);
    expect(cost.referenceChip.chip_m2).toBeGreaterThan(cost.referenceChip.adc_m2);
  });

  test("estimate compares two chips, and orders knobs", async () => {
    const compared = await xbarkit(["estimate", "run", "--compare", "meng2021", "analytic-32nm"], { cwd });
    expect(compared.stdout).toMatch(/^A: meng2021 {3}B: analytic-32nm\n/);
    expect(compared.stdout).toMatch(/\nB over A: energy [\d.]+ ×, latency [\d.]+ ×, area [\d.]+ ×\n$/);
    const words = ["estimate", "run", "--sensitivity", "--hardware"];
    const knobs = await xbarkit([...words, "analytic-32nm"], { cwd });
    expect(knobs.stdout).toContain("adc.bits");
    expect(knobs.stdout).not.toContain("−0.0 %");
    const table = await xbarkit([...words, "meng2021"], { cwd });
    expect([table.code, table.stderr.split("\n")[0]]).toEqual([
      2,
      "error: the hardware is meng2021, whose cost comes from a table",
    ]);
  });

  test("map counts the run's arrays", async () => {
    const { stdout } = await xbarkit(["map", "run", "--json"], { cwd });
    const { arrays, cells } = json("run/result.json");
    expect(JSON.parse(stdout).totals).toMatchObject({ arrays, cells });
  });

  test("export writes the evaluated network, byte for byte, and QDQ with the predictions that differ", async () => {
    const plain = await xbarkit(["export", "run", "--out", "again.onnx"], { cwd });
    expect(plain.stdout).toBe("wrote again.onnx\n");
    expect(read("again.onnx")).toBe(read("run/model.onnx"));
    const qdq = await xbarkit(["export", "run", "--format", "qdq", "--out", "qdq.onnx", "--json"], { cwd });
    const { files, compared } = JSON.parse(qdq.stdout);
    expect(files).toEqual(["qdq.onnx"]);
    expect(compared).toMatchObject({ images: 40 });
    expect(compared.predictionsThatDiffer).toBeLessThanOrEqual(4);
    const exists = await xbarkit(["export", "run", "--format", "qdq", "--out", "qdq.onnx"], { cwd });
    expect([exists.code, exists.stderr]).toEqual([
      2,
      "error: --out is qdq.onnx, which exists\n  name another, or add --force\n",
    ]);
  });

  test("export writes one line per programmed cell", async () => {
    const { code } = await xbarkit(["export", "run", "--format", "csv", "--out", "cells.csv"], { cwd });
    expect(code).toBe(0);
    const lines = read("cells.csv").trimEnd().split("\n");
    expect(lines[0]).toBe(
      "array,row,column,level,conductance_S,layer,copy,weight_row,weight_column,slice,part",
    );
    expect(lines.length - 1).toBe(json("run/result.json").cells.used);
  });

  test("a mistyped layer is named with the nearest one", async () => {
    const { code, stderr } = await xbarkit(["export", "run", "--format", "csv", "--layer", "conv3"], { cwd });
    expect({ code, stderr }).toEqual({ code: 2, stderr: "error: --layer is conv3\n  did you mean conv1?\n" });
  });
});

test("an interrupted run says so, goes on, and ends in the same bytes as one that was not", async () => {
  const long = ["compress", "lenet5", "--data", "./digits", "--calibration-images", "40", "--images", "40"];
  const words = [...long, "--evaluate-images", "40", "--threads", "2", "--out"];
  let sent = false;
  const stopped = await xbarkit([...words, "stopped"], {
    cwd,
    onStderr: (text, child) => {
      if (sent || !text.includes("accuracy of the fp32 network ...")) return;
      sent = true;
      child.kill("SIGINT");
    },
  });
  expect(stopped.code).toBe(130);
  expect(stopped.stderr).toMatch(
    /interrupted: stopped keeps what is done; the same command goes on from there\n$/,
  );
  expect(readdirSync(join(cwd, "stopped"))).not.toContain("result.json");
  const resumed = await xbarkit([...words, "stopped", "--json"], { cwd });
  expect({ code: resumed.code, start: resumed.stderr.split("\n")[0] }).toEqual({
    code: 0,
    start: "going on with stopped",
  });
  expect(resumed.stderr).not.toMatch(/calibrate|simulate,/);
  await xbarkit([...words, "whole", "--quiet"], { cwd });
  expect(read("stopped/result.json")).toBe(read("whole/result.json"));
});

test("run takes a recipe, names the directory by it, and --seed goes before the recipe's", async () => {
  mkdirSync(join(cwd, "recipes"), { recursive: true });
  writeFileSync(
    join(cwd, "recipes/tiny.yaml"),
    "# A tiny run. For tests.\nmodel: lenet5\ndata: { name: ../digits }\n" +
      "stages: [{ stage: post-training-quantization, images: 8 }]\ncalibrate: { images: 8 }\n" +
      "simulate: { images: 8, adcBits: [] }\nevaluate: { images: 8 }\n",
  );
  const { code, stdout } = await xbarkit(["run", "recipes/tiny.yaml", "--seed", "7", "--json", "--quiet"], {
    cwd,
  });
  expect(code).toBe(0);
  const { directory, seed } = JSON.parse(stdout);
  expect(directory).toMatch(/^runs[/\\]tiny-[0-9a-f]{8}$/);
  expect(seed).toBe(7);
  expect(json(join(directory, "recipe.json"))).toMatchObject({ seed: 7, data: { name: "digits" } });
  const listed = await xbarkit(["list", "recipes", "--json"], { cwd });
  expect(JSON.parse(listed.stdout)).toContainEqual({ file: "recipes/tiny.yaml", about: "A tiny run" });
  // The point of an abbreviation ends no sentence.
  expect(JSON.parse(listed.stdout).map(({ about }: { about: string }) => about)).toContain(
    "Meng et al. 2021, Table II: ResNet-20 on CIFAR-10, 4 bits, groups of 72 rows",
  );
});

test("map places a reference network without any images", async () => {
  const { code, stdout } = await xbarkit(
    ["map", "lenet5", "--place", "dense", "--json", "--quiet", "--out", "p.bin"],
    {
      cwd,
    },
  );
  expect(code).toBe(0);
  const { layers, totals } = JSON.parse(stdout);
  expect(layers.map(({ rows, columns }: { rows: number; columns: number }) => [rows, columns])).toEqual([
    [25, 20],
    [500, 50],
    [800, 500],
    [500, 10],
  ]);
  // Two 2-bit cells a weight, 16 weights across 32 bit lines, 144 rows: ⌈rows/144⌉ · ⌈columns/16⌉ arrays a layer.
  expect(totals.arrays).toBe(1 * 2 + 4 * 4 + 6 * 32 + 4 * 1);
  expect(totals.cells.used).toBe(2 * (25 * 20 + 500 * 50 + 800 * 500 + 500 * 10));
  expect(readFileSync(join(cwd, "p.bin")).subarray(0, 4).toString()).toBe("XBPL");
});
