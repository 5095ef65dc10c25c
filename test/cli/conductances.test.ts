import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { arrayCount, placeMatrix, type WeightEncoding } from "../../src/mapping/index.js";
import type { Placement } from "../../src/mapping/types.js";
import {
  conductanceCsv,
  conductanceJsonLines,
  conductanceTargets,
  writeConductanceNpy,
} from "../../src/node/conductances.js";
import { createRandom } from "../../src/random.js";
import { testHardware } from "../support/hardware.js";
import { sparseCodes } from "../support/problems.js";

const [rows, columns] = [50, 13];
const array = { rows: 24, columns: 20, activeRows: 12 };

function placed(encoding: Partial<WeightEncoding>, groupRows: number | null, copies = 1): Placement {
  const hardware = testHardware(array, encoding);
  const whole: WeightEncoding = { bits: 4, ...hardware.encoding };
  const codes = sparseCodes(createRandom(5), rows, columns, 7, 12, 0.4);
  const matrix = placeMatrix("conv1", codes, { rows, columns }, whole, hardware, groupRows);
  return {
    model: { graph: { name: "", inputs: [], outputs: [], nodes: [], initializers: new Map() }, layers: [] },
    hardware,
    matrices: [{ ...matrix, copies }],
  };
}

const encodings: readonly Partial<WeightEncoding>[] = [
  { sign: "offset" },
  { sign: "offset", offsetBy: "dummyColumn" },
  { sign: "pairedColumns" },
  { sign: "splitArrays" },
  { sign: "splitArrays", compose: "analog" },
];

describe.each(encodings)("%j", (encoding) => {
  test.each([null, 12])("the cells are those of the codes, groups of %s rows", (groupRows) => {
    const placement = placed(encoding, groupRows);
    const codes = Float64Array.from(placement.matrices[0]!.codes);
    const found = new Float64Array(rows * columns).fill(encoding.sign === "offset" ? -7 : 0);
    const stored = new Set<number>();
    for (const { cells } of conductanceTargets(placement)) {
      const places = new Set(cells.map(({ row, column }) => row * array.columns + column));
      expect(places.size).toBe(cells.length);
      for (const { input, output, level, slice, part, conductance_S } of cells) {
        // Equal steps from 1 µS for level 0 to 10 µS for level 3.
        expect(conductance_S).toBeCloseTo(1e-6 + level * 3e-6, 12);
        if (part === "dummy") continue;
        found[input! * columns + output!]! += (part === "-" ? -1 : 1) * level * 4 ** slice;
        stored.add(input! * columns + output!);
      }
    }
    for (let i = 0; i < codes.length; i++) expect(stored.has(i) ? found[i] : 0).toBe(codes[i]);
    if (groupRows === null) expect(stored.size).toBe(rows * columns);
  });
});

test("a dummy column holds 7/5 of a level in both slices, on every line that is driven", () => {
  for (const { cells } of conductanceTargets(placed({ sign: "offset", offsetBy: "dummyColumn" }, null))) {
    const dummies = cells.filter(({ part }) => part === "dummy");
    const lines = new Set(cells.map(({ row }) => row));
    expect(dummies).toHaveLength(2 * lines.size);
    expect(new Set(dummies.map(({ level }) => level))).toEqual(new Set([7 / 5]));
  }
});

test("copies and split arrays have numbers of their own", () => {
  const placement = placed({ sign: "splitArrays" }, null, 2);
  const count = arrayCount(placement.matrices[0]!.arrays);
  const targets = [...conductanceTargets(placement)];
  expect(targets.map(({ array: n }) => n)).toEqual(Array.from({ length: 2 * count }, (_, n) => n));
  expect(targets.map(({ subtracts }) => subtracts)).toEqual(
    Array.from({ length: 2 * count }, (_, n) => (n % 2 === 0 ? null : n - 1)),
  );
  expect(targets[0]!.rowGroups).toEqual([
    Array.from({ length: 12 }, (_, r) => r),
    Array.from({ length: 12 }, (_, r) => 12 + r),
  ]);
});

test("CSV, JSON lines and NumPy say the same", async () => {
  const placement = placed({ sign: "offset", offsetBy: "dummyColumn" }, 12);
  const targets = [...conductanceTargets(placement)];
  const csv = [...conductanceCsv(placement)].join("").trimEnd().split("\n").slice(1);
  expect(csv).toHaveLength(targets.reduce((n, { cells }) => n + cells.length, 0));
  const first = targets[0]!.cells[0]!;
  expect(csv[0]).toBe(
    `0,${first.row},${first.column},${first.level},${Number(first.conductance_S.toPrecision(7))},conv1,0,${first.input},${first.output},${first.slice},w`,
  );
  const folder = mkdtempSync(join(tmpdir(), "xbarkit-npy-"));
  const files = { conductance: join(folder, "g.npy"), level: join(folder, "l.npy") };
  const index = await writeConductanceNpy(placement, files);
  const g = readNpy(files.conductance);
  const level = readNpy(files.level);
  expect(g.shape).toEqual([targets.length, 24, 20]);
  const lines = [...conductanceJsonLines(placement)].map((line) => JSON.parse(line));
  for (const [a, { cells, ...about }] of targets.entries()) {
    const { conductance_S, ...rest } = lines[a];
    expect(rest).toEqual(about);
    expect(index[a]).toEqual(about);
    expect(conductance_S.flat().filter((value: number | null) => value !== null)).toHaveLength(cells.length);
    for (const cell of cells) {
      const at = (a * 24 + cell.row) * 20 + cell.column;
      expect(g.values[at]).toBe(Math.fround(cell.conductance_S));
      expect(level.values[at]).toBe(Math.fround(cell.level));
      expect(conductance_S[cell.row][cell.column]).toBe(Number(cell.conductance_S.toPrecision(7)));
    }
  }
  expect(g.values.filter(Number.isNaN)).toHaveLength(targets.length * 24 * 20 - csv.length);
});

/** NPY 1.0 with little-endian 32-bit floats, by the format's own description. */
function readNpy(path: string): { shape: number[]; values: Float32Array } {
  const bytes = readFileSync(path);
  expect([...bytes.subarray(0, 8)]).toEqual([0x93, ...Buffer.from("NUMPY"), 1, 0]);
  const header = 10 + bytes.readUInt16LE(8);
  expect(header % 64).toBe(0);
  const text = bytes.subarray(10, header).toString("latin1");
  expect(text).toMatch(/^\{'descr': '<f4', 'fortran_order': False, 'shape': \([\d, ]+\), \} *\n$/);
  const shape = /\(([\d, ]+)\)/.exec(text)![1]!.split(", ").map(Number);
  const data = bytes.subarray(header);
  return { shape, values: Float32Array.from({ length: data.length / 4 }, (_, i) => data.readFloatLE(4 * i)) };
}
