import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { columnBits, rowsOfGroup } from "../../../src/mapping/column-exchange/bits.js";
import { countExchange } from "../../../src/mapping/column-exchange/count.js";
import { type ExchangeProblem, exchangeColumns } from "../../../src/mapping/column-exchange/exchange.js";
import { searchedGroups } from "../../../src/mapping/column-exchange/local-search.js";
import { clusteredGroups, identityGroups } from "../../../src/mapping/column-exchange/strategies.js";
import { type ColumnExchange, strategies } from "../../../src/mapping/column-exchange/types.js";
import {
  isBetter,
  paddingColumns,
  tilesOfRows,
  useOfGroups,
} from "../../../src/mapping/column-exchange/use.js";
import { createRandom } from "../../../src/random.js";
import { kModes } from "./k-modes.js";
import { bernoulliCodes, heavyTailedCodes, plantedCodes, square } from "./matrices.js";

const base = { name: "m", seed: 1, planes: 1 } as const;

function count(problem: ExchangeProblem, exchange: ColumnExchange = exchangeColumns(problem)) {
  return countExchange(problem.weights, exchange, problem.room, problem.planes);
}

describe("the example of the spec (check 1)", () => {
  // Columns with supports {0,1}, {2,3}, {0,1}, {2,3}.
  const weights = Int16Array.of(1, 0, 1, 0, 1, 0, 1, 0, 0, 1, 0, 1, 0, 1, 0, 1);
  const problem = { ...base, weights, rows: 4, columns: 4, room: square(2) };

  test("as it is, dense or by rows left out: 4 crossbars", () => {
    const settings = { strategy: "identity", searchPasses: 0 } as const;
    expect(count({ ...problem, settings })).toMatchObject({ tiles: 4, denseTiles: 4 });
  });

  test.each([
    ["greedy-union", 0],
    ["k-means", 0],
    ["auto", 0],
    ["identity", 1],
    ["density-sort", 1],
  ] as const)("%s, %i passes of local search: {0, 2} and {1, 3} on 2 crossbars", (strategy, searchPasses) => {
    const exchange = exchangeColumns({ ...problem, settings: { strategy, searchPasses } });
    const groups = exchange.blocks.flatMap((block) => block.groups.map((group) => [...group]));
    expect(groups.sort((a, b) => a[0]! - b[0]!)).toEqual([
      [0, 2],
      [1, 3],
    ]);
    expect(count(problem, exchange).tiles).toBe(2);
  });
});

describe("crossbars are counted whole (checks 2 and 3)", () => {
  test.each([
    [9, 4, 3],
    [10, 4, 2],
    [12, 4, 0],
  ])("%i columns in fours leave %s", (columns, across, free) => {
    expect(paddingColumns(columns, across)).toBe(free);
    const weights = new Int16Array(5 * columns).fill(1);
    const problem = { ...base, weights, rows: 5, columns, room: square(across) };
    const exchange = exchangeColumns(problem);
    const { paddingColumns: counted, index_bit } = count(problem, exchange);
    expect(counted).toBe(free);
    expect(exchange.blocks.flatMap((b) => b.groups.flatMap((group) => [...group])).sort(ascending)).toEqual(
      Array.from({ length: columns }, (_, c) => c),
    );
    expect(index_bit).toBe(columns * Math.ceil(Math.log2(columns)));
  });

  test.each([
    [0, 0],
    [32, 1],
    [33, 2],
  ])("%i rows at 32 to a crossbar: %i", (rows, tiles) => {
    expect(tilesOfRows([rows], square(32))).toBe(tiles);
    const weights = Int16Array.from({ length: 40 * 32 }, (_, i) => (Math.floor(i / 32) < rows ? 1 : 0));
    expect(count({ ...base, weights, rows: 40, columns: 32, room: square(32) }).tiles).toBe(tiles);
  });

  test("the two signs keep rows of their own, on crossbars of their own", () => {
    // 33 rows of positive weights, 3 of them with a negative one as well.
    const weights = Int16Array.from({ length: 33 * 2 }, (_, i) => (i % 2 === 0 ? 1 : i < 6 ? -1 : 0));
    const problem = { ...base, weights, rows: 33, columns: 2, room: square(32) };
    expect(count({ ...problem, planes: 2 })).toMatchObject({ tiles: 3, rows: 36, denseTiles: 4 });
    expect(count(problem)).toMatchObject({ tiles: 2, rows: 33, denseTiles: 2 });
  });
});

describe("an order for each sign", () => {
  test("frees what one order for both cannot, at twice the index", () => {
    // Positive weights pair columns 0 with 1 and 2 with 3; negative ones 0 with 2 and 1 with 3.
    const plus = [
      [1, 1, 0, 0],
      [1, 1, 0, 0],
      [0, 0, 1, 1],
      [0, 0, 1, 1],
    ];
    const minus = [
      [-1, 0, -1, 0],
      [-1, 0, -1, 0],
      [0, -1, 0, -1],
      [0, -1, 0, -1],
    ];
    const weights = Int16Array.from([...plus, ...minus].flat());
    const problem = { ...base, weights, rows: 8, columns: 4, room: square(2), planes: 2 } as const;
    expect(count(problem)).toMatchObject({ tiles: 6, groups: 2, index_bit: 8 });
    const settings = { signs: "independent" } as const;
    const apart = exchangeColumns({ ...problem, settings });
    expect(count(problem, apart)).toMatchObject({ tiles: 4, groups: 4, index_bit: 16 });
    expect(
      apart.blocks.map(({ sign, groups }) => [sign, groups.map((group) => group.join(" ")).sort()]),
    ).toEqual([
      [1, ["0 1", "2 3"]],
      [-1, ["0 2", "1 3"]],
    ]);
  });
});

const ascending = (a: number, b: number): number => a - b;

const anyProblem = fc
  .record({
    seed: fc.nat(),
    rows: fc.integer({ min: 1, max: 90 }),
    columns: fc.integer({ min: 1, max: 50 }),
    density: fc.constantFrom(0.02, 0.1, 0.4, 1),
    planes: fc.constantFrom(1 as const, 2 as const),
    room: fc.record({ rows: fc.integer({ min: 1, max: 20 }), columns: fc.integer({ min: 1, max: 12 }) }),
    split: fc.constantFrom("fitted" as const, "default" as const, { rows: 30, columns: 20 }),
  })
  .map(({ seed, density, split, ...rest }) => ({
    ...base,
    ...rest,
    seed,
    settings: { split, restarts: 2 },
    weights: bernoulliCodes(createRandom(seed), rest.rows, rest.columns, density, 3),
  }));

describe("every strategy", () => {
  test("puts every column that has weights in a block into one group, and no other (check 5)", () => {
    fc.assert(
      fc.property(anyProblem, fc.constantFrom(...strategies), (problem, strategy) => {
        const { weights, columns, room } = problem;
        const settings = { ...problem.settings, strategy };
        const { blocks } = exchangeColumns({ ...problem, settings });
        const times = new Int32Array(weights.length);
        for (const { firstRow, endRow, groups } of blocks) {
          const seen = groups.flatMap((group) => [...group]);
          expect(new Set(seen).size).toBe(seen.length);
          for (const group of groups) expect(group.length).toBeLessThanOrEqual(room.columns);
          for (const column of seen) {
            let used = 0;
            for (let r = firstRow; r < endRow; r++) {
              times[r * columns + column]!++;
              if (weights[r * columns + column] !== 0) used++;
            }
            expect(used).toBeGreaterThan(0);
          }
        }
        expect(weights.every((weight, i) => (weight === 0 ? times[i]! <= 1 : times[i] === 1))).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  test("auto is never worse than any, nor than the dense map, with search or without", () => {
    fc.assert(
      fc.property(anyProblem, fc.constantFrom(0, 4), (problem, searchPasses) => {
        const tiles = (strategy: (typeof strategies)[number]) =>
          count({ ...problem, settings: { ...problem.settings, strategy, searchPasses } });
        const best = tiles("auto");
        expect(best.tiles).toBeLessThanOrEqual(best.denseTiles);
        for (const strategy of strategies) expect(best.tiles).toBeLessThanOrEqual(tiles(strategy).tiles);
      }),
      { numRuns: 30 },
    );
  });

  test.each(strategies)("%s ends where no two columns are alike: 3 crossbars of 9 (check 6)", (strategy) => {
    const weights = Int16Array.from({ length: 96 * 96 }, (_, i) => (i % 97 === 0 ? 1 : 0));
    const problem = { ...base, weights, rows: 96, columns: 96, room: square(32), settings: { strategy } };
    const exchange = exchangeColumns(problem);
    expect(exchange.blocks.flatMap((b) => b.groups.map((group) => group.length))).toEqual([32, 32, 32]);
    expect(count(problem, exchange)).toMatchObject({ tiles: 3, rows: 96, denseTiles: 9 });
  });

  test.each(strategies)("%s: the same seed, the same groups; another seed may differ", (strategy) => {
    const weights = heavyTailedCodes(createRandom(4), 200, 150, 0.1);
    const problem = { ...base, weights, rows: 200, columns: 150, room: square(16), settings: { strategy } };
    expect(exchangeColumns(problem)).toEqual(exchangeColumns(problem));
    expect(count({ ...problem, seed: 2 }).groups).toBe(count(problem).groups);
  });
});

describe("planted blocks (check 7)", () => {
  const seeds = [1, 2, 3, 4, 5];
  const planted = (seed: number, settings: ExchangeProblem["settings"]): ExchangeProblem => ({
    ...base,
    seed,
    weights: plantedCodes(createRandom(seed), 8, 32, 0.5),
    rows: 256,
    columns: 256,
    room: square(32),
    settings: { ...settings },
  });

  test("auto finds all eight, from a dense map of 64", () => {
    const found = seeds.map((seed) => count(planted(seed, { strategy: "auto" })));
    expect(found.map(({ tiles }) => tiles)).toEqual([8, 8, 8, 8, 8]);
    expect(found[0]!.denseTiles).toBe(64);
  });

  test("k-means alone comes to 10 or fewer in 10 runs, local search aside", () => {
    const settings = { strategy: "k-means", runs: 10, searchPasses: 0 } as const;
    for (const seed of seeds) expect(count(planted(seed, settings)).tiles).toBeLessThanOrEqual(10);
  });

  test("majority centroids do not: more than 40 crossbars remain", () => {
    for (const seed of seeds) {
      const { weights } = planted(seed, {});
      const all = Int32Array.from({ length: 256 }, (_, i) => i);
      const bits = columnBits(weights, 256, { rows: all, columns: all }, 1);
      const groups = clusteredGroups(all, 32, 1, createRandom(seed), (some, k, random) =>
        kModes(bits, some, k, random),
      );
      expect(useOfGroups(bits, groups, square(32)).tiles).toBeGreaterThan(40);
    }
  });
});

describe("local search", () => {
  test("never leaves more crossbars or rows, and leaves no exchange that would free any", () => {
    fc.assert(
      fc.property(anyProblem, ({ weights, rows, columns, planes, room }) => {
        const all = (n: number) => Int32Array.from({ length: n }, (_, i) => i);
        const bits = columnBits(weights, columns, { rows: all(rows), columns: all(columns) }, planes);
        const before = identityGroups(bits, room.columns);
        const after = searchedGroups(bits, before, room, 100);
        const use = useOfGroups(bits, after, room);
        expect(isBetter(useOfGroups(bits, before, room), use)).toBe(false);
        // Tried one by one, and counted anew each time.
        for (let a = 0; a < after.length; a++) {
          for (let b = a + 1; b < after.length; b++) {
            for (let i = 0; i < after[a]!.length; i += 3) {
              for (let j = 0; j < after[b]!.length; j += 3) {
                const swapped = after.map((group) => group.slice());
                [swapped[a]![i], swapped[b]![j]] = [swapped[b]![j]!, swapped[a]![i]!];
                expect(isBetter(useOfGroups(bits, swapped, room), use)).toBe(false);
              }
            }
          }
        }
      }),
      { numRuns: 40 },
    );
  });
});

describe("the law of free rows (check 10)", () => {
  test.each([0.04, 0.02, 0.075, 0.0375, 0.25, 0.125])("density %f", (density) => {
    const rows = 4000;
    const random = createRandom(Math.round(density * 1e4));
    for (const size of [16, 32, 64, 128, 256]) {
      const weights = bernoulliCodes(random, rows, size, density);
      const all = (n: number) => Int32Array.from({ length: n }, (_, i) => i);
      const bits = columnBits(weights, size, { rows: all(rows), columns: all(size) }, 1);
      const free = 1 - rowsOfGroup(bits, all(size))[0]! / rows;
      const law = (1 - density) ** size;
      const deviation = Math.sqrt((law * (1 - law)) / rows);
      expect(Math.abs(free - law)).toBeLessThanOrEqual(Math.max(3 * deviation, 1 / rows));
    }
  });

  test("each sign of a pair sees half of the density", () => {
    const weights = bernoulliCodes(createRandom(8), 20000, 32, 0.04);
    const problem = { ...base, weights, rows: 20000, columns: 32, room: square(32), planes: 2 } as const;
    const { rows } = count(problem);
    const law = 0.98 ** 32;
    const free = 1 - rows / 40000;
    expect(Math.abs(free - law)).toBeLessThan(3 * Math.sqrt((law * (1 - law)) / 40000));
  });
});

describe("odd input", () => {
  const problem = { ...base, room: square(4) };

  test.each([
    ["no rows", 0, 5],
    ["no columns", 5, 0],
    ["nothing but zeros", 6, 5],
  ])("%s: no crossbar", (_, rows, columns) => {
    const empty = { ...problem, weights: new Int16Array(rows * columns), rows, columns };
    expect(count(empty)).toMatchObject({ groups: 0, tiles: 0, rows: 0, paddingColumns: 0, index_bit: 0 });
  });

  test("arrays larger than the matrix: one crossbar, for each sign that there is", () => {
    const weights = Float32Array.of(0.5, 0, -1, 2);
    for (const strategy of strategies) {
      const small = { ...problem, weights, rows: 2, columns: 2, room: square(300), settings: { strategy } };
      expect(count(small)).toMatchObject({ groups: 1, tiles: 1, rows: 2 });
      expect(count({ ...small, planes: 2 })).toMatchObject({ groups: 1, tiles: 2, rows: 3 });
    }
  });

  test.each([
    [[1, Number.NaN], "the weight at row 0, column 1 is NaN"],
    [[Number.POSITIVE_INFINITY, 1], "the weight at row 0, column 0 is Infinity"],
    [[1], '"m" has 1 weights, but is said to be 1 × 2'],
  ])("weights %o are refused", (values, message) => {
    const wrong = { ...problem, weights: Float32Array.from(values), rows: 1, columns: 2 };
    expect(() => exchangeColumns(wrong)).toThrow(expect.objectContaining({ name: "InputError", message }));
  });

  test.each([
    [{ restarts: 0 }, "restarts is 0"],
    [{ runs: 1.5 }, "runs is 1.5"],
    [{ searchPasses: -1 }, "searchPasses is -1"],
    [{ split: { rows: 0, columns: 4 } }, "the split is 0 × 4"],
  ])("settings %o are refused", (settings, message) => {
    const weights = new Int16Array(4).fill(1);
    expect(() => exchangeColumns({ ...problem, weights, rows: 2, columns: 2, settings })).toThrow(
      expect.objectContaining({ name: "InputError", message }),
    );
  });

  test("an array without room for a weight is refused", () => {
    const weights = new Int16Array(1);
    const none = { ...problem, weights, rows: 1, columns: 1, room: { rows: 4, columns: 0 } };
    expect(() => exchangeColumns(none)).toThrow("an array has room for 4 × 0 weights");
  });
});
