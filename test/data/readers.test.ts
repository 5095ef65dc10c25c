import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseCifar10 } from "../../src/data/cifar.js";
import { mnist, parseIdx } from "../../src/data/mnist.js";
import { InputError } from "../../src/errors.js";
import { cifarRecords, idx, messageOf, mnistImages, mnistLabels } from "./samples.js";

describe("CIFAR-10's records", () => {
  test("labels and pixels come apart", () => {
    const images = parseCifar10(cifarRecords([3, 9, 0]), "a.bin");
    expect(images).toMatchObject({
      name: "cifar10",
      channels: 3,
      height: 32,
      width: 32,
      classes: 10,
      count: 3,
    });
    expect([...images.labels]).toEqual([3, 9, 0]);
    expect(images.pixels.length).toBe(3 * 3072);
    for (const i of [0, 1, 2]) {
      expect(images.pixels.subarray(i * 3072, (i + 1) * 3072).every((pixel) => pixel === i)).toBe(true);
    }
  });

  test("a wrong label is named with its byte", () => {
    const error = messageOf(() => parseCifar10(cifarRecords([1, 2, 17]), "dir/test_batch.bin"));
    expect(error).toBe(
      "dir/test_batch.bin: byte 6146, the label of image 2, is 17, but CIFAR-10's labels are 0 to 9\n" +
        "  the file is damaged or of another kind: fetch it again with `xbarkit data get cifar10`",
    );
  });

  test("any length that is no whole number of records is refused with the place where they end", () => {
    const bytes = cifarRecords([1, 2]);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: bytes.length - 1 }), (length) => {
        fc.pre(length !== 3073);
        const error = messageOf(() => parseCifar10(bytes.subarray(0, length), "a.bin"));
        const start = length > 3073 ? 3073 : 0;
        return error.startsWith(
          `a.bin is ${length} bytes long: the CIFAR-10 record at byte ${start} has ${length - start} of its 3073 bytes\n`,
        );
      }),
    );
    expect(() => parseCifar10(new Uint8Array(0), "a.bin")).toThrow(InputError);
  });
});

describe("MNIST's IDX files", () => {
  test("shape and elements", () => {
    const { shape, data, headerBytes } = parseIdx(idx([2, 1, 3], [1, 2, 3, 4, 5, 6]), "x", 3);
    expect([shape, [...data], headerBytes]).toEqual([[2, 1, 3], [1, 2, 3, 4, 5, 6], 16]);
  });

  test("images with their labels", () => {
    const images = mnist(mnistImages(12), mnistLabels(12), { imagesFile: "i", labelsFile: "l" });
    expect(images).toMatchObject({
      name: "mnist",
      channels: 1,
      height: 28,
      width: 28,
      classes: 10,
      count: 12,
    });
    expect([...images.labels]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]);
    expect(images.pixels[11 * 784 + 500]).toBe((11 + 500) % 256);
  });

  const changed = (bytes: Uint8Array, at: number, value: number) => {
    const copy = bytes.slice();
    copy[at] = value;
    return copy;
  };
  const small = idx([2, 3], [1, 2, 3, 4, 5, 6]);

  test.each([
    [
      "a first byte",
      changed(small, 0, 7),
      "x: byte 0, the first of two zero bytes of the IDX magic number, is 7, but must be 0",
    ],
    [
      "a second byte",
      changed(small, 1, 1),
      "x: byte 1, the second of two zero bytes of the IDX magic number, is 1, but must be 0",
    ],
    [
      "floats",
      changed(small, 2, 13),
      "x: byte 2, the element type of the IDX magic number, is 13, but must be 8",
    ],
    [
      "dimensions",
      changed(small, 3, 1),
      "x: byte 3, the dimensions of the IDX magic number, is 1, but must be 2",
    ],
    [
      "a gzip file",
      changed(changed(small, 0, 0x1f), 1, 0x8b),
      "x: bytes 0 and 1 are those of a gzip file; unpack it first",
    ],
    [
      "almost nothing",
      small.subarray(0, 3),
      "x is 3 bytes long, too short for the 4 bytes of an IDX magic number",
    ],
    ["half a header", small.subarray(0, 9), "x is 9 bytes long, but its header of 2 dimensions takes 12"],
    [
      "one byte less",
      small.subarray(0, 17),
      "x is 17 bytes long, but its header (bytes 4 to 11) says 2 × 3 elements, which makes 18",
    ],
    [
      "a huge claim",
      changed(small, 4, 255),
      "x is 18 bytes long, but its header (bytes 4 to 11) says 4278190082 × 3 elements, which makes 12834570258",
    ],
  ])("%s is refused", (_, bytes, message) => {
    expect(messageOf(() => parseIdx(bytes, "x", 2)).split("\n")[0]).toBe(message);
  });

  test("no dimensions are refused, whatever was asked for", () => {
    expect(messageOf(() => parseIdx(Uint8Array.of(0, 0, 8, 0, 1), "x"))).toMatch(/^x: byte 3, .* is 0/);
  });

  test("any bytes give an array or an input error", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        try {
          const { shape, data } = parseIdx(bytes, "x");
          return shape.reduce((a, b) => a * b, 1) === data.length;
        } catch (error) {
          return error instanceof InputError;
        }
      }),
    );
  });

  const files = { imagesFile: "images", labelsFile: "labels" };

  test("labels out of range, unequal counts and other image sizes are refused", () => {
    const labels = mnistLabels(4);
    labels[8 + 2] = 10;
    expect(messageOf(() => mnist(mnistImages(4), labels, files))).toMatch(
      /^labels: byte 10, the label of image 2, is 10, but MNIST's labels are 0 to 9\n/,
    );
    expect(messageOf(() => mnist(mnistImages(4), mnistLabels(3), files))).toMatch(
      /^labels: byte 4 says 3 labels, but images has 4 images\n/,
    );
    const wide = idx([1, 28, 29], new Uint8Array(28 * 29));
    expect(messageOf(() => mnist(wide, mnistLabels(1), files))).toMatch(
      /^images: byte 12, the columns of an image, says 29, but must be 28\n/,
    );
    expect(messageOf(() => mnist(mnistLabels(1), mnistLabels(1), files))).toMatch(
      /^images: byte 3, .* is 1, but must be 3/,
    );
  });
});
