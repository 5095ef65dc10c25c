import { describe, expect, test } from "vitest";
import { sram } from "../../src/cost/circuits/memory.js";
import { estimate, estimateNetwork, networkShape } from "../../src/cost/index.js";
import { analytic } from "../../src/hardware/presets/analytic.js";
import { neurosimReference } from "../../src/hardware/presets/neurosim-reference.js";
import { technologyFor } from "../../src/hardware/technology/index.js";
import { place } from "../../src/mapping/place.js";
import { models } from "../../src/models/index.js";
import { createRandom } from "../../src/random.js";
import { convChain, groupedCodes } from "./support.js";

function modelOf(name: keyof typeof models) {
  const graph = models[name]!.build(createRandom(1));
  const layers = graph.nodes
    .filter((node) => node.op === "Conv" || node.op === "Gemm")
    .map((node) => ({
      node: node.name,
      weightBits: 4,
      weightScale: 1,
      input: { bits: 4, scale: 1, zeroPoint: 0 },
      groupRows: null,
    }));
  return { graph, layers };
}

describe("sums of shortcuts", () => {
  const network = networkShape(modelOf("resnet20-b"));
  const alone = { ...network, residualAdditions: 0 };

  test("ResNet-20 adds the outputs of its nine blocks", () => {
    expect(network.residualAdditions).toBe(3 * (16 * 32 ** 2 + 32 * 16 ** 2 + 64 * 8 ** 2));
    expect(networkShape(modelOf("lenet5")).residualAdditions).toBe(0);
  });

  test("they take adders, and their other operand from the buffer over the wires", () => {
    const [with_, without] = [network, alone].map((n) => estimateNetwork(n, analytic));
    const part = with_!.breakdown.residualAdder!;
    expect(without!.breakdown.residualAdder).toBeUndefined();
    for (const key of ["energy_J", "latency_s", "area_m2"] as const) expect(part[key]).toBeGreaterThan(0);
    for (const name of ["buffer", "interconnect"] as const) {
      expect(with_!.breakdown[name]!.energy_J).toBeGreaterThan(without!.breakdown[name]!.energy_J);
      expect(with_!.breakdown[name]!.area_m2).toBe(without!.breakdown[name]!.area_m2);
    }
    expect(with_!.leakage_W).toBeGreaterThan(without!.leakage_W!);
    // 4 bits of each of 86,016 values of all that the layers move.
    const moved = network.layers.reduce(
      (sum, { positions, rows, columns }) => sum + positions * (rows + columns),
      0,
    );
    const share = with_!.breakdown.interconnect!.energy_J / without!.breakdown.interconnect!.energy_J - 1;
    expect(share).toBeCloseTo(network.residualAdditions / moved, 9);
  });

  test("the reference estimator has none of it", () => {
    const reference = estimateNetwork(network, neurosimReference);
    expect(reference).toEqual(estimateNetwork(alone, neurosimReference));
    const rules = neurosimReference.cost.rules.filter((rule) => rule !== "freeResiduals");
    const counted = { ...neurosimReference, cost: { ...neurosimReference.cost, rules } };
    expect(estimateNetwork(network, counted).energy_J).toBeGreaterThan(reference.energy_J);
  });
});

describe("index memory", () => {
  const layers = [
    { name: "first", outputs: 16, codes: groupedCodes(16, 3, 72, () => true), groupRows: null },
    {
      name: "second",
      outputs: 48,
      codes: groupedCodes(48, 16, 72, (o, b) => (o + b) % 3 > 0),
      groupRows: 72,
    },
  ];
  const chain = convChain(3, 8, layers);
  const packed = estimate(place(chain, analytic, { scheme: "packed" }));

  test("is there where packing mixes outputs, and nowhere else", () => {
    expect(estimate(place(chain, analytic, { scheme: "dense" })).breakdown.indexMemory).toBeUndefined();
    expect(packed.breakdown.indexMemory!.area_m2).toBeGreaterThan(0);
    expect(packed.layers[0]!.breakdown.indexMemory!.energy_J).toBe(0);
  });

  test("is read once per product: the bits of the stored groups, in lines of a memory that holds them all", () => {
    const t = technologyFor(analytic.cost.technology);
    const measure = (alive: (output: number, band: number) => boolean) => {
      const chosen = [layers[0]!, { ...layers[1]!, codes: groupedCodes(48, 16, 72, alive) }];
      const report = estimate(place(convChain(3, 8, chosen), analytic, { scheme: "packed" }));
      const { counts, breakdown } = report.layers[1]!;
      const memory = sram(t, report.indexMemory_bit.explicit);
      const energy_J = (counts.positions * counts.index_bit.explicit * memory.energy_J) / memory.line_bit;
      expect(breakdown.indexMemory!.energy_J / energy_J).toBeCloseTo(1, 12);
      expect(report.shared.indexMemory!.area_m2).toBe(memory.area_m2);
      return counts.index_bit.explicit;
    };
    expect(measure((o, b) => (o + b) % 3 === 0)).toBeLessThan(measure((o, b) => (o + b) % 3 > 0));
  });

  test("what is still left out is said", () => {
    expect(packed.notes[0]).toBe(
      "Circuits of analytic-32nm are computed; the chip's own controller and the distribution of its clock are not priced.",
    );
  });
});
