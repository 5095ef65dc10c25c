import { describe, expect, test } from "vitest";
import { allComponents, estimate, networkShape } from "../../src/cost/index.js";
import { findHardware } from "../../src/hardware/index.js";
import { place } from "../../src/mapping/place.js";
import { convChain, groupedCodes, uniformActivity } from "./support.js";

const layers = [
  { name: "first", outputs: 16, codes: groupedCodes(16, 3, 72, () => true), groupRows: null },
  { name: "second", outputs: 48, codes: groupedCodes(48, 16, 72, (o, b) => (o + b) % 3 > 0), groupRows: 72 },
];

describe.each(["isaac", "prime", "meng2021"])("a network on the table of %s", (name) => {
  const hardware = findHardware(name);
  const placed = place(convChain(3, 8, layers), hardware, { scheme: "dense" });
  const report = estimate(placed, uniformActivity(placed, 64, 0.3));

  test.each(["energy_J", "latency_s", "area_m2"] as const)(
    "%s is the sum of its parts, bit by bit",
    (key) => {
      const parts = allComponents.flatMap((part) => report.breakdown[part]?.[key] ?? []);
      expect(report[key]).toBe(parts.reduce((a, b) => a + b, 0));
      expect(report[key]).toBeGreaterThan(0);
    },
  );

  test("what the table prints is priced, the rest is said", () => {
    const { pooling, interconnect } = hardware.cost as { pooling: unknown; interconnect: unknown };
    const pools = networkShape(placed.model).poolingOperations > 0;
    expect(report.breakdown.pooling !== undefined).toBe(pooling !== null && pools);
    expect(report.breakdown.interconnect !== undefined).toBe(interconnect !== null);
    const said = report.notes[0]!;
    expect(said).toContain("residual additions");
    expect(said.includes("wires")).toBe(interconnect === null);
    expect(said.includes("pooling")).toBe(pooling === null);
  });

  test("more rows driven never take less in cells and converters", () => {
    const energy = (activity: number): number => {
      const { breakdown } = estimate(placed, uniformActivity(placed, 64, activity));
      return breakdown.array.energy_J + breakdown.adc.energy_J;
    };
    expect(energy(0.6)).toBeGreaterThanOrEqual(energy(0.3));
    expect(energy(0.3)).toBeGreaterThanOrEqual(energy(0));
  });
});

test("only open readings are alternatives", () => {
  const names = (name: string): string[] =>
    estimate(place(convChain(3, 8, layers), findHardware(name), { scheme: "dense" })).alternatives.map(
      (entry) => entry.name,
    );
  expect(names("isaac")).toEqual(["adcLoad table"]);
  expect(names("meng2021")).toContain("tableIEnergyScope bit");
});
