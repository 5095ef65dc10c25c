import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { referenceKernel } from "../../../src/array/reference/multiply.js";
import { simdKernel } from "../../../src/array/simd/kernel.js";
import { tableKernel } from "../../../src/array/tables.js";
import { countPlacement } from "../../../src/cost/counts.js";
import { estimate } from "../../../src/cost/index.js";
import { levelConductances, measuredLoads } from "../../../src/cost/load.js";
import { prime } from "../../../src/hardware/presets/prime.js";
import { decodePlacement, encodePlacement } from "../../../src/mapping/binary.js";
import { planesOf, roomOf } from "../../../src/mapping/column-exchange/arrays.js";
import { countExchange } from "../../../src/mapping/column-exchange/count.js";
import { exchangeColumns } from "../../../src/mapping/column-exchange/exchange.js";
import { exchangeMemory } from "../../../src/mapping/column-exchange/index-memory.js";
import { strategies } from "../../../src/mapping/column-exchange/types.js";
import { exchangeProblem, place, placeExchanged, placeMatrix } from "../../../src/mapping/place.js";
import { arrayCount } from "../../../src/mapping/table.js";
import { utilization } from "../../../src/mapping/utilization.js";
import { verifyMatrix, verifyPlacement } from "../../../src/mapping/verify.js";
import { createRandom } from "../../../src/random.js";
import { arrayProgram } from "../../../src/simulate/program.js";
import { convChain } from "../../cost/support.js";
import { testHardware } from "../../support/hardware.js";
import { integerProduct, randomInputs } from "../../support/problems.js";
import { bernoulliCodes } from "./matrices.js";

const problems = fc
  .record({
    seed: fc.nat(),
    rows: fc.integer({ min: 1, max: 120 }),
    columns: fc.integer({ min: 1, max: 40 }),
    density: fc.constantFrom(0, 0.03, 0.15, 0.6),
    array: fc.record({
      rows: fc.integer({ min: 1, max: 20 }),
      columns: fc.integer({ min: 24, max: 40 }),
      activeRows: fc.integer({ min: 1, max: 20 }),
    }),
    bits: fc.integer({ min: 2, max: 8 }),
    encoding: fc.record({
      cellBits: fc.constantFrom(1, 2, 4),
      sign: fc.constantFrom("offset" as const, "splitArrays" as const, "pairedColumns" as const),
      compose: fc.constantFrom("digital" as const, "analog" as const),
      offsetBy: fc.constantFrom("digital" as const, "dummyColumn" as const),
    }),
    split: fc.constantFrom("fitted" as const, { rows: 30, columns: 12 }),
    strategy: fc.constantFrom(...strategies),
    signs: fc.constantFrom("shared" as const, "independent" as const),
  })
  .map(({ seed, rows, columns, density, array, bits, encoding, split, strategy, signs }) => {
    const activeRows = Math.min(array.rows, array.activeRows);
    const hardware = testHardware({ ...array, activeRows }, encoding);
    const random = createRandom(seed);
    const codes = bernoulliCodes(random, rows, columns, density, 2 ** (bits - 1) - 1);
    const own = { bits, ...hardware.encoding };
    const options = { exchange: { split, strategy, signs, restarts: 2 }, seed };
    return { rows, columns, codes, encoding: own, hardware, options, random };
  });

describe("a placed exchange", () => {
  test("is verified, and multiplies as the matrix does, exactly (checks 4 and 5)", () => {
    fc.assert(
      fc.property(problems, ({ rows, columns, codes, encoding, hardware, options, random }) => {
        const placed = placeExchanged("m", codes, { rows, columns }, encoding, hardware, options);
        verifyMatrix(placed, hardware);
        const inputs = randomInputs(random, rows, 5, 4);
        const program = arrayProgram(placed, hardware, 4, null);
        const expected = integerProduct(codes, rows, columns, inputs, 5);
        for (const kernel of [referenceKernel, tableKernel, simdKernel()])
          expect(kernel.multiply(program, inputs, 5)).toEqual(expected);
      }),
      { numRuns: 120 },
    );
  });

  test("has as many arrays and index bits as the groups say", () => {
    fc.assert(
      fc.property(problems, ({ rows, columns, codes, encoding, hardware, options }) => {
        const placed = placeExchanged("m", codes, { rows, columns }, encoding, hardware, options);
        const room = roomOf(hardware.array, encoding);
        const planes = planesOf(encoding);
        const problem = {
          name: "m",
          weights: codes,
          rows,
          columns,
          room,
          planes,
          settings: options.exchange,
          seed: options.seed,
        };
        const counted = countExchange(codes, exchangeColumns(problem), room, planes);
        const { index_bit, arrays, cells } = countPlacement(placed, hardware.array);
        expect([arrays, index_bit.explicit]).toEqual([counted.tiles, counted.index_bit]);
        expect(placed.arrays.word.length).toBe(counted.rows);
        expect(cells.wasted).toBe(0);
        const histogram = utilization(placed, hardware.array);
        expect(histogram.reduce((sum, count) => sum + count, 0)).toBe(arrays);
        const dense = placeMatrix("m", codes, { rows, columns }, encoding, hardware, null);
        expect(arrayCount(dense.arrays)).toBe(counted.denseTiles);
        expect(arrays).toBeLessThanOrEqual(counted.denseTiles);
      }),
      { numRuns: 60 },
    );
  });
});

describe("the arrays of the two signs", () => {
  // Column 0 is positive in all 6 rows, column 1 negative in rows 2 to 4, column 2 in row 5: arrays of 4 rows.
  const codes = Int16Array.from(
    [
      [1, 0, 0],
      [2, 0, 0],
      [3, -1, 0],
      [1, -2, 0],
      [2, -3, 0],
      [3, 0, -1],
    ].flat(),
  );
  const hardware = testHardware({ rows: 4, columns: 12, activeRows: 2 }, { sign: "splitArrays" });
  const encoding = { bits: 3, ...hardware.encoding };
  const placed = placeExchanged("m", codes, { rows: 6, columns: 3 }, encoding, hardware);

  test("keep rows of their own, and columns at the same places", () => {
    verifyMatrix(placed, hardware);
    const t = placed.arrays;
    expect([...t.polarity]).toEqual([-1, 1, 1]);
    expect([...t.partner]).toEqual([-1, 0, -1]);
    expect([...t.groupStart]).toEqual([0, 2, 4, 5]);
    expect([...t.wordStart]).toEqual([0, 2, 4, 6, 8, 10]);
    expect([...t.input]).toEqual([2, 3, 4, 5, 0, 1, 2, 3, 4, 5]);
    expect([...t.output]).toEqual([0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2]);
  });

  test("are converted together: three reads of three columns", () => {
    const { convertingArrays, conversionsPerBit, rowGroups, convertedRowGroups } = countPlacement(
      placed,
      hardware.array,
    );
    expect({ convertingArrays, conversionsPerBit, rowGroups, convertedRowGroups }).toEqual({
      convertingArrays: 2,
      conversionsPerBit: 9,
      rowGroups: 5,
      convertedRowGroups: 3,
    });
  });

  test("where the negative one has more rows, the positive one reads on without any", () => {
    const few = codes.map((code) => -code);
    const other = placeExchanged("m", few, { rows: 6, columns: 3 }, encoding, {
      ...hardware,
      array: { ...hardware.array, rows: 6 },
    });
    verifyMatrix(other, { array: { ...hardware.array, rows: 6 } });
    expect([...other.arrays.partner]).toEqual([-1, 0]);
    expect([...other.arrays.wordStart]).toEqual([0, 2, 4, 6, 8, 10, 10]);
    const { conversionsPerBit } = countPlacement(other, { ...hardware.array, rows: 6 });
    expect(conversionsPerBit).toBe(9);
  });

  test("load their converters with the cells of both", () => {
    const ones = Float64Array.from({ length: 6 }, (_, row) => (row + 1) / 8);
    const activity = { matrix: "m", positions: 1, inputBits: 1, ones };
    const levels_S = levelConductances(hardware.device);
    const [first] = measuredLoads(placed, hardware, activity, { levels_S, reference_S: 1 });
    // Rows 0 and 1 drive positive cells, rows 2 and 3 negative ones, in three columns each.
    const positive = [0, 1].map((row) => ones[row]! * (levels_S[codes[row * 3]!]! + 2 * levels_S[0]!));
    const negative = [2, 3].map((row) => ones[row]! * (levels_S[-codes[row * 3 + 1]!]! + 2 * levels_S[0]!));
    const sum = [...positive, ...negative].reduce((a, b) => a + b, 0);
    expect(first!.conversions).toBe(3);
    expect(first!.load[0]).toBeCloseTo(sum / 3, 12);
  });

  test("the verifier refuses a pair whose columns stand at different places", () => {
    const damaged = structuredClone(placed);
    damaged.arrays.output.set([1, 0], 0);
    expect(() => verifyMatrix(damaged, hardware)).toThrow("read different columns");
  });
});

describe("a network whose columns are exchanged", () => {
  const random = createRandom(6);
  const sparse = (outputs: number, rows: number, density: number) => {
    const codes = bernoulliCodes(random, rows, outputs, density, 7);
    // [outputs × rows], as a convolution has them.
    return Int16Array.from(codes, (_, i) => codes[(i % rows) * outputs + Math.floor(i / rows)]!);
  };
  const model = convChain(16, 6, [
    { name: "sparse", outputs: 24, codes: sparse(24, 144, 0.05), groupRows: 72 },
    { name: "zero", outputs: 8, codes: new Int16Array(8 * 24 * 9), groupRows: null },
    { name: "full", outputs: 8, codes: sparse(8, 72, 1), groupRows: null },
  ]);
  const array = { rows: 32, columns: 32, activeRows: 32, inputSliceBits: 1 };
  const hardware = { ...prime, array, encoding: { ...prime.encoding, cellBits: 2 } };
  const placed = place(model, hardware, { scheme: "column-exchange" });
  const dense = place(model, hardware, { scheme: "dense" });

  test("passes the verifier and comes back from disk", () => {
    verifyPlacement(placed);
    expect(decodePlacement(encodePlacement(placed), model, "p.bin")).toEqual(placed);
  });

  test("costs less than the dense one; a layer of zeros costs no array", () => {
    const cost = estimate(placed);
    expect(cost.layers[1]!.counts.arrays).toBe(0);
    expect(cost.counts.arrays).toBeLessThan(estimate(dense).counts.arrays);
    expect(cost.energy_J).toBeGreaterThan(0);
    expect(cost.energy_J).toBeLessThan(estimate(dense).energy_J);
    expect(cost.indexMemory_bit.bitmap).toBe(0);
    const bits = placed.matrices.reduce((sum, matrix) => sum + exchangeMemory(matrix).index_bit, 0);
    expect(cost.indexMemory_bit.explicit).toBe(bits);
    expect(bits).toBeGreaterThan(0);
  });

  test("uses what was found before", () => {
    const problem = exchangeProblem(model, { ...layerOf("sparse") }, hardware);
    const settings = { strategy: "identity", searchPasses: 0 } as const;
    const exchanged = new Map([["sparse", exchangeColumns({ ...problem, settings })]]);
    const replayed = place(model, hardware, { scheme: "column-exchange", exchanged });
    const identity = place(model, hardware, { scheme: "column-exchange", exchange: settings });
    expect(replayed.matrices[0]).toEqual(identity.matrices[0]);
    expect(replayed.matrices[2]).toEqual(placed.matrices[2]);
  });

  test("with a weight that is no number: an error that says where", () => {
    const broken = convChain(16, 6, [
      { name: "sparse", outputs: 24, codes: sparse(24, 144, 0.05), groupRows: null },
    ]);
    broken.graph.initializers.get("sparse.weight")!.data[144 + 5] = Number.NaN;
    expect(() => place(broken, hardware, { scheme: "column-exchange" })).toThrow(
      'the weight of "sparse" at row 5, column 1 is NaN',
    );
  });

  function layerOf(name: string) {
    const layer = model.layers.find(({ node }) => node === name)!;
    const geometry = { kind: "dense" } as const;
    return { name, layer, weight: `${name}.weight`, rows: 144, columns: 24, firstOutput: 0, geometry };
  }
});

describe("utilisation", () => {
  test("bins reach up to their upper end; an array of one sign counts its own", () => {
    // 10 weights of room: 1, 2 and 10 of them stored are 10, 20 and 100 %.
    const hardware = testHardware({ rows: 5, columns: 4, activeRows: 5 });
    const encoding = { bits: 4, ...hardware.encoding };
    const codes = new Int16Array(20 * 2);
    codes[0] = 3;
    codes.fill(-1, 10, 12);
    codes.fill(1, 20, 30);
    const placed = placeMatrix("m", codes, { rows: 20, columns: 2 }, encoding, hardware, null);
    const expected = new Int32Array(20);
    expected[0] = 1; // the last array holds nothing
    expected[1] = 1;
    expected[3] = 1;
    expected[19] = 1;
    expect(utilization(placed, hardware.array)).toEqual(expected);
    const split = testHardware({ rows: 5, columns: 4, activeRows: 5 }, { sign: "splitArrays" });
    const pairs = placeMatrix(
      "m",
      codes,
      { rows: 20, columns: 2 },
      { bits: 4, ...split.encoding },
      split,
      null,
    );
    const both = expected.slice();
    both[0] = 5;
    expect(utilization(pairs, split.array)).toEqual(both);
  });
});
