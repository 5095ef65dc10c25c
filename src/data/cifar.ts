import { InputError } from "../errors.js";
import type { DatasetInMemory } from "./types.js";

const imageBytes = 3 * 32 * 32;
const recordBytes = 1 + imageBytes;

/**
 * CIFAR-10's binary files: records of one label byte and 3 × 32 × 32 pixel bytes (red, green, blue planes), any
 * whole number of them. Format: https://www.cs.toronto.edu/~kriz/cifar.html.
 *
 * @throws InputError for a file of another length or a label above 9, naming the file and the byte.
 */
export function parseCifar10(bytes: Uint8Array, file: string): DatasetInMemory {
  const count = Math.floor(bytes.length / recordBytes);
  if (count === 0 || bytes.length % recordBytes !== 0) {
    throw new InputError(
      `${file} is ${bytes.length} bytes long: the CIFAR-10 record at byte ${count * recordBytes} has ` +
        `${bytes.length - count * recordBytes} of its ${recordBytes} bytes`,
      { hint: "the file is cut short or of another kind: fetch it again with `xbarkit data get cifar10`" },
    );
  }
  const pixels = new Uint8Array(count * imageBytes);
  const labels = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    const start = i * recordBytes;
    const label = bytes[start]!;
    if (label > 9) {
      throw new InputError(
        `${file}: byte ${start}, the label of image ${i}, is ${label}, but CIFAR-10's labels are 0 to 9`,
        { hint: "the file is damaged or of another kind: fetch it again with `xbarkit data get cifar10`" },
      );
    }
    labels[i] = label;
    pixels.set(bytes.subarray(start + 1, start + recordBytes), i * imageBytes);
  }
  return { name: "cifar10", channels: 3, height: 32, width: 32, classes: 10, count, pixels, labels };
}
