import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { findHardware, hardwarePresets, parseHardware } from "../../src/hardware/index.js";
import { meng2021 } from "../../src/hardware/presets/meng2021.js";

const root = join(import.meta.dirname, "../..");
const documented = new Set(
  [...readFileSync(join(root, "docs/sources.md"), "utf8").matchAll(/^## (\S+)$/gm)].map((match) => match[1]!),
);

describe("presets", () => {
  test.each(Object.entries(hardwarePresets))("%s is valid, as data and after JSON", (name, preset) => {
    expect(preset.name).toBe(name);
    expect(parseHardware(preset)).toEqual(preset);
    expect(parseHardware(JSON.parse(JSON.stringify(preset)))).toEqual(preset);
  });

  test.each(Object.values(hardwarePresets))("the source of $name is in docs/sources.md", (preset) => {
    expect(documented).toContain(preset.source);
    expect(preset.differs.length).toBeGreaterThan(0);
    for (const sentence of preset.differs) expect(sentence).toMatch(/\.$/);
  });

  test("every source that the code names is in docs/sources.md", () => {
    const cited = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
      .filter((path) => path.endsWith(".ts"))
      .flatMap((path) => [
        ...readFileSync(join(root, "src", path), "utf8").matchAll(/docs\/sources\.md#([\w-]+)/g),
      ])
      .map((match) => match[1]!);
    expect(cited.length).toBeGreaterThan(0);
    for (const key of cited) expect(documented).toContain(key);
  });

  test("an unknown name says which is near", () => {
    expect(findHardware("meng2021")).toBe(meng2021);
    expect(() => findHardware("meng2012")).toThrow(
      expect.objectContaining({
        message: 'hardware is "meng2012", which is no preset',
        hint: 'did you mean "meng2021"? there are: meng2021, isaac, prime, analytic-32nm, neurosim-reference, lin2019',
      }),
    );
  });
});

describe("meng2021 is Table I (spec check 8)", () => {
  const lines = Object.values(meng2021.cost.subArray).filter((line) => line !== null);
  const sum = (key: "area_m2" | "latency_s" | "energy_J"): number =>
    lines.reduce((total, line) => total + line[key], 0);

  test("areas sum to 11,180.8 µm², latencies to 15.6 ns, energies to 49.3 pJ", () => {
    expect(sum("area_m2") * 1e12).toBeCloseTo(11180.8, 8);
    expect(sum("latency_s") * 1e9).toBeCloseTo(15.6, 10);
    expect(sum("energy_J") * 1e12).toBeCloseTo(49.3, 10);
  });

  test("the levels' conductances grow with the code", () => {
    expect(meng2021.device.levels_ohm).toEqual([1e6, 7e5, 4e5, 1e5]);
  });
});
