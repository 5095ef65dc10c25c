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
import { published } from "../../../src/report/publications/meng2021/published.js";
import { knownNetworks } from "../../../src/report/publications/networks.js";
import { elementCount } from "../../../src/tensor.js";
import { prunedRun } from "../../support/pruned-runs.js";
import { all, numberOf, parseXml, textOf } from "../well-formed.js";

const figure = (number: string, runs: readonly FigureRun[], network?: string) =>
  makeFigure("meng2021", number, runs, network === undefined ? {} : { network });
const svgOf = (number: string, runs: readonly FigureRun[]) => parseXml(figureFile(figure(number, runs)));

const sizes = [144, 72, 36].flatMap((groupRows) =>
  [0.2, 0.4].map((sparsity, i) =>
    prunedRun(`g${groupRows}-${i}`, {
      groupRows,
      lambda: 1e-3 * (i + 1),
      sparsity,
      software: 0.91 - 0.02 * i,
      ratio: 1 - sparsity,
    }),
  ),
);

test("made-up runs are results as they stand on disk", () => {
  for (const { directory, result } of sizes)
    expect(parseResult(JSON.stringify(result), directory).groupSparsity).toBe(result.groupSparsity);
});

describe("networks are known by their matrices", () => {
  test.each([
    ["lenet5", "lenet5"],
    ["resnet20-a", "resnet20"],
    ["resnet20-b", "resnet20"],
    ["resnet56-a", "resnet56"],
    ["resnet56-b", "resnet56"],
    ["resnet18-cifar", "resnet18"],
    ["vgg8", "vgg8"],
    ["vgg16-cifar", "vgg16"],
    ["resnet18-imagenet", "resnet18-imagenet"],
  ])("%s has the weights of %s", (model, name) => {
    const graph = models[model]!.build(createRandom(1));
    const weights = graph.nodes
      .filter(({ op }) => op === "Conv" || op === "Gemm" || op === "MatMul")
      .reduce((sum, node) => sum + elementCount(graph.initializers.get(node.inputs[1]!)!.shape), 0);
    expect(knownNetworks[name]!.weights).toContain(weights);
  });
});

test("the published rates of table II follow from its sparsities, those of ResNets exactly", () => {
  // Compression is (32 / 4) / (1 − sparsity); the printed figures, some of them cut instead of rounded.
  const printed = {
    resnet20: [12.22, 16.51, 18.36],
    resnet18: [57.72, 65.35, 84.38],
    "resnet18-imagenet": [9.91, 10.49, 10.87],
  };
  for (const [name, rates] of Object.entries(printed)) {
    const rows = published[name as keyof typeof printed].table2;
    rows.forEach(({ groupSparsity }, i) => {
      expect(Math.abs(8 / (1 - groupSparsity) - rates[i]!)).toBeLessThan(0.0101);
    });
  }
});

describe("figure 2", () => {
  test("draws the runs by group size, and table II outlined beside them", () => {
    const made = figure("2", sizes);
    const svg = parseXml(figureFile(made));
    // A dot per run and one per size in the legend.
    expect(all(svg, "circle", "dot")).toHaveLength(6 + 3);
    expect(all(svg, "path", "hollow")).toHaveLength(3 + 3);
    expect(all(svg, "path", "line")).toHaveLength(3 + 3);
    expect(all(svg, "text").map(textOf)).toEqual(
      expect.arrayContaining(["FP32: 92.00 %", "FP32, Table II: 91.95 %", "36 × 1, Table II"]),
    );
    expect(made.missing).toEqual([]);
    expect(made.used).toHaveLength(6);
    expect(made.rows.filter(({ source }) => source === "Table II")).toMatchObject([
      { groupRows: 144, groupSparsity: 0.3454, accuracy: 0.9124 },
      { groupRows: 72, groupSparsity: 0.5156, accuracy: 0.9103 },
      { groupRows: 36, groupSparsity: 0.5643, accuracy: 0.9088 },
    ]);
  });

  test("a point stands where its sparsity and accuracy say", () => {
    const svg = svgOf("2", sizes);
    const [first, second] = all(svg, "circle", "dot").slice(-6, -4);
    // The sparser of two is further right, the less accurate lower.
    expect(numberOf(second!, "cx")).toBeGreaterThan(numberOf(first!, "cx"));
    expect(numberOf(second!, "cy")).toBeGreaterThan(numberOf(first!, "cy"));
    expect(textOf(first!)).toBe("144 × 1: 20.0 %, 91.00 %, seed 1, lambda 0.001");
  });

  test("seeds of one recipe are one point: the mean, with their range", () => {
    const seeds = [0.9, 0.91, 0.92].map((software, i) =>
      prunedRun(`s${i}`, { seed: i + 1, sparsity: 0.3 + 0.01 * i, software }),
    );
    const { rows, plots } = figure("2", seeds);
    expect(rows[0]).toMatchObject({ seeds: 3, groupRows: 72, runs: "s0 s1 s2" });
    expect(rows[0]!["groupSparsity"]).toBeCloseTo(0.31, 12);
    expect(rows[0]!["accuracy"]).toBeCloseTo(0.91, 12);
    expect(plots[0]!.table.rows[0]).toEqual([
      "72 × 1",
      "31.0 %",
      "91.00 %",
      "90.00 %",
      "92.00 %",
      "3 seeds, lambda 0.002",
    ]);
  });

  test("says what is missing, and why runs are not in it", () => {
    const unpruned = prunedRun("float");
    const without = { ...unpruned.result.recipe, stages: [{ stage: "post-training-quantization" }] };
    const eightBits = unpruned.result.data.layers.map((layer) => ({ ...layer, weightBits: 8 }));
    const made = figure("2", [
      ...sizes.slice(0, 3),
      prunedRun("mnist", { dataset: "mnist" }),
      { directory: "float", result: { ...unpruned.result, recipe: without } },
      {
        directory: "wide",
        result: { ...unpruned.result, data: { ...unpruned.result.data, layers: eightBits } },
      },
      prunedRun("small", {
        layers: [{ name: "fc", inputs: 4, outputs: 4, positions: 1, window: 9, sparsity: 0.5 }],
      }),
    ]);
    expect(made.missing).toEqual([
      "a second sparsity with 72 × 1 groups (there is 20.0 %)",
      "runs with 36 × 1 groups",
    ]);
    expect(made.passedOver).toEqual([
      { reason: "of another network (resnet20-cifar10)", runs: ["mnist", "small"] },
      { reason: "that no stage has pruned", runs: ["float"] },
      { reason: "not of 4-bit weights and activations", runs: ["wide"] },
    ]);
  });

  test("a run that is found twice counts once", () => {
    const made = figure("2", [prunedRun("a"), prunedRun("copy"), prunedRun("b", { seed: 2 })]);
    expect(made.rows[0]).toMatchObject({ seeds: 2, runs: "a b" });
    expect(made.passedOver).toEqual([
      { reason: "of a recipe and seed that another run has as well", runs: ["copy"] },
    ]);
  });

  test("other methods are series of their own", () => {
    const made = figure("2", [
      ...sizes,
      prunedRun("p", { method: "plain" }),
      prunedRun("m", { method: "magnitude" }),
      prunedRun("f", { method: "filters" }),
      prunedRun("pm", { method: "plain", thenMagnitude: true }),
      prunedRun("mm", { thenMagnitude: true }),
    ]);
    const names = new Set(made.plots[0]!.table.rows.map(([name]) => name));
    expect(names).toContain("72 × 1, plain group Lasso");
    expect(names).toContain("72 × 1, magnitude");
    expect(names).toContain("whole filters by magnitude");
    expect(names).toContain("72 × 1, plain group Lasso, then magnitude");
    expect(names).toContain("72 × 1, multi-group Lasso, then magnitude");
  });

  test("magnitude behind a penalty of lambda 0 is magnitude", () => {
    const made = figure("2", [...sizes, prunedRun("m", { lambda: 0, thenMagnitude: true })]);
    expect(made.rows.find(({ runs }) => runs === "m")).toMatchObject({ method: "magnitude", lambda: null });
  });
});

describe("figure 5", () => {
  const multi = (name: string, sparsity: number, mismatch: number, seed = 1) =>
    prunedRun(name, { sparsity, mismatch, seed, lambda: sparsity / 100 });
  const plain = (name: string, sparsity: number, mismatch: number, seed = 1) =>
    prunedRun(name, { method: "plain", sparsity, mismatch, seed, lambda: sparsity / 100 });

  test("takes the sparsest pair within one point of sparsity, and never lambda 0", () => {
    const runs = [
      multi("m20", 0.2, 1),
      plain("p20", 0.2, 5),
      multi("m40", 0.4, 2),
      plain("p40", 0.405, 8),
      plain("p70", 0.7, 9),
      prunedRun("m0", { lambda: 0, sparsity: 0.9, mismatch: 0 }),
      prunedRun("p0", { lambda: 0, sparsity: 0.9, mismatch: 0, method: "plain" }),
    ];
    const made = figure("5", runs);
    expect(made.used).toEqual(["m40", "p40"]);
    // 18 layers with groups.
    expect(made.title).toBe("Mismatched columns of ResNet-20: 144 with plain, 36 with multi-group Lasso");
    expect(made.description).toContain("Group sparsities are 40.5 % and 40.0 %");
    expect(made.description).toContain("Counted chunk by chunk, as the arrays see it: 180 and 72.");
    expect(made.description).not.toContain("NOT");
    expect(made.rows).toHaveLength(36);
    expect(made.missing).toEqual(["three seeds of each method (there is one)"]);
    expect(made.passedOver).toEqual([
      { reason: "with lambda 0", runs: ["m0", "p0"] },
      { reason: "at other sparsities than the pair shown", runs: ["m20", "p20", "p70"] },
    ]);
    expect(all(svgOf("5", runs), "rect", "bar")).toHaveLength(36);
  });

  test("says where magnitude took the weakest groups behind a penalty", () => {
    const settled = prunedRun("p", { method: "plain", thenMagnitude: true, sparsity: 0.4 });
    const made = figure("5", [multi("m", 0.4, 2), settled]);
    expect(made.used).toEqual(["m", "p"]);
    expect(made.plots[0]!.table.columns.join()).toContain("plain group Lasso, then magnitude (40.0 %");
  });

  test("an unfair pair is called one", () => {
    const made = figure("5", [multi("m", 0.2, 1), plain("p", 0.3, 5)]);
    expect(made.description).toContain("NOT a fair comparison");
    expect(made.missing[0]).toBe("runs of both methods at the same sparsity (these are 10.0 % apart)");
  });

  test("means and ranges over seeds", () => {
    const seeds = [1, 2, 3].flatMap((seed) => [
      multi(`m${seed}`, 0.3, 2, seed),
      plain(`p${seed}`, 0.3, 4 + 2 * seed, seed),
    ]);
    const made = figure("5", seeds);
    expect(made.title).toBe("Mismatched columns of ResNet-20: 144 with plain, 36 with multi-group Lasso");
    expect(made.missing).toEqual([]);
    expect(made.plots[0]!.table.rows[0]!.slice(1)).toEqual(["8", "2", "8 (6 to 10), 2"]);
  });

  test("results of before pruning data hold the layers' own figure", () => {
    const old = [multi("m", 0.3, 2), plain("p", 0.3, 8)].map(({ directory, result }) => ({
      directory,
      result: { ...result, data: { ...result.data, pruning: null } },
    }));
    const made = figure("5", old);
    expect(made.title).toContain(": 144 with plain, 36 with multi-group");
    expect(made.description).not.toContain("chunk by chunk");
  });

  test("one method alone is refused", () => {
    expect(() => figure("5", [multi("m", 0.3, 2)])).toThrow(
      "figure 5 compares two methods, and there are runs of multi-group Lasso only",
    );
  });
});

describe("figure 6", () => {
  test("a panel per network, a series per group size and converter width", () => {
    const made = figure("6", sizes);
    expect(made.plots.map(({ title }) => title)).toEqual(["ResNet-20, CIFAR-10"]);
    const series = [...new Set(made.plots[0]!.table.rows.map(([name]) => name))];
    expect(series).toEqual([
      "144 × 1, 5-bit ADC",
      "144 × 1, 6-bit ADC",
      "72 × 1, 5-bit ADC",
      "72 × 1, 6-bit ADC",
      "36 × 1, 5-bit ADC",
      "36 × 1, 6-bit ADC",
      "144 × 1, Table II (software)",
      "72 × 1, Table II (software)",
      "36 × 1, Table II (software)",
    ]);
    expect(made.rows.filter(({ source }) => source === "runs")).toHaveLength(12);
    expect(made.rows[0]).toMatchObject({ groupRows: 144, adcBits: 5, groupSparsity: 0.2, images: 500 });
    expect(made.rows[0]!["accuracy"]).toBeCloseTo(0.89, 12);
    expect(made.missing).toEqual([
      "runs of VGG-8, CIFAR-10",
      "runs of ResNet-18, CIFAR-10",
      "runs of ResNet-18, ImageNet",
    ]);
  });

  test("widths that were not simulated are missing; groups that are read in parts do not belong", () => {
    const split = prunedRun("split", { groupRows: 144 });
    const { hardware } = split.result.data;
    const parts = { ...hardware, array: { ...hardware.array, activeRows: 72 } };
    const made = figure("6", [
      prunedRun("five", { adc: { 5: 0.8 } }),
      { directory: "split", result: { ...split.result, data: { ...split.result.data, hardware: parts } } },
      prunedRun("plain", { method: "plain" }),
    ]);
    expect(made.used).toEqual(["five"]);
    expect(made.missing).toContain("ResNet-20, CIFAR-10: 6-bit converters with 72 × 1 groups");
    expect(made.passedOver.map(({ reason }) => reason)).toEqual([
      "with 144-row groups of which 72 rows are read at once",
      "pruned otherwise (plain group Lasso)",
    ]);
  });
});

describe("figure 7", () => {
  test("three panels of ratios to the baseline, the published savings at the run nearest to table II", () => {
    const made = figure("7", sizes);
    expect(made.plots.map(({ title }) => title)).toEqual([
      "Energy per image",
      "Latency per image",
      "Area of the chip",
    ]);
    const near = made.rows.filter((row) => row["publishedEnergyOverBaseline"] !== null);
    expect(near).toMatchObject([{ groupRows: 72, groupSparsity: 0.4 }]);
    expect(near[0]!["publishedEnergyOverBaseline"]).toBeCloseTo(0.63, 12);
    expect(near[0]!["publishedAreaOverBaseline"]).toBeCloseTo(0.667, 12);
    expect(near[0]!["energyOverBaseline"]).toBeCloseTo(0.6, 12);
    const svg = parseXml(figureFile(made));
    expect(all(svg, "rect", "bar")).toHaveLength(18);
    // One mark for energy, one for area, and one in the legend of each.
    expect(all(svg, "line", "marker")).toHaveLength(4);
    expect(made.missing).toEqual(["runs of VGG-8, CIFAR-10", "runs of ResNet-18, CIFAR-10"]);
  });
});

describe("every figure", () => {
  const runs = [...sizes, prunedRun("plain", { method: "plain", sparsity: 0.4, mismatch: 9 })];

  test.each(["2", "5", "6", "7"])(
    "%s: well-formed, the same bytes for the same runs, and as a table",
    (number) => {
      const made = figure(number, runs);
      expect(figureFile(figure(number, [...runs].reverse().reverse()))).toBe(figureFile(made));
      const page = figurePage(made, { title: `figure ${number} <1>`, version: "0" });
      const html = parseXml(page.replace("<!DOCTYPE html>\n", ""));
      expect(all(html, "figure")).toHaveLength(made.plots.length);
      expect(all(html, "li").map(textOf)).toEqual(expect.arrayContaining([...made.used]));
      const [head, ...lines] = figureCsv(made).trimEnd().split("\r\n");
      expect(head!.split(",")).toEqual(Object.keys(made.rows[0]!));
      expect(lines).toHaveLength(made.rows.length);
    },
  );

  test.each(["2", "5", "6", "7"])("%s: refused where nothing fits, with the reasons", (number) => {
    expect(() => figure(number, [])).toThrow("there are no finished runs");
    expect(() => figure(number, [prunedRun("x", { dataset: "mnist" })])).toThrow(
      "1 of another network (resnet20-cifar10)",
    );
  });

  test("another network has no published points", () => {
    const layers = [
      { name: "conv1", inputs: 1, outputs: 20, positions: 576, window: 25, sparsity: null },
      { name: "conv2", inputs: 20, outputs: 50, positions: 64, window: 25, sparsity: 0.5 },
      { name: "fc1", inputs: 800, outputs: 500, positions: 1, window: 1, sparsity: 0.5 },
      { name: "fc2", inputs: 500, outputs: 10, positions: 1, window: 1, sparsity: null },
    ];
    const small = prunedRun("lenet", { layers, dataset: "mnist" });
    const made = figure("2", [small, ...sizes], "lenet5");
    expect(made.used).toEqual(["lenet"]);
    expect(made.rows).toHaveLength(1);
    expect(all(parseXml(figureFile(made)), "path", "hollow")).toHaveLength(0);
    expect(() => figure("2", [small], "lenet")).toThrow("the network is lenet");
  });

  test("unknown figures are named with those that there are", () => {
    expect(() => figure("3", sizes)).toThrow("FIGURE is 3");
    expect(() => makeFigure("meng2020", "2", sizes)).toThrow("PAPER is meng2020");
  });
});
