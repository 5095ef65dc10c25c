import { InputError } from "../errors.js";
import { idxHeader } from "./idx.js";
import type { DatasetInMemory } from "./types.js";

/** An array of bytes as an IDX file holds it; `headerBytes` is where its data start in the file. */
export interface IdxArray {
  readonly shape: readonly number[];
  readonly data: Uint8Array;
  readonly headerBytes: number;
}

const hint = "the file is damaged or of another kind: fetch it again with `xbarkit data get mnist`";

/**
 * An unpacked IDX file of unsigned bytes.
 *
 * @throws InputError as `idxHeader` does
 */
export function parseIdx(bytes: Uint8Array, file: string, dimensions?: number): IdxArray {
  const { shape, start_bytes } = idxHeader(bytes, bytes.length, file, { dimensions, hint });
  return { shape, data: bytes.subarray(start_bytes), headerBytes: start_bytes };
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
): DatasetInMemory {
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
