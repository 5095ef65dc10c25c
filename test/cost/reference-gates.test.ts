import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { technologyOf } from "../../src/cost/circuits/design.js";
import { adder, adderLatency } from "../../src/cost/gates/adder.js";
import { flipFlop } from "../../src/cost/gates/flip-flop.js";
import { type Gate, inverter } from "../../src/cost/gates/inverter.js";
import { nand } from "../../src/cost/gates/nand.js";
import { asAnalytic, conversionEnergy, designFor, subArrayReport } from "../../src/cost/index.js";
import { resolveHardware } from "../../src/hardware/index.js";
import { encodingOf } from "../../src/mapping/encoding.js";

interface GoldenGate {
  readonly area_um2: number;
  readonly input_fF: number;
  readonly output_fF: number;
  readonly leak_nA: number;
}
interface Golden {
  readonly node_nm: number;
  readonly roadmap: "LSTP" | "HP";
  readonly inverter: GoldenGate & { readonly pullDown_ohm: number };
  readonly nand: GoldenGate;
  readonly adder8: {
    readonly area_um2: number;
    readonly latency_ns: number;
    readonly energy_pJ: number;
    readonly leak_uW: number;
  };
  readonly flipFlop: { readonly area_um2: number; readonly energy_fJ: number; readonly leak_nW: number };
  readonly sar_um2: Readonly<Record<string, number>>;
  readonly sar5_pJ: Readonly<Record<string, number>>;
}

const golden = JSON.parse(
  readFileSync(join(import.meta.dirname, "../../golden/neurosim/gates.json"), "utf8"),
) as readonly Golden[];

test("all nine low-power and six fast nodes", () => expect(golden).toHaveLength(15));

describe.each(golden)("gates of the reference mode at $node_nm nm $roadmap", (row) => {
  const chip = (adcBits: number) =>
    asAnalytic(
      resolveHardware({
        base: "neurosim-reference",
        adc: { bits: adcBits },
        cost: { technology: { node_m: row.node_nm * 1e-9, roadmap: row.roadmap } },
      }),
    )!;
  const t = technologyOf(chip(5).cost);
  // Planar nodes agree to their printed digits; fins have rounded capacitances, and one node a folding matched to 1 %.
  const folded = row.roadmap === "HP" && [90, 65].includes(row.node_nm);
  const near = (ours: number, theirs: number, tolerance = 1e-3): void =>
    expect(Math.abs(ours / theirs - 1)).toBeLessThan(tolerance);

  function compareGate(ours: Gate, theirs: GoldenGate): void {
    near(ours.area_m2 * 1e12, theirs.area_um2);
    near(ours.input_F * 1e15, theirs.input_fF);
    near(ours.output_F * 1e15, theirs.output_fF, folded ? 0.01 : 1e-3);
    near((ours.leakage_W / t.supply_V) * 1e9, theirs.leak_nA);
  }

  test("inverter and NAND", () => {
    compareGate(inverter(t), row.inverter);
    near(inverter(t).pullDown_ohm, row.inverter.pullDown_ohm);
    compareGate(nand(t, 2, true), row.nand);
  });

  test("adder of 8 bits, flip-flop", () => {
    const sum = adder(t, 8);
    near(sum.area_m2 * 1e12, row.adder8.area_um2);
    near(adderLatency(t, 8) * 1e9, row.adder8.latency_ns, folded ? 0.005 : 1e-3);
    near(0.15 * sum.energy_J * 1e12, row.adder8.energy_pJ, folded ? 0.005 : 1e-3);
    near(sum.leakage_W * 1e6, row.adder8.leak_uW);
    const register = flipFlop(t);
    near(register.area_m2 * 1e12, row.flipFlop.area_um2);
    near((register.clock_J + register.change_J) * 1e15, row.flipFlop.energy_fJ);
    near(register.leakage_W * 1e9, row.flipFlop.leak_nW);
  });

  test("converters of 1 to 10 bits, and the energy of one of 5 by the column's resistance", () => {
    for (const [bits, area_um2] of Object.entries(row.sar_um2)) {
      near((subArrayReport(chip(Number(bits))).components["adc"]!.area_m2 * 1e12) / 32, area_um2, 1e-4);
    }
    const hardware = chip(5);
    const design = designFor(hardware, hardware.cost, encodingOf(4, hardware.encoding), 4);
    for (const [ohm, energy_pJ] of Object.entries(row.sar5_pJ)) {
      near(conversionEnergy(design, 1 / Number(ohm)) * 1e12, energy_pJ, 1e-4);
    }
  });
});
