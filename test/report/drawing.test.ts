import { expect, test } from "vitest";
import { countPlacement } from "../../src/cost/index.js";
import { placeMatrix } from "../../src/mapping/place.js";
import { createRandom } from "../../src/random.js";
import { drawArrays, mostArraysDrawn } from "../../src/report/drawing.js";
import { cellCounts } from "../../src/report/plots/index.js";
import { testHardware } from "../support/hardware.js";
import { sparseCodes } from "../support/problems.js";

const hardware = testHardware({ rows: 144, columns: 32, activeRows: 72 });
const encoding = { bits: 4, ...hardware.encoding };

test("what is drawn is what the cost counts, pruned bands included", () => {
  for (let seed = 0; seed < 60; seed++) {
    const random = createRandom(seed);
    const rows = random.integer(1, 500);
    const columns = random.integer(1, 60);
    const groupRows = [144, 72, 36][seed % 3]!;
    const codes = sparseCodes(random, rows, columns, 7, groupRows, random.uniform());
    const placed = placeMatrix(
      "m",
      codes,
      { rows, columns },
      encoding,
      hardware,
      seed % 5 === 0 ? null : groupRows,
    );
    const drawing = drawArrays(placed, hardware.array);
    const { cells, arrays } = countPlacement(placed, hardware.array);
    expect(drawing.arraysTotal).toBe(arrays);
    const drawn = drawing.arrays.map((groups) => cellCounts(groups, 144, 32));
    const sum = (key: "occupied" | "wasted" | "empty") => drawn.reduce((total, c) => total + c[key], 0);
    expect([sum("occupied"), sum("wasted"), sum("empty")]).toEqual([cells.used, cells.wasted, cells.empty]);
  }
});

test("a large layer is cut, and says so", () => {
  const codes = new Int16Array(144 * 16 * 60).fill(1);
  const placed = placeMatrix("m", codes, { rows: 144 * 60, columns: 16 }, encoding, hardware, null);
  const drawing = drawArrays(placed, hardware.array);
  expect(drawing).toMatchObject({ arraysShown: mostArraysDrawn, arraysTotal: 60 });
  expect(drawing.arrays.length).toBe(mostArraysDrawn);
});
