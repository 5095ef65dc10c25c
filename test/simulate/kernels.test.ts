import { describe, expect, test } from "vitest";
import { referenceKernel } from "../../src/array/reference/multiply.js";
import { simdKernel } from "../../src/array/simd/kernel.js";
import { supportedVariants } from "../../src/array/simd/module.js";
import { tableKernel } from "../../src/array/tables.js";
import type { ArrayKernel } from "../../src/array/types.js";
import { topInputLevel } from "../../src/hardware/input-slices.js";
import type { EncodingSpec } from "../../src/hardware/types.js";
import { placeMatrix } from "../../src/mapping/place.js";
import type { MatrixPlacement } from "../../src/mapping/types.js";
import { verifyMatrix } from "../../src/mapping/verify.js";
import { createRandom, type Random } from "../../src/random.js";
import { arrayProgram, fullScale } from "../../src/simulate/program.js";
import { tallestGroup } from "../../src/simulate/ranges.js";
import { testHardware } from "../support/hardware.js";
import { integerProduct, randomInputs, sparseCodes } from "../support/problems.js";

const fastKernels = [tableKernel, ...supportedVariants().map((variant) => simdKernel({ variant }))];

const signs = ["offset", "splitArrays", "pairedColumns"] as const;
const composes = ["digital", "analog"] as const;

interface Problem {
  readonly placement: MatrixPlacement;
  readonly inputBits: number;
  readonly inputs: Uint8Array;
  readonly positions: number;
  readonly hardware: ReturnType<typeof testHardware>;
}

/** A random matrix on random arrays: odd sizes, ragged tails, pruned groups, every precision. */
function randomProblem(random: Random, encoding: Partial<EncodingSpec>, packed: boolean): Problem {
  const bits = random.integer(2, 8);
  const cellBits = random.integer(1, 4);
  const activeRows = random.integer(1, 40);
  const inputSliceBits = random.integer(0, 1) ? 1 : random.integer(1, 8);
  const lines = activeRows * random.integer(1, 3) + random.integer(0, 3);
  const array = { rows: lines, columns: 40, activeRows, inputSliceBits };
  const device = { levels_ohm: Array.from({ length: 2 ** cellBits }, (_, i) => 1e6 / (i + 1)) };
  const hardware = testHardware(array, { cellBits, ...encoding }, {}, device);
  const rows = random.integer(1, 130);
  const columns = random.integer(1, 23);
  const groupRows = packed ? random.integer(1, array.rows) : null;
  const codes = sparseCodes(random, rows, columns, 2 ** (bits - 1) - 1, groupRows ?? 9, 0.5);
  const placement = placeMatrix(
    "m",
    codes,
    { rows, columns },
    { bits, ...hardware.encoding },
    hardware,
    groupRows,
  );
  const inputBits = random.integer(1, 8);
  const positions = random.integer(1, 9);
  return {
    placement,
    inputBits,
    inputs: randomInputs(random, rows, positions, inputBits),
    positions,
    hardware,
  };
}

function rangeOf({ placement, inputBits, hardware }: Problem) {
  const top = topInputLevel(inputBits, hardware.array.inputSliceBits);
  return fullScale(placement.encoding, Math.max(1, tallestGroup(placement)), top);
}

const cases = signs.flatMap((sign) =>
  composes.flatMap((compose) =>
    (sign === "offset" ? (["digital", "dummyColumn"] as const) : (["digital"] as const)).flatMap((offsetBy) =>
      [false, true].map((packed) => ({ sign, compose, offsetBy, packed })),
    ),
  ),
);

describe.each([referenceKernel, ...fastKernels])("the $name kernel", (kernel: ArrayKernel) => {
  test.each(cases)("with ideal converters gives the integer product: %o", ({ packed, ...encoding }) => {
    const random = createRandom(11);
    for (let i = 0; i < 25; i++) {
      const { placement, hardware, inputBits, inputs, positions } = randomProblem(random, encoding, packed);
      verifyMatrix(placement, hardware);
      const program = arrayProgram(placement, hardware, inputBits, null);
      const { codes, rows, columns } = placement;
      const expected = integerProduct(codes, rows, columns, inputs, positions);
      expect(Array.from(kernel.multiply(program, inputs, positions), (v) => v + 0)).toEqual(
        Array.from(expected),
      );
    }
  });
});

test.each(cases)("all kernels convert alike, with ADCs of 1 to 12 bits: %o", ({ packed, ...encoding }) => {
  const random = createRandom(5);
  for (let bits = 1; bits <= 12; bits++) {
    const problem = randomProblem(random, encoding, packed);
    const { placement, inputBits, inputs, positions } = problem;
    const hardware = { ...problem.hardware, adc: { ...problem.hardware.adc, bits } };
    const full = rangeOf(problem);
    // Narrower than full scale, so that both ends clip.
    const range = { low: full.low * 0.4, high: full.high * 0.6 };
    const program = arrayProgram(placement, hardware, inputBits, range);
    const expected = referenceKernel.multiply(program, inputs, positions);
    for (const kernel of fastKernels)
      expect(kernel.multiply(program, inputs, positions), kernel.name).toEqual(expected);
  }
});

test.each(signs)("all kernels agree on unevenly spaced conductances (%s)", (sign) => {
  const random = createRandom(8);
  for (let i = 0; i < 20; i++) {
    const problem = randomProblem(random, { sign }, i % 2 === 0);
    const { placement, inputBits, inputs, positions } = problem;
    const device = { ...problem.hardware.device, cellModel: "conductance" as const };
    const hardware = { ...problem.hardware, device, adc: { ...problem.hardware.adc, bits: 6 } };
    const range = rangeOf(problem);
    const program = arrayProgram(placement, hardware, inputBits, range);
    const expected = referenceKernel.multiply(program, inputs, positions);
    for (const kernel of fastKernels)
      expect(kernel.multiply(program, inputs, positions), kernel.name).toEqual(expected);
  }
});

test("four weights and four inputs by hand (spec check 5)", () => {
  const codes = Int16Array.of(3, -2, 0, 7);
  const hardware = testHardware({ rows: 4, columns: 2, activeRows: 4 });
  const encoding = { bits: 4, ...hardware.encoding };
  const placement = placeMatrix("m", codes, { rows: 4, columns: 1 }, encoding, hardware, null);
  const program = arrayProgram(placement, hardware, 4, null);
  const read = program.reads[0]!;
  expect(Array.from(read.cells)).toEqual([2, 1, 3, 2, 2, 1, 1, 3]);
  expect(program.digitalOffset).toBe(7);
  const inputs = Uint8Array.of(5, 15, 0, 9);
  // Column sums bit by bit, low slice and high slice.
  const sums = [0, 1, 2, 3].map((z) =>
    [0, 1].map((k) => inputs.reduce((sum, x, r) => sum + ((x >> z) & 1) * read.cells[k * 4 + r]!, 0)),
  );
  expect(sums).toEqual([
    [5, 6],
    [1, 1],
    [3, 3],
    [3, 4],
  ]);
  expect(sums.reduce((total, [lo, hi], z) => total + 2 ** z * (lo! + 4 * hi!), 0)).toBe(251);
  expect(referenceKernel.multiply(program, inputs, 1)).toEqual(Float64Array.of(48));
  for (const kernel of fastKernels)
    expect(kernel.multiply(program, inputs, 1), kernel.name).toEqual(Float64Array.of(48));
});

test.each(cases)(
  "sums beyond 2^24, where floats would lose units: 1,024 rows at full scale: %o",
  ({ packed, ...encoding }) => {
    const array = { rows: 1024, columns: 40, activeRows: 1024 };
    const hardware = testHardware(array, encoding);
    const codes = new Int16Array(1024 * 2).map((_, i) => (i % 2 === 0 ? 127 : -127));
    const placement = placeMatrix(
      "m",
      codes,
      { rows: 1024, columns: 2 },
      { bits: 8, ...hardware.encoding },
      hardware,
      packed ? 1024 : null,
    );
    const program = arrayProgram(placement, hardware, 8, null);
    const inputs = new Uint8Array(1024).fill(255);
    // 1,024 · 127 · 255 in 32-bit integers.
    const sum = Math.imul(1024 * 127, 255);
    expect(sum).toBeGreaterThan(2 ** 24);
    for (const kernel of [referenceKernel, tableKernel])
      expect(Array.from(kernel.multiply(program, inputs, 1))).toEqual([sum, -sum]);
  },
);
