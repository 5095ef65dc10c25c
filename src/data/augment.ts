import { InputError } from "../errors.js";
import type { Random } from "../random.js";
import { imageBytes, imageReader } from "./pixels.js";
import type { Dataset, DatasetInMemory } from "./types.js";

export interface Augmentation {
  /** Mirrors an image left to right with this probability. */
  readonly flip?: number;
  /** Puts so many black pixels around an image and cuts one of its own size out, anywhere with equal chance. */
  readonly crop?: number;
}

/**
 * The images, each changed by chance, in memory of their own. Every image draws the same numbers in the same order
 * (the mirror, then the row and the column of the cut), so that a change of one setting moves nothing of the other.
 * @throws InputError where a setting is outside its range
 */
export function augment(
  dataset: Dataset,
  { flip = 0, crop = 0 }: Augmentation,
  random: Random,
): DatasetInMemory {
  if (!(flip >= 0 && flip <= 1))
    throw new InputError(`the probability of a flip is ${flip}`, { hint: "give a number from 0 to 1" });
  if (!(Number.isInteger(crop) && crop >= 0))
    throw new InputError(`the padding of a crop is ${crop}`, {
      hint: "give a whole number of pixels from 0",
    });
  const { channels, height, width, count } = dataset;
  const size = imageBytes(dataset);
  const read = imageReader(dataset);
  const changed = new Uint8Array(count * size);
  for (let image = 0; image < count; image++) {
    const mirrored = random.uniform() < flip;
    const down = random.integer(0, 2 * crop) - crop;
    const right = random.integer(0, 2 * crop) - crop;
    const pixels = read(image);
    const place = changed.subarray(image * size, (image + 1) * size);
    for (let channel = 0; channel < channels; channel++)
      copyPlane(pixels, place, channel * height * width, height, width, mirrored, down, right);
  }
  return { ...dataset, pixels: changed };
}

/** changed[y, x] = the pixel `down` and `right` of it, of the plane or of its mirror image; black outside. */
function copyPlane(
  pixels: Uint8Array,
  changed: Uint8Array,
  plane: number,
  height: number,
  width: number,
  mirrored: boolean,
  down: number,
  right: number,
): void {
  for (let y = Math.max(0, -down); y < Math.min(height, height - down); y++)
    for (let x = Math.max(0, -right); x < Math.min(width, width - right); x++) {
      const column = mirrored ? width - 1 - (x + right) : x + right;
      changed[plane + y * width + x] = pixels[plane + (y + down) * width + column]!;
    }
}
