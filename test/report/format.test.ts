import { describe, expect, test } from "vitest";
import { InputError } from "../../src/errors.js";
import {
  componentLabel,
  count,
  middle,
  percent,
  ratio,
  requireFinite,
  share,
  wilsonInterval,
} from "../../src/report/format.js";

describe("numbers for people", () => {
  test("shares, counts and ratios", () => {
    expect([percent(0.91234), percent(0.5, 0), percent(1, 1)]).toEqual(["91.23 %", "50 %", "100.0 %"]);
    expect([count(0), count(1234567)]).toEqual(["0", "1,234,567"]);
    expect([ratio(1, 3), ratio(5, 5), ratio(99.96, 1), ratio(0, 2)]).toEqual([
      "0.333 ×",
      "1.00 ×",
      "100 ×",
      "0 ×",
    ]);
    expect([share(1, 4), share(0, 0)]).toEqual([0.25, 0]);
  });

  test("a ratio to a baseline of zero is none", () => {
    expect(ratio(3, 0)).toBe("–");
  });
});

describe("middle", () => {
  test("keeps both ends, and texts that fit", () => {
    expect(middle("/layer1/layer1.0/conv1/Conv", 15)).toBe("/layer1…v1/Conv");
    expect(middle("abcdef", 6)).toBe("abcdef");
    expect([middle("abcdef", 2), middle("abcdef", 1)]).toEqual(["a…", "…"]);
  });

  test("counts characters, not halves of them", () => {
    expect(middle("😀😀😀😀😀", 3)).toBe("😀…😀");
  });
});

test("components have names; unknown keys are split into words", () => {
  expect(["adc", "shiftAddInput", "senseAmpBank2"].map(componentLabel)).toEqual([
    "ADC",
    "shift-add, input bits",
    "sense amp bank2",
  ]);
  expect(componentLabel("constructor")).toBe("constructor");
});

describe("wilsonInterval", () => {
  test("gives the published values", () => {
    // Newcombe, Statistics in Medicine 17 (1998), table I, method 3: 81/263, 15/148, 0/20 and 1/29.
    const cases = [
      [81, 263, 0.2553, 0.3662],
      [15, 148, 0.0624, 0.1605],
      [0, 20, 0, 0.1611],
      [1, 29, 0.0061, 0.1718],
    ] as const;
    for (const [hits, images, low, high] of cases) {
      const interval = wilsonInterval(hits / images, images);
      expect(interval[0]).toBeCloseTo(low, 4);
      expect(interval[1]).toBeCloseTo(high, 4);
    }
  });

  test("stays within 0 and 1, and says nothing without images", () => {
    expect(wilsonInterval(1, 10)[1]).toBe(1);
    expect(wilsonInterval(0.5, 0)).toEqual([0, 1]);
  });
});

test("requireFinite names the number that is none", () => {
  const value = { cost: { parts: [1, { energy_J: Number.NaN }] } };
  expect(() => requireFinite(value, "result")).toThrow(InputError);
  expect(() => requireFinite(value, "result")).toThrow("result.cost.parts[1].energy_J is NaN");
  expect(() => requireFinite({ a: null, b: "NaN", c: [0, -1] }, "result")).not.toThrow();
});
