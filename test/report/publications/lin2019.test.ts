import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  createRandom,
  type FigureRun,
  figureCsv,
  figureFile,
  figurePage,
  makeFigure,
  models,
  parseResult,
} from "../../../src/index.js";
import { published, scarce } from "../../../src/report/publications/lin2019/published.js";
import { knownNetworks } from "../../../src/report/publications/networks.js";
import { elementCount } from "../../../src/tensor.js";
import { type SparseRunOptions, sparseRun } from "../../support/sparse-runs.js";
import { all, parseXml, textOf } from "../well-formed.js";

const figure = (number: string, runs: readonly FigureRun[], network?: string) =>
  makeFigure("lin2019", number, runs, network === undefined ? {} : { network });
const svgOf = (number: string, runs: readonly FigureRun[], network?: string) =>
  parseXml(figureFile(figure(number, runs, network)));

const crossbars = { start: [80, 600], end: [60, 200] } as const;
const pruned = (name: string, options: SparseRunOptions = {}) => sparseRun(name, { crossbars, ...options });

test("made-up runs are results as they stand on disk", () => {
  for (const { directory, result } of [sparseRun("a"), pruned("b")])
    expect(parseResult(JSON.stringify(result), directory).data.equalArea).toEqual(result.data.equalArea);
});

test("what is typed in is what the tables have", () => {
  // Table I in the order of `published`, and Table II.
  expect(Object.values(published).map(({ sparsity }) => sparsity)).toEqual([0.92, 0.89, 0.925, 0.75, 0.75]);
  expect(published["alexnet"]!.table2).toBeUndefined();
  expect(published["resnet18"]!.table2).toEqual({ original: 0.9237, pruned: 0.9207, crossbarPruned: 0.9178 });
  // Crossbar-grained pruning costs no network more than a point (section VI-C).
  for (const { table2 } of Object.values(published))
    if (table2) expect(table2.original - table2.crossbarPruned).toBeLessThan(0.01);
});

describe("networks are known by their matrices", () => {
  test.each([
    ["lenet5", "lenet5"],
    ["resnet18-cifar", "resnet18"],
    ["vgg16-cifar", "vgg16"],
  ])("%s has the weights of %s", (model, name) => {
    const graph = models[model]!.build(createRandom(1));
    const weights = graph.nodes
      .filter(({ op }) => op === "Conv" || op === "Gemm" || op === "MatMul")
      .reduce((sum, node) => sum + elementCount(graph.initializers.get(node.inputs[1]!)!.shape), 0);
    expect(knownNetworks[name]!.weights).toContain(weights);
  });

  test("the ones for ImageNet by their layers' sizes", () => {
    const product = (...sizes: number[]) => sizes.reduce((a, b) => a * b, 1);
    const convolutions = [3, 64, 64, 128, 128, 256, 256, 256, 512, 512, 512, 512, 512, 512];
    const vgg16 = convolutions.slice(1).reduce((sum, n, i) => sum + product(9, convolutions[i]!, n), 0);
    const dense = product(25088, 4096) + product(4096, 4096) + product(4096, 1000);
    expect(knownNetworks["vgg16-imagenet"]!.weights).toEqual([vgg16 + dense]);
    const alexnet =
      product(3, 121, 64) +
      product(64, 25, 192) +
      product(192, 9, 384) +
      product(384, 9, 256) +
      product(256, 9, 256) +
      product(9216, 4096) +
      product(4096, 4096) +
      product(4096, 1000);
    expect(knownNetworks["alexnet"]!.weights).toEqual([alexnet]);
  });
});

describe("figure 4", () => {
  test("a panel per array size, the publication's first, with the shares of all bins", () => {
    const made = figure("4", [sparseRun("a", { size: 32 }), pruned("b", { size: 64 })], "lenet5");
    expect(made.plots.map(({ title }) => title)).toEqual([
      "64 × 64 weights: 25.0 % of the arrays are at most 15 % full, 100.0 % placed dense",
      "32 × 32 weights: 50.0 % of the arrays are at most 15 % full, 100.0 % placed dense",
    ]);
    expect(made.rows).toHaveLength(20 * (3 + 2));
    const row = { source: "runs", network: "lenet5", size: 64, sizeMeans: "weights", runs: "b", seeds: 1 };
    expect(made.rows[1]).toMatchObject({
      ...row,
      state: "dense",
      filledFrom: 0.05,
      filledTo: 0.1,
      share: 0.3,
    });
    expect(made.rows[43]).toMatchObject({
      ...row,
      state: "pruned",
      filledFrom: 0.15,
      arrays: 3,
      share: 0.75,
    });
    expect(made.plots[0]!.table.rows[0]).toEqual([
      "up to 15 %, together",
      "100.0 %",
      "50.0 %",
      "25.0 %",
      "10, 4, 1",
    ]);
    // Bins that no array reaches are left out of the drawing, not of the data.
    expect(made.plots[0]!.table.rows.at(-1)!.at(0)).toBe("15 to 20 %");
    expect(made.missing).toEqual(["32 × 32 weights: runs with crossbar-grained pruning"]);
  });

  test("of a size the run with crossbar-grained pruning, then the sparsity nearest to Table I's", () => {
    const made = figure(
      "4",
      [
        sparseRun("dense90", { size: 64, sparsity: 0.9 }),
        sparseRun("dense80", { size: 64, sparsity: 0.8 }),
        sparseRun("small90", { size: 16, sparsity: 0.9 }),
        sparseRun("small80", { size: 16, sparsity: 0.8 }),
        pruned("pruned80", { size: 64, sparsity: 0.8, crossbars: { ...crossbars, start: [200, 600] } }),
      ],
      "lenet5",
    );
    expect(made.used).toEqual(["pruned80", "small90"]);
    expect(made.passedOver).toEqual([
      {
        reason: "of a recipe beside the one shown of its array size",
        runs: ["dense80", "dense90", "small80"],
      },
    ]);
    expect(made.missing).toEqual([
      "64 × 64 weights: runs with 92.0 % of the weights zero, as in Table I (these have 80.0 %)",
      "16 × 16 weights: runs with 92.0 % of the weights zero, as in Table I (these have 90.0 %)",
      "16 × 16 weights: runs with crossbar-grained pruning",
    ]);
  });

  test("VGG-16 on arrays of 64 × 64 stands beside the text's remark, other sizes do not", () => {
    const vgg = (size: number) => sparseRun(`v${size}`, { network: "vgg16", size, sparsity: 0.925 });
    const made = figure("4", [vgg(64), vgg(32)]);
    const remark = "published, first row: more than: 20.0 %";
    expect(
      all(parseXml(figureFile(made)), "text")
        .map(textOf)
        .filter((text) => text === remark),
    ).toHaveLength(1);
    expect(made.rows.at(-1)).toMatchObject({ source: "section IV", filledTo: 0.15, share: scarce.moreThan });
    expect(figure("4", [sparseRun("a", { size: 64 })], "lenet5").rows.at(-1)!["source"]).toBe("runs");
  });

  test("seeds are counted together", () => {
    const seeds = [
      sparseRun("s1", { size: 64, after: [1, 0, 0, 1] }),
      sparseRun("s2", { size: 64, seed: 2, after: [0, 0, 0, 6] }),
    ];
    const made = figure("4", seeds, "lenet5");
    expect(made.rows[20]).toMatchObject({
      seeds: 2,
      state: "exchanged",
      arrays: 1,
      share: 1 / 8,
      runs: "s1 s2",
    });
  });

  test("arrays are L × L in weights or in cells", () => {
    const made = figure("4", [
      sparseRun("cells", { network: "vgg16", size: 64, columns: 64 }),
      sparseRun("odd", { network: "vgg16", size: 64, columns: 100 }),
      sparseRun("plain", { network: "vgg16", exchanged: false }),
    ]);
    expect(made.rows[0]).toMatchObject({ size: 64, sizeMeans: "cells" });
    expect(made.missing[0]).toBe("runs on arrays of 64 × 64 weights");
    expect(made.passedOver).toEqual([
      { reason: "on arrays that are not L × L, neither in weights nor in cells", runs: ["odd"] },
      { reason: "without exchanged columns (place: { scheme: column-exchange })", runs: ["plain"] },
    ]);
  });
});

describe("figure 6", () => {
  const at = (sparsity: number, weightBits: number, placed: number, more: SparseRunOptions = {}) =>
    sparseRun(`${sparsity}-${weightBits}${more.seed ?? ""}`, {
      ...{ sparsity, weightBits, columns: weightBits === 4 ? 64 : 128 },
      accuracies: [0.99, 0.97, 0.98, placed],
      ...more,
    });
  const runs = [at(0.8, 8, 0.975), at(0.9, 8, 0.97), at(0.8, 4, 0.9), at(0.9, 4, 0.8)];

  test("float once for each sparsity, and a series of each width", () => {
    const made = figure("6", runs, "lenet5");
    expect(
      made.rows.map(({ source, weights, sparsity, accuracy, runs: from }) => [
        ...[source, weights, sparsity, accuracy, from],
      ]),
    ).toEqual([
      ["runs", "float", 0.8, 0.98, "0.8-8"],
      ["runs", "float", 0.9, 0.98, "0.9-8"],
      ["runs", "8 bit", 0.8, 0.975, "0.8-8"],
      ["runs", "4 bit", 0.8, 0.9, "0.8-4"],
      ["runs", "8 bit", 0.9, 0.97, "0.9-8"],
      ["runs", "4 bit", 0.9, 0.8, "0.9-4"],
      ["Tables I and II", undefined, 0.92, 0.9913, undefined],
    ]);
    expect(made.missing).toEqual([]);
    expect([...new Set(made.plots[0]!.table.rows.map(([name]) => name))]).toEqual([
      ...["float", "8-bit weights", "4-bit weights", "Tables I and II", "unpruned", "original, Table II"],
    ]);
  });

  test("arrays change nothing: the same training on others is not counted twice", () => {
    const made = figure("6", [at(0.8, 8, 0.975), at(0.8, 8, 0.975, { size: 64, columns: 256 })], "lenet5");
    expect(made.rows.filter(({ source }) => source === "runs")).toHaveLength(2);
    expect(made.rows[1]).toMatchObject({ seeds: 1, images: 10_000 });
    expect(made.passedOver[0]!.reason).toBe("of a recipe and seed that another run has as well");
    expect(made.missing).toEqual([
      "a second sparsity, float (there is 80.0 %)",
      "a second sparsity, 8-bit weights (there is 80.0 %)",
      "runs of 4-bit weights",
    ]);
  });

  test("seeds are one point with their range; crossbar-grained pruning is no part of it", () => {
    const made = figure("6", [at(0.8, 8, 0.9), at(0.8, 8, 0.92, { seed: 2 }), pruned("p")], "lenet5");
    expect(made.rows[1]).toMatchObject({ seeds: 2, weights: "8 bit" });
    expect(made.rows[1]!["accuracy"]).toBeCloseTo(0.91, 12);
    expect(made.plots[0]!.table.rows[1]!.slice(2, 5)).toEqual(["91.00 %", "90.00 %", "92.00 %"]);
    expect(made.passedOver).toEqual([{ reason: "with crossbar-grained pruning", runs: ["p"] }]);
  });

  test("networks that neither table has stand alone; VGG-16 has the text's bound", () => {
    const alone = figure("6", [at(0.8, 8, 0.9, { network: "resnet56" })], "resnet56");
    expect(alone.rows.every(({ source }) => source === "runs")).toBe(true);
    const vgg = svgOf("6", [at(0.8, 8, 0.93, { network: "vgg16" })]);
    expect(all(vgg, "text").map(textOf)).toContain("8 bits to 95 %, published: above: 92.64 %");
  });
});

describe("figure 8", () => {
  const at = (size: number, sparsity: number, energy: number, more: SparseRunOptions = {}) =>
    sparseRun(`${size}-${sparsity}`, {
      size,
      sparsity,
      gains: { energy, pipelined: null, serial: null },
      ...more,
    });

  test("a series for each array size, gains under other assumptions in the rows", () => {
    const runs = [64, 16, 32].flatMap((size) => [at(size, 0.8, size / 16), at(size, 0.9, size / 8)]);
    const made = figure("8", runs, "lenet5");
    expect([...new Set(made.plots[0]!.table.rows.map(([name]) => name))]).toEqual([
      ...["16 × 16 weights", "32 × 32 weights", "64 × 64 weights", "PRIME"],
    ]);
    expect(made.rows.find(({ size, sparsity }) => size === 32 && sparsity === 0.9)).toEqual({
      ...{ network: "lenet5", size: 32, sizeMeans: "weights", sparsity: 0.9, seeds: 1 },
      ...{ energy_J: 0.25e-6, arrays: 10, converter_bits: 8 },
      ...{ energyGain: 4, energyGainWithoutIndex: 6, energyGainLosslessConverters: 2 },
      ...{ energyGainSameConverters: null, runs: "32-0.9" },
    });
    expect(made.missing).toEqual(["runs on arrays of 128 × 128 weights"]);
  });

  test("other chips, widths and baselines do not belong, and are told why", () => {
    const made = figure(
      "8",
      [
        at(32, 0.8, 2),
        at(32, 0.81, 2, { compose: "digital" }),
        at(32, 0.82, 2, { baseline: "mine" }),
        at(32, 0.83, 2, { weightBits: 4, columns: 64 }),
        pruned("p"),
      ],
      "lenet5",
    );
    expect(made.used).toEqual(["32-0.8"]);
    expect(made.passedOver).toEqual([
      {
        reason:
          "on another chip than the publication's, of 2-bit cells composed before conversion (hardware: { base: lin2019 })",
        runs: ["32-0.81"],
      },
      { reason: "beside mine instead of prime", runs: ["32-0.82"] },
      { reason: "not of 8-bit weights", runs: ["32-0.83"] },
      { reason: "with crossbar-grained pruning", runs: ["p"] },
    ]);
    expect(made.missing).toContain("a second sparsity on arrays of 32 × 32 weights");
  });
});

describe("figures 9 and 10", () => {
  const runs = [
    pruned("lenet-p", { gains: { energy: 5, pipelined: 6, serial: 8 } }),
    sparseRun("lenet", { gains: { energy: 4, pipelined: 2, serial: 3 } }),
    sparseRun("lenet-80", { sparsity: 0.8 }),
    sparseRun("vgg", { network: "vgg16", gains: { energy: 3, pipelined: null, serial: null } }),
    sparseRun("vgg-64", { network: "vgg16", size: 64 }),
  ];

  test("each network at Table I's sparsity, without and with, in the publication's order", () => {
    const made = figure("9", runs);
    expect(
      made.rows.map(({ source, network, crossbarPruning, energyGain, energyGainTo }) => [
        ...[source, network, crossbarPruning, energyGain, energyGainTo],
      ]),
    ).toEqual([
      ["runs", "lenet5", false, 4, null],
      ["runs", "lenet5", true, 5, null],
      ["runs", "vgg16", false, 3, null],
      ["section VI-B", undefined, true, 3, 5],
    ]);
    expect(made.plots[0]!.table.rows.slice(0, 2)).toEqual([
      ["LeNet-5, 92 %", "4 ×", "5 ×", "250 nJ, 200 nJ"],
      ["VGG-16, 92 %", "3 ×", "–", "333.3 nJ, –"],
    ]);
    const texts = all(parseXml(figureFile(made)), "text").map(textOf);
    expect(texts).toEqual(expect.arrayContaining(["published, from: 3 ×", "to: 5 ×", "PRIME: 1 ×"]));
    expect(made.used).toEqual(["lenet", "lenet-p", "vgg"]);
    expect(made.missing).toEqual([
      "runs of AlexNet, ImageNet",
      "VGG-16, CIFAR-10: runs with crossbar-grained pruning",
      "runs of ResNet-18, CIFAR-10",
      "runs of ResNet-20, CIFAR-10",
    ]);
    expect(made.passedOver).toEqual([
      { reason: "on other arrays than 32 × 32 weights", runs: ["vgg-64"] },
      { reason: "at other sparsities than those shown, or trained otherwise", runs: ["lenet-80"] },
    ]);
  });

  test("speeds on the same area and of every layer once; what does not fit is said", () => {
    const made = figure("10", runs);
    expect(made.plots).toHaveLength(2);
    expect(made.plots[0]!.table.rows.slice(0, 4)).toEqual([
      ["LeNet-5, 92 %, pipelined", "2 ×", "6 ×", "500 ns, 166.7 ns"],
      ["LeNet-5, 92 %, serial", "3 ×", "8 ×", "1.333 µs, 500 ns"],
      ["VGG-16, 92 %, pipelined", "–", "–", "–, –"],
      ["VGG-16, 92 %, serial", "–", "–", "–, –"],
    ]);
    expect(made.plots[1]!.table.rows[2]).toEqual(["VGG-16, 92 %, pipelined", "1.25 ×", "–", "1.5 ×, –"]);
    const vgg = made.rows.find(({ network }) => network === "vgg16")!;
    expect(vgg).toMatchObject({ interval_s: null, speedUpPipelined: null, speedUpSerial: null });
    expect(vgg).toMatchObject({ speedUpSerialOnce: 2, areaOverPrime: 1.5, speedUp: null });
    expect(made.rows.slice(-2)).toEqual([
      { source: "abstract", speedUp: 2.5, speedUpTo: 6 },
      { source: "section VI-B, most networks", speedUp: 5 },
    ]);
    expect(made.missing.at(-1)).toMatch(/^VGG-16, CIFAR-10: a speed without .* \(1\.5 mm² against 1 mm²\)$/);
  });
});

describe("figure 11", () => {
  test("shares of the whole network, Table II's accuracies beside", () => {
    const made = figure("11", [pruned("p"), sparseRun("without")]);
    expect(made.rows).toHaveLength(2);
    const [own, paper] = made.rows;
    expect(own).toMatchObject({
      ...{ source: "runs", network: "lenet5", size: 32, seeds: 1, runs: "p" },
      ...{ weightsRemoved: 20 / 1000, arraysFreed: 400 / 1000 },
      ...{ ofKeptWeights: 20 / 80, ofKeptArrays: 400 / 600 },
      ...{ original: 0.99, pruned: 0.98, crossbarPruned: 0.97, placed: 0.96 },
    });
    expect(own!["sparsity"]).toBeCloseTo(0.92, 12);
    expect(paper).toEqual({
      ...{ source: "Tables I and II", network: "lenet5", sparsity: 0.92 },
      ...{ original: 0.9923, pruned: 0.9913, crossbarPruned: 0.9915 },
    });
    expect(made.plots[0]!.table.rows).toEqual([
      ["LeNet-5, 92.0 %", "2.0 %", "40.0 %", "99.00 % → 98.00 % → 97.00 %"],
      ["LeNet-5, Table II", "–", "–", "99.23 % → 99.13 % → 99.15 %"],
    ]);
    expect(made.passedOver).toEqual([{ reason: "without crossbar-grained pruning", runs: ["without"] }]);
  });
});

describe("every figure", () => {
  const numbers = ["4", "6", "8", "9", "10", "11"];
  const runs = [sparseRun("a"), sparseRun("b", { sparsity: 0.8 }), pruned("c")];

  test.each(numbers)("%s: well-formed, the same bytes for the same runs, and as a table", (number) => {
    const made = figure(number, runs, "lenet5");
    expect(figureFile(figure(number, [...runs], "lenet5"))).toBe(figureFile(made));
    const page = figurePage(made, { title: `figure ${number} <1>`, version: "0" });
    const html = parseXml(page.replace("<!DOCTYPE html>\n", ""));
    expect(all(html, "figure")).toHaveLength(made.plots.length);
    expect(all(html, "li").map(textOf)).toEqual(expect.arrayContaining([...made.used]));
    const [head, ...lines] = figureCsv(made).trimEnd().split("\r\n");
    expect(head!.split(",")).toEqual(expect.arrayContaining(Object.keys(made.rows[0]!)));
    expect(lines).toHaveLength(made.rows.length);
  });

  test.each(numbers)("%s: refused where nothing fits, with the reasons", (number) => {
    expect(() => figure(number, [])).toThrow("there are no finished runs");
    const other = sparseRun("x", { network: "resnet56" });
    expect(() => figure(number, [other])).toThrow("1 of another network (resnet56)");
    const { sparsity: _, ...data } = sparseRun("y", { network: "vgg16" }).result.data;
    const unpruned = { directory: "y", result: { ...sparseRun("y").result, data } };
    expect(() => figure(number, [unpruned], "vgg16")).toThrow("1 of another network (vgg16)");
    const cifar = { ...unpruned.result, recipe: { data: { name: "cifar10" } } };
    expect(() => figure(number, [{ directory: "y", result: cifar }])).toThrow(
      "1 in which no single weights were pruned",
    );
  });

  test("docs/sweeps.md says what each needs", () => {
    const text = readFileSync(join(import.meta.dirname, "../../../docs/sweeps.md"), "utf8");
    const section = text.slice(text.indexOf("figure lin2019"));
    for (const number of numbers) expect(section).toMatch(new RegExp(`^\\| ${number} \\|`, "m"));
  });
});
