import { describe, expect, test } from "vitest";
import { InputError } from "../../src/errors.js";
import {
  type HardwareOverrides,
  parseHardware,
  resolveHardware,
  withOverrides,
} from "../../src/hardware/index.js";
import { meng2021 } from "../../src/hardware/presets/meng2021.js";

type Json = { [key: string]: Json } & Json[] & (string | number | boolean | null);

/** The preset as JSON with one thing changed. */
function changed(change: (spec: Json) => void): unknown {
  const spec = JSON.parse(JSON.stringify(meng2021)) as Json;
  change(spec);
  return spec;
}

const set =
  (path: string, value: unknown) =>
  (spec: Json): void => {
    const keys = path.split(".");
    const last = keys.pop()!;
    const holder = keys.reduce((at, key) => at[key]!, spec);
    if (value === undefined) delete holder[last];
    else holder[last] = value as Json;
  };

function refusal(value: unknown): { message: string; hint: string | undefined } {
  try {
    parseHardware(value);
  } catch (error) {
    if (error instanceof InputError) return { message: error.message, hint: error.hint };
    throw error;
  }
  throw new Error("it was accepted");
}

describe("parseHardware refuses", () => {
  const cases: [string, unknown, string, string][] = [
    ["adc.bits", 13, "hardware.adc.bits is 13", "choose 1 to 12, or an ideal converter"],
    ["adc.bits", 21, "hardware.adc.bits is 21", "to 20 under analog composition, or null"],
    ["adc.bits", 0, "hardware.adc.bits is 0", "a whole number from 1 to 12"],
    ["adc.bits", 4.5, "hardware.adc.bits is 4.5", "a whole number from 1 to 12"],
    ["adc.bits", "5", 'hardware.adc.bits is "5"', "a whole number from 1 to 12"],
    ["adc.bits", Number.NaN, "hardware.adc.bits is NaN", "a whole number from 1 to 12"],
    ["adc.bits", undefined, "hardware.adc.bits is missing", "a whole number from 1 to 12"],
    ["adc.range", "min-max", 'hardware.adc.range is "min-max"', 'one of "percentile", "minmax", "fullscale"'],
    ["adc.percentiles", [0.001], "hardware.adc.percentiles is [0.001]", "a pair of shares"],
    ["adc.percentiles", [0.001, 0.5], "hardware.adc.percentiles[1] is 0.5", "above 0 and below 0.5"],
    ["adc.bit", 5, 'hardware.adc has the key "bit", which is not known', 'did you mean "bits"?'],
    ["temperature", 300, 'hardware has the key "temperature"', "known keys: name, source, differs, device"],
    ["cost.demux.1.fanOut", 8, 'hardware.cost.demux[1] has the key "fanOut"', 'did you mean "fanout"?'],
    ["array.inputSliceBits", 9, "hardware.array.inputSliceBits is 9", "a whole number from 1 to 8"],
    ["encoding.cellBits", 5, "hardware.encoding.cellBits is 5", "a whole number from 1 to 4"],
    [
      "encoding.cellBits",
      3,
      "hardware.device.levels_ohm has 4 levels, but a cell of 3 bits has 8",
      "per code",
    ],
    ["device.levels_ohm", [1e5, 4e5, 7e5, 1e6], "hardware.device.levels_ohm[1] is 400000", "from code 0"],
    ["device.levels_ohm", [], "hardware.device.levels_ohm is []", "at least one of the resistances"],
    ["device.levels_ohm", [1e6, -1, 1, 1], "hardware.device.levels_ohm[1] is -1", "a number above 0"],
    ["array.rows", 0, "hardware.array.rows is 0", "a whole number from 1 to 65,535"],
    ["array.activeRows", 145, "hardware.array.activeRows is 145, but the array has 144 rows", "lower array"],
    ["array", 144, "hardware.array is 144", "an object with rows, columns, activeRows"],
    ["encoding.sign", "signed", 'hardware.encoding.sign is "signed"', '"offset", "splitArrays"'],
    ["cost.relu.energy_J", -1, "hardware.cost.relu.energy_J is -1", "a number of at least 0"],
    ["cost.adderTree", [], "hardware.cost.adderTree is []", "at least one of the adder trees"],
    ["name", "", 'hardware.name is ""', "a text that is not empty"],
  ];
  test.each(cases)("%s = %j", (path, value, message, hint) => {
    const found = refusal(changed(set(path, value)));
    expect(found.message).toContain(message);
    expect(found.hint).toContain(hint);
  });

  test.each([[null], [undefined], ["meng2021"], [[]], [7]])("%j as a whole", (value) => {
    expect(refusal(value).hint).toContain("an object with name, source");
  });

  test("a dummy column without an offset, and an odd number of paired columns", () => {
    const dummy = refusal(
      changed((spec) => {
        set("encoding.sign", "splitArrays")(spec);
        set("encoding.offsetBy", "dummyColumn")(spec);
      }),
    );
    expect(dummy.message).toBe(
      'hardware.encoding.offsetBy is "dummyColumn", but sign "splitArrays" adds no offset',
    );
    const odd = refusal(
      changed((spec) => {
        set("encoding.sign", "pairedColumns")(spec);
        set("array.columns", 33)(spec);
      }),
    );
    expect(odd).toEqual({
      message: "hardware.array.columns is 33, but paired columns need an even number",
      hint: "choose 34, or another encoding.sign",
    });
  });

  test("de-multiplexers out of order", () => {
    expect(refusal(changed(set("cost.demux.2.fanout", 8))).message).toBe(
      "hardware.cost.demux[2].fanout is 8",
    );
  });
});

describe("withOverrides", () => {
  test("nothing changed is the same chip", () => {
    expect(withOverrides(meng2021, {})).toEqual(meng2021);
  });

  test("changes are kept in differs, the table stays as printed", () => {
    const chip = withOverrides(meng2021, { activeRows: 36, adcBits: null, adcRange: "minmax" });
    expect(chip.array).toMatchObject({ rows: 144, columns: 32, activeRows: 36 });
    expect(chip.adc).toEqual({ bits: null, range: "minmax", percentiles: [0.001, 0.001] });
    expect(chip.cost).toEqual(meng2021.cost);
    expect(chip.differs.slice(meng2021.differs.length)).toEqual([
      "array.activeRows is 36 instead of 72.",
      "adc.bits is null instead of 5.",
      'adc.range is "minmax" instead of "percentile".',
    ]);
  });

  test("inputs in slices are a change like others", () => {
    const chip = withOverrides(meng2021, { inputSliceBits: 2 });
    expect(chip.array.inputSliceBits).toBe(2);
    expect(chip.differs.at(-1)).toBe("array.inputSliceBits is 2 instead of 1.");
    expect(resolveHardware({ base: "meng2021", array: { inputSliceBits: 4 } }).array.inputSliceBits).toBe(4);
  });

  test("fewer rows lower the rows that are driven together; more leave them", () => {
    expect(withOverrides(meng2021, { rows: 64 }).array).toMatchObject({
      rows: 64,
      columns: 32,
      activeRows: 64,
    });
    expect(withOverrides(meng2021, { rows: 288 }).array.activeRows).toBe(72);
  });

  test("cells of another width keep the outer levels at equal conductance steps", () => {
    expect(withOverrides(meng2021, { cellBits: 1 }).device.levels_ohm).toEqual([1e6, 1e5]);
    const levels = withOverrides(meng2021, { cellBits: 4 }).device.levels_ohm;
    expect(levels).toHaveLength(16);
    levels.forEach((r_ohm, code) => {
      expect(1e6 / r_ohm).toBeCloseTo(1 + (9 * code) / 15, 9);
    });
  });

  test("leaving the offset leaves its dummy column", () => {
    const dummy = withOverrides(meng2021, { offsetBy: "dummyColumn" });
    expect(dummy.encoding.offsetBy).toBe("dummyColumn");
    expect(withOverrides(dummy, { sign: "splitArrays" }).encoding.offsetBy).toBe("digital");
  });

  test("both readings of the table", () => {
    const chip = withOverrides(meng2021, { tableIEnergyScope: "bit", bufferLatencyScope: "serial" });
    expect(chip.cost.tableIEnergyScope).toBe("bit");
    expect(chip.cost.buffer.latencyScope).toBe("serial");
  });

  test.each<[HardwareOverrides, string]>([
    [{ adcBits: 13 }, "hardware.adc.bits is 13"],
    [{ cellBits: 9 }, "hardware.encoding.cellBits is 9"],
    [
      { cellBits: 1, cellModel: "conductance" },
      'encoding.cellBits is 1, but "meng2021" publishes 4 resistances',
    ],
    [{ rows: 64, activeRows: 72 }, "hardware.array.activeRows is 72, but the array has 64 rows"],
    [{ columns: 0.5 }, "hardware.array.columns is 0.5"],
    [{ sign: "splitArrays", offsetBy: "dummyColumn" }, 'hardware.encoding.offsetBy is "dummyColumn"'],
  ])("%j is refused", (overrides, message) => {
    expect(() => withOverrides(meng2021, overrides)).toThrow(message);
  });
});
