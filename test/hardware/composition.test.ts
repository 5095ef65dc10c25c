import { describe, expect, test } from "vitest";
import { parseHardware, resolveHardware, withOverrides } from "../../src/hardware/index.js";
import { prime } from "../../src/hardware/presets/prime.js";

const analog = withOverrides(prime, { compose: "analog" });

describe("branches of analog composition", () => {
  test("no preset has any error, nor a word about it", () => {
    expect(Object.keys(prime.encoding)).not.toContain("branchGainSigma");
    expect(analog.encoding).toEqual({ ...prime.encoding, compose: "analog" });
  });

  test("their error is a change like others", () => {
    const erring = withOverrides(analog, { branchGainSigma: 0.01, branchGainSeed: 5 });
    expect(erring.encoding).toMatchObject({ branchGainSigma: 0.01, branchGainSeed: 5 });
    expect(erring.differs.slice(-2)).toEqual([
      "encoding.branchGainSigma is 0.01 instead of 0.",
      "encoding.branchGainSeed is 5 instead of 1.",
    ]);
    expect(parseHardware(structuredClone(erring))).toEqual(erring);
    const file = resolveHardware({ base: "prime", encoding: { compose: "analog", branchGainSigma: 0.02 } });
    expect(file.encoding).toMatchObject({ compose: "analog", branchGainSigma: 0.02 });
    expect(file.differs).toContain("encoding.branchGainSigma is 0.02.");
  });

  test("digital composition has none: it is refused, and a change to it leaves them", () => {
    expect(() => withOverrides(prime, { branchGainSigma: 0.01 })).toThrow(
      "hardware.encoding.branchGainSigma is 0.01, but digital composition has no branches to err",
    );
    expect(withOverrides(prime, { branchGainSigma: 0 }).encoding.branchGainSigma).toBe(0);
    const erring = withOverrides(analog, { branchGainSigma: 0.01 });
    expect(withOverrides(erring, { compose: "digital" }).encoding).toEqual(prime.encoding);
  });

  test.each([-0.01, 0.26, Number.NaN, "1 %"])("a sigma of %s is refused", (branchGainSigma) => {
    expect(() => withOverrides(analog, { branchGainSigma: branchGainSigma as number })).toThrow(
      "hardware.encoding.branchGainSigma is",
    );
  });
});

test("converters of more than 12 bits belong to analog composition, and end at 20", () => {
  expect(withOverrides(analog, { adcBits: 13 }).adc.bits).toBe(13);
  expect(withOverrides(analog, { adcBits: 20 }).adc.bits).toBe(20);
  expect(() => withOverrides(analog, { adcBits: 21 })).toThrow("hardware.adc.bits is 21");
  expect(() => withOverrides(prime, { adcBits: 13 })).toThrow(
    "hardware.adc.bits is 13, but under digital composition a converter has at most 12 bits",
  );
});
