import { type NormalizationName, normalizations } from "./batches.js";
import { parseCifar10 } from "./cifar.js";
import { drawnDigits, drawnDigitsCounts, drawnDigitsSize } from "./drawn/digits.js";
import { mnist } from "./mnist.js";
import type { DatasetInMemory, DatasetPart, Normalization } from "./types.js";

export type { DatasetPart } from "./types.js";

/** One file of a data set, unpacked; `file` is what messages call it. */
export interface DatasetFile {
  readonly file: string;
  readonly bytes: Uint8Array;
}

/** A file to download: its MD5 as its publisher gives it, and the addresses that hold it, best first. */
export interface Archive {
  readonly file: string;
  readonly md5: string;
  readonly mirrors: readonly string[];
  /** "file" is kept as it comes; "tar.gz" is unpacked, and holds the data set's own folder. */
  readonly kind: "file" | "tar.gz";
}

interface DatasetFacts {
  readonly title: string;
  /** Images in the published files, or that are drawn. */
  readonly counts: { readonly [P in DatasetPart]: number };
  readonly classNames: readonly string[];
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly normalization: NormalizationName;
}

/** A published data set. */
export interface DatasetInFiles extends DatasetFacts {
  /** The folder in a data folder that holds the files. */
  readonly folder: string;
  /** Groups of files that are read together; each gives consecutive images. A file may also be there as `.gz`. */
  readonly files: { readonly [P in DatasetPart]: readonly (readonly string[])[] };
  readonly parse: (group: readonly DatasetFile[]) => DatasetInMemory;
  readonly archives: readonly Archive[];
}

/** A data set that the program makes itself: the same bytes everywhere, and no file. */
export interface GeneratedDataset extends DatasetFacts {
  /** The first `count` images of a part. */
  readonly generate: (part: DatasetPart, count: number) => DatasetInMemory;
}

/**
 * A data set whose originals may not be passed on, so that its files are made from them by hand, as docs/data.md says:
 * IDX files of images and labels, too large for the memory, from which single images are read.
 */
export interface DatasetByHand extends Omit<DatasetFacts, "classNames"> {
  readonly classes: number;
  readonly folder: string;
  /** `train`: train-images.idx and train-labels.idx, or parts from train-images-1.idx and train-labels-1.idx on. */
  readonly stems: { readonly [P in DatasetPart]: string };
  /** Why it cannot be downloaded. */
  readonly closed: string;
}

/** Everything that the program knows of a data set: adding one means adding one of these. */
export type DatasetSpec = DatasetInFiles | GeneratedDataset | DatasetByHand;

const mnistArchive = (file: string, md5: string): Archive => ({
  file,
  md5,
  mirrors: [
    `https://ossci-datasets.s3.amazonaws.com/mnist/${file}`,
    `https://storage.googleapis.com/cvdf-datasets/mnist/${file}`,
  ],
  kind: "file",
});

const digitNames = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"] as const;

const registry = {
  mnist: {
    title: "MNIST: handwritten digits",
    folder: "mnist",
    files: {
      train: [["train-images-idx3-ubyte", "train-labels-idx1-ubyte"]],
      test: [["t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"]],
    },
    counts: { train: 60_000, test: 10_000 },
    classNames: digitNames,
    channels: 1,
    height: 28,
    width: 28,
    normalization: "mnist",
    parse: ([images, labels]) =>
      mnist(images!.bytes, labels!.bytes, { imagesFile: images!.file, labelsFile: labels!.file }),
    archives: [
      mnistArchive("train-images-idx3-ubyte.gz", "f68b3c2dcbeaaa9fbdd348bbdeb94873"),
      mnistArchive("train-labels-idx1-ubyte.gz", "d53e105ee54ea40749a09fcbcd1e9432"),
      mnistArchive("t10k-images-idx3-ubyte.gz", "9fb629c4189551a2d022fa330f9573f3"),
      mnistArchive("t10k-labels-idx1-ubyte.gz", "ec29112dd5afa0611ce80d1b7f02629c"),
    ],
  },
  cifar10: {
    title: "CIFAR-10: small colour photographs",
    folder: "cifar-10-batches-bin",
    files: {
      train: [1, 2, 3, 4, 5].map((i) => [`data_batch_${i}.bin`]),
      test: [["test_batch.bin"]],
    },
    counts: { train: 50_000, test: 10_000 },
    classNames: ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"],
    channels: 3,
    height: 32,
    width: 32,
    normalization: "cifar10",
    parse: ([batch]) => parseCifar10(batch!.bytes, batch!.file),
    archives: [
      {
        file: "cifar-10-binary.tar.gz",
        md5: "c32a1d4ab5d03f1284b67883e8d87530",
        mirrors: ["https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"],
        kind: "tar.gz",
      },
    ],
  },
  "drawn-digits": {
    title: "Digits drawn by the program",
    counts: drawnDigitsCounts,
    classNames: digitNames,
    channels: 1,
    height: drawnDigitsSize,
    width: drawnDigitsSize,
    normalization: "drawn-digits",
    generate: (part, count) => drawnDigits(part, { count }),
  },
  imagenet: {
    title: "ImageNet (ILSVRC 2012): photographs of 1,000 classes",
    folder: "imagenet",
    // The labels of the published test images are secret: papers report the validation images.
    stems: { train: "train", test: "val" },
    counts: { train: 1_281_167, test: 50_000 },
    classes: 1000,
    channels: 3,
    height: 224,
    width: 224,
    normalization: "imagenet",
    closed: "its publisher gives it only to those who accept its terms",
  },
} as const satisfies Record<string, DatasetSpec>;

export type DatasetName = keyof typeof registry;

export const datasets: {
  readonly [N in DatasetName]: (typeof registry)[N] extends DatasetInFiles
    ? DatasetInFiles
    : (typeof registry)[N] extends DatasetByHand
      ? DatasetByHand
      : GeneratedDataset;
} = registry;

export const datasetNames = Object.keys(registry) as DatasetName[];

export const isDatasetName = (name: string): name is DatasetName => Object.hasOwn(registry, name);

export const defaultNormalization = (name: DatasetName): Normalization =>
  normalizations[datasets[name].normalization];
