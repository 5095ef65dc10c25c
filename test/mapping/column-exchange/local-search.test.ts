import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { columnBits } from "../../../src/mapping/column-exchange/bits.js";
import { searchedGroups } from "../../../src/mapping/column-exchange/local-search.js";
import { referenceSearch } from "../../../src/mapping/column-exchange/reference.js";
import { densityGroups, identityGroups } from "../../../src/mapping/column-exchange/strategies.js";
import { createRandom } from "../../../src/random.js";
import { bernoulliCodes, heavyTailedCodes } from "./matrices.js";

const all = (count: number) => Int32Array.from({ length: count }, (_, i) => i);

const searches = [
  ["fast", searchedGroups],
  ["reference", referenceSearch],
] as const;

describe.each(searches)("local search, %s", (_, search) => {
  const room = { rows: 2, columns: 2 };
  const place = { rows: all(4), columns: all(4) };

  test("equal columns come together, and a pass that changes nothing is the last", () => {
    const bits = columnBits(Int16Array.of(1, 0, 1, 0, 1, 0, 1, 0, 0, 1, 0, 1, 0, 1, 0, 1), 4, place, 1);
    expect(search(bits, [all(2), Int32Array.of(2, 3)], room, 8)).toEqual([
      Int32Array.of(1, 3),
      Int32Array.of(0, 2),
    ]);
  });

  test("no passes and one group are left as they are", () => {
    const bits = columnBits(new Int16Array(16).fill(1), 4, place, 1);
    const groups = [all(2), Int32Array.of(2, 3)];
    expect(search(bits, groups, room, 0)).toEqual(groups);
    expect(search(bits, [all(4)], { rows: 2, columns: 4 }, 8)).toEqual([all(4)]);
  });
});

test("both local searches end with the same groups, free places, wide arrays and dense columns included", () => {
  const problem = fc.record({
    seed: fc.nat(),
    rows: fc.integer({ min: 6, max: 60 }),
    columns: fc.integer({ min: 5, max: 40 }),
    height: fc.constantFrom(1, 2, 3, 5, 8, 32),
    across: fc.constantFrom(2, 3, 4, 8, 33),
    density: fc.constantFrom(0.05, 0.1, 0.2, 0.4, 0.8),
    planes: fc.constantFrom(1 as const, 2 as const),
    passes: fc.integer({ min: 1, max: 8 }),
    heavy: fc.boolean(),
    sorted: fc.boolean(),
  });
  let exchanged = 0;
  fc.assert(
    fc.property(problem, (of) => {
      const { rows, columns, density } = of;
      const make = of.heavy ? heavyTailedCodes : bernoulliCodes;
      const codes = make(createRandom(of.seed), rows, columns, density);
      const bits = columnBits(codes, columns, { rows: all(rows), columns: all(columns) }, of.planes);
      const before = (of.sorted ? densityGroups : identityGroups)(bits, of.across);
      const room = { rows: of.height, columns: of.across };
      const after = searchedGroups(bits, before, room, of.passes);
      expect(after).toEqual(referenceSearch(bits, before, room, of.passes));
      if (after.join(";") !== before.join(";")) exchanged++;
    }),
    { numRuns: 250, seed: 1 },
  );
  expect(exchanged).toBeGreaterThan(100);
});

test.each([1, 2, 3])("and on a block whose exchanges change many rows: %i", (seed) => {
  const codes = heavyTailedCodes(createRandom(seed), 300, 64, 0.15);
  const bits = columnBits(codes, 64, { rows: all(300), columns: all(64) }, 2);
  const room = { rows: 64, columns: 16 };
  const before = identityGroups(bits, room.columns);
  expect(searchedGroups(bits, before, room, 8)).toEqual(referenceSearch(bits, before, room, 8));
});
