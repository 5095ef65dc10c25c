import { describe, expect, test } from "vitest";
import { designFor, readModel } from "../../src/cost/analytic/read-model.js";
import { inverter } from "../../src/cost/gates/inverter.js";
import { converterOf } from "../../src/cost/parametric/converter.js";
import { analytic } from "../../src/hardware/presets/analytic.js";
import { isaacComponents as components } from "../../src/hardware/presets/component-constants.js";
import { technologyFor } from "../../src/hardware/technology/index.js";
import { encodingOf } from "../../src/mapping/encoding.js";

const off = (value: number, expected: number): number => Math.abs(value / expected - 1);

test("ISAAC's components are those that the specification lists", () => {
  const { cell, rowDriver, sampleHold, converter, read } = components;
  expect(off(rowDriver.energy_J, 0.391e-12)).toBeLessThan(2e-3);
  expect(off(rowDriver.area_m2, 0.166e-12)).toBeLessThan(2e-3);
  expect(off(cell.energy_J, 1.83e-15)).toBeLessThan(2e-3);
  expect(128 * 128 * cell.area_m2).toBeCloseTo(25e-12, 20);
  expect(off(converter.energy_J, 1.5625e-12)).toBeLessThan(1e-12);
  expect(converter.area_m2).toBeCloseTo(1200e-12, 20);
  expect(off(sampleHold.energy_J, 0.98e-15)).toBeLessThan(5e-3);
  expect(128 * converter.conversion_s).toBeCloseTo(100e-9, 18);
  expect(read.base_s + 128 * (read.perRow_s + read.perColumn_s)).toBeCloseTo(100e-9, 18);
});

describe("converters of other widths", () => {
  // docs/sources.md#isaac: scaled figures for 1.6667 pJ and 1,200 µm² at 8 bits.
  const published = [
    [4, 0.79, 361.04],
    [5, 0.99, 476.91],
    [6, 1.2, 626.91],
    [7, 1.42, 845.18],
    [8, 1.6667, 1200],
    [9, 1.969078145, 1827.911647],
    [10, 2.379022742, 3002.008032],
  ] as const;

  test.each(published)("%i bits: %f pJ, %f µm²", (bits, energy_pJ, area_um2) => {
    const { energy_J, area_m2 } = converterOf(components, bits);
    expect(off(energy_J / components.converter.energy_J, energy_pJ / 1.6667)).toBeLessThan(1e-2);
    expect(off(area_m2, area_um2 * 1e-12)).toBeLessThan(1e-3);
  });

  test("the published width is the published converter, bit for bit", () => {
    const { energy_J, area_m2, conversion_s } = components.converter;
    const found = converterOf(components, 8);
    expect(off(found.energy_J, energy_J)).toBeLessThan(1e-15);
    expect(off(found.area_m2, area_m2)).toBeLessThan(1e-15);
    expect(found.conversion_s).toBe(conversion_s);
    expect(converterOf(components, 17).conversion_s).toBe(2 * conversion_s);
  });
});

test("what a read takes longer per line, and a mirror's device, are what the circuits compute to", () => {
  const settle_s = (rows: number, columns: number): number => {
    const array = { ...analytic.array, rows, columns, activeRows: rows };
    const hardware = { ...analytic, array, adc: { ...analytic.adc, bits: 8 } };
    const { parts } = readModel(designFor(hardware, hardware.cost, encodingOf(8, hardware.encoding), 8));
    const lines = ["array", "switchMatrix", "sourceLineSwitch"] as const;
    return lines.reduce((sum, name) => sum + parts.get(name)!.latency_s, 0);
  };
  const { perRow_s, perColumn_s } = components.read;
  expect(off(perRow_s, (settle_s(256, 128) - settle_s(16, 128)) / 240)).toBeLessThan(5e-3);
  expect(off(perColumn_s, (settle_s(128, 256) - settle_s(128, 16)) / 240)).toBeLessThan(5e-3);
  const t = technologyFor(analytic.cost.technology);
  const { area_m2, input_F } = inverter(t);
  expect(off(components.mirror.area_m2, area_m2)).toBeLessThan(5e-3);
  expect(off(components.mirror.energy_J, input_F * t.supply_V ** 2)).toBeLessThan(5e-3);
  expect(components.node_m).toBe(analytic.cost.technology.node_m);
});
