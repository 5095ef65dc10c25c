import { describe, expect, test } from "vitest";
import { parseResult } from "../../src/report/schema.js";
import { sampleResult } from "../support/sample-result.js";

const text = (change: (result: Record<string, unknown>) => void): string => {
  const result = JSON.parse(JSON.stringify(sampleResult())) as Record<string, unknown>;
  change(result);
  return JSON.stringify(result);
};

describe("result.json", () => {
  test("comes back as it was written, with keys that a later version added", () => {
    const written = text((result) => {
      result["later"] = { something: 1 };
    });
    expect(parseResult(written, "result.json")).toEqual(JSON.parse(written));
  });

  test("of before training and pruning reads as one in which neither took place", () => {
    const old = text((result) => {
      for (const key of ["training", "pruning", "stages", "paired"])
        delete (result["data"] as Record<string, unknown>)[key];
    });
    const { data } = parseResult(old, "result.json");
    expect(data).toMatchObject({ training: [], pruning: null, stages: [] });
    expect(data.paired).toBeUndefined();
  });

  test.each([
    ["{", "result.json is no valid JSON"],
    ["[]", "result.json: the whole is []"],
    [text((r) => delete r["cells"]), "result.json: cells is missing"],
    [text((r) => Object.assign(r, { version: 2 })), "result.json: version is 2"],
    [
      text((r) => Object.assign(r["accuracy"] as object, { fp32: 88.6 })),
      "result.json: accuracy.fp32 is 88.6",
    ],
    [
      text((r) => Object.assign((r["data"] as { layers: object[] }).layers[1]!, { activity: "x" })),
      'result.json: data.layers[1].activity is "x"',
    ],
    [
      text((r) => Object.assign((r["data"] as { paired: object[] }).paired[0]!, { low: -1.5 })),
      "result.json: data.paired[0].low is -1.5",
    ],
    [
      text((r) =>
        Object.assign((r["data"] as { training: { points: object[] }[] }).training[0]!.points[2]!, {
          step: -1,
        }),
      ),
      "result.json: data.training[0].points[2].step is -1",
    ],
    [
      text((r) => Object.assign((r["data"] as { pruning: object }).pruning, { wastedFraction: null })),
      "result.json: data.pruning.wastedFraction is null",
    ],
  ])("%#: what is wrong is named with its value", (written, message) => {
    expect(() => parseResult(written, "result.json")).toThrow(message);
  });
});
