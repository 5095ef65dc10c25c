import { describe, expect, test } from "vitest";
import type { CrossbarPruningReport } from "../../src/compress/prune/crossbar/index.js";
import { crossbarPruningPlots, roundsTable } from "../../src/report/figures/crossbar-pruning.js";
import { htmlReport } from "../../src/report/html.js";
import { parseResult } from "../../src/report/schema.js";
import { terminalReport } from "../../src/report/terminal.js";
import type { Result } from "../../src/report/types.js";
import { sampleResult } from "../support/sample-result.js";

const bins = (counts: Readonly<Record<number, number>>) =>
  Array.from({ length: 20 }, (_, i) => counts[i] ?? 0);

const report: CrossbarPruningReport = {
  stage: "rows",
  mode: "remainder-aware",
  share: 0.1,
  budget_points: 0.5,
  images: 1000,
  dense: { weights: 4000, arrays: 8 },
  start: { weights: 1000, arrays: 5, accuracy: 0.98 },
  end: { weights: 950, arrays: 4, accuracy: 0.979 },
  ended: "budget",
  rounds: [
    { round: 1, weights: 950, arrays: 4, accuracy: 0.979, kept: true, newOrders: 1 },
    { round: 2, weights: 900, arrays: 3, accuracy: 0.97, kept: false, newOrders: 0 },
  ],
  layers: [
    {
      matrix: "fc",
      dense: { weights: 4000, arrays: 8 },
      start: { weights: 1000, arrays: 5 },
      end: { weights: 950, arrays: 4 },
    },
  ],
  utilization: { dense: bins({ 0: 8 }), exchanged: bins({ 1: 1, 3: 4 }), pruned: bins({ 3: 2, 4: 2 }) },
};

function prunedResult(): Result {
  const result = sampleResult();
  return { ...result, data: { ...result.data, crossbarPruning: [report] } };
}

describe("what crossbar-grained pruning did", () => {
  test("weights removed beside arrays freed, of the whole network and of each layer", () => {
    const [removed] = crossbarPruningPlots(report, 0);
    expect(removed!.title).toBe("rows: 20.0 % of the arrays freed by 5.0 % of the weights");
    expect(removed!.table.rows).toEqual([
      ["whole network", "5.0 %", "20.0 %", "50, 1"],
      ["fc", "5.0 %", "20.0 %", "50, 1"],
    ]);
  });

  test("three histograms of utilisation beside one another", () => {
    const [, full] = crossbarPruningPlots(report, 0);
    expect(full!.title).toBe(
      "rows: 0.0 % of the arrays are at most 15 % full, 20.0 % before pruning, 100.0 % before columns were exchanged",
    );
    expect(full!.table.rows[0]).toEqual(["0 to 5 %", "100.0 %", "0.0 %", "0.0 %", "8, 0, 0"]);
    expect(full!.table.rows[3]).toEqual(["15 to 20 %", "0.0 %", "80.0 %", "50.0 %", "0, 4, 2"]);
  });

  test("round by round what is left, and whether it was kept", () => {
    expect(roundsTable(report).rows).toEqual([
      ["start", "1,000 (25.00 %)", "5", "98.00 %", "–", "–"],
      ["1", "950 (23.75 %)", "4", "97.90 %", "−0.10 pp", "kept"],
      ["2", "900 (22.50 %)", "3", "97.00 %", "−1.00 pp", "undone"],
    ]);
  });

  test("goes through result.json into both reports; other results have no word of it", () => {
    const result = parseResult(JSON.stringify(prunedResult()), "result.json");
    expect(result.data.crossbarPruning).toEqual([report]);
    const html = htmlReport(result, { title: "t", version: "1" });
    expect(html).toContain('id="crossbar-pruning-0"');
    expect(html).toContain('id="crossbar-utilization-0"');
    expect(html).toContain("round 2 cost more than 0.5 percentage points and was undone");
    const text = terminalReport(result);
    expect(text).toContain("Crossbar-grained pruning");
    expect(text.replace(/\s+/g, " ")).toContain("50 of 1,000 weights removed and 1 of 5 arrays freed");
    expect(terminalReport(sampleResult())).not.toContain("Crossbar-grained");
    expect(htmlReport(sampleResult(), { title: "t", version: "1" })).not.toContain("Crossbar-grained");
  });

  test("a result that says it wrongly is refused by name", () => {
    const wrong = prunedResult();
    const broken = { ...report, rounds: [{ ...report.rounds[0]!, accuracy: 2 }] };
    const text = JSON.stringify({ ...wrong, data: { ...wrong.data, crossbarPruning: [broken] } });
    expect(() => parseResult(text, "result.json")).toThrow("data.crossbarPruning[0].rounds[0].accuracy is 2");
  });
});
