import { digest } from "../digest.js";
import type { Dataset, Labels, StoredPixels } from "./types.js";

export const isStored = (pixels: Dataset["pixels"]): pixels is StoredPixels => "read" in pixels;

/** Bytes of one image. */
export const imageBytes = ({ channels, height, width }: Omit<Dataset, "pixels">): number =>
  channels * height * width;

/** The pixels of an image, [channels][height][width], to be looked at until the next are asked for. */
export function imageReader(dataset: Dataset): (image: number) => Uint8Array {
  const { pixels } = dataset;
  const size = imageBytes(dataset);
  if (!isStored(pixels)) return (image) => pixels.subarray(image * size, (image + 1) * size);
  const room = new Uint8Array(size);
  return (image) => {
    pixels.read(pixels.images[image]!, room);
    return room;
  };
}

/** Room for the labels of so many images. */
export const emptyLabels = ({ classes }: Pick<Dataset, "classes">, count: number): Labels =>
  classes > 256 ? new Uint16Array(count) : new Uint8Array(count);

/** Stored images that a digest looks at: all of ImageNet would take many minutes at each start of a training. */
const digestedImages = 64;

/**
 * What tells the images of one data set from another's. Of stored ones it is made of which of its files' images are
 * there, and the pixels of 64 of them at even distances.
 */
export function datasetDigests(dataset: Dataset): { readonly pixels: string; readonly labels: string } {
  const { pixels, labels, count } = dataset;
  const own = { labels: digest(bytesOf(labels)) };
  if (!isStored(pixels)) return { pixels: digest(pixels), ...own };
  const read = imageReader(dataset);
  const looked = Math.min(count, digestedImages);
  const parts = [
    ...pixels.files.map(({ images }) => String(images)),
    digest(bytesOf(pixels.images)),
    ...Array.from({ length: looked }, (_, i) => digest(read(Math.floor((i * count) / looked)))),
  ];
  return { pixels: digest(parts.join(" ")), ...own };
}

export const bytesOf = ({ buffer, byteOffset, byteLength }: Labels | Int32Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);
