import { InputError } from "../errors.js";
import { elementCount } from "../tensor.js";
import type { Dataset } from "./types.js";

/** An array of bytes as an IDX file holds it; `headerBytes` is where its data start in the file. */
export interface IdxArray {
  readonly shape: readonly number[];
  readonly data: Uint8Array;
  readonly headerBytes: number;
}

const hint = "the file is damaged or of another kind: fetch it again with `xbarkit data get mnist`";

/**
 * An unpacked IDX file of unsigned bytes: two zero bytes, the element type (8), the number of dimensions, each
 * dimension as a big-endian 32-bit number, then the elements. Format: http://yann.lecun.com/exdb/mnist/.
 *
 * @throws InputError for a wrong magic number, other dimensions than asked for, or a wrong length, naming the byte.
 */
export function parseIdx(bytes: Uint8Array, file: string, dimensions?: number): IdxArray {
  const fail = (message: string): never => {
    throw new InputError(`${file}${message}`, { hint });
  };
  if (bytes.length < 4)
    fail(` is ${bytes.length} bytes long, too short for the 4 bytes of an IDX magic number`);
  if (bytes[0] === 0x1f && bytes[1] === 0x8b)
    fail(": bytes 0 and 1 are those of a gzip file; unpack it first");
  const wanted = [0, 0, 8, dimensions];
  const names = [
    "the first of two zero bytes",
    "the second of two zero bytes",
    "the element type",
    "the dimensions",
  ];
  for (const [at, value] of wanted.entries()) {
    if (value !== undefined && bytes[at] !== value) {
      fail(`: byte ${at}, ${names[at]} of the IDX magic number, is ${bytes[at]}, but must be ${value}`);
    }
  }
  const rank = bytes[3]!;
  const headerBytes = 4 + 4 * rank;
  if (rank === 0) fail(": byte 3, the dimensions of the IDX magic number, is 0");
  if (bytes.length < headerBytes) {
    fail(` is ${bytes.length} bytes long, but its header of ${rank} dimensions takes ${headerBytes}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shape = Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i));
  const expected = headerBytes + elementCount(shape);
  if (bytes.length !== expected) {
    fail(
      ` is ${bytes.length} bytes long, but its header (bytes 4 to ${headerBytes - 1}) says ${shape.join(" × ")} ` +
        `elements, which makes ${expected}`,
    );
  }
  return { shape, data: bytes.subarray(headerBytes), headerBytes };
}

/**
 * MNIST from its two unpacked IDX files.
 *
 * @throws InputError as `parseIdx` does, and for images that are not 28 × 28, unequal counts or a label above 9.
 */
export function mnist(
  images: Uint8Array,
  labels: Uint8Array,
  { imagesFile, labelsFile }: { readonly imagesFile: string; readonly labelsFile: string },
): Dataset {
  const pixels = parseIdx(images, imagesFile, 3);
  const classes = parseIdx(labels, labelsFile, 1);
  const [count, height, width] = pixels.shape as [number, number, number];
  for (const [i, value] of [height, width].entries()) {
    if (value !== 28) {
      const name = i === 0 ? "the rows" : "the columns";
      throw new InputError(
        `${imagesFile}: byte ${8 + 4 * i}, ${name} of an image, says ${value}, but must be 28`,
        { hint },
      );
    }
  }
  if (classes.shape[0] !== count) {
    throw new InputError(
      `${labelsFile}: byte 4 says ${classes.shape[0]} labels, but ${imagesFile} has ${count} images`,
      { hint: "take both files from the same half of the data set" },
    );
  }
  const wrong = classes.data.findIndex((label) => label > 9);
  if (wrong >= 0) {
    throw new InputError(
      `${labelsFile}: byte ${classes.headerBytes + wrong}, the label of image ${wrong}, is ${classes.data[wrong]}, ` +
        "but MNIST's labels are 0 to 9",
      { hint },
    );
  }
  return {
    name: "mnist",
    channels: 1,
    height,
    width,
    classes: 10,
    count,
    pixels: pixels.data,
    labels: classes.data,
  };
}
