import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ColumnBits, columnBits } from "../../../src/mapping/column-exchange/bits.js";
import { gramMatrix } from "../../../src/mapping/column-exchange/gram.js";
import { type Clustering, kMeans } from "../../../src/mapping/column-exchange/k-means.js";
import { denseColumn, referenceKMeans } from "../../../src/mapping/column-exchange/reference.js";
import { createRandom, type Random } from "../../../src/random.js";
import { bernoulliCodes, plantedCodes } from "./matrices.js";

const all = (count: number) => Int32Array.from({ length: count }, (_, i) => i);

function bitsOf(codes: Int16Array, rows: number, columns: number, planes: 1 | 2 = 1): ColumnBits {
  return columnBits(codes, columns, { rows: all(rows), columns: all(columns) }, planes);
}

type KMeans = (bits: ColumnBits, members: Int32Array, k: number, random: Random) => Clustering;
const fast: KMeans = (bits, members, k, random) => kMeans(gramMatrix(bits), members, k, random);
const both: [string, KMeans][] = [
  ["on intersections", fast],
  ["with centroids written out", referenceKMeans],
];

describe.each(both)("k-means %s", (_, cluster) => {
  test("columns that are equal come together, at no cost", () => {
    // Supports {0,1}, {2,3}, {0,1}, {2,3}: Hamming distance 0 inside, 4 across.
    const bits = bitsOf(Int16Array.of(1, 0, 1, 0, 1, 0, 1, 0, 0, 1, 0, 1, 0, 1, 0, 1), 4, 4);
    for (let seed = 1; seed <= 10; seed++) {
      const { cluster: of, cost, distance, distanceTo } = cluster(bits, all(4), 2, createRandom(seed));
      expect([of[0] === of[2], of[1] === of[3], of[0] === of[1], cost]).toEqual([true, true, false, 0]);
      expect([...distance]).toEqual([0, 0, 0, 0]);
      expect([...distanceTo(of[0]!)]).toEqual([0, 4, 0, 4]);
    }
  });

  test("means, not majorities: 110, 101 and 011 are 2/3 from their mean", () => {
    const bits = bitsOf(Int16Array.of(1, 1, 0, 1, 0, 1, 0, 1, 1), 3, 3);
    const { cost, distance } = cluster(bits, all(3), 1, createRandom(1));
    expect([...distance]).toEqual([2 / 3, 2 / 3, 2 / 3]);
    expect(cost).toBe(2);
  });

  test("as many clusters as members, equal ones too: every cluster has one", () => {
    const bits = bitsOf(new Int16Array(12).fill(1), 3, 4);
    const { cluster: of } = cluster(bits, all(4), 4, createRandom(2));
    expect([...of].sort()).toEqual([0, 1, 2, 3]);
  });

  test("a planted order costs least", () => {
    const bits = bitsOf(plantedCodes(createRandom(3), 4, 8, 0.7), 32, 32);
    const costs = Array.from({ length: 8 }, (_, i) => cluster(bits, all(32), 4, createRandom(i)).cost);
    const [random, members] = [createRandom(9), all(32)];
    const least = Math.min(...costs);
    const shuffled = Array.from({ length: 20 }, () => random.permutation(32));
    for (const order of shuffled) {
      const of = members.map((_, i) => Math.floor(order[i]! / 8));
      expect(least).toBeLessThan(costOf(bits, of, 4));
    }
  });
});

/** Σ of squared distances from the means, from the definition. */
function costOf(bits: ColumnBits, cluster: Int32Array, k: number): number {
  let cost = 0;
  for (let c = 0; c < k; c++) {
    const own = [...all(bits.columns)].filter((i) => cluster[i] === c).map((i) => denseColumn(bits, i));
    for (let line = 0; line < bits.rows * bits.planes; line++) {
      const mean = own.reduce((sum, point) => sum + point[line]!, 0) / own.length;
      cost += own.reduce((sum, point) => sum + (point[line]! - mean) ** 2, 0);
    }
  }
  return cost;
}

describe("the two ways", () => {
  const problem = fc.record({
    seed: fc.nat(),
    rows: fc.integer({ min: 1, max: 70 }),
    columns: fc.integer({ min: 1, max: 40 }),
    k: fc.integer({ min: 1, max: 8 }),
    density: fc.constantFrom(0.02, 0.1, 0.3, 0.9),
    planes: fc.constantFrom(1 as const, 2 as const),
  });

  test("agree bit for bit, on odd sizes and on some of the columns", () => {
    fc.assert(
      fc.property(problem, ({ seed, rows, columns, k, density, planes }) => {
        const random = createRandom(seed);
        const bits = bitsOf(bernoulliCodes(random, rows, columns, density), rows, columns, planes);
        const some = all(columns).filter(() => random.uniform() < 0.8);
        const members = some.length === 0 ? all(columns) : some;
        const clusters = Math.min(k, members.length);
        const { distanceTo: a, ...one } = fast(bits, members, clusters, createRandom(seed));
        const { distanceTo: b, ...other } = referenceKMeans(bits, members, clusters, createRandom(seed));
        expect(one).toEqual(other);
        expect(a(one.cluster[0]!)).toEqual(b(one.cluster[0]!));
      }),
      { numRuns: 150 },
    );
  });

  test("intersections are those of the columns", () => {
    fc.assert(
      fc.property(problem, ({ seed, rows, columns, density, planes }) => {
        const codes = bernoulliCodes(createRandom(seed), rows, columns, density);
        const bits = bitsOf(codes, rows, columns, planes);
        const dense = Array.from({ length: columns }, (_, c) => denseColumn(bits, c));
        const { shared } = gramMatrix(bits);
        for (let a = 0; a < columns; a++)
          for (let b = 0; b < columns; b++)
            expect(shared[a * columns + b]).toBe(
              dense[a]!.reduce((sum, bit, line) => sum + bit * dense[b]![line]!, 0),
            );
      }),
      { numRuns: 30 },
    );
  });
});
