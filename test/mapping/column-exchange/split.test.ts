import { describe, expect, test } from "vitest";
import { fittedSplit, splitOf } from "../../../src/mapping/column-exchange/split.js";
import {
  fitSplitTable,
  type SplitProblem,
  shippedFit,
  splitCandidates,
  splitCosts,
} from "../../../src/mapping/column-exchange/split-fit.js";
import { splitTable } from "../../../src/mapping/column-exchange/split-table.js";
import type { SplitTable } from "../../../src/mapping/column-exchange/types.js";
import { createRandom, randomFor } from "../../../src/random.js";
import { square } from "./matrices.js";

describe("the split function", () => {
  const table: SplitTable = {
    arraySizes: [32],
    rows: [256, 1024],
    columns: [256],
    sparsities: [0.8, 0.9],
    best: [8, 4, 8, 8, 8, 4, 32, 8],
  };
  const split = (rows: number, columns: number, sparsity: number) =>
    fittedSplit(table, { rows, columns, sparsity }, square(32));

  test("is the table where the table is", () => {
    expect(split(256, 256, 0.8)).toEqual({ rows: 256, columns: 128 });
    expect(split(1024, 256, 0.8)).toEqual({ rows: 256, columns: 128 });
    expect(split(1024, 256, 0.9)).toEqual({ rows: 1024, columns: 256 });
  });

  test("lies between in log2 of the sizes and in sparsity, and cuts into equal parts", () => {
    // Halfway in rows at 0.9: 512 of 512 rows; halfway in sparsity: √(256 · 1024) of 1024 rows.
    expect(split(512, 256, 0.9)).toEqual({ rows: 512, columns: 256 });
    expect(split(1024, 256, 0.85)).toEqual({ rows: 512, columns: 256 });
    // 600 rows in parts of about 256: two of 300, not two of 256 and one of 88.
    expect(split(600, 256, 0.8)).toEqual({ rows: 300, columns: 128 });
  });

  test("holds its edge beyond the table", () => {
    expect(split(4096, 1000, 0.99)).toEqual({ rows: 1024, columns: 250 });
    expect(split(16, 8, 0.1)).toEqual({ rows: 16, columns: 8 });
  });

  test("gives whole arrays, by rule or as wanted", () => {
    const size = { rows: 5000, columns: 700, sparsity: 0.9 };
    expect(splitOf("default", size, square(32))).toEqual({ rows: 4096, columns: 256 });
    expect(splitOf("default", { ...size, rows: 70 }, square(32))).toEqual({ rows: 96, columns: 256 });
    expect(splitOf({ rows: 100, columns: 33 }, size, { rows: 32, columns: 8 })).toEqual({
      rows: 128,
      columns: 40,
    });
    const fitted = splitOf("fitted", size, square(48));
    expect([fitted.rows % 48, fitted.columns % 48]).toEqual([0, 0]);
    // The matrix of a block's intersections stays small.
    expect(splitOf({ rows: 32, columns: 60000 }, size, square(300)).columns).toBe(3900);
  });
});

describe("the table that is shipped", () => {
  const { arraySizes, rows, columns, sparsities, best } = splitTable;

  test("has a split that was tried for every size and sparsity of the spec", () => {
    expect({ arraySizes, rows, columns, sparsities }).toEqual({
      arraySizes: [16, 32, 64, 128],
      rows: [64, 256, 1024, 4096],
      columns: [64, 256, 1024, 4096],
      sparsities: [0.75, 0.85, 0.9, 0.95, 0.98],
    });
    expect(best).toHaveLength(2 * 4 * 4 * 4 * 5);
    let at = 0;
    for (const arraySize of arraySizes)
      for (const x of rows)
        for (const y of columns)
          for (const sparsity of sparsities) {
            const tried = splitCandidates({ arraySize, rows: x, columns: y, sparsity });
            const found = { rows: best[at]! * arraySize, columns: best[at + 1]! * arraySize };
            expect(tried).toContainEqual(found);
            at += 2;
          }
  });

  test("is what its generator gives", () => {
    const fit = { ...shippedFit, arraySizes: [32], rows: [64, 256], columns: [256], sparsities: [0.9] };
    const randomOf = (p: SplitProblem) =>
      randomFor(fit.seed, "split", p.arraySize, p.rows, p.columns, String(p.sparsity));
    const found = fitSplitTable(fit, randomOf).best;
    const entry = (x: number) => 2 * (((1 * 4 + x) * 4 + 1) * 5 + 2);
    expect(found).toEqual([...best.slice(entry(0), entry(0) + 2), ...best.slice(entry(1), entry(1) + 2)]);
  });

  test.each([
    [32, 150, 100, 0.8],
    [32, 400, 120, 0.925],
    [32, 576, 64, 0.96],
    [64, 800, 150, 0.925],
    [24, 300, 300, 0.96],
    [16, 500, 200, 0.99],
  ])(
    "arrays of %i, %i × %i weights, %f of them zero: within 5 percent of the best split",
    (arraySize, x, y, sparsity) => {
      const problem = { arraySize, rows: x, columns: y, sparsity };
      const fitted = splitOf("fitted", problem, square(arraySize));
      const [own, ...tried] = splitCosts(problem, [fitted, ...splitCandidates(problem)], 1, createRandom(7));
      expect(own! / Math.min(...tried)).toBeLessThanOrEqual(1.05);
    },
  );
});
