import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { referenceKernel } from "../../src/array/reference/multiply.js";
import { groupGrid } from "../../src/lower/groups.js";
import { mismatchOf } from "../../src/mapping/mismatch.js";
import { placeMatrix } from "../../src/mapping/place.js";
import { arrayCount, groupCount } from "../../src/mapping/table.js";
import type { ArrayTable, MatrixPlacement } from "../../src/mapping/types.js";
import { verifyMatrix } from "../../src/mapping/verify.js";
import { createRandom } from "../../src/random.js";
import { arrayProgram } from "../../src/simulate/program.js";
import { testHardware } from "../support/hardware.js";
import { integerProduct, randomInputs, sparseCodes } from "../support/problems.js";

const paperArray = { rows: 144, columns: 32, activeRows: 72 };
const hardware = testHardware(paperArray);
const encoding = { bits: 4, ...hardware.encoding };

/** One chunk of 144 rows, four filters, survivors {0, 2, 3} in the top band and {1} in the bottom one. */
function check6(): MatrixPlacement {
  const codes = new Int16Array(144 * 4);
  for (const column of [0, 2, 3]) for (let r = 0; r < 72; r++) codes[r * 4 + column] = ((r + column) % 7) - 3;
  for (let r = 72; r < 144; r++) codes[r * 4 + 1] = (r % 7) - 3;
  return placeMatrix("m", codes, { rows: 144, columns: 4 }, encoding, hardware, 72);
}

describe("group-wise recombination (spec check 6)", () => {
  const placement = check6();

  test("columns hold (0|1), (2|-), (3|-)", () => {
    verifyMatrix(placement, hardware);
    const t = placement.arrays;
    expect(arrayCount(t)).toBe(1);
    expect([...t.slotStart]).toEqual([0, 3, 4]);
    expect([...t.output]).toEqual([0, 2, 3, 1]);
    expect([...t.bit]).toEqual([0, 2, 4, 0]);
    expect([...t.wordStart]).toEqual([0, 72, 144]);
  });

  test("three logical columns, 4 mismatched bit lines, 288 of 864 cells wasted", () => {
    const mismatch = mismatchOf(placement.codes, groupGrid(144, 4, 72, 144), encoding);
    expect(mismatch).toMatchObject({
      groups: 8,
      zeroGroups: 4,
      survivorsAt: [3, 1],
      layerColumns: 4,
      chunkColumns: 4,
      wastedCells: 288,
      usedColumnCells: 864,
    });
  });

  test("outputs equal the masked dense product exactly", () => {
    const inputs = randomInputs(createRandom(3), 144, 20, 4);
    const program = arrayProgram(placement, hardware, 4, null);
    expect(referenceKernel.multiply(program, inputs, 20)).toEqual(
      integerProduct(placement.codes, 144, 4, inputs, 20),
    );
  });
});

describe("reads (spec check 7)", () => {
  test.each([
    [144, 4],
    [72, 8],
    [36, 16],
  ])("%i rows at a time: %i reads per product of 4-bit inputs", (activeRows, reads) => {
    const shape = testHardware({ ...paperArray, activeRows });
    const codes = new Int16Array(144 * 16).fill(1);
    for (const groupRows of [null, activeRows]) {
      const placed = placeMatrix("m", codes, { rows: 144, columns: 16 }, encoding, shape, groupRows);
      expect(groupCount(placed.arrays) * 4).toBe(reads);
    }
  });

  test("a 32 × 32 map at 72 rows costs 8,192 reads; without the bottom band half of them", () => {
    const full = new Int16Array(144 * 16).fill(1);
    const top = full.map((code, i) => (i < 72 * 16 ? code : 0));
    const reads = (codes: Int16Array): number =>
      groupCount(placeMatrix("m", codes, { rows: 144, columns: 16 }, encoding, hardware, 72).arrays) *
      4 *
      1024;
    expect(reads(full)).toBe(8192);
    expect(reads(top)).toBe(4096);
  });
});

const problems = fc.record({
  seed: fc.integer(),
  rows: fc.integer({ min: 1, max: 400 }),
  columns: fc.integer({ min: 1, max: 60 }),
  arrayRows: fc.integer({ min: 1, max: 150 }),
  arrayColumns: fc.integer({ min: 24, max: 70 }),
  activeShare: fc.double({ min: 0.01, max: 1, noNaN: true }),
  groupShare: fc.double({ min: 0.01, max: 1, noNaN: true }),
  sparsity: fc.constantFrom(0, 0.3, 0.9, 1),
  bits: fc.integer({ min: 2, max: 8 }),
  cellBits: fc.integer({ min: 1, max: 4 }),
  sign: fc.constantFrom("offset", "splitArrays", "pairedColumns"),
  offsetBy: fc.constantFrom("digital", "dummyColumn"),
  packed: fc.boolean(),
});

describe("any placement", () => {
  test("is verified: every non-zero weight once, no cell twice, shared lines share inputs", () => {
    fc.assert(
      fc.property(problems, (p) => {
        const active = Math.max(1, Math.floor(p.arrayRows * p.activeShare));
        const group = Math.max(1, Math.floor(p.arrayRows * p.groupShare));
        const shape = { rows: p.arrayRows, columns: p.arrayColumns, activeRows: active };
        const spec = testHardware(shape, {
          cellBits: p.cellBits,
          sign: p.sign,
          offsetBy: p.offsetBy,
        } as never);
        const codes = sparseCodes(
          createRandom(p.seed),
          p.rows,
          p.columns,
          2 ** (p.bits - 1) - 1,
          group,
          p.sparsity,
        );
        const own = { bits: p.bits, ...spec.encoding };
        const placed = placeMatrix("m", codes, p, own, spec, p.packed ? group : null);
        verifyMatrix(placed, spec);
        // Packed placements hold no cell of a group that is all zero.
        return !p.packed || p.sparsity < 1 || arrayCount(placed.arrays) === 0;
      }),
      { numRuns: 250 },
    );
  });

  const broken: [string, (t: ArrayTable) => void, string][] = [
    ["a weight left out", (t) => t.output.set([1], 0), "stored twice"],
    ["an input that changes on a word line", (t) => t.input.set([9], 72), "stored twice"],
    ["two weights in one cell", (t) => t.bit.set([0], 1), "holds two weights"],
    ["a word line shared by two inputs", (t) => t.word.set([0], 72), "carries inputs 0 and 72"],
    ["a word line that is not there", (t) => t.word.set([200], 0), "no word line 200"],
    ["a bit line that is not there", (t) => t.bit.set([31], 2), "no bit line 32"],
    ["a table that falls", (t) => t.slotStart.set([9], 1), "falls at 2"],
  ];
  test.each(broken)("the verifier refuses %s", (_, damage, message) => {
    const codes = Int16Array.from({ length: 144 * 3 }, (_, i) => (i % 6) + 1);
    const placed = placeMatrix("m", codes, { rows: 144, columns: 3 }, encoding, hardware, 72);
    verifyMatrix(placed, hardware);
    damage(placed.arrays);
    expect(() => verifyMatrix(placed, hardware)).toThrow(message);
  });

  test("a missing weight is named", () => {
    const placed = check6();
    placed.codes[0] = 0;
    placed.codes[1] = 5;
    expect(() => verifyMatrix(placed, hardware)).toThrow("weight (0, 1) = 5 is not stored");
  });
});
