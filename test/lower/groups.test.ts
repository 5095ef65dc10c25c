import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { gatherRows, positionsOf } from "../../src/lower/gather.js";
import { bands, crossbarGroups, groupGrid, groupOf, survivors } from "../../src/lower/groups.js";
import type { MatrixGeometry } from "../../src/lower/matrices.js";

describe("groups", () => {
  test("spec check 1: W[1][10][2][1] of a 2 × 16 × 3 × 3 layer", () => {
    const row = 10 * 9 + 2 * 3 + 1;
    expect(row).toBe(97);
    const grid = groupGrid(144, 2, 72, 144);
    expect(groupOf(grid, row)).toEqual({ chunk: 0, position: 1, bandRow: 25 });
    const groups = crossbarGroups(grid);
    expect(groups.map((g) => g.rowCount)).toEqual([72, 72, 72, 72]);
  });

  test("groups partition any matrix", () => {
    const sizes = fc.record({
      rows: fc.integer({ min: 1, max: 400 }),
      columns: fc.integer({ min: 1, max: 5 }),
      arrayRows: fc.integer({ min: 1, max: 150 }),
      share: fc.double({ min: 0.01, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(sizes, ({ rows, columns, arrayRows, share }) => {
        const grid = groupGrid(rows, columns, Math.max(1, Math.floor(arrayRows * share)), arrayRows);
        const seen = new Uint8Array(rows * columns);
        for (const group of crossbarGroups(grid)) {
          for (let r = group.firstRow; r < group.firstRow + group.rowCount; r++) {
            seen[r * columns + group.column]!++;
            const { chunk, position } = groupOf(grid, r);
            if (chunk !== group.chunk || position !== group.position) return false;
          }
        }
        return seen.every((times) => times === 1);
      }),
    );
  });

  test("survivors are columns with a non-zero code in the band", () => {
    const codes = Int16Array.of(0, 1, 0, 0, 0, 0, /* band 2 */ 0, 0, -3);
    expect([...survivors(codes, 3, { firstRow: 0, rowCount: 2 })]).toEqual([1]);
    expect([...survivors(codes, 3, { firstRow: 2, rowCount: 1 })]).toEqual([2]);
    expect(bands(groupGrid(3, 3, 2, 2)).map((b) => b.rowCount)).toEqual([2, 1]);
  });

  test("a group taller than an array is refused with both numbers", () => {
    expect(() => groupGrid(10, 1, 145, 144)).toThrow("groupRows is 145, but an array has 144 word lines");
  });
});

describe("gathering a convolution's inputs", () => {
  const geometries = fc
    .record({
      channels: fc.integer({ min: 1, max: 3 }),
      extra: fc.integer({ min: 0, max: 2 }),
      height: fc.integer({ min: 3, max: 9 }),
      width: fc.integer({ min: 3, max: 9 }),
      kernel: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
      strides: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
      pads: fc.tuple(
        ...([0, 1, 2, 3].map(() => fc.integer({ min: 0, max: 2 })) as [
          fc.Arbitrary<number>,
          fc.Arbitrary<number>,
          fc.Arbitrary<number>,
          fc.Arbitrary<number>,
        ]),
      ),
      dilations: fc.tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 2 })),
      images: fc.integer({ min: 1, max: 3 }),
    })
    .map(({ extra, ...g }) => ({
      ...g,
      firstChannel: extra,
      inputChannels: g.channels + extra,
      outHeight:
        Math.floor(
          (g.height + g.pads[0] + g.pads[2] - g.dilations[0] * (g.kernel[0] - 1) - 1) / g.strides[0],
        ) + 1,
      outWidth:
        Math.floor(
          (g.width + g.pads[1] + g.pads[3] - g.dilations[1] * (g.kernel[1] - 1) - 1) / g.strides[1],
        ) + 1,
    }))
    .filter((g) => g.outHeight > 0 && g.outWidth > 0);

  test("equals the element-by-element definition", () => {
    fc.assert(
      fc.property(geometries, ({ images, ...g }) => {
        const geometry: MatrixGeometry = { kind: "conv", ...g };
        const size = g.inputChannels * g.height * g.width;
        const codes = Uint8Array.from({ length: images * size }, (_, i) => (i * 7 + 3) % 251);
        const [kh, kw] = g.kernel;
        const rows = g.channels * kh * kw;
        const padding = 255;
        const gathered = gatherRows(geometry, codes, images, rows, padding);
        const positions = positionsOf(geometry);
        for (let r = 0; r < rows; r++) {
          const c = g.firstChannel + Math.floor(r / (kh * kw));
          const [i, j] = [Math.floor(r / kw) % kh, r % kw];
          for (let n = 0; n < images; n++) {
            for (let p = 0; p < positions; p++) {
              const y = Math.floor(p / g.outWidth) * g.strides[0] + i * g.dilations[0] - g.pads[0];
              const x = (p % g.outWidth) * g.strides[1] + j * g.dilations[1] - g.pads[1];
              const inside = y >= 0 && y < g.height && x >= 0 && x < g.width;
              const expected = inside ? codes[n * size + (c * g.height + y) * g.width + x]! : padding;
              if (gathered[r * images * positions + n * positions + p] !== expected) return false;
            }
          }
        }
        return true;
      }),
      { numRuns: 300 },
    );
  });
});
