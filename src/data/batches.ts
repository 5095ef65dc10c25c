import { InputError } from "../errors.js";
import { emptyLabels, imageReader } from "./pixels.js";
import type { Batch, Dataset, Normalization } from "./types.js";

/** Normalisations by name; `scale` 1/255 brings bytes to 0 ... 1 before the mean is taken off. */
export const normalizations = {
  /** ImageNet's channel statistics, which torchvision's networks and many CIFAR-10 checkpoints use. */
  imagenet: {
    mean: [0.485, 0.456, 0.406],
    std: [0.229, 0.224, 0.225],
    scale: 1 / 255,
    layout: "NCHW",
  },
  /** CIFAR-10's own, as the multi-group Lasso experiments use them. */
  cifar10: {
    mean: [125.3 / 255, 123.0 / 255, 113.9 / 255],
    std: [63.0 / 255, 62.1 / 255, 66.7 / 255],
    scale: 1 / 255,
    layout: "NCHW",
  },
  mnist: { mean: [0.1307], std: [0.3081], scale: 1 / 255, layout: "NCHW" },
  /** Measured on the training images, to four digits. */
  "drawn-digits": { mean: [0.148], std: [0.1975], scale: 1 / 255, layout: "NCHW" },
} as const satisfies Record<string, Normalization>;

export type NormalizationName = keyof typeof normalizations;

export interface BatchOptions {
  /** Images in a batch; the last batch may have fewer. */
  readonly size: number;
  /** Which images, in this order. Default: all of them. */
  readonly indices?: ArrayLike<number>;
  /** The part of `indices` (or of the data set) from `start` to before `end`. */
  readonly start?: number;
  readonly end?: number;
}

/**
 * The images as normalised batches, each in memory of its own.
 *
 * @throws InputError where the size, an index or the normalisation does not fit the data set.
 */
export function* batches(
  dataset: Dataset,
  normalization: Normalization,
  options: BatchOptions,
): Generator<Batch> {
  const { size, indices, start = 0, end = indices?.length ?? dataset.count } = options;
  if (!(Number.isInteger(size) && size >= 1)) {
    throw new InputError(`the batch size is ${size}`, { hint: "give a whole number of at least 1" });
  }
  const available = indices?.length ?? dataset.count;
  if (!(Number.isInteger(start) && Number.isInteger(end) && start >= 0 && start <= end && end <= available)) {
    throw new InputError(`images ${start} to ${end} are asked for, but there are ${available}`);
  }
  const table = pixelTable(dataset, normalization);
  for (let first = start; first < end; first += size) {
    const count = Math.min(size, end - first);
    const chosen = Int32Array.from({ length: count }, (_, i) => indices?.[first + i] ?? first + i);
    yield fillBatch(dataset, normalization.layout, table, chosen);
  }
}

function fillBatch(
  dataset: Dataset,
  layout: Normalization["layout"],
  table: Float32Array,
  chosen: Int32Array,
): Batch {
  const { channels, height, width } = dataset;
  const area = height * width;
  const read = imageReader(dataset);
  const labels = emptyLabels(dataset, chosen.length);
  const data = new Float32Array(chosen.length * channels * area);
  // Where neighbouring pixels of a plane, and neighbouring planes, go.
  const [pixelStep, planeStep] = layout === "NCHW" ? [1, area] : [channels, 1];
  for (const [i, image] of chosen.entries()) {
    if (!(image >= 0 && image < dataset.count)) {
      throw new InputError(`image ${image} is asked for, but ${dataset.name} has ${dataset.count}`);
    }
    labels[i] = dataset.labels[image]!;
    const pixels = read(image);
    for (let c = 0; c < channels; c++) {
      const from = c * area;
      const to = i * channels * area + c * planeStep;
      const row = c * 256;
      for (let p = 0; p < area; p++) data[to + p * pixelStep] = table[row + pixels[from + p]!]!;
    }
  }
  const shape =
    layout === "NCHW" ? [chosen.length, channels, height, width] : [chosen.length, height, width, channels];
  return { shape, data, labels };
}

/**
 * [channels × 256]: the network's input for each pixel value, rounded to 32 bits after every step as PyTorch does:
 * torchvision's ToTensor divides by 255 (which is not a product with 1/255), Normalize subtracts, then divides.
 */
function pixelTable({ name, channels }: Dataset, { mean, std, scale }: Normalization): Float32Array {
  for (const [what, values] of Object.entries({ mean, std })) {
    if (values.length !== channels) {
      throw new InputError(
        `the normalisation's ${what} has ${values.length} values, but ${name} has ${channels} channels`,
        {
          hint: "give one value per channel",
        },
      );
    }
    const wrong = values.find((value) => !Number.isFinite(value) || (what === "std" && value <= 0));
    if (wrong !== undefined) {
      throw new InputError(`the normalisation's ${what} holds ${wrong}`, {
        hint: what === "std" ? "give numbers above 0" : "give finite numbers",
      });
    }
  }
  if (!(Number.isFinite(scale) && scale !== 0)) {
    throw new InputError(`the normalisation's scale is ${scale}`, { hint: "give a number such as 1/255" });
  }
  const f = Math.fround;
  const table = new Float32Array(channels * 256);
  for (let c = 0; c < channels; c++) {
    for (let pixel = 0; pixel < 256; pixel++) {
      const scaled = scale === 1 / 255 ? f(pixel / 255) : f(pixel * f(scale));
      table[c * 256 + pixel] = f(f(scaled - f(mean[c]!)) / f(std[c]!));
    }
  }
  return table;
}
