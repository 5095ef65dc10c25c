import { describe, expect, test } from "vitest";
import { repeatedWire } from "../../src/cost/circuits/repeated-wire.js";
import { adder, adderLatency } from "../../src/cost/gates/adder.js";
import { behind, chain, step } from "../../src/cost/gates/delay.js";
import { flipFlop } from "../../src/cost/gates/flip-flop.js";
import { inverter } from "../../src/cost/gates/inverter.js";
import { nand } from "../../src/cost/gates/nand.js";
import { technologyFor, wireResistance } from "../../src/hardware/technology/index.js";
import { transistors } from "../../src/hardware/technology/transistors.js";

const at = (node_nm: number, roadmap: "LSTP" | "HP" = "LSTP", temperature_K = 300) =>
  technologyFor({ node_m: node_nm * 1e-9, roadmap, temperature_K });

describe("technology", () => {
  test("nine nodes with low power, six with high performance", () => {
    const nodes = (roadmap: string) =>
      transistors.filter((t) => t.roadmap === roadmap).map((t) => Math.round(t.node_m * 1e9));
    expect(nodes("LSTP")).toEqual([130, 90, 65, 45, 32, 22, 14, 10, 7]);
    expect(nodes("HP")).toEqual([130, 90, 65, 45, 32, 22]);
    expect(() => at(14, "HP")).toThrow(/not in the tables/);
    expect(() => at(28)).toThrow(/not in the tables/);
  });

  test("off-current passes through its two published points, wires warm up", () => {
    expect(at(32, "LSTP", 350).off_A_per_m.n / at(32).off_A_per_m.n).toBeCloseTo(507.5 / 100.1, 2);
    expect(at(32, "LSTP", 350).wire.resistance_ohm_per_m / at(32).wire.resistance_ohm_per_m).toBeCloseTo(
      1.2255,
      6,
    );
    expect(at(32).wire.resistance_ohm_per_m).toBeCloseTo(4.659e6, -3);
    expect(wireResistance(224e-9)).toBeCloseTo(2.01e-8 / (224e-9 ** 2 * 1.6), 0);
  });
});

/** Computed by another program from the same tables (golden/neurosim/README.md): 300 K, areas in µm², fF, kΩ, nA. */
describe.each([
  { node: 130, map: "LSTP", area: 3.59632, input: 2.47807, output: 0.626293, on: 25.6069, off: 0.0390175 },
  { node: 45, map: "LSTP", area: 0.4309, input: 0.4697, output: 0.1756, on: 39.32, off: 0.01202 },
  { node: 32, map: "LSTP", area: 0.2179, input: 0.2706, output: 0.1196, on: 41.47, off: 0.00801 },
  { node: 22, map: "HP", area: 0.103, input: 0.07968, output: 0.07626, on: 19.83, off: 4.709 },
  {
    node: 14,
    map: "LSTP",
    area: 0.0898472,
    input: 0.207632,
    output: 0.00998323,
    on: 30.5421,
    off: 0.00930733,
  },
  { node: 7, map: "LSTP", area: 0.02736, input: 0.201, output: 0.006717, on: 23.86, off: 0.01327 },
] as const)("the smallest inverter at $node nm $map", ({ node, map, area, input, output, on, off }) => {
  const t = at(node, map);
  const gate = inverter(t);
  const near = (ours: number, theirs: number): void => expect(Math.abs(ours / theirs - 1)).toBeLessThan(1e-3);
  test("area, capacitances, resistance, leakage", () => {
    near(gate.area_m2 * 1e12, area);
    near(gate.input_F * 1e15, input);
    near(gate.output_F * 1e15, output);
    near(gate.pullDown_ohm / 1e3, on);
    near((gate.leakage_W / t.supply_V) * 1e9, off);
  });
});

describe("gates at 32 nm", () => {
  const t = at(32);
  test("a NAND that fills its cell", () => {
    const gate = nand(t, 2, true);
    expect(gate.area_m2 * 1e12).toBeCloseTo(0.32686, 5);
    expect(gate.input_F * 1e15).toBeCloseTo(1.13074, 4);
    expect(gate.output_F * 1e15).toBeCloseTo(0.2761, 4);
  });

  test("a flip-flop, and an adder of 8 bits", () => {
    const register = flipFlop(t);
    expect(register.area_m2 * 1e12).toBeCloseTo(2.615, 3);
    expect((register.clock_J + register.change_J) * 1e15).toBeCloseTo(2.722, 3);
    const sum = adder(t, 8);
    expect(sum.area_m2 * 1e12).toBeCloseTo(23.53, 2);
    expect(0.15 * sum.energy_J * 1e15).toBeCloseTo(16.3, 1);
    expect(adderLatency(t, 8) * 1e9).toBeCloseTo(0.8515, 3);
  });

  test("delay: τ ln 2 behind a step, more behind a slower edge", () => {
    expect(behind(step, 1e-11).delay_s).toBeCloseTo(1e-11 * Math.LN2, 20);
    const slow = behind({ delay_s: 0, slope_per_s: 1e9 }, 1e-11);
    expect(slow.delay_s).toBeGreaterThan(5e-11);
    expect(chain(step, [1e-11, 1e-11]).delay_s).toBeGreaterThan(2 * 1e-11 * Math.LN2);
  });

  test("a repeated wire is faster than one without, and wider ones faster still", () => {
    const [narrow, wide] = [repeatedWire(t, 1), repeatedWire(t, 4)];
    const bare_s = 0.38 * t.wire.resistance_ohm_per_m * t.wire.capacitance_F_per_m * 5e-3 ** 2;
    expect(narrow.delay_s_per_m * 5e-3).toBeLessThan(bare_s);
    expect(wide.delay_s_per_m).toBeLessThan(narrow.delay_s_per_m);
    expect(wide.energy_J_per_m).toBeGreaterThan(0.5 * t.wire.capacitance_F_per_m * t.supply_V ** 2);
  });
});
