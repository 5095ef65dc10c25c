// Files of the form of ImageNet's (docs/data.md) with random pixels, to try recipes at full size without the images.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * @param {string} dataFolder gets a folder `imagenet`
 * @param {{ train?: readonly number[], test?: number }} [images] images of each training file, and test images
 */
export function makeImagenet(dataFolder, { train = [20, 20], test = 20 } = {}) {
  const folder = join(dataFolder, "imagenet");
  mkdirSync(folder, { recursive: true });
  for (const [i, count] of train.entries()) writePart(folder, "train", `-${i + 1}`, count);
  writePart(folder, "val", "", test);
  return folder;
}

/**
 * @param {string} folder
 * @param {string} stem
 * @param {string} number
 * @param {number} count
 */
function writePart(folder, stem, number, count) {
  const words = new Uint32Array((count * 3 * 224 * 224) / 4);
  // xorshift of 32 bits (Marsaglia 2003).
  let x = 2_463_534_242 + count;
  for (let i = 0; i < words.length; i++) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    words[i] = x;
  }
  // 389 and 1000 have no common divisor: the labels are spread over all classes.
  const labels = Buffer.alloc(2 * count);
  for (let i = 0; i < count; i++) labels.writeInt16BE((i * 389) % 1000, 2 * i);
  const pixels = new Uint8Array(words.buffer);
  writeFileSync(join(folder, `${stem}-images${number}.idx`), idx(8, [count, 3, 224, 224], pixels));
  writeFileSync(join(folder, `${stem}-labels${number}.idx`), idx(11, [count], labels));
}

/**
 * @param {8 | 11} type
 * @param {readonly number[]} shape
 * @param {Uint8Array} elements
 */
function idx(type, shape, elements) {
  const header = Buffer.alloc(4 + 4 * shape.length);
  header.set([0, 0, type, shape.length]);
  for (const [i, size] of shape.entries()) header.writeUInt32BE(size, 4 + 4 * i);
  return Buffer.concat([header, elements]);
}
