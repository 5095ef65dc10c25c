import { describe, expect, test } from "vitest";
import { terminalReport } from "../../src/report/terminal.js";
import type { Result } from "../../src/report/types.js";
import { resnet20Layers, sampleResult } from "../support/sample-result.js";

const small = sampleResult(resnet20Layers().slice(0, 3));
const longest = (text: string) => Math.max(...text.split("\n").map((line) => [...line].length));

describe("terminalReport", () => {
  test("prints the whole run", () => {
    expect(`\n${terminalReport(small)}\n`).toMatchInlineSnapshot(`
      "
      Accuracy
       step                         accuracy    to FP32  images
       FP32                          91.72 %   +0.00 pp  10,000
       quantise                      90.34 %   −1.38 pp  10,000
       prune                         89.21 %   −2.51 pp  10,000
       fine-tune                     89.96 %   −1.76 pp  10,000
       fine-tune, simulated images   90.00 %   −1.72 pp     500
       ideal ADC                     89.80 %   −1.92 pp     500
       6-bit ADC                     87.60 %   −4.12 pp     500
       5-bit ADC                     81.80 %   −9.92 pp     500
       4-bit ADC                     72.40 %  −19.32 pp     500
       ADC: 4 bit 72.40 %, 5 bit 81.80 %, 6 bit 87.60 %, ideal 89.80 % (500 images)
       Against software on the same 500 images, in percentage points with 95 % intervals: ideal −0.20
         (−3.90 to +3.50), 6 bit −2.40 (−6.23 to +1.45), 5 bit −8.20 (−12.42 to −3.91), 4 bit −17.60
         (−22.24 to −12.82)
       Integer against float network: 1 of 500 predictions and 2,311 of 93,900,000 activation codes differ

      Stages
       stage                          steps  validation     test
       start (train)                      –     92.14 %  91.72 %
       quantise (quantization-aware)  2,000     90.98 %  90.34 %
       prune (multi-group-lasso)      6,000     89.52 %  89.21 %
       fine-tune (fine-tuning)          800     90.12 %  89.96 %

      Hardware
       network    resnet20-cifar10, 269,722 parameters, 40,551,424 multiply-accumulates
       hardware   meng2021 (source meng2021)
       arrays of  144 word lines × 32 bit lines, 72 word lines driven at once
       ADC        5 bit, range rule percentile
       encoding   cellBits 2, sign offset, compose digital, offsetBy digital
       seed       1

      Placement
       arrays                3
       cells used            8,064 (58.3 %)
       cells wasted          288 (2.1 %)
       cells empty           5,472 (39.6 %)
       index memory          3,712 bit as a bitmap, 9,874 bit explicit
       compression           paper 16.51 ×, parameters 16.08 ×, honest 14.9 ×
       zero groups           21.88 %
       zero groups by reads  21.88 %
       mismatch columns      4 by layer, 4 by chunk
       wasted by mismatch    3.8 % of the cells in used columns

      Cost of one image, and of the chip
                 this chip  full columns    ratio  same row groups    ratio
       energy       127 nJ      200.6 nJ  0.633 ×         257.8 nJ  0.493 ×
       latency    191.7 µs      136.1 µs   1.41 ×         214.7 µs  0.893 ×
       area     0.2235 mm²    0.3353 mm²  0.667 ×       0.3398 mm²  0.658 ×
       Baselines: the same network unpruned at the same precision, read in full columns and in the same
         row groups; ratio: this chip over the baseline.

      Layers
       layer                        weights  zero grp  arrays    used  wasted  driven    energy  latency
       /conv1/Conv                    27×16         –       1  18.8 %   0.0 %  34.0 %   25.4 nJ  63.9 µs
       /layer1/layer1.0/conv1/Conv   144×16    21.9 %       1  78.1 %   3.1 %  32.3 %  50.79 nJ  63.9 µs
       /layer1/layer1.0/conv2/Conv   144×16    21.9 %       1  78.1 %   3.1 %  30.7 %  50.79 nJ  63.9 µs

      Other readings of the source
       reading                  energy   latency
       tableIEnergyScope bit  393.6 nJ  191.7 µs
       buffer latency serial    127 nJ  1.419 ms

      Notes
       - Not in the table of meng2021, so not priced: index memory, pooling, residual additions, control
         and wires.
       - Adder trees of 4 stages are extrapolated; the table ends at 3.
      "
    `);
  });

  test.each([72, 80, 100, 160])("fits %d columns", (width) => {
    const layers = resnet20Layers().map((layer) => ({
      ...layer,
      name: `/model/${"deep/".repeat(12)}${layer.name}`,
    }));
    expect(longest(terminalReport(sampleResult(layers), { width }))).toBeLessThanOrEqual(width);
  });

  test("keeps all columns of the layer table where there is room, and leaves out the least needed where not", () => {
    const head = (width: number) =>
      terminalReport(sampleResult(), { width })
        .split("\n")
        .find((line) => line.startsWith(" layer "))!
        .trim()
        .split(/ {2,}/);
    expect(head(140)).toEqual([
      "layer",
      "weights",
      "positions",
      "zero grp",
      "arrays",
      "used",
      "wasted",
      "driven",
      "energy",
      "latency",
    ]);
    expect(head(100)).toEqual([
      "layer",
      "weights",
      "zero grp",
      "arrays",
      "used",
      "wasted",
      "driven",
      "energy",
      "latency",
    ]);
    expect(head(72)).toEqual(["layer", "zero grp", "arrays", "used", "wasted", "energy"]);
  });

  test("a narrower terminal gets the layout for 72 columns", () => {
    expect(terminalReport(small, { width: 20 })).toBe(terminalReport(small, { width: 72 }));
  });

  test("colours change nothing but the looks", () => {
    const coloured = terminalReport(small, { color: true });
    const plain = terminalReport(small);
    expect(coloured).toContain("\u001b[1mAccuracy\u001b[22m");
    const stripped = ["\u001b[1m", "\u001b[2m", "\u001b[22m"].reduce(
      (text, code) => text.replaceAll(code, ""),
      coloured,
    );
    expect(stripped.split("\n").map((line) => line.trimEnd())).toEqual(plain.split("\n"));
    expect(plain).not.toContain("\u001b");
  });

  test("names cannot steer the terminal", () => {
    const layers = [{ ...resnet20Layers()[0]!, name: "a\u001b[2Jb\u202ec\nd" }];
    const report = terminalReport(sampleResult(layers));
    expect(report).toContain("a\ufffd[2Jb\ufffdc\ufffdd");
    for (const character of ["\u001b", "\u202e"]) expect(report).not.toContain(character);
  });

  test("says what did not run, and leaves out what there is not", () => {
    const bare: Result = {
      ...sampleResult([]),
      accuracy: { fp32: null, quantized: null, pruned: null, hardware: null },
      groupSparsity: null,
      readWeightedSparsity: null,
    };
    const empty = {
      ...bare,
      cost: { ...bare.cost, alternatives: [], notes: [] },
      data: {
        ...{ ...bare.data, ladder: [], adcSweep: [], integerVersusFloat: null },
        ...{ training: [], stages: [], pruning: null, paired: [] },
      },
    };
    const report = terminalReport(empty);
    expect(report).toContain("Accuracy\n not run: fp32, quantized, pruned, hardware\n");
    for (const missing of [
      "Layers",
      "Stages",
      "Notes",
      "Other readings",
      "zero groups",
      "mismatch",
      "Against",
      "NaN",
    ])
      expect(report).not.toContain(missing);
  });

  test("a baseline of zero has no ratio", () => {
    const baseline = { ...small.baseline, energy_J: 0 };
    const line = terminalReport({ ...small, baseline })
      .split("\n")
      .find((text) => text.startsWith(" energy"))!;
    expect(line).toMatch(/0 J {2,}– /);
  });

  test("marks the reading that was chosen, and says each note once", () => {
    const cost = {
      ...small.cost,
      alternatives: [
        { name: "scope mvm", chosen: true, energy_J: 1e-6 },
        { name: "scope bit", energy_J: 2e-6 },
      ],
      notes: ["wires are free"],
    };
    const report = terminalReport({
      ...small,
      cost,
      baseline: { ...small.baseline, notes: ["wires are free"] },
    });
    expect(report).toMatch(/scope mvm \(chosen\) {2,}1 µJ/);
    expect(report).toMatch(/scope bit {2,}2 µJ/);
    expect(report.split("wires are free")).toHaveLength(2);
  });

  test("refuses numbers that are none", () => {
    const accuracy = { ...small.accuracy, hardware: Number.NaN };
    expect(() => terminalReport({ ...small, accuracy })).toThrow("result.accuracy.hardware is NaN");
  });
});
