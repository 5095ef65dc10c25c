import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { countPlacement, type MatrixCounts } from "../../src/cost/counts.js";
import { withOverrides } from "../../src/hardware/index.js";
import { meng2021 } from "../../src/hardware/presets/meng2021.js";
import type { ArraySpec, HardwareSpec } from "../../src/hardware/types.js";
import { groupGrid } from "../../src/lower/groups.js";
import { bitLinesPerWeight, conversionsPerWeight, dummyBitLines } from "../../src/mapping/encoding.js";
import { mismatchOf } from "../../src/mapping/mismatch.js";
import { placeMatrix } from "../../src/mapping/place.js";
import type { MatrixPlacement, WeightEncoding } from "../../src/mapping/types.js";
import { createRandom } from "../../src/random.js";
import { sparseCodes } from "../support/problems.js";

const encoding: WeightEncoding = { bits: 4, ...meng2021.encoding };

/** Survivors {0, 2, 3} in the top band and {1} in the bottom one (spec check 6). */
function check6(hardware: HardwareSpec = meng2021, own = encoding): MatrixPlacement {
  const codes = new Int16Array(144 * 4);
  for (const column of [0, 2, 3]) codes[(5 + column) * 4 + column] = 3;
  codes[100 * 4 + 1] = -2;
  return placeMatrix("m", codes, { rows: 144, columns: 4 }, own, hardware, 72);
}

describe("counts known by hand", () => {
  test("spec check 6", () => {
    expect(countPlacement(check6(), meng2021.array)).toEqual({
      arrays: 1,
      convertingArrays: 1,
      rowGroups: 2,
      convertedRowGroups: 2,
      maxRowGroups: 2,
      conversionsPerBit: 8,
      results: 4,
      storedWeights: 4 * 72,
      groups: 8,
      survivingGroups: 4,
      cells: { used: 576, reference: 0, wasted: 288, empty: 144 * 32 - 864 },
      usedBitLines: 6,
      unusedBitLines: 26,
      logicalColumns: 3,
      mismatchBitLines: { layer: 4, chunks: 4 },
      partialSums: { max: 1, total: 4 },
      outputsByStages: [4],
      inputs: 144,
      demuxes: 3,
      index_bit: { bitmap: 8, explicit: 8 },
    } satisfies MatrixCounts);
  });

  test("a table written by hand: two arrays, three row groups, a dummy column", () => {
    const matrix: MatrixPlacement = {
      matrix: "hand",
      role: "forward",
      rows: 5,
      columns: 3,
      codes: new Int16Array(15),
      encoding: { bits: 3, cellBits: 2, sign: "offset", compose: "digital", offsetBy: "dummyColumn" },
      groupRows: null,
      routing: "fixed",
      copies: 1,
      arrays: {
        polarity: Int8Array.of(0, 0),
        partner: Int32Array.of(-1, -1),
        reference: Int32Array.of(4, 2),
        groupStart: Int32Array.of(0, 2, 3),
        wordStart: Int32Array.of(0, 2, 3, 5),
        word: Uint16Array.of(0, 1, 2, 0, 1),
        input: Int32Array.of(0, 1, 2, 3, 4),
        slotStart: Int32Array.of(0, 2, 3, 4),
        bit: Uint16Array.of(0, 2, 0, 0),
        output: Int32Array.of(0, 1, 0, 0),
      },
    };
    const counts = countPlacement(matrix, { rows: 4, columns: 8, activeRows: 2, inputSliceBits: 1 });
    expect(counts).toMatchObject({
      arrays: 2,
      rowGroups: 3,
      maxRowGroups: 2,
      // (2 + 1) + (1 + 1) + (1 + 1) slots and dummies of two slices each.
      conversionsPerBit: 14,
      results: 4,
      storedWeights: 7,
      // The second group of the first array leaves the lines of the second slot idle on its one word line.
      cells: { used: 14, reference: 3 * 2 + 2 * 2, wasted: 2, empty: 64 - 14 - 10 - 2 },
      usedBitLines: 6,
      unusedBitLines: 16 - 6 - 4,
      logicalColumns: 3,
      partialSums: { max: 3, total: 4 },
      outputsByStages: [1, 0, 1],
      inputs: 5,
      demuxes: 0,
      index_bit: { bitmap: 0, explicit: 0 },
    });
  });

  test("arrays that are subtracted before conversion are read, but not converted", () => {
    const hardware = withOverrides(meng2021, { sign: "splitArrays" });
    const counts = countPlacement(check6(hardware, { bits: 4, ...hardware.encoding }), hardware.array);
    expect(counts).toMatchObject({
      arrays: 2,
      convertingArrays: 1,
      rowGroups: 4,
      convertedRowGroups: 2,
      conversionsPerBit: 8,
      results: 4,
      storedWeights: 288,
      survivingGroups: 4,
      partialSums: { max: 1, total: 4 },
      cells: { used: 1152, wasted: 576 },
    });
  });

  test("a band that is pruned away in an array is waste beside the bands that are not", () => {
    const codes = new Int16Array(144 * 20);
    for (let c = 0; c < 20; c++) codes[c] = 1;
    for (let c = 0; c < 3; c++) codes[72 * 20 + c] = 1;
    const placed = placeMatrix("m", codes, { rows: 144, columns: 20 }, encoding, meng2021, 72);
    const counts = countPlacement(placed, meng2021.array);
    expect(counts).toMatchObject({ arrays: 2, rowGroups: 3, maxRowGroups: 2, usedBitLines: 40, inputs: 144 });
    expect(counts.cells.wasted).toBe((20 - 3) * 72 * 2);
    expect(counts.mismatchBitLines).toEqual({ layer: 34, chunks: 34 });
  });

  test("nothing left", () => {
    const placed = placeMatrix(
      "m",
      new Int16Array(288 * 4),
      { rows: 288, columns: 4 },
      encoding,
      meng2021,
      72,
    );
    expect(countPlacement(placed, meng2021.array)).toMatchObject({
      arrays: 0,
      rowGroups: 0,
      maxRowGroups: 0,
      groups: 16,
      survivingGroups: 0,
      cells: { used: 0, reference: 0, wasted: 0, empty: 0 },
      partialSums: { max: 0, total: 0 },
      outputsByStages: [],
      index_bit: { bitmap: 16, explicit: 0 },
    });
  });

  test("partial sums of the three stages of ResNet-20 at 72 rows: trees of 1, 2 and 3 stages (spec 4.4)", () => {
    const stages = [16, 32, 64].map((channels) => {
      const size = { rows: channels * 9, columns: channels };
      const codes = new Int16Array(size.rows * size.columns).fill(1);
      const placed = placeMatrix("m", codes, size, encoding, meng2021, 72);
      return countPlacement(placed, meng2021.array).outputsByStages.length - 1;
    });
    expect(stages).toEqual([1, 2, 3]);
  });
});

const problems = fc.record({
  seed: fc.integer(),
  rows: fc.integer({ min: 1, max: 120 }),
  columns: fc.integer({ min: 1, max: 30 }),
  arrayRows: fc.integer({ min: 1, max: 48 }),
  arrayColumns: fc.integer({ min: 12, max: 36 }).map((n) => 2 * n),
  activeRows: fc.integer({ min: 1, max: 48 }),
  groupRows: fc.integer({ min: 1, max: 48 }),
  sparsity: fc.constantFrom(0, 0.4, 0.9),
  cellBits: fc.integer({ min: 1, max: 4 }),
  bits: fc.integer({ min: 2, max: 8 }),
  compose: fc.constantFrom("digital" as const, "analog" as const),
  kind: fc.constantFrom(
    { sign: "offset", offsetBy: "digital" } as const,
    { sign: "offset", offsetBy: "dummyColumn" } as const,
    { sign: "splitArrays", offsetBy: "digital" } as const,
    { sign: "pairedColumns", offsetBy: "digital" } as const,
  ),
  packed: fc.boolean(),
});

/** The same counts, from a map of every cell of every array. */
function bruteForce(m: MatrixPlacement, array: ArraySpec, groupRows: number | null) {
  const t = m.arrays;
  const width = bitLinesPerWeight(m.encoding);
  const found = { used: 0, reference: 0, wasted: 0, empty: 0, rowGroups: 0, conversions: 0, usedBitLines: 0 };
  const perOutput = new Map<number, number>();
  const weights = new Set<string>();
  const inputs = new Set<number>();
  for (let a = 0; a < t.polarity.length; a++) {
    const cells = Array.from({ length: array.rows }, () => new Array<string>(array.columns).fill("."));
    const isSubtracted = [...t.partner].includes(a);
    const drivenChunks = new Set<number>();
    for (let g = t.groupStart[a]!; g < t.groupStart[a + 1]!; g++) {
      found.rowGroups++;
      const slots = Array.from(
        { length: t.slotStart[g + 1]! - t.slotStart[g]! },
        (_, i) => t.slotStart[g]! + i,
      );
      for (let w = t.wordStart[g]!; w < t.wordStart[g + 1]!; w++) {
        const row = t.input[w]!;
        inputs.add(row);
        if (groupRows !== null) drivenChunks.add(row - t.word[w]!);
        const dummy = t.reference[a]!;
        if (dummy >= 0)
          for (let k = 0; k < dummyBitLines(m.encoding); k++) cells[t.word[w]!]![dummy + k] = "r";
        for (const s of slots) {
          weights.add(`${row},${t.output[s]!}`);
          for (let k = 0; k < width; k++) cells[t.word[w]!]![t.bit[s]! + k] = "u";
        }
      }
      if (isSubtracted) continue;
      const converted = slots.length + (t.reference[a]! >= 0 ? 1 : 0);
      found.conversions += converted * conversionsPerWeight(m.encoding);
      for (const s of slots) perOutput.set(t.output[s]!, (perOutput.get(t.output[s]!) ?? 0) + 1);
    }
    const hasRow = (word: number): boolean =>
      groupRows === null
        ? cells[word]!.includes("u")
        : word < Math.floor(array.rows / groupRows) * groupRows &&
          [...drivenChunks].some((first) => first + word < m.rows);
    for (let bit = 0; bit < array.columns; bit++) {
      const line = cells.map((row) => row[bit]!);
      const isUsed = line.includes("u");
      if (isUsed) found.usedBitLines++;
      line.forEach((cell, word) => {
        if (cell === "u") found.used++;
        else if (cell === "r") found.reference++;
        else if (isUsed && hasRow(word)) found.wasted++;
        else found.empty++;
      });
    }
  }
  const sums = [...perOutput.values()];
  return {
    ...found,
    storedWeights: weights.size,
    inputs: inputs.size,
    max: Math.max(0, ...sums),
    total: sums.reduce((x, y) => x + y, 0),
  };
}

describe("counts of any placement", () => {
  test("equal a walk over every cell", () => {
    fc.assert(
      fc.property(problems, (p) => {
        const array = {
          rows: p.arrayRows,
          columns: p.arrayColumns,
          activeRows: Math.min(p.activeRows, p.arrayRows),
          inputSliceBits: 1,
        };
        const groupRows = p.packed ? Math.min(p.groupRows, p.arrayRows) : null;
        const own: WeightEncoding = { bits: p.bits, cellBits: p.cellBits, compose: p.compose, ...p.kind };
        const limit = 2 ** (p.bits - 1) - 1;
        const codes = sparseCodes(createRandom(p.seed), p.rows, p.columns, limit, groupRows ?? 7, p.sparsity);
        const placed = placeMatrix("m", codes, p, own, { ...meng2021, array }, groupRows);
        const counts = countPlacement(placed, array);
        const expected = bruteForce(placed, array, groupRows);
        expect({
          ...counts.cells,
          rowGroups: counts.rowGroups,
          conversions: counts.conversionsPerBit,
          usedBitLines: counts.usedBitLines,
          storedWeights: counts.storedWeights,
          inputs: counts.inputs,
          ...counts.partialSums,
        }).toEqual(expected);
        expect(counts.outputsByStages.reduce((x, y) => x + y, 0)).toBeLessThanOrEqual(p.columns);
        if (groupRows === null) return;
        const mismatch = mismatchOf(codes, groupGrid(p.rows, p.columns, groupRows, array.rows), own);
        const sides = own.sign === "splitArrays" ? 2 : 1;
        expect(counts.groups).toBe(mismatch.groups);
        expect(counts.groups - counts.survivingGroups).toBe(mismatch.zeroGroups);
        expect(counts.cells.wasted).toBe(sides * mismatch.wastedCells);
        expect(counts.mismatchBitLines.chunks).toBe(mismatch.chunkColumns);
        expect(counts.mismatchBitLines.layer).toBe(mismatch.layerColumns);
        expect(mismatch.layerColumns).toBeLessThanOrEqual(mismatch.chunkColumns);
      }),
      { numRuns: 300 },
    );
  });
});
