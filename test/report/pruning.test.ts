import { describe, expect, test } from "vitest";
import { estimate } from "../../src/cost/index.js";
import { meng2021 } from "../../src/hardware/presets/meng2021.js";
import { crossbarGroups, groupGrid } from "../../src/lower/groups.js";
import { place } from "../../src/mapping/place.js";
import { createRandom } from "../../src/random.js";
import { pruningOf } from "../../src/report/pruning.js";
import { type ConvLayer, convChain, groupedCodes, uniformActivity } from "../cost/support.js";

const size = 4;
function pruned(channels: number, layers: readonly ConvLayer[], outside: readonly string[] = []) {
  const placed = place(convChain(channels, size, layers), meng2021);
  const { layers: costs } = estimate(placed, uniformActivity(placed, size * size, 0.5));
  return { placed, pruning: pruningOf(placed, costs, new Set(outside)) };
}

describe("what is pruned of a placed network", () => {
  test("spec check 6: survivors {0, 2, 3} above and {1} below", () => {
    const codes = groupedCodes(4, 16, 72, (output, band) => (band === 0) !== (output === 1));
    const { pruning } = pruned(16, [{ name: "conv", outputs: 4, codes, groupRows: 72 }]);
    // 4 × 4 products of 4 input bits each.
    expect(pruning).toEqual({
      layers: [
        {
          matrix: "conv",
          groupRows: 72,
          inGroupSparsity: true,
          positions: [
            { groups: 4, zeroGroups: 1 },
            { groups: 4, zeroGroups: 3 },
          ],
          mismatchColumns: { layer: 4, chunks: 4 },
          wastedCells: 288,
          usedColumnCells: 864,
          reads: { all: 8 * 64, spared: 4 * 64 },
        },
      ],
      groupSparsity: 0.5,
      readWeightedSparsity: 0.5,
      wastedFraction: 1 / 3,
      mismatchColumns: { layer: 4, chunks: 4 },
    });
  });

  test("a lopsided chunk shows by chunk where the layer's sums even out", () => {
    // Bands: (chunk, position) = (0, 0), (0, 1), (1, 0), (1, 1); survivors 4, 0, 0, 4 of 4.
    const codes = groupedCodes(4, 32, 72, (_, band) => band === 0 || band === 3);
    const { pruning } = pruned(32, [{ name: "conv", outputs: 4, codes, groupRows: 72 }]);
    expect(pruning!.mismatchColumns).toEqual({ layer: 0, chunks: 16 });
  });

  test("a matrix without a row at the last positions has none there, and no mismatch from it", () => {
    const codes = groupedCodes(5, 7, 36, () => true); // 63 rows: bands of 36 and 27
    const { pruning } = pruned(7, [{ name: "conv", outputs: 5, codes, groupRows: 36 }]);
    expect(pruning!.layers[0]!.positions).toEqual([
      { groups: 5, zeroGroups: 0 },
      { groups: 5, zeroGroups: 0 },
    ]);
    expect(pruning!.mismatchColumns).toEqual({ layer: 0, chunks: 0 });
  });

  test("counts group by group, on odd sizes", () => {
    const random = createRandom(5);
    for (const [channels, groupRows, outputs] of [
      [5, 72, 3],
      [17, 36, 7],
      [23, 100, 5],
      [40, 144, 9],
      [33, 13, 4],
    ] as const) {
      const bandCount = Math.ceil((channels * 9) / groupRows);
      const alive = Uint8Array.from({ length: outputs * bandCount }, () => (random.uniform() < 0.6 ? 1 : 0));
      const codes = groupedCodes(
        outputs,
        channels,
        groupRows,
        (output, band) => alive[output * bandCount + band] === 1,
      );
      const { placed, pruning } = pruned(channels, [{ name: "conv", outputs, codes, groupRows }]);
      const matrix = placed.matrices[0]!;
      const grid = groupGrid(matrix.rows, matrix.columns, groupRows, 144);
      const expected = Array.from({ length: grid.positions }, () => ({ groups: 0, zeroGroups: 0 }));
      for (const { position, column, firstRow, rowCount } of crossbarGroups(grid)) {
        let zero = true;
        for (let r = firstRow; r < firstRow + rowCount; r++)
          if (matrix.codes[r * matrix.columns + column] !== 0) zero = false;
        expected[position]!.groups++;
        if (zero) expected[position]!.zeroGroups++;
      }
      expect(pruning!.layers[0]!.positions).toEqual(expected.filter(({ groups }) => groups > 0));
      const [all, zero] = (["groups", "zeroGroups"] as const).map((key) =>
        expected.reduce((sum, at) => sum + at[key], 0),
      );
      expect(pruning!.groupSparsity).toBe(zero! / all!);
    }
  });

  test("layers outside the group sparsity are listed, wasted and mismatched, but not in it", () => {
    const none = groupedCodes(4, 16, 72, () => true);
    const half = groupedCodes(8, 4, 36, (output) => output < 2);
    const layers = [
      { name: "a", outputs: 4, codes: none, groupRows: 72 },
      { name: "b", outputs: 8, codes: half, groupRows: 36 },
    ];
    expect(pruned(16, layers).pruning!.groupSparsity).toBe(6 / 16);
    const { pruning } = pruned(16, layers, ["b"]);
    expect(pruning!.layers.map(({ inGroupSparsity }) => inGroupSparsity)).toEqual([true, false]);
    expect([pruning!.groupSparsity, pruning!.readWeightedSparsity]).toEqual([0, 0]);
    expect(pruned(16, layers, ["a", "b"]).pruning!.groupSparsity).toBeNull();
  });

  test("a network without groups has nothing to prune", () => {
    const codes = groupedCodes(4, 16, 72, () => true);
    expect(pruned(16, [{ name: "conv", outputs: 4, codes, groupRows: null }]).pruning).toBeNull();
  });
});
