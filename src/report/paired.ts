import { InputError } from "../errors.js";
import { normal95 } from "./format.js";

/** How two classifiers differ on the same images: accuracy of the second minus that of the first, as fractions. */
export interface PairedInterval {
  readonly difference: number;
  /** 95 % interval of the difference. */
  readonly low: number;
  readonly high: number;
  readonly images: number;
}

/**
 * The difference of two accuracies on the same images with its 95 % interval. Since the images are the same, only
 * those that exactly one of the two gets right make the difference uncertain: with n images, b that only the first
 * gets right and c that only the second does, the adjusted Wald interval (d ± 1.96·s, d = (c − b)/(n + 2),
 * s = √(b + c + 1 − (c − b)²/(n + 2))/(n + 2)) adds half an image to each of the four cells, so that it is not empty
 * where no image differs. `difference` is the plain (c − b)/n.
 * Source: A. Agresti and Y. Min, "Simple improved confidence intervals for comparing matched proportions", Statistics
 * in Medicine 24, 729–740, 2005 (their "Wald+2").
 *
 * @param first per image whether (1 or true) it was classified correctly
 * @throws InputError where the two are not as long as each other
 */
export function pairedInterval(
  first: Uint8Array | readonly boolean[],
  second: Uint8Array | readonly boolean[],
): PairedInterval {
  const images = first.length;
  if (second.length !== images) {
    throw new InputError(`one classifier has ${images} images, the other ${second.length}`, {
      hint: "give both on the same images",
    });
  }
  let onlyFirst = 0;
  let onlySecond = 0;
  for (let i = 0; i < images; i++) {
    if (first[i] && !second[i]) onlyFirst++;
    if (!first[i] && second[i]) onlySecond++;
  }
  const gained = onlySecond - onlyFirst;
  const total = images + 2;
  const centre = gained / total;
  const half = (normal95 * Math.sqrt(onlyFirst + onlySecond + 1 - gained ** 2 / total)) / total;
  return {
    difference: images === 0 ? 0 : gained / images,
    low: Math.max(-1, centre - half),
    high: Math.min(1, centre + half),
    images,
  };
}
