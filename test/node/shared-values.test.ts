import { expect, test } from "vitest";
import { withSharedArrays } from "../../src/node/shared-values.js";

test("large arrays are shared, once each; everything else is as it was", () => {
  const large = Float64Array.from({ length: 1000 }, (_, i) => i / 3);
  const part = new Uint8Array(new ArrayBuffer(20_000), 8, 10_000).map((_, i) => i % 251);
  const date = new Date(0);
  const value = {
    large,
    again: [large, "text", null, undefined, 4],
    small: Int32Array.of(1, 2),
    map: new Map<string, unknown>([["part", { part }]]),
    date,
  };
  const shared = withSharedArrays(value);
  expect(shared).toEqual(value);
  expect(shared.large).toBeInstanceOf(Float64Array);
  expect(shared.large.buffer).toBeInstanceOf(SharedArrayBuffer);
  expect(shared.again[0]).toBe(shared.large);
  expect((shared.map.get("part") as { part: Uint8Array }).part.buffer).toBeInstanceOf(SharedArrayBuffer);
  expect(shared.small).toBe(value.small);
  expect(shared.date).toBe(date);
  expect(value.large.buffer).toBeInstanceOf(ArrayBuffer);
  const clone = structuredClone(shared);
  clone.large[7] = 1;
  expect(shared.large[7]).toBe(1);
  expect(withSharedArrays(shared).large).toBe(shared.large);
});
