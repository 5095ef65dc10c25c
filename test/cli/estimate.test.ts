import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { hardwareJsonSchema } from "../../src/index.js";
import { root, temporaryFolder, xbarkit } from "./support.js";

const cwd = temporaryFolder();

interface SubArray {
  readonly components: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly total: Readonly<Record<string, number>>;
}

const subArray = async (name: string, ...more: string[]): Promise<SubArray> => {
  const { code, stdout, stderr } = await xbarkit(["estimate", "--subarray", name, "--json", ...more], {
    cwd,
  });
  expect(stderr).toBe("");
  expect(code).toBe(0);
  return JSON.parse(stdout) as SubArray;
};

describe("xbarkit estimate --subarray", () => {
  test("prints one read as JSON, the total the sum of the components", async () => {
    const report = await subArray("analytic-32nm", "--activity", "0.5");
    expect(Object.keys(report)).toEqual(["components", "total"]);
    const keys = ["area_m2", "energy_J", "latency_s", "leakage_W"];
    for (const part of Object.values(report.components)) expect(Object.keys(part).sort()).toEqual(keys);
    for (const key of keys) {
      const parts = Object.values(report.components).map((part) => part[key]!);
      expect(parts.reduce((a, b) => a + b, 0)).toBe(report.total[key]);
    }
  });

  test("reads a hardware file that changes a preset", async () => {
    writeFileSync(
      join(cwd, "chip.yaml"),
      "base: neurosim-reference\narray: { rows: 128, columns: 128 }\ncost: { columnsPerConverter: 8 }\n",
    );
    const { components } = await subArray("chip.yaml", "--activity", "1");
    // golden/neurosim, c_colmux_8: 148.60 and 4204.74 µm², 48.06 pJ.
    expect(components["columnMux"]!["area_m2"]! * 1e12).toBeCloseTo(148.6, 1);
    expect(components["adc"]!["area_m2"]! * 1e12).toBeCloseTo(4204.74, 2);
    expect(components["adc"]!["energy_J"]! * 1e12).toBeCloseTo(48.06, 1);
  });

  test("a table prints its own lines", async () => {
    const { components } = await subArray("meng2021");
    expect(components["adc"]!["area_m2"]! * 1e12).toBeCloseTo(8409.3, 6);
  });

  test.each([
    [["--subarray", "analytic-32nm", "--activity", "2"], "error: --activity is 2"],
    [["--subarray", "analytic-33nm"], 'error: hardware is "analytic-33nm", which is no preset'],
    [["--activity", "0.5"], "error: --activity is 0.5, but there is no --subarray"],
    [[], "error: there is no run"],
    [["runs/x", "--subarray", "meng2021"], "error: --subarray is meng2021, and the run is runs/x"],
  ])("estimate %j: %s", async (words, message) => {
    const { code, stderr } = await xbarkit(["estimate", ...words], { cwd });
    expect(stderr.split("\n")[0]).toBe(message);
    expect(code).toBe(2);
  });
});

test("hardware.schema.json is what the schema says", () => {
  const file: unknown = JSON.parse(readFileSync(join(root, "recipes/hardware.schema.json"), "utf8"));
  expect(file).toEqual(JSON.parse(JSON.stringify(hardwareJsonSchema())));
});
