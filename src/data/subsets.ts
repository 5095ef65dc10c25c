import { InputError, invariant } from "../errors.js";
import type { Random } from "../random.js";
import type { Dataset } from "./types.js";

/** Some images of a data set: a range (which shares its memory) or a list (which is copied, in the list's order). */
export function subset(
  dataset: Dataset,
  which: ArrayLike<number> | { readonly start?: number; readonly end?: number },
): Dataset {
  const bytes = dataset.channels * dataset.height * dataset.width;
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
      pixels: dataset.pixels.subarray(start * bytes, end * bytes),
      labels: dataset.labels.subarray(start, end),
    };
  }
  const pixels = new Uint8Array(which.length * bytes);
  const labels = new Uint8Array(which.length);
  for (let i = 0; i < which.length; i++) {
    const image = which[i]!;
    if (!(Number.isInteger(image) && image >= 0 && image < dataset.count)) {
      throw new InputError(`image ${image} is asked for, but ${dataset.name} has ${dataset.count}`);
    }
    pixels.set(dataset.pixels.subarray(image * bytes, (image + 1) * bytes), i * bytes);
    labels[i] = dataset.labels[image]!;
  }
  return { ...dataset, count: which.length, pixels, labels };
}

/** Data sets of one kind one after another. */
export function concatDatasets(datasets: readonly Dataset[]): Dataset {
  const first = datasets[0];
  invariant(first, "there is no data set to concatenate");
  if (datasets.length === 1) return first;
  const kind = (d: Dataset) => [d.channels, d.height, d.width, d.classes].join(" × ");
  for (const d of datasets)
    invariant(kind(d) === kind(first), `data sets of ${kind(d)} and ${kind(first)} together`);
  const count = datasets.reduce((n, d) => n + d.count, 0);
  const pixels = new Uint8Array(count * first.channels * first.height * first.width);
  const labels = new Uint8Array(count);
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
