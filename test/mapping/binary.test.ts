import { describe, expect, test } from "vitest";
import { decodePlacement, encodePlacement, readPlacementHeader } from "../../src/mapping/binary.js";
import { place } from "../../src/mapping/place.js";
import { createRandom } from "../../src/random.js";
import { testHardware } from "../support/hardware.js";
import { smallNetwork } from "../support/small-network.js";

describe("a placement on disk", () => {
  const model = smallNetwork(createRandom(1), 8);
  const hardware = testHardware({ rows: 24, columns: 16, activeRows: 12 }, { sign: "splitArrays" });
  // A preset's cost is plain data; the test's chip has none.
  const placed = place(model, JSON.parse(JSON.stringify(hardware)));
  const bytes = encodePlacement(placed);

  test("comes back as it was, wherever it lies in memory", () => {
    expect(decodePlacement(bytes, model, "p.bin")).toEqual(placed);
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    expect(decodePlacement(shifted.subarray(3), model, "p.bin")).toEqual(placed);
    expect(encodePlacement(decodePlacement(bytes, model, "p.bin"))).toEqual(bytes);
  });

  test("has a small JSON header that says what is in it", () => {
    const { header, body } = readPlacementHeader(bytes, "p.bin");
    expect(header.matrices.map((m) => [m.matrix, m.rows, m.columns])).toEqual([
      ["c1", 18, 6],
      ["c2#0", 27, 4],
      ["c2#1", 27, 4],
      ["d", 8, 5],
    ]);
    expect(body % 8).toBe(0);
  });

  test.each([0, 3, 11, 12, 200, 4000])("cut off after %i bytes: an error that names the file", (length) => {
    expect(() => decodePlacement(bytes.slice(0, length), model, "p.bin")).toThrow(/p\.bin/);
  });

  test("other files, other versions and other models are refused", () => {
    const other = bytes.slice();
    other[0] = 80;
    expect(() => decodePlacement(other, model, "p.bin")).toThrow('p.bin starts with "PBPL", not "XBPL"');
    const newer = bytes.slice();
    newer[4] = 9;
    expect(() => decodePlacement(newer, model, "p.bin")).toThrow("p.bin has placement format 9");
    const changed = { ...model, layers: model.layers.slice(1) };
    expect(() => decodePlacement(bytes, changed, "p.bin")).toThrow("p.bin was placed for another model");
  });
});
