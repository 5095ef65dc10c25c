import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { adcTransfer } from "../../src/array/adc.js";
import { referenceKernel } from "../../src/array/reference/multiply.js";
import { simdKernel } from "../../src/array/simd/kernel.js";
import { supportedVariants } from "../../src/array/simd/module.js";
import { tableKernel } from "../../src/array/tables.js";
import type { ArrayProgram } from "../../src/array/types.js";
import { quantizeWeights } from "../../src/compress/quantize/weights.js";
import { converterBits } from "../../src/cost/load.js";
import type { EncodingSpec, HardwareSpec } from "../../src/hardware/types.js";
import { encodingOf, sliceLevel, slicesPerWeight } from "../../src/mapping/encoding.js";
import { placeMatrix } from "../../src/mapping/place.js";
import type { MatrixPlacement } from "../../src/mapping/types.js";
import { verifyMatrix } from "../../src/mapping/verify.js";
import { createRandom, type Random } from "../../src/random.js";
import { arrayProgram, fullScale, losslessBits } from "../../src/simulate/program.js";
import { emptyHistogram, losslessBitsOf } from "../../src/simulate/ranges.js";
import { testHardware } from "../support/hardware.js";
import { integerProduct, randomInputs, sparseCodes } from "../support/problems.js";

const fastKernels = [tableKernel, ...supportedVariants().map((variant) => simdKernel({ variant }))];
const kernels = [referenceKernel, ...fastKernels];

const cellsOf = (cellBits: number): Partial<HardwareSpec["device"]> => ({
  levels_ohm: Array.from({ length: 2 ** cellBits }, (_, i) => 1e6 / (i + 1)),
});

/** Arrays of four 2-bit cells a weight, composed in analog. */
const composing = (encoding: Partial<EncodingSpec> = {}, activeRows = 32, bits: number | null = null) =>
  testHardware(
    { rows: activeRows, columns: 64, activeRows },
    { compose: "analog", sign: "splitArrays", ...encoding },
    { bits },
    cellsOf(encoding.cellBits ?? 2),
  );

/** A column of weights of so many bits, or several columns side by side. */
function placed(
  codes: readonly number[],
  columns: number,
  bits: number,
  hardware: HardwareSpec,
): MatrixPlacement {
  const size = { rows: codes.length / columns, columns };
  const encoding = encodingOf(bits, hardware.encoding);
  const matrix = placeMatrix("m", Int16Array.from(codes), size, encoding, hardware, null);
  verifyMatrix(matrix, hardware);
  return matrix;
}

const ideal = (matrix: MatrixPlacement, hardware: HardwareSpec, inputBits = 1): ArrayProgram =>
  arrayProgram(matrix, hardware, inputBits, null);

describe("four 2-bit cells weighted 1:4:16:64 (spec check 9)", () => {
  test("181 is 1, 1, 3, 2, lowest first, and 1 + 4 · 1 + 16 · 3 + 64 · 2", () => {
    const digits = [0, 1, 2, 3].map((k) => sliceLevel(181, k, 2));
    expect(digits).toEqual([1, 1, 3, 2]);
    expect(digits.reduce((sum, digit, k) => sum + 4 ** k * digit, 0)).toBe(181);
  });

  test.each(["digital", "analog"] as const)("181 on a chip, %s", (compose) => {
    const hardware = composing({ compose });
    const [read] = ideal(placed([181], 1, 9, hardware), hardware).reads;
    const apart = compose === "digital";
    expect(Array.from(read!.cells)).toEqual(apart ? [1, 1, 3, 2] : [181]);
    expect(Array.from(read!.gain)).toEqual(apart ? [1, 4, 16, 64] : [1]);
  });

  test("an 8-bit weight fills 7 bits of the field, a 9-bit weight all 8, in as many cells", () => {
    for (const sign of ["splitArrays", "pairedColumns"] as const) {
      const { encoding } = composing({ sign });
      expect([8, 9].map((bits) => slicesPerWeight(encodingOf(bits, encoding)))).toEqual([4, 4]);
    }
  });

  test.each(kernels)("composed by the $name kernel, the integer product", (kernel) => {
    const random = createRandom(9);
    for (const cellBits of [1, 2, 4])
      for (const sign of ["offset", "splitArrays", "pairedColumns"] as const)
        for (const bits of [8, 9]) {
          const hardware = composing({ cellBits, sign }, random.integer(3, 37));
          const [rows, columns, positions] = [random.integer(1, 75), random.integer(1, 7), 5];
          const limit = 2 ** (bits - 1) - 1;
          // The first column is all zeros, and the extremes occur.
          const codes = sparseCodes(random, rows, columns, limit, 11, 0.3).map((code, i) =>
            i % columns === 0 ? 0 : i === columns + 1 ? limit : code,
          );
          const matrix = placed([...codes], columns, bits, hardware);
          const inputs = randomInputs(random, rows, positions, 3);
          expect(
            Array.from(kernel.multiply(ideal(matrix, hardware, 3), inputs, positions), (v) => v + 0),
          ).toEqual(Array.from(integerProduct(codes, rows, columns, inputs, positions)));
        }
  });
});

describe("the converter of a composed column", () => {
  test("32 rows, digits up to 3, four slices: sums to 8,160, 13 bits; with a subtracted part, 14", () => {
    const unsigned = encodingOf(8, composing({ sign: "offset" }).encoding);
    expect(fullScale(unsigned, 32)).toEqual({ low: 0, high: 32 * 3 * (1 + 4 + 16 + 64) });
    expect(losslessBits(unsigned, 32)).toBe(13);
    expect(losslessBits(encodingOf(9, composing().encoding), 32)).toBe(14);
    expect(losslessBits({ ...unsigned, compose: "digital" }, 32)).toBe(7);
  });

  test("of a matrix: by its tallest row group and the levels of its lines", () => {
    const hardware = composing({ sign: "offset" }, 32);
    expect(losslessBitsOf(placed(new Array(40).fill(1), 1, 8, hardware), hardware, 8)).toBe(13);
    expect(losslessBitsOf(placed(new Array(9).fill(1), 1, 8, hardware), hardware, 8)).toBe(12);
    const sliced = { ...hardware, array: { ...hardware.array, inputSliceBits: 2 } };
    expect(losslessBitsOf(placed(new Array(40).fill(1), 1, 8, hardware), sliced, 8)).toBe(15);
  });

  test("what is lossless here is what an ideal converter costs as", () => {
    fc.assert(
      fc.property(
        fc.constantFrom("offset" as const, "splitArrays" as const, "pairedColumns" as const),
        fc.constantFrom("analog" as const, "digital" as const),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 2, max: 9 }),
        fc.integer({ min: 1, max: 1024 }),
        fc.integer({ min: 1, max: 4 }),
        (sign, compose, cellBits, bits, activeRows, inputSliceBits) => {
          const encoding = encodingOf(bits, { cellBits, sign, compose, offsetBy: "digital" });
          const adc = { bits: null, range: "fullscale", percentiles: [0.1, 0.1] } as const;
          expect(losslessBits(encoding, activeRows, 2 ** inputSliceBits - 1)).toBe(
            converterBits(adc, encoding, { activeRows, inputSliceBits }),
          );
        },
      ),
    );
  });

  test("with steps of one level 13 bits give the integer product, 12 cut off or round", () => {
    const random = createRandom(3);
    const hardware = composing({ sign: "offset" });
    const codes = Array.from({ length: 64 }, () => random.integer(-127, 127));
    const matrix = placed(codes, 2, 8, hardware);
    const inputs = randomInputs(random, 32, 20, 4);
    const program = ideal(matrix, hardware, 4);
    const exact = referenceKernel.multiply(program, inputs, 20);
    const at = (bits: number, high: number) => ({ ...program, adc: adcTransfer(bits, 0, high) });
    for (const kernel of kernels) {
      expect(kernel.multiply(at(13, 8192), inputs, 20), kernel.name).toEqual(exact);
      expect(kernel.multiply(at(12, 8192), inputs, 20), kernel.name).not.toEqual(exact);
    }
  });
});

/** The branches of one chip, as the sums of single rows show them: what code 1 · 4^k adds through branch k. */
function composedSum(codes: readonly number[], bits: number, hardware: HardwareSpec, seed: number): number {
  const spec = { ...hardware, encoding: { ...hardware.encoding, branchGainSeed: seed } };
  const program = ideal(placed(codes, 1, bits, hardware), spec);
  return referenceKernel.multiply(program, new Uint8Array(codes.length).fill(1), 1)[0]!;
}

describe("branches whose gains err", () => {
  const sigma = 0.02;

  test("without an error nothing changes, not even a byte of the program", () => {
    const plain = composing();
    const zero = composing({ branchGainSigma: 0, branchGainSeed: 7 });
    const codes = [5, -3, 181, -255];
    expect(ideal(placed(codes, 2, 9, zero), zero)).toEqual(ideal(placed(codes, 2, 9, plain), plain));
    expect(placed(codes, 2, 9, composing({ branchGainSigma: 0.1 }))).toEqual(placed(codes, 2, 9, plain));
  });

  test.each<[string, Partial<EncodingSpec>, number, readonly number[]]>([
    ["unsigned, four 2-bit cells", { sign: "splitArrays" }, 9, [181, 255, 7, 90, 0, 33]],
    ["both signs in two arrays", { sign: "splitArrays" }, 9, [181, -255, 7, -90, 0, 33]],
    ["both signs in pairs of columns", { sign: "pairedColumns" }, 8, [100, -127, 7, -90, 0]],
    ["eight 1-bit cells", { sign: "splitArrays", cellBits: 1 }, 9, [255, -181, 64]],
    ["two 4-bit cells", { sign: "splitArrays", cellBits: 4 }, 9, [255, -181, 64, 15]],
  ])("mean and variance of a composed sum over chips: %s", (_, encoding, bits, codes) => {
    const hardware = composing({ ...encoding, branchGainSigma: sigma });
    const chips = 1500;
    const sums = Array.from({ length: chips }, (_, seed) => composedSum(codes, bits, hardware, seed));
    const expected = codes.reduce((a, b) => a + b, 0);
    // σ² Σ (base^b I_b)², over the branches of either sign's bit lines.
    const { cellBits } = hardware.encoding;
    let squares = 0;
    for (const part of [1, -1])
      for (let k = 0; k < slicesPerWeight(encodingOf(bits, hardware.encoding)); k++) {
        const current = codes.reduce(
          (sum, code) => sum + sliceLevel(Math.max(0, part * code), k, cellBits),
          0,
        );
        squares += (2 ** (k * cellBits) * current) ** 2;
      }
    const variance = sigma ** 2 * squares;
    const mean = sums.reduce((a, b) => a + b, 0) / chips;
    const found = sums.reduce((sum, x) => sum + (x - expected) ** 2, 0) / chips;
    expect(Math.abs(mean - expected)).toBeLessThan(3 * Math.sqrt(variance / chips));
    // The variance of a normal sample's variance is 2 · variance² / n.
    expect(Math.abs(found - variance)).toBeLessThan(3 * variance * Math.sqrt(2 / chips));
  });

  test("a gain belongs to a bit line: the rows of an array share it, its row groups too, other arrays do not", () => {
    const hardware = {
      ...composing({ sign: "offset", branchGainSigma: sigma }),
      array: { rows: 8, columns: 8, activeRows: 4, inputSliceBits: 1 },
    };
    // Every weight is 1, so that with the offset every cell of a column holds the same.
    const program = ideal(placed(new Array(16 * 4).fill(1), 4, 8, hardware), hardware);
    // Two arrays side by side on the same rows, two below each other, two row groups each.
    expect(program.reads).toHaveLength(8);
    const columnsOf = (read: number) => {
      const { cells, inputs, columns } = program.reads[read]!;
      return Array.from({ length: columns }, (_, c) => {
        const column = new Set(cells.subarray(c * inputs.length, (c + 1) * inputs.length));
        expect(column.size).toBe(1);
        return [...column][0]!;
      });
    };
    const all = program.reads.map((_, read) => columnsOf(read));
    const distinct = new Set(all.flat());
    expect(distinct.size).toBe(8);
    for (const cell of distinct) expect(Math.abs(cell / 128 - 1)).toBeLessThan(5 * sigma);
  });

  test("chips differ by their seeds, and one chip is the same under any sigma but for the size of its errors", () => {
    const codes = [181, -90, 33];
    const off = (share: number, seed: number) =>
      composedSum(codes, 9, composing({ branchGainSigma: share }), seed) - 124;
    expect(off(0.01, 4)).not.toBe(off(0.01, 5));
    expect(off(0.02, 4) / off(0.01, 4)).toBeCloseTo(2, 2);
  });

  test("the composed top digit's error dominates: 64 · 3 of 255", () => {
    const hardware = composing({ branchGainSigma: 0.01 });
    const share = (code: number) => {
      const sums = Array.from({ length: 400 }, (_, seed) => composedSum([code], 9, hardware, seed) - code);
      return sums.reduce((sum, x) => sum + x * x, 0);
    };
    expect(share(192) / share(255)).toBeGreaterThan(0.9);
  });
});

interface Problem {
  readonly program: ArrayProgram;
  readonly inputs: Uint8Array;
  readonly positions: number;
  readonly matrix: MatrixPlacement;
  readonly hardware: HardwareSpec;
}

function randomProblem(random: Random, encoding: Partial<EncodingSpec>): Problem {
  const activeRows = random.integer(1, 40);
  const cellBits = random.integer(1, 4);
  const inputSliceBits = random.integer(0, 1) ? 1 : random.integer(1, 4);
  const bits = random.integer(0, 3) === 0 ? null : random.integer(1, 20);
  const hardware = testHardware(
    { rows: activeRows * 2, columns: 40, activeRows, inputSliceBits },
    {
      cellBits,
      compose: "analog",
      branchGainSigma: random.integer(0, 3) === 0 ? 0 : random.uniform() * 0.25,
      branchGainSeed: random.integer(0, 1000),
      ...encoding,
    },
    { bits },
    { ...cellsOf(cellBits), cellModel: random.integer(0, 3) === 0 ? "conductance" : "ideal" },
  );
  const weightBits = random.integer(2, 9);
  const [rows, columns, positions] = [random.integer(1, 70), random.integer(1, 9), random.integer(1, 40)];
  const codes = sparseCodes(random, rows, columns, 2 ** (weightBits - 1) - 1, 9, random.uniform());
  const matrix = placed([...codes], columns, weightBits, hardware);
  const inputBits = random.integer(1, 8);
  const full = fullScale(matrix.encoding, rows, 2 ** Math.min(inputBits, inputSliceBits) - 1);
  const range = { low: full.low * random.uniform(), high: full.high * random.uniform() };
  const program = arrayProgram(matrix, hardware, inputBits, range);
  return { program, inputs: randomInputs(random, rows, positions, inputBits), positions, matrix, hardware };
}

/** Histograms have millions of bins, too many for toEqual. */
const firstDifference = (a: Float64Array, b: Float64Array): number =>
  a.findIndex((x, i) => !Object.is(x, b[i]));

test.each([
  { sign: "offset" },
  { sign: "offset", offsetBy: "dummyColumn" },
  { sign: "splitArrays" },
  { sign: "pairedColumns" },
] as const)("all kernels give and count the same, whatever the branches err by: %o", (encoding) => {
  const random = createRandom(31);
  for (let i = 0; i < 24; i++) {
    const { program, inputs, positions, matrix, hardware } = randomProblem(random, encoding);
    const found = kernels.map((kernel) => {
      const histogram = emptyHistogram(matrix, hardware, program.inputBits);
      const saturation = { below: 0, above: 0, conversions: 0 };
      const plain = kernel.multiply(program, inputs, positions);
      const counted = kernel.multiply(program, inputs, positions, { histogram, saturation });
      const saturated = { below: 0, above: 0, conversions: 0 };
      kernel.multiply(program, inputs, positions, { saturation: saturated });
      expect(saturated, kernel.name).toEqual(saturation);
      expect(histogram.counts.reduce((a, b) => a + b, 0)).toBe(saturation.conversions);
      return { name: kernel.name, saturation, arrays: [plain, counted, histogram.counts] };
    });
    const [first] = found;
    for (const { name, saturation, arrays } of found) {
      expect(saturation, name).toEqual(first!.saturation);
      expect(firstDifference(arrays[0]!, first!.arrays[0]!), name).toBe(-1);
      expect(firstDifference(arrays[1]!, arrays[0]!), name).toBe(-1);
      expect(firstDifference(arrays[2]!, first!.arrays[2]!), name).toBe(-1);
    }
  }
});

test("saturation by hand: sums of 0 to 4 in codes of 1 to 2", () => {
  const hardware = composing({ sign: "offset" }, 4, 1);
  // A 2-bit weight of 1 stands as 2 in its one cell; each driven line adds 2.
  const matrix = placed([1, 1], 1, 2, hardware);
  const program = arrayProgram(matrix, hardware, 1, { low: 1, high: 3 });
  // No line, either of the two, both: 0, 2, 2, 4; rounded to −1, 1, 1 and 3 of the codes 0 and 1.
  const inputs = Uint8Array.of(0, 1, 0, 1, 0, 0, 1, 1);
  for (const kernel of kernels) {
    const saturation = { below: 0, above: 0, conversions: 0 };
    kernel.multiply(program, inputs, 4, { saturation });
    expect(saturation, kernel.name).toEqual({ below: 1, above: 1, conversions: 4 });
  }
});

describe("weights of 9 bits, a sign and 8 bits of magnitude", () => {
  const random = createRandom(2);
  const weights = Float32Array.from({ length: 500 }, (_, i) => (i % 5 === 0 ? 0 : random.normal()));
  const largest = weights.reduce((most, w) => Math.max(most, Math.abs(w)), 0);

  test.each([
    [8, 127],
    [9, 255],
  ])("%i bits: %i levels of either sign, zeros stay zero", (bits, levels) => {
    const { values, scale } = quantizeWeights(weights, { bits, rule: "max" });
    expect(scale).toBe(Math.fround(largest / levels));
    const codes = values.map((value) => value / scale);
    expect(Math.max(...codes.map(Math.abs))).toBeCloseTo(levels, 3);
    for (const [i, w] of weights.entries()) {
      if (w === 0) expect(values[i]! + 0).toBe(0);
      expect(Math.abs(values[i]! - w)).toBeLessThanOrEqual(scale * 0.501);
    }
  });

  test("10 bits are refused", () => {
    expect(() => quantizeWeights(weights, { bits: 10, rule: "max" })).toThrow("weight bits is 10");
  });
});
