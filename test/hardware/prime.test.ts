import { expect, test } from "vitest";
import { adderTree } from "../../src/cost/circuits/adder-trees.js";
import { activationUnit, poolingUnit } from "../../src/cost/circuits/digital-units.js";
import { sram } from "../../src/cost/circuits/memory.js";
import { subArrayReport } from "../../src/cost/index.js";
import { withOverrides } from "../../src/hardware/index.js";
import { prime, primeCircuits } from "../../src/hardware/presets/prime.js";
import { technologyFor } from "../../src/hardware/technology/index.js";
import type { ComponentCost, HardwareSpec } from "../../src/hardware/types.js";

const t = technologyFor(primeCircuits.cost.technology);
const { cost } = prime;

function expectLine(line: ComponentCost, computed: ComponentCost): void {
  for (const key of ["area_m2", "latency_s", "energy_J"] as const) {
    expect(Math.abs(line[key] / computed[key] - 1)).toBeLessThan(5e-3);
  }
}

test("PRIME's lines are what its circuits compute to", () => {
  const read = { activity: 1, weightBits: 8, inputBits: 6 };
  const { components } = subArrayReport(primeCircuits, read);
  for (const name of ["array", "switchMatrix", "adc", "shiftAddInput", "shiftAddWeight"] as const) {
    expectLine(cost.subArray[name], components[name]!);
  }
  cost.adderTree.forEach((line, i) => {
    expectLine(line, adderTree(t, 2 ** (i + 1), 17, 0.5));
  });
  expectLine(cost.relu, activationUnit(t, 6, 0.5));
  expectLine(cost.pooling!.bank, poolingUnit(t, 6, 0.5));
  const { area_m2, latency_s, energy_J, line_bit } = sram(t, cost.buffer.capacity_bit);
  expectLine(
    { area_m2: cost.buffer.area_m2, latency_s: cost.buffer.perBit_s, energy_J: cost.buffer.perBit_J },
    { area_m2, latency_s, energy_J: energy_J / line_bit },
  );
});

test.each([5, 6, 7])("the table's laws give the converter of %i bits", (adcBits) => {
  const read = { activity: 1, weightBits: 8, inputBits: 6 };
  const adc = (hardware: HardwareSpec) =>
    subArrayReport(withOverrides(hardware, { adcBits }), read).components["adc"]!;
  const [law, computed] = [adc(prime), adc(primeCircuits)];
  expect(Math.abs(law.area_m2 / computed.area_m2 - 1)).toBeLessThan(0.02);
  expect(Math.abs(law.energy_J / computed.energy_J - 1)).toBeLessThan(0.02);
  expect(law.latency_s).toBeCloseTo(computed.latency_s, 15);
});
