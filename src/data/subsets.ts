import { InputError, invariant } from "../errors.js";
import type { Random } from "../random.js";
import { emptyLabels, imageBytes, isStored } from "./pixels.js";
import type { Dataset, DatasetInMemory } from "./types.js";

type Which = ArrayLike<number> | { readonly start?: number; readonly end?: number };

/**
 * Some images of a data set: a range (which shares its memory) or a list (which is copied, in the list's order). Stored
 * images stay where they are.
 */
export function subset(dataset: DatasetInMemory, which: Which): DatasetInMemory;
export function subset(dataset: Dataset, which: Which): Dataset;
export function subset(dataset: Dataset, which: Which): Dataset {
  const bytes = imageBytes(dataset);
  const { pixels } = dataset;
  if (!("length" in which)) {
    const { start = 0, end = dataset.count } = which;
    if (
      !(
        Number.isInteger(start) &&
        Number.isInteger(end) &&
        start >= 0 &&
        start <= end &&
        end <= dataset.count
      )
    ) {
      throw new InputError(
        `images ${start} to ${end} are asked for, but ${dataset.name} has ${dataset.count}`,
      );
    }
    return {
      ...dataset,
      count: end - start,
      pixels: isStored(pixels)
        ? { ...pixels, images: pixels.images.subarray(start, end) }
        : pixels.subarray(start * bytes, end * bytes),
      labels: dataset.labels.subarray(start, end),
    };
  }
  const labels = emptyLabels(dataset, which.length);
  for (let i = 0; i < which.length; i++) {
    const image = which[i]!;
    if (!(Number.isInteger(image) && image >= 0 && image < dataset.count)) {
      throw new InputError(`image ${image} is asked for, but ${dataset.name} has ${dataset.count}`);
    }
    labels[i] = dataset.labels[image]!;
  }
  const chosen = { ...dataset, count: which.length, labels };
  if (isStored(pixels)) {
    const images = Int32Array.from(which, (image) => pixels.images[image]!);
    return { ...chosen, pixels: { ...pixels, images } };
  }
  const copied = new Uint8Array(which.length * bytes);
  for (let i = 0; i < which.length; i++)
    copied.set(pixels.subarray(which[i]! * bytes, (which[i]! + 1) * bytes), i * bytes);
  return { ...chosen, pixels: copied };
}

/** Data sets of one kind one after another. */
export function concatDatasets(datasets: readonly DatasetInMemory[]): DatasetInMemory {
  const first = datasets[0];
  invariant(first, "there is no data set to concatenate");
  if (datasets.length === 1) return first;
  const kind = (d: Dataset) => [d.channels, d.height, d.width, d.classes].join(" × ");
  for (const d of datasets)
    invariant(kind(d) === kind(first), `data sets of ${kind(d)} and ${kind(first)} together`);
  const count = datasets.reduce((n, d) => n + d.count, 0);
  const pixels = new Uint8Array(count * imageBytes(first));
  const labels = emptyLabels(first, count);
  let pixelsAt = 0;
  let labelsAt = 0;
  for (const d of datasets) {
    pixels.set(d.pixels, pixelsAt);
    labels.set(d.labels, labelsAt);
    pixelsAt += d.pixels.length;
    labelsAt += d.labels.length;
  }
  return { ...first, count, pixels, labels };
}

/**
 * A training set in two by chance: `validation` images for choosing, the rest for training. Both keep the data set's
 * order, and the same stream of chance gives the same split.
 */
export function split(
  dataset: Dataset,
  { validation, random }: { readonly validation: number; readonly random: Random },
): { readonly training: Dataset; readonly validation: Dataset } {
  if (!(Number.isInteger(validation) && validation >= 0 && validation <= dataset.count)) {
    throw new InputError(
      `${validation} validation images are asked for, but ${dataset.name} has ${dataset.count}`,
      {
        hint: `give a whole number from 0 to ${dataset.count}`,
      },
    );
  }
  const order = random.permutation(dataset.count);
  return {
    training: subset(dataset, order.slice(validation).sort()),
    validation: subset(dataset, order.slice(0, validation).sort()),
  };
}
