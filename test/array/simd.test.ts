import { describe, expect, test } from "vitest";
import { adcCode, adcTransfer, sumBounds } from "../../src/array/adc.js";
import { referenceKernel } from "../../src/array/reference/multiply.js";
import { roundCells } from "../../src/array/rounding.js";
import { byteForm, byteFormCode, fixedPoint, fixedPointCode } from "../../src/array/simd/conversion.js";
import { digitsOf } from "../../src/array/simd/digits.js";
import { simdKernel } from "../../src/array/simd/kernel.js";
import { KernelModule, supportedVariants } from "../../src/array/simd/module.js";
import { planProgram } from "../../src/array/simd/plan.js";
import { tableKernel } from "../../src/array/tables.js";
import type { AdcTransfer, ArrayProgram } from "../../src/array/types.js";
import { topInputLevel } from "../../src/hardware/input-slices.js";
import { createRandom } from "../../src/random.js";
import { cases, randomProblem } from "./agreement.js";

const kernels = supportedVariants().map((variant) => simdKernel({ variant }));

describe("a converter in fixed point", () => {
  test("gives the converter's code for every sum, ties and both ends included", () => {
    const random = createRandom(2);
    let found = 0;
    const tried = 3000;
    for (let i = 0; i < tried; i++) {
      const low = random.integer(-300, 300);
      // A third of the widths are multiples of 64, where sums lie half-way between two codes of 5 bits.
      const width = i % 3 === 0 ? 64 * random.integer(1, 20) : random.integer(1, 1500);
      const adc = adcTransfer(random.integer(1, 8), low, low + width);
      const [from, to] = [low - random.integer(0, 200), low + width + random.integer(0, 500)];
      const form = fixedPoint(adc, from, to);
      if (!form) continue;
      found++;
      for (let sum = from; sum <= to; sum++) {
        if (fixedPointCode(form, sum) !== adcCode(adc, sum))
          expect([adc, sum, fixedPointCode(form, sum)]).toEqual([adc, sum, adcCode(adc, sum)]);
      }
    }
    // The others, of 7 and 8 bits or of many steps per code, are converted in floating point.
    expect(found / tried).toBeGreaterThan(0.7);
  });

  test("with ties takes the even code", () => {
    // Step 2: 1 lies between 0 and 1, 3 between 1 and 2, 5 between 2 and 3.
    const form = fixedPoint(adcTransfer(5, 0, 64), 0, 80)!;
    expect(form.offset).not.toBe(form.tieOffset);
    expect([0, 1, 2, 3, 4, 5, 6, 7].map((sum) => fixedPointCode(form, sum))).toEqual([
      0, 0, 1, 2, 2, 2, 3, 4,
    ]);
  });

  test("is not tried beyond eight bits", () => {
    expect(fixedPoint(adcTransfer(9, 0, 100), 0, 100)).toBeNull();
  });
});

/** One read of `rows` driven lines: every column holds `cell` everywhere. */
function fullProgram(
  rows: number,
  cell: number,
  inputBits: number,
  adc: AdcTransfer | null,
  inputSliceBits = 1,
): ArrayProgram {
  const columns = 5;
  const cells = new Int16Array(columns * rows).fill(cell);
  return {
    rows,
    inputBits,
    inputSliceBits,
    outputs: 2,
    reads: [
      {
        inputs: Int32Array.from({ length: rows }, (_, i) => i),
        columns,
        cells,
        output: Int32Array.of(0, 0, 1, 1, 1),
        gain: Float64Array.of(1, 16, -1, 4, 1),
        served: Int32Array.of(0, 1),
        dummy: null,
      },
    ],
    adc,
    digitalOffset: 3,
  };
}

describe("a converter of bytes", () => {
  test("gives the converter's code for every sum, of 255 and more the last one", () => {
    const random = createRandom(12);
    const found = new Map<string, number>();
    const tried = 1000;
    for (let i = 0; i < tried; i++) {
      const bits = random.integer(1, 8);
      const low = random.integer(-1, 3) * random.integer(0, 20);
      // A third of the widths are multiples of 64, where sums lie half-way between two codes of 5 bits.
      const width = i % 3 === 0 ? 64 * random.integer(1, 3) : random.integer(1, 220);
      const adc = adcTransfer(bits, low, low + width);
      const high = random.integer(1, 600);
      const form = byteForm(adc, high);
      if (!form) continue;
      const ties = form.tieMultiplier !== form.multiplier;
      const kind = `doubled ${form.doubled}, least ${form.least > 0}, ties ${ties}`;
      found.set(kind, (found.get(kind) ?? 0) + 1);
      for (let sum = 0; sum <= high; sum++) {
        if (byteFormCode(form, sum) !== adcCode(adc, sum))
          expect([adc, form, sum, byteFormCode(form, sum)]).toEqual([adc, form, sum, adcCode(adc, sum)]);
      }
    }
    expect([...found.keys()].sort()).toEqual([
      "doubled 0, least false, ties false",
      "doubled 0, least false, ties true",
      "doubled 0, least true, ties false",
      "doubled 0, least true, ties true",
      "doubled 1, least false, ties false",
      "doubled 1, least true, ties false",
    ]);
    // The others begin below zero, have more codes than sums, or sums beyond 255 that codes tell apart.
    expect([...found.values()].reduce((a, b) => a + b, 0) / tried).toBeGreaterThan(0.5);
  });

  test("takes the even code of two, and needs a range from a whole number on", () => {
    const form = byteForm(adcTransfer(5, 0, 64), 80)!;
    expect([0, 1, 2, 3, 4, 5, 6, 7].map((sum) => byteFormCode(form, sum))).toEqual([0, 0, 1, 2, 2, 2, 3, 4]);
    expect(byteForm({ bits: 5, low: 0.5, step: 3.3 }, 200)).toBeNull();
    expect(byteForm({ bits: 5, low: -2, step: 3.3 }, 200)).toBeNull();
    expect(byteForm({ bits: 5, low: 0, step: 0.4 }, 200)).toBeNull();
  });
});

describe("how many look-ups a byte takes", () => {
  /** The same from the cells: the most quads of any column of a tile whose largest sums fit, whichever they are. */
  const fitting = (cells: ArrayLike<number>, rows: number, columns: number, tile: number): number => {
    let chunk = 1024;
    const signed = Array.from(cells).some((cell) => cell < 0);
    for (let c = 4 * tile; c < Math.min(columns, 4 * tile + 4); c++)
      for (const sign of signed ? [1, -1] : [1]) {
        const sums = Array.from({ length: Math.ceil(rows / 4) }, (_, q) => {
          let sum = 0;
          for (let i = 4 * q; i < Math.min(rows, 4 * q + 4); i++)
            sum += Math.max(0, sign * cells[c * rows + i]!);
          return sum;
        }).sort((a, b) => b - a);
        let room = signed ? (sign > 0 ? 127 : 128) : 255;
        let n = 0;
        for (; n < sums.length && sums[n]! <= room; n++) room -= sums[n]!;
        // Behind the last quad that adds anything, any number more would fit.
        const last = sums.filter((sum) => sum > 0).length;
        chunk = Math.min(chunk, n >= last ? 1024 : n);
      }
    return chunk;
  };

  test.each([
    ["packed", [0, 3], false],
    ["one column a table", [0, 3], true],
    ["wide cells", [0, 63], true],
    ["cells of both signs", [-9, 12], true],
    ["nothing but zeros", [0, 0], false],
  ] as const)("follows from the tables: %s", (_, [least, most], counted) => {
    const random = createRandom(17);
    for (let i = 0; i < 20; i++) {
      const rows = random.integer(1, 300);
      const adc = adcTransfer(5, 0, 100);
      const program = fullProgram(rows, 1, 4, adc);
      const [read] = program.reads as [ArrayProgram["reads"][number]];
      const cells = Int16Array.from(read.cells, () => random.integer(least, most));
      const module = new KernelModule("plain");
      const plan = planProgram(module, { ...program, reads: [{ ...read, cells }] }, counted)!;
      const [group] = plan.groups;
      expect(Array.from(module.i32(group!.chunks, group!.tiles))).toEqual(
        [0, 1].map((tile) => fitting(cells, rows, 5, tile)),
      );
    }
  });
});

test("tables of two columns and of one, every conversion of bytes, sums that reach 255 and pass it", () => {
  const random = createRandom(31);
  const seen = new Set<string>();
  for (let i = 0; i < 400; i++) {
    const rows = random.integer(1, 150);
    const step = [1 + random.integer(0, 60) / 8 + 1 / 32, 2, 0.6875, 0.25][i % 7] ?? 3.125;
    const low = i % 4 === 0 ? random.integer(-6, 12) : 0;
    const adc = { bits: random.integer(3, 6), low, step };
    const [bits, sliceBits] =
      random.integer(0, 3) === 0 ? [random.integer(2, 8), 2] : [random.integer(1, 5), 1];
    const program = fullProgram(rows, 1, bits, adc, sliceBits);
    const [read] = program.reads as [ArrayProgram["reads"][number]];
    const cells = Int16Array.from(read.cells, () => random.integer(0, [3, 3, 3, 5, 63][i % 5]!));
    const given = { ...program, reads: [{ ...read, cells }] };
    const inputs = Uint8Array.from({ length: rows * 37 }, () =>
      random.uniform() < 0.2 ? 0 : random.integer(0, 2 ** program.inputBits - 1),
    );
    const expected = referenceKernel.multiply(given, inputs, 37);
    for (const kernel of kernels) expect(kernel.multiply(given, inputs, 37)).toEqual(expected);
    const { packed, inBytes, byteForm: form } = planProgram(new KernelModule("plain"), given)!;
    const ties = form && form.tieMultiplier !== form.multiplier;
    const kind = ties ? "ties" : form?.doubled ? "doubled" : form?.least ? "least" : "plain";
    seen.add(`${packed ? "packed" : "single"} ${form ? kind : inBytes ? "sixteen bits" : "wide"}`);
  }
  for (const kind of ["plain", "least", "ties", "doubled", "sixteen bits"])
    for (const table of ["packed", "single"]) expect(seen).toContain(`${table} ${kind}`);
});

describe("the worst case of every accumulator", () => {
  const bounds: [string, ArrayProgram][] = [
    ["1,024 rows of 4-bit cells, 8-bit inputs, ideal", fullProgram(1024, 15, 8, null)],
    ["1,024 rows × 15 × 7", fullProgram(1024, 105, 3, null)],
    ["bytes that fill up", fullProgram(85, 3, 4, adcTransfer(5, 0, 255))],
    ["sums of exactly 255", fullProgram(85, 3, 4, adcTransfer(6, 0, 260))],
    ["differences", fullProgram(1024, -15, 8, adcTransfer(8, -16384, 16384))],
    ["sixteen bits exactly", fullProgram(1024, 31, 8, adcTransfer(12, 0, 32000))],
    ["analog composition of 8-bit weights", fullProgram(1024, 255, 8, adcTransfer(12, 0, 262144))],
    ["totals beyond 32 bits", fullProgram(1024, 32767, 8, null)],
    ["sums of slices that reach 255", fullProgram(17, 3, 8, adcTransfer(5, 0, 255), 4)],
    ["sums of slices that fill sixteen bits", fullProgram(1024, 8, 7, adcTransfer(6, 0, 32000), 2)],
    ["differences in slices of two bits", fullProgram(1024, -5, 7, adcTransfer(6, -16384, 16383), 2)],
    ["slices beyond sixteen bits", fullProgram(1024, 15, 8, adcTransfer(8, 0, 230400), 4)],
    ["one slice of eight bits, ideal", fullProgram(1024, 255, 8, null, 8)],
    ["a slice of eight bits, analog composition", fullProgram(1024, 255, 8, adcTransfer(12, 0, 2 ** 26), 8)],
    ["slices beyond 32 bits", fullProgram(1024, 32767, 8, adcTransfer(12, 0, 2 ** 33), 8)],
  ];
  test.each(bounds)("%s", (_, program) => {
    const positions = 37;
    const inputs = new Uint8Array(program.rows * positions).fill(2 ** program.inputBits - 1);
    const expected = referenceKernel.multiply(program, inputs, positions);
    for (const variant of supportedVariants())
      expect(planProgram(new KernelModule(variant), program)).not.toBeNull();
    for (const kernel of kernels) expect(kernel.multiply(program, inputs, positions)).toEqual(expected);
  });
});

test("all kernels count the same sums, bit by bit and in slices", () => {
  const random = createRandom(6);
  let slices = 0;
  for (let i = 0; i < 4 * cases.length; i++) {
    const { program, inputs, positions } = randomProblem(random, cases[i % cases.length]!);
    const top = topInputLevel(program.inputBits, program.inputSliceBits);
    if (top > 1) slices++;
    const bounds = program.reads.map((read) => sumBounds(read, top));
    const low = Math.min(0, ...bounds.map((b) => b.low));
    const high = Math.max(0, ...bounds.map((b) => b.high));
    const width = Math.max(1, (high - low) / 5000);
    const counted = [referenceKernel, tableKernel, ...kernels].map((kernel) => {
      const counts = new Float64Array(Math.ceil((high - low) / width) + 1);
      kernel.multiply(program, inputs, positions, {
        histogram: { low, width, weighted: i % 2 === 0, counts },
      });
      return counts;
    });
    for (const counts of counted) expect(counts).toEqual(counted[0]);
  }
  expect(slices).toBeGreaterThan(cases.length / 2);
});

test("hardly a random problem falls back to the plain tables, and most converters are fused", () => {
  const random = createRandom(9);
  let [fused, converted] = [0, 0];
  for (let i = 0; i < 10 * cases.length; i++) {
    const { program } = randomProblem(random, cases[i % cases.length]!);
    const plan = planProgram(new KernelModule("plain"), program);
    // What an ideal converter takes off for a dummy column with erring branches is no integer.
    const idealDummy = program.adc === null && program.reads.some(({ dummy }) => dummy);
    const erring = program.reads.some(({ dummy }) => dummy && !Number.isInteger(dummy.idealPerLine));
    expect(plan === null).toBe(idealDummy && erring);
    if (!program.adc || program.adc.bits > 6 || plan!.digits.digits > 1) continue;
    converted++;
    if (plan!.fixedPoint) fused++;
  }
  expect(fused / converted).toBeGreaterThan(0.8);
});

test("cells off the grid go through the plain tables and still agree", () => {
  const program = fullProgram(9, 1, 2, null);
  const read = program.reads[0]!;
  const cells = Float64Array.from(read.cells, (_, i) => (i % 4) / 3);
  const off = { ...program, reads: [{ ...read, cells }], adc: adcTransfer(4, 0, 9) };
  expect(digitsOf(off)).toBeNull();
  const inputs = new Uint8Array(9 * 5).map((_, i) => i % 4);
  for (const kernel of kernels)
    expect(kernel.multiply(off, inputs, 5)).toEqual(referenceKernel.multiply(off, inputs, 5));
});

test("silent positions, an empty program and every number of rows from 1 to 9", () => {
  for (let rows = 1; rows <= 9; rows++) {
    const program = fullProgram(rows, 3, 4, adcTransfer(5, 0, 20));
    for (const inputs of [new Uint8Array(rows * 33), new Uint8Array(rows * 33).map((_, i) => (i * 7) % 16)])
      for (const kernel of kernels)
        expect(kernel.multiply(program, inputs, 33)).toEqual(referenceKernel.multiply(program, inputs, 33));
    const empty = { ...program, reads: [] };
    for (const kernel of kernels)
      expect(kernel.multiply(empty, new Uint8Array(rows), 1)).toEqual(new Float64Array(2));
  }
});

test("rounding conductances to bits says how far cells moved", () => {
  const program = fullProgram(3, 1, 2, null);
  const cells = Float64Array.from({ length: 15 }, (_, i) => (i === 0 ? 3 : 1 + 2 ** -8));
  const {
    program: rounded,
    largestError,
    rmsError,
  } = roundCells({ ...program, reads: [{ ...program.reads[0]!, cells }] }, 8);
  // The grid is 4 / 2⁸ = 2⁻⁶, which 1 + 2⁻⁸ lies a quarter of a step above.
  expect(Array.from(rounded.reads[0]!.cells).slice(0, 2)).toEqual([3, 1]);
  expect(largestError).toBe(2 ** -8);
  expect(rmsError).toBeCloseTo(2 ** -8 * Math.sqrt(14 / 15), 12);
  expect(() => roundCells(program, 2)).toThrow(/rounded to 2 bits/);
});
