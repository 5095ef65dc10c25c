import { expect, test } from "vitest";
import { encodePredictions, rightOnes } from "../../src/node/predictions.js";

test("predictions come back as right or wrong, image by image", () => {
  const text = encodePredictions(Int32Array.of(3, 0, -1, 999, 7));
  expect(text).toMatch(/^[A-Za-z0-9+/]+=*$/);
  expect(rightOnes(text, Uint8Array.of(3, 1, 0, 9, 7))).toEqual(Uint8Array.of(1, 0, 0, 0, 1));
  expect(rightOnes(text, Uint16Array.of(3, 1, 0, 999, 263))).toEqual(Uint8Array.of(1, 0, 0, 1, 0));
  // An image that was given no class at all is wrong whatever its label.
  expect(rightOnes(encodePredictions(Int32Array.of(-1)), Uint8Array.of(255))).toEqual(Uint8Array.of(0));
  expect(rightOnes(encodePredictions(new Int32Array(0)), new Uint8Array(0))).toEqual(new Uint8Array(0));
});

test("a damaged text is refused", () => {
  const text = encodePredictions(Int32Array.of(1, 2));
  expect(() => rightOnes(text, new Uint8Array(3))).toThrow("metrics.jsonl has predictions for 2 of 3 images");
});
