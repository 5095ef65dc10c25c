import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { asAnalytic, estimateNetwork, type NetworkShape, subArrayReport } from "../../src/cost/index.js";
import { resolveHardware } from "../../src/hardware/index.js";
import { type ReferenceRule, referenceRules } from "../../src/hardware/types.js";
import { chainShapes } from "./support.js";

const network: NetworkShape = {
  layers: chainShapes([3, 16, 32], 32),
  poolingOperations: 64 * 63,
  residualAdditions: 1000,
};

/**
 * Numbers that a chip with these rules gives: one read, an image, and areas of the chip. Fast 65 nm devices under long
 * lines, written at 2 V, fifteen columns per converter: every rule has something to act on.
 */
function numbersOf(rules: readonly ReferenceRule[], base: string): Record<string, number> {
  const hardware = asAnalytic(
    resolveHardware({
      base,
      array: { rows: 96, columns: 256 },
      cost: {
        technology: { node_m: 65e-9, roadmap: "HP", temperature_K: 320 },
        write: { voltage_V: 2 },
        cell: { width: 12 },
        columnsPerConverter: 15,
        rules,
      },
    }),
  )!;
  const { components, total } = subArrayReport(hardware, { activity: 0.4 });
  const image = estimateNetwork(network, hardware);
  const out: Record<string, number> = {};
  const put = (at: string, values: object): void => {
    for (const [key, value] of Object.entries(values)) {
      if (typeof value === "number") out[`${at}.${key}`] = value;
    }
  };
  for (const [name, part] of Object.entries(components)) put(name, part);
  put("total", total);
  for (const [name, part] of Object.entries(image.breakdown)) put(`image.${name}`, part);
  put("image", image);
  put("image.counts", image.counts);
  put("chip", image.referenceChip ?? {});
  return out;
}

/** Keys whose value differs, or that only one side has. */
const changed = (a: Record<string, number>, b: Record<string, number>): string[] =>
  [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((key) => a[key] !== b[key]);

/** What each rule is for: a number that it changes, whatever else follows from it. */
const mainly: Readonly<Record<ReferenceRule, string>> = {
  boundingBoxArea: "total.area_m2",
  stretchedBlocks: "shiftAddInput.area_m2",
  wholeWeightShiftAdds: "shiftAddInput.energy_J",
  unpaddedOutputs: "image.counts.conversions",
  kernelPositionReads: "image.counts.rowGroups",
  columnCurrentInConverter: "array.energy_J",
  rowsDrivenPerPhase: "switchMatrix.energy_J",
  noAnalogLeakage: "adc.leakage_W",
  freeSourceLines: "sourceLineSwitch.energy_J",
  freeRowRegisters: "switchMatrix.latency_s",
  nTypePassGates: "switchMatrix.latency_s",
  halfCycleRegisters: "shiftAddInput.latency_s",
  meanColumnDelay: "array.latency_s",
  swappedCellPitch: "array.energy_J",
  roundingFoldsGates: "shiftAddInput.area_m2",
  oneDecodePerRead: "columnDecoder.energy_J",
  fixedDrivers: "columnDecoder.latency_s",
  latencyOfOnePhase: "adc.latency_s",
  squareParts: "chip.chip_m2",
  freeResiduals: "image.energy_J",
  freeControl: "control.area_m2",
};

describe("rules of the reference mode, one by one and by name", () => {
  const none = numbersOf([], "analytic-32nm");
  test.each(referenceRules)("%s alone changes the default where it says", (rule) => {
    expect(changed(none, numbersOf([rule], "analytic-32nm"))).toContain(mainly[rule]);
  });

  const all = numbersOf(referenceRules, "neurosim-reference");
  // Fitted converters hold the column's current: without that rule, series resistance does not reach the array's energy.
  const instead: Partial<Record<ReferenceRule, string>> = { swappedCellPitch: "adc.energy_J" };
  test.each(referenceRules)("all but %s differ from all", (rule) => {
    const others = referenceRules.filter((other) => other !== rule);
    expect(changed(all, numbersOf(others, "neurosim-reference"))).toContain(instead[rule] ?? mainly[rule]);
  });

  test("each is a line of docs/cost.md, and no other is", () => {
    const page = readFileSync(join(import.meta.dirname, "../../docs/cost.md"), "utf8");
    const start = page.indexOf("| rule | what it does");
    const lines = page.slice(start, page.indexOf("\n\n", start)).split("\n").slice(2);
    const names = lines.map((line) => /^\| `(\w+)` \|/.exec(line)?.[1]);
    expect(names).toEqual([...referenceRules]);
  });

  test("no preset but the reference has one switched on", () => {
    expect((resolveHardware({ base: "analytic-32nm" }).cost as { rules: unknown }).rules).toEqual([]);
  });
});
