import { expect, test } from "vitest";
import { idxElements, idxHeader } from "../../src/data/idx.js";
import { idx, messageOf } from "./samples.js";

const shorts = Uint8Array.of(0, 0, 11, 1, 0, 0, 0, 3, 3, 231, 0, 7, 255, 255);
const header = (bytes: Uint8Array, options: { dimensions?: number; shorts?: boolean }) =>
  idxHeader(bytes, bytes.length, "x", { hint: "make it anew", ...options });

test("bytes and 16-bit numbers, which have the highest byte first and a sign", () => {
  const bytes = idx([4], [200, 0, 255, 3]);
  expect(header(bytes, {})).toEqual({ shape: [4], elementBytes: 1, start_bytes: 8 });
  expect(idxElements(bytes, header(bytes, { shorts: true }))).toEqual(Int16Array.of(200, 0, 255, 3));
  expect(header(shorts, { shorts: true })).toEqual({ shape: [3], elementBytes: 2, start_bytes: 8 });
  expect(idxElements(shorts, header(shorts, { shorts: true }))).toEqual(Int16Array.of(999, 7, -1));
});

test("16-bit numbers are refused where bytes are needed, and floats always", () => {
  const wrong = (bytes: Uint8Array, options: { shorts?: boolean }) => messageOf(() => header(bytes, options));
  expect(wrong(shorts, {})).toBe(
    "x: byte 2, the element type of the IDX magic number, is 11, but must be 8\n  make it anew",
  );
  const floats = shorts.slice();
  floats[2] = 13;
  expect(wrong(floats, { shorts: true })).toContain("is 13, but must be 8 or 11");
  expect(wrong(shorts.subarray(0, 13), { shorts: true })).toContain(
    "x is 13 bytes long, but its header (bytes 4 to 7) says 3 elements, which makes 14",
  );
});

test("the header of a file that is larger than any memory", () => {
  const start = Uint8Array.of(0, 0, 8, 4, 0, 19, 140, 143, 0, 0, 0, 3, 0, 0, 0, 224, 0, 0, 0, 224);
  const { shape } = idxHeader(start, 20 + 1_281_167 * 150_528, "x", { dimensions: 4, hint: "" });
  expect(shape).toEqual([1_281_167, 3, 224, 224]);
});
