import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { fabricOf } from "../../src/cost/analytic/fabric.js";
import { registerFile, sram } from "../../src/cost/circuits/memory.js";
import { programming } from "../../src/cost/circuits/programming.js";
import { tileOf } from "../../src/cost/circuits/tile.js";
import {
  asAnalytic,
  type CostReport,
  designFor,
  estimate,
  estimateNetwork,
  type NetworkShape,
  networkShape,
  readModel,
  referenceAreas,
  subArrayReport,
} from "../../src/cost/index.js";
import { resolveHardware } from "../../src/hardware/index.js";
import { technologyFor } from "../../src/hardware/technology/index.js";
import { tableComponents } from "../../src/hardware/types.js";
import { encodingOf } from "../../src/mapping/encoding.js";
import { place } from "../../src/mapping/place.js";
import { models } from "../../src/models/index.js";
import { createRandom } from "../../src/random.js";
import { unitSuffixes } from "../../src/units.js";
import { chainShapes, convChain, groupedCodes } from "./support.js";

const root = join(import.meta.dirname, "../..");
const chip = (changes: object = {}, base = "analytic-32nm") =>
  asAnalytic(resolveHardware({ base, ...changes }))!;
const network: NetworkShape = {
  layers: chainShapes([16, 32, 64], 16),
  poolingOperations: 64 * 63,
  residualAdditions: 1000,
};
const quantities = ["area_m2", "latency_s", "energy_J", "leakage_W"] as const;
const parts = (changes: object, base?: string) =>
  subArrayReport(chip(changes, base), { activity: 0.5 }).components;

describe("every circuit is reached from a hardware file", () => {
  const shared = { columnsPerConverter: 8, sampleHold: true, write: { voltage_V: 2 } };
  test.each<[string, object, readonly string[]]>([
    [
      "columns of their own",
      {},
      ["array", "switchMatrix", "sourceLineSwitch", "adc", "shiftAddWeight", "shiftAddInput", "control"],
    ],
    [
      "shared converters",
      { cost: shared },
      [
        "columnMux",
        "columnDecoder",
        "sampleHold",
        "wordLevelShifter",
        "bitLevelShifter",
        "sourceLevelShifter",
      ],
    ],
    ["analog composition", { encoding: { compose: "analog" } }, ["analogComposition"]],
    ["a cell without transistor", { cost: { cell: { access: "1R", width: 2, height: 2 } } }, ["array"]],
    ["a row decoder", { cost: { rowSelect: "decoder" } }, ["switchMatrix"]],
    [
      "sense amplifiers",
      { cost: { converter: { kind: "flash", step_s: 1e-9, comparatorLoad: 40, comparatorArea: 60 } } },
      ["adc"],
    ],
    ["a dummy column", { encoding: { offsetBy: "dummyColumn" } }, ["adc"]],
  ])("%s", (_, changes, names) => {
    const components = parts(changes);
    for (const name of names) {
      for (const key of quantities) expect(components[name]![key], `${name} ${key}`).toBeGreaterThan(0);
    }
  });

  const packed = (changes: object): CostReport => {
    const alive = (output: number, band: number) => (output * 7 + band * 3) % 5 < 2;
    const layers = [{ name: "only", outputs: 48, codes: groupedCodes(48, 48, 72, alive), groupRows: 72 }];
    return estimate(place(convChain(48, 8, layers), chip(changes), { scheme: "packed" }));
  };

  test.each<[string, object]>([
    ["H-tree, SRAM, layer by layer", {}],
    [
      "bus, registers, pipelined",
      { cost: { chip: { interconnect: "bus", buffer: "registers", timing: "pipelined" } } },
    ],
    ["tiles of one array", { cost: { chip: { arraysPerTile: 1 } } }],
  ])("above it: %s", (_, changes) => {
    const { breakdown, ...report } = packed(changes);
    for (const name of [
      "demux",
      "adderTree",
      "buffer",
      "relu",
      "tileBuffer",
      "indexMemory",
      "interconnect",
    ] as const) {
      const part = breakdown[name]!;
      for (const key of ["area_m2", "latency_s", "energy_J"] as const)
        expect(part[key], name).toBeGreaterThan(0);
    }
    expect(breakdown.leakage!.energy_J).toBe(report.leakage_W! * report.interval_s!);
    expect(report.programming!.latency_s).toBeGreaterThan(0);
  });

  test("a dummy column takes a conversion and its cells", () => {
    const bare = estimateNetwork(network, chip());
    const dummy = estimateNetwork(network, chip({ encoding: { offsetBy: "dummyColumn" } }));
    expect(dummy.counts.cells.reference).toBeGreaterThan(bare.counts.cells.reference);
    expect(dummy.breakdown.adc.energy_J).toBeGreaterThan(bare.breakdown.adc.energy_J);
  });

  test("inputs of one bit have no sum over input bits", () => {
    const names = (inputBits: number) => Object.keys(subArrayReport(chip(), { inputBits }).components);
    expect(names(1)).not.toContain("shiftAddInput");
    expect(names(2)).toContain("shiftAddInput");
  });
});

describe("the controller of a sub-array", () => {
  test("is a small share of it, and grows with what it walks through", () => {
    const { components, total } = subArrayReport(chip(), { activity: 0.5 });
    for (const key of ["area_m2", "energy_J"] as const) {
      expect(components["control"]![key] / total[key]).toBeLessThan(0.1);
    }
    const energy = (changes: object) => parts(changes)["control"]!.energy_J;
    expect(energy({ adc: { bits: 8 } })).toBeGreaterThan(energy({}));
    expect(energy({ cost: { columnsPerConverter: 4 } })).toBeGreaterThan(3 * energy({}));
  });

  test("the reference estimator has none: its chip energies are the sums of its circuits", () => {
    expect(Object.keys(parts({}, "neurosim-reference"))).not.toContain("control");
  });
});

describe("tiles and wires", () => {
  const t = technologyFor({ node_m: 32e-9, roadmap: "LSTP", temperature_K: 300 });
  const { cost } = chip();

  test("a tile's wires grow with its arrays; one array needs none", () => {
    const use = { array_m2: 1e-8, rows: 128, held_bit: 600 };
    const tiles = [1, 4, 16, 64].map((arraysPerTile) => tileOf(t, { ...cost.chip, arraysPerTile }, use));
    expect(tiles[0]!.wires.energy_J).toBe(0);
    for (let i = 1; i < tiles.length; i++) {
      expect(tiles[i]!.wires.energy_J).toBeGreaterThan(tiles[i - 1]!.wires.energy_J);
      expect(tiles[i]!.area_m2).toBeGreaterThan(tiles[i - 1]!.area_m2);
    }
  });

  test("a bit that crosses a wire takes activity · ½ C · V²", () => {
    const use = {
      arrays: 64,
      capacity_bit: 1e5,
      index_bit: 0,
      units: 128,
      tile: { array_m2: 1e-8, rows: 128, held_bit: 600 },
    };
    const moved = { products: 3, inputs: 10, inputBits: 4, outputs: 5, outputBits: 2 };
    const [half, all] = [0.5, 1].map((wireActivity) =>
      fabricOf(t, { ...cost, chip: { ...cost.chip, wireActivity } }, use).wires(moved, 3),
    );
    expect(all!.energy_J / half!.energy_J).toBeCloseTo(2, 12);
    // 150 bits over at least the half of a floor of two by two tiles of 0.4 mm, 0.2 fF/µm of bare wire at 0.9 V.
    expect(all!.energy_J).toBeGreaterThan(150 * 0.5 * 0.4e-3 * 0.2e-9 * 0.81);
    expect(all!.energy_J).toBeLessThan(150 * 0.5 * 4e-3 * 2 * 0.2e-9 * 0.81);
  });
});

describe("memories", () => {
  const t = technologyFor({ node_m: 32e-9, roadmap: "LSTP", temperature_K: 300 });
  test.each([
    ["SRAM", sram],
    ["registers", registerFile],
  ])(
    "%s: area and leakage grow with capacity, and small ones are not rounded up to a whole core",
    (_, memory) => {
      const sizes = [100, 1000, 2560, 5000, 16_384, 20_000, 65_536, 1e6].map((bits) => memory(t, bits));
      for (let i = 1; i < sizes.length; i++) {
        expect(sizes[i]!.area_m2).toBeGreaterThan(sizes[i - 1]!.area_m2);
        expect(sizes[i]!.leakage_W).toBeGreaterThan(sizes[i - 1]!.leakage_W);
      }
      expect(sizes[4]).toMatchObject({ cores: 1, line_bit: 128 });
      expect(sizes[6]!.cores).toBe(4);
      expect(sizes[2]!.area_m2 / sizes[4]!.area_m2).toBeCloseTo(2560 / 16_384, 1);
    },
  );
});

describe("duplication", () => {
  const pipelined = (speedUp: number) => chip({ cost: { chip: { timing: "pipelined", speedUp } } });

  test("a placed network in a pipeline is copied as its sizes alone are", () => {
    const graph = models["lenet5"]!.build(createRandom(1));
    const input = { bits: 4, scale: 1, zeroPoint: 0 };
    const layers = graph.nodes
      .filter(({ op }) => op === "Conv" || op === "Gemm")
      .map(({ name }) => ({ node: name, weightBits: 4, weightScale: 1, input, groupRows: null }));
    const placed = place({ graph, layers }, pipelined(8));
    const byPlacement = estimate(placed);
    const bySizes = estimateNetwork(networkShape(placed.model), pipelined(8));
    const copies = (report: CostReport) => report.layers.map(({ counts }) => counts.copies);
    // Maps of 28 and 12 a side: ⌈(28 / 12)²⌉ copies of the first, which takes two arrays.
    expect(copies(byPlacement)).toEqual([6, 1, 1, 1]);
    expect(copies(bySizes)).toEqual(copies(byPlacement));
    expect(byPlacement.counts.arrays).toBe(byPlacement.counts.arraysOfOneCopy + 10);
    const serial = estimate(place({ graph, layers }, pipelined(1)));
    expect(copies(serial)).toEqual([1, 1, 1, 1]);
    expect(serial.breakdown.adc.energy_J / byPlacement.breakdown.adc.energy_J).toBeCloseTo(1, 12);
  });

  test("copies follow the maps' sides, up to the degree", () => {
    const shapes: NetworkShape = { ...network, layers: [...chainShapes([8], 16), ...chainShapes([16], 4)] };
    const copies = (speedUp: number) =>
      estimateNetwork(shapes, pipelined(speedUp)).layers.map(({ counts }) => counts.copies);
    expect(copies(1)).toEqual([1, 1]);
    expect(copies(2)).toEqual([4, 1]);
    expect(copies(4)).toEqual([16, 1]);
    expect(copies(8)).toEqual([16, 1]);
    expect(estimateNetwork(shapes, pipelined(4)).interval_s).toBeLessThan(
      estimateNetwork(shapes, pipelined(1)).interval_s! / 3,
    );
  });
});

describe("programming", () => {
  const hardware = chip();
  const design = designFor(hardware, hardware.cost, encodingOf(4, hardware.encoding), 4);

  test("takes pulses and a read after each, row after row", () => {
    const { pulse_s, pulses } = hardware.cost.write;
    const { energy_J, latency_s } = programming(design, 1000, 144);
    expect(latency_s).toBeCloseTo(144 * pulses * (pulse_s + 6e-9), 15);
    expect(energy_J).toBeGreaterThan(1000 * pulses * 4 * 5e-6 * pulse_s);
    expect(programming(design, 2000, 144).energy_J / energy_J).toBeCloseTo(2, 12);
  });
});

describe("components from a table among computed ones", () => {
  const table = { columnsPerConverter: 128 };
  test.each(tableComponents.filter((name) => name !== "demux"))("%s of isaac", (name) => {
    const array = { rows: 128, columns: 128 };
    const own = estimateNetwork(network, chip({ array, cost: table }));
    const mixed = estimateNetwork(
      network,
      chip({ array, cost: { ...table, fromTable: [name], table: "isaac" } }),
    );
    for (const other of Object.keys(own.breakdown) as (keyof typeof own.breakdown)[]) {
      if (other === name) expect(mixed.breakdown[other]).not.toEqual(own.breakdown[other]);
      else if (other !== "leakage") expect(mixed.breakdown[other], other).toEqual(own.breakdown[other]);
    }
    expect(mixed.leakage_W).toBeLessThan(own.leakage_W!);
  });

  test("all that Table I of meng2021 prints stands as the table's own estimate has it", () => {
    const alive = (output: number, band: number) => (output + band) % 2 === 0;
    const layers = [{ name: "only", outputs: 48, codes: groupedCodes(48, 48, 72, alive), groupRows: 72 }];
    const model = convChain(48, 8, layers);
    const fromTable = [
      "array",
      "switchMatrix",
      "adc",
      "shiftAddInput",
      "shiftAddWeight",
      "demux",
      "adderTree",
      "buffer",
      "relu",
    ] as const;
    const byTable = estimate(place(model, resolveHardware({ base: "meng2021" }), { scheme: "packed" }));
    const mixed = estimate(
      place(model, chip({ cost: { fromTable, table: "meng2021" } }), { scheme: "packed" }),
    );
    for (const name of fromTable) {
      expect(mixed.breakdown[name].area_m2 / byTable.breakdown[name].area_m2).toBeCloseTo(1, 12);
      if (name === "adc") continue; // its load is assumed in another way
      for (const key of ["energy_J", "latency_s"] as const)
        expect(mixed.breakdown[name][key]).toBeCloseTo(byTable.breakdown[name][key], 18);
    }
  });

  test("a line that the table does not have is refused", () => {
    expect(() => chip({ cost: { fromTable: ["interconnect"], table: "meng2021" } })).toThrow(
      /does not print/,
    );
    expect(() => chip({ cost: { fromTable: ["demux"], table: "isaac" } })).toThrow(/does not print/);
  });
});

describe("in reference mode beyond the configurations that were run", () => {
  const F = 32e-9;
  const um2 = (area_m2: number) => area_m2 * 1e12;
  test.each([
    [32, 16],
    [64, 32],
    [256, 256],
    [512, 128],
    [96, 48],
  ])(
    "%i × %i: cells, converters and the flip-flops of rows by the equations of the description",
    (rows, columns) => {
      const components = parts({ array: { rows, columns }, adc: { bits: 7 } }, "neurosim-reference");
      expect(um2(components["array"]!.area_m2)).toBeCloseTo(um2(rows * columns * 16 * F ** 2), 6);
      expect(um2(components["adc"]!.area_m2)).toBeCloseTo(
        um2(columns * (269 + 209 + 6 * (109 + 73)) * 28 * 7.6 * F ** 2),
        4,
      );
      // Rows stand in columns of ⌊height / 28 F⌋ cells, each four pass gates and twelve inverters wide.
      const stacks = Math.ceil(rows / Math.floor((4 * rows) / 28));
      const cell_m = components["switchMatrix"]!.area_m2 / (rows * 4 * F) / stacks;
      expect(cell_m / F).toBeCloseTo(12 * 7.6 + 4 * 11.4, 6);
    },
  );

  test.each([
    [2, 16],
    [8, 16],
    [16, 16],
    [32, 32],
  ])("%i columns of %i F to a converter: the multiplexer is as high as its decoder at least", (phases) => {
    const { columnMux, columnDecoder } = parts(
      { array: { rows: 128, columns: 128 }, cost: { columnsPerConverter: phases } },
      "neurosim-reference",
    );
    const height_m = columnMux!.area_m2 / (128 * 4 * F);
    expect(height_m).toBeGreaterThanOrEqual(phases * 28 * F * (1 - 1e-9));
    expect(columnDecoder!.area_m2).toBeGreaterThan(0);
  });

  test("energy of a word line: capacitance of wire and gates at the supply, once per driven row", () => {
    const energy = (changes: object, activity: number) =>
      subArrayReport(chip(changes, "neurosim-reference"), { activity }).components["array"]!.energy_J;
    // 7.8718114 fF for 128 columns (golden/neurosim), linear in columns and driven rows.
    expect(energy({ array: { rows: 256, columns: 256 } }, 0.5) * 1e12).toBeCloseTo(
      128 * 2 * 7.8718114e-3 * 0.81,
      5,
    );
    expect(energy({ array: { rows: 64, columns: 32 } }, 0.25) * 1e12).toBeCloseTo(
      (16 * 7.8718114e-3 * 0.81) / 4,
      7,
    );
  });

  test("other cells per weight: registers and adders by the description", () => {
    const sum = (cellBits: number) =>
      parts({ encoding: { cellBits }, cost: { rules: [] } }, "neurosim-reference");
    const [four, two, one] = [1, 2, 4].map((bits) => sum(bits));
    expect(one!["shiftAddWeight"]).toBeUndefined();
    // 5 adder bits of 9 NANDs, 5 + 1 + (cells − 1) flip-flops of 12 inverters: areas in µm² at 32 nm.
    const area = (cells: number) => 32 * (5 * 9 * 0.326862 + (5 + cells) * 2.61489);
    expect(um2(two!["shiftAddWeight"]!.area_m2)).toBeCloseTo(area(2), 1);
    expect(um2(four!["shiftAddWeight"]!.area_m2)).toBeCloseTo(area(4), 1);
  });
});

describe("units", () => {
  const hardware = chip({}, "neurosim-reference");
  const design = designFor(hardware, hardware.cost, encodingOf(4, hardware.encoding), 4);
  const model = readModel(design);
  const t = technologyFor(hardware.cost.technology);
  const tile = tileOf(t, hardware.cost.chip, { array_m2: 1e-8, rows: 144, held_bit: 600 });
  const counts = ["floorPlan", "counts", "copies", "rows", "columns", "cells", "cores", "positions"];
  test.each<[string, object]>([
    ["a read's parts", Object.fromEntries(model.parts)],
    ["areas of the reference estimator", referenceAreas(network.layers, hardware.array, model, () => 2)],
    ["a tile", tile],
    ["an image in reference mode", estimateNetwork(network, hardware)],
    ["programming", programming(design, 10, 10)],
  ])("%s: every quantity's key ends in its unit", (_, value) => {
    const unnamed: string[] = [];
    const walk = (inner: unknown, path: readonly string[], named: boolean): void => {
      if (typeof inner === "number" && !named) unnamed.push(path.join("."));
      if (typeof inner !== "object" || inner === null) return;
      for (const [key, part] of Object.entries(inner)) {
        const unit = unitSuffixes.some((suffix) => key.endsWith(`_${suffix}`));
        walk(part, [...path, key], named || unit || counts.includes(key));
      }
    };
    walk(value, [], false);
    expect(unnamed).toEqual([]);
  });
});

describe("the reference estimator's fitted coefficients", () => {
  // Power of its SAR converter by node, and calibration factors that no other quantity has.
  const fitted =
    /\b(8\.4483|5\.9869|3\.7506|2\.1691|1\.1294|0\.079449|0\.072341|1\.0157|7\.6286|0\.083709)\b/;
  test("stand in its preset alone; Table I's preset has the published law at 32 nm that carries the table", () => {
    const files = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts"))
      .filter((file) => fitted.test(readFileSync(join(root, "src", file), "utf8")));
    expect(files.map((file) => file.replaceAll("\\", "/")).sort()).toEqual([
      "hardware/presets/meng2021.ts",
      "hardware/presets/neurosim-reference.ts",
    ]);
  });

  test("none is in the default's circuits, whose factors are 1 or one half", () => {
    const { converter, calibration, rules } = chip().cost;
    expect(converter).toMatchObject({ kind: "sar", model: "charge" });
    expect(calibration).toEqual({
      levelShifterArea: 1,
      sensingTime: 1,
      registerActivity: 0.5,
      adderActivity: 0.5,
    });
    expect(rules).toEqual([]);
  });
});
