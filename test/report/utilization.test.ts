import { describe, expect, test } from "vitest";
import { utilizationPlots } from "../../src/report/figures/utilization.js";
import { parseResult } from "../../src/report/schema.js";
import type { Result } from "../../src/report/types.js";
import { sampleResult } from "../support/sample-result.js";

/** 4 arrays at most 5 % full and 4 full ones become one of 15 % and one full one, in each of two layers. */
function exchangedResult(): Result {
  const result = sampleResult();
  const bins = (counts: Readonly<Record<number, number>>) =>
    Array.from({ length: 20 }, (_, i) => counts[i] ?? 0);
  const exchange = {
    index_bit: 512,
    inputSchedule_bit: 1000,
    utilization: { dense: bins({ 0: 4, 19: 4 }), exchanged: bins({ 2: 1, 19: 1 }) },
  };
  const layers = result.data.layers.slice(0, 2).map((layer) => ({ ...layer, exchange }));
  return { ...result, data: { ...result.data, layers } };
}

describe("utilisation of the arrays", () => {
  test("is no figure where no columns were exchanged", () => {
    expect(utilizationPlots(sampleResult())).toEqual([]);
  });

  test("stands bin by bin beside that of the dense map", () => {
    const [plot] = utilizationPlots(parseResult(JSON.stringify(exchangedResult()), "result.json"));
    expect(plot!.title).toBe(
      "50.0 % of the arrays are at most 15 % full, 50.0 % before columns were exchanged",
    );
    expect(plot!.description).toContain("4 arrays, and as marks the 16 of the same weights placed dense");
    expect(plot!.description).toContain("1,024 bits of index, and 2,000 bits");
    expect(plot!.table.rows[0]!.slice(0, 3)).toEqual(["0 to 5 %", "0.0 %", "50.0 %"]);
    expect(plot!.table.rows[2]!.slice(0, 3)).toEqual(["10 to 15 %", "50.0 %", "0.0 %"]);
    expect(plot!.table.rows[19]!.slice(0, 3)).toEqual(["95 to 100 %", "50.0 %", "50.0 %"]);
  });
});
