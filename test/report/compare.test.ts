import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { comparisonCsv } from "../../src/report/compare/csv.js";
import { comparisonHtml } from "../../src/report/compare/html.js";
import { compareRuns, distinctNames, type NamedRun } from "../../src/report/compare/runs.js";
import { comparisonText } from "../../src/report/compare/text.js";
import type { Result } from "../../src/report/types.js";
import { resnet20Layers, sampleResult } from "../support/sample-result.js";
import { sampleStages, sampleTraining } from "../support/sample-training.js";
import { all, numberOf, parseXml, textOf, type XmlElement } from "./well-formed.js";

const layersAt = (sparsity: number) =>
  resnet20Layers().map((layer) => ({ ...layer, sparsity: layer.sparsity && sparsity }));
const dense = sampleResult(layersAt(0));
const half = sampleResult(layersAt(0.5));
const runs: readonly NamedRun[] = [
  { name: "lambda0", result: dense },
  { name: "multi-group", result: half },
];
const meta = { title: "two runs", version: "0.1.0" };
const page = parseXml(comparisonHtml(runs, meta));
const figure = (root: XmlElement, id: string) => {
  const found = all(root, "figure").find((e) => e.attributes.get("id") === id);
  if (!found) throw new Error(`no figure ${id}`);
  return found;
};
const longest = (text: string) => Math.max(...text.split("\n").map((line) => [...line].length));

describe("the comparison", () => {
  test("has each run's own figures, and ratios to the first run", () => {
    const [first, second] = compareRuns(runs).runs;
    expect(first).toMatchObject({
      name: "lambda0",
      energy_J: dense.cost.energy_J,
      toFirst: { arrays: 1, energy: 1, latency: 1, area: 1 },
    });
    expect(second!.toFirst).toEqual({
      arrays: half.arrays / dense.arrays,
      energy: half.cost.energy_J / dense.cost.energy_J,
      latency: half.cost.latency_s / dense.cost.latency_s,
      area: half.cost.area_m2 / dense.cost.area_m2,
    });
    expect(second!.mismatchColumns).toEqual(half.data.pruning!.mismatchColumns);
    expect(second!.energyToBaseline.sameRowGroups).toBe(half.cost.energy_J / half.baselineSameBands.energy_J);
    expect(second!.adcSweep.map(({ bits }) => bits)).toEqual([4, 5, 6, null]);
  });

  test("says what does not compare", () => {
    const withData = (result: Result, name: string): Result => ({ ...result, recipe: { data: { name } } });
    const others = [
      { name: "a", result: { ...withData(dense, "cifar10"), hardwareImages: 2000 } },
      { name: "b", result: withData(half, "mnist") },
    ];
    expect(compareRuns(others).notes).toEqual([
      "The data sets differ (cifar10, mnist): accuracies do not compare.",
      "Accuracies on hardware are of different images (the first 2,000, 500): part of their differences is the sample's.",
      "Group sparsities differ by more than a point (0.0 % to 50.0 %): mismatch compares at equal sparsity.",
    ]);
    expect(compareRuns([runs[1]!, { name: "again", result: half }]).notes).toEqual([]);
  });

  test("takes two runs at least, and one name for each", () => {
    expect(() => compareRuns([runs[0]!])).toThrow("there is 1 run to compare");
    expect(() => compareRuns([])).toThrow("there are 0 runs to compare");
    expect(() => compareRuns([runs[0]!, runs[0]!])).toThrow("two runs have the name lambda0");
    const broken = { ...half, arrays: Number.NaN };
    expect(() => compareRuns([runs[0]!, { name: "b", result: broken }])).toThrow("result.arrays is NaN");
  });

  test("names that are alike get their directories", () => {
    const of = (...found: [string, string][]) =>
      distinctNames(found.map(([name, directory]) => ({ name, directory })));
    expect(of(["a", "x"], ["b", "y"])).toEqual(["a", "b"]);
    expect(of(["a", "runs/x"], ["a", "runs/y/"], ["b", "z"])).toEqual(["a (x)", "a (y)", "b"]);
    expect(of(["a", "one/x"], ["a", "two/x"])).toEqual(["a (one/x)", "a (two/x)"]);
    const paths = fc.uniqueArray(fc.stringMatching(/^[a-c]\/[a-c]$/), { minLength: 2, maxLength: 6 });
    fc.assert(
      fc.property(
        paths,
        fc.array(fc.constantFrom("m", "n"), { minLength: 6, maxLength: 6 }),
        (found, names) => {
          const distinct = distinctNames(found.map((directory, i) => ({ name: names[i]!, directory })));
          expect(new Set(distinct).size).toBe(found.length);
        },
      ),
    );
  });
});

describe("as text", () => {
  test("a figure per line, a column per run", () => {
    expect(`\n${comparisonText(compareRuns(runs))}\n`).toMatchInlineSnapshot(`
      "
      Accuracy
                                      lambda0  multi-group   to first
       FP32                           91.72 %      91.72 %   +0.00 pp
       quantised                      90.34 %      90.34 %   +0.00 pp
       pruned                         89.96 %      89.96 %   +0.00 pp
       hardware, its own ADC          81.80 %      81.80 %   +0.00 pp
       4-bit ADC                      72.40 %      72.40 %   +0.00 pp
       5-bit ADC                      81.80 %      81.80 %   +0.00 pp
       6-bit ADC                      87.60 %      87.60 %   +0.00 pp
       ideal ADC                      89.80 %      89.80 %   +0.00 pp
       images on hardware                 500          500

      Pruning
                                      lambda0  multi-group   to first
       zero groups                     0.00 %      50.00 %  +50.00 pp
       zero groups by reads            0.00 %      50.00 %  +50.00 pp
       mismatch columns, by layer           0          376       +376
       mismatch columns, by chunk           0          376       +376
       wasted by mismatch              0.00 %       9.20 %   +9.20 pp

      Compression
                                      lambda0  multi-group   to first
       as the paper counts            16.51 ×      16.51 ×     1.00 ×
       all parameters                 16.08 ×      16.08 ×     1.00 ×
       all counted                     14.9 ×       14.9 ×     1.00 ×

      Chip
                                      lambda0  multi-group   to first
       arrays                             118           96    0.814 ×
       energy per image              888.9 nJ     714.3 nJ    0.804 ×
       latency per image             567.2 µs     567.2 µs     1.00 ×
       area                         1.509 mm²    1.263 mm²    0.837 ×
       energy over full columns       0.633 ×      0.633 ×
       energy over same row groups    0.493 ×      0.493 ×

      Notes
       - Group sparsities differ by more than a point (0.0 % to 50.0 %): mismatch compares at equal
         sparsity.
      "
    `);
  });

  test.each([72, 100, 200])("fits %d columns, each block beginning with the first run", (width) => {
    const many = Array.from({ length: 9 }, (_, i) => ({
      name: `multi-group-with-a-very-long-name-${i}`,
      result: i % 2 === 0 ? half : dense,
    }));
    const text = comparisonText(compareRuns(many), { width });
    expect(longest(text)).toBeLessThanOrEqual(width);
    const heads = text.split("\n").filter((line) => line.includes("to first"));
    expect(heads.length).toBeGreaterThan(4);
    for (const head of heads) expect(head).toMatch(/^ +multi-[a-z-]+….*name-0 /);
    for (let i = 0; i < 9; i++) expect(text).toContain(`name-${i}: multi-group-with-a-very-long-name-${i}`);
  });

  test("where names are cut to the same, numbers stand for them", () => {
    const alike = ["x", "y"].map((letter, i) => ({
      name: `resnet20-${"cifar10-".repeat(4)}${letter}-${"lasso-".repeat(6)}`,
      result: runs[i]!.result,
    }));
    const text = comparisonText(compareRuns(alike));
    expect(text).toMatch(/^ +run 1 +run 2 +to first$/m);
    expect(text.split("\nRuns\n")[1]).toMatch(/^ run 1: resnet20-.*-x-.*\n run 2: resnet20-.*-y-/);
  });

  test("what a run does not have is a dash, and what none has is left out", () => {
    const bare = { ...half, accuracy: { ...half.accuracy, pruned: null } };
    const lone = comparisonText(compareRuns([runs[0]!, { name: "b", result: bare }]));
    expect(lone).toMatch(/^ pruned +89\.96 % +– +–$/m);
    const none = comparisonText(
      compareRuns([
        { name: "a", result: bare },
        { name: "b", result: bare },
      ]),
    );
    expect(none).not.toContain("pruned");
  });

  test("names cannot steer the terminal", () => {
    const text = comparisonText(compareRuns([runs[0]!, { name: "a\u001b[2Jb", result: half }]));
    expect(text).not.toContain("\u001b");
  });
});

describe("as CSV", () => {
  test("has one line per run with as many cells as the head, quoted where needed", () => {
    const named = [runs[0]!, { name: 'a, "b"', result: half }];
    const text = comparisonCsv(compareRuns(named), { directory: ["runs/a", "runs/b"] });
    const lines = text.split("\r\n");
    expect(lines).toHaveLength(4);
    expect(lines[3]).toBe("");
    const [head, first, second] = lines as [string, string, string];
    expect(head.startsWith("run,directory,model,data,hardware,seed,")).toBe(true);
    expect(head.endsWith("accuracy_adc_4,accuracy_adc_5,accuracy_adc_6,accuracy_adc_ideal")).toBe(true);
    expect(second.startsWith('"a, ""b""",runs/b,resnet20-cifar10,,meng2021,1,')).toBe(true);
    const cells = first.split(",");
    expect(cells).toHaveLength(head.split(",").length);
    const at = (name: string) => cells[head.split(",").indexOf(name)];
    expect([at("energy_J"), at("energy_to_first")].map(Number)).toEqual([dense.cost.energy_J, 1]);
    expect(at("accuracy_pruned")).toBe("0.8996");
  });
});

describe("as a page", () => {
  test("is well-formed, loads nothing, is the same for equal results", () => {
    const html = comparisonHtml(runs, meta);
    expect(comparisonHtml(JSON.parse(JSON.stringify(runs)) as NamedRun[], meta)).toBe(html);
    expect(html).not.toMatch(/https?:|\bsrc\s*=|@import|url\((?!#)/);
    expect(all(page, "figure").map((e) => e.attributes.get("id"))).toEqual([
      ...["accuracy-steps", "accuracy-by-width", "training-loss", "training-accuracy", "training-sparsity"],
      ...["zero-groups", "mismatch", "compression", "compare-energy", "compare-latency", "compare-area"],
    ]);
  });

  test("a run has the same colour in every plot", () => {
    const colours = ["accuracy-steps", "training-accuracy", "zero-groups", "compression"].map((id) =>
      all(figure(page, id), "rect", "key").map((key) => key.attributes.get("fill")),
    );
    expect(new Set(colours.map((keys) => keys.join())).size).toBe(1);
    expect(new Set(colours[0]).size).toBe(2);
  });

  test("layers have a bar per run, energy one bar per run and component", () => {
    const shares = half.data.layers.filter(({ groups }) => groups > 0);
    // Nothing is zero in the first run, and a bar of no length is not drawn.
    expect(all(figure(page, "zero-groups"), "rect", "bar")).toHaveLength(shares.length);
    const bars = all(figure(page, "compare-energy"), "rect", "bar").map((bar) => numberOf(bar, "width"));
    const total = (run: number) =>
      bars.slice((run * bars.length) / 2, ((run + 1) * bars.length) / 2).reduce((a, b) => a + b, 0);
    expect(total(1) / total(0)).toBeCloseTo(half.cost.energy_J / dense.cost.energy_J, 2);
  });

  test("the ideal converter stands right of the widest one", () => {
    const plot = figure(page, "accuracy-by-width");
    expect(all(plot, "circle")).toHaveLength(8);
    expect(all(plot, "text", "tick").map(textOf)).toEqual(expect.arrayContaining(["4", "5", "6", "ideal"]));
  });

  test("stages are named over the curves where all runs have the same, and else not", () => {
    expect(all(figure(page, "training-loss"), "rect", "band")).toHaveLength(3);
    const shorter = { ...half, data: { ...half.data, training: sampleTraining(sampleStages.slice(1)) } };
    const root = parseXml(comparisonHtml([runs[0]!, { name: "b", result: shorter }], meta));
    expect(all(figure(root, "training-loss"), "rect", "band")).toEqual([]);
    expect(all(figure(root, "training-loss"), "path", "line")).toHaveLength(5);
  });

  test("runs without training, groups or converters have no plots of them", () => {
    const none = { training: [], pruning: null, adcSweep: [], paired: [] };
    const bare = { ...sampleResult([]), groupSparsity: null };
    const result = { ...bare, data: { ...bare.data, ...none } };
    const root = parseXml(
      comparisonHtml(
        [
          { name: "a", result },
          { name: "b", result },
        ],
        meta,
      ),
    );
    expect(all(root, "figure").map((e) => e.attributes.get("id"))).toEqual([
      ...["accuracy-steps", "compression", "compare-energy", "compare-latency", "compare-area"],
    ]);
  });

  test("names are text, never markup", () => {
    const name = `<script>alert("x")</script>`;
    const root = parseXml(comparisonHtml([runs[0]!, { name, result: half }], { ...meta, title: name }));
    expect(all(root, "script")).toEqual([]);
    expect(textOf(all(root, "h1")[0]!)).toBe(name);
  });
});
