import { expect } from "vitest";
import { allComponents, type CostReport } from "../../src/cost/types.js";

/** Every total the sum of what is printed, bit for bit. */
export function expectSums(report: CostReport): void {
  for (const key of ["energy_J", "latency_s", "area_m2"] as const) {
    let sum = 0;
    for (const name of allComponents) {
      const printed = report.breakdown[name];
      if (!printed) continue;
      let ofLayers = 0;
      for (const { breakdown } of report.layers) ofLayers += breakdown[name]?.[key] ?? 0;
      expect(printed[key]).toBe(ofLayers + (report.shared[name]?.[key] ?? 0));
      sum += printed[key];
    }
    expect(report[key]).toBe(sum);
    for (const layer of report.layers) {
      let own = 0;
      for (const name of allComponents) own += layer.breakdown[name]?.[key] ?? 0;
      expect(layer[key]).toBe(own);
    }
  }
}
