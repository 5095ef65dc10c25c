/** Classes of images: bytes where there are no more than 256 classes. */
export type Labels = Uint8Array | Uint16Array;

/** Images in a file, one after another. */
export interface ImageFile {
  readonly file: string;
  /** Where the first one starts. */
  readonly start_bytes: number;
  readonly images: number;
}

/** Pixels that stay in their files and are read image by image, because all of them are too many for the memory. */
export interface StoredPixels {
  readonly files: readonly ImageFile[];
  /** [count]: which image of the files, counted through all of them, each image is. */
  readonly images: Int32Array;
  /**
   * Copies the pixels of one image of the files.
   * @param into [channels × height × width]
   * @throws InputError where its file is not what it was when it was opened
   */
  readonly read: (image: number, into: Uint8Array) => void;
}

/** Labelled images. */
export interface Dataset {
  readonly name: string;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly classes: number;
  readonly count: number;
  /** Bytes as the data set's files hold them: [count][channels][height][width]. */
  readonly pixels: Uint8Array | StoredPixels;
  /** [count], each below `classes`. */
  readonly labels: Labels;
}

export interface DatasetInMemory extends Dataset {
  readonly pixels: Uint8Array;
}

/** How pixels become the network's input: x = (pixel · scale − mean[c]) / std[c], laid out as `layout` says. */
export interface Normalization {
  readonly mean: readonly number[];
  readonly std: readonly number[];
  readonly scale: number;
  readonly layout: "NCHW" | "NHWC";
}

/** A normalised batch, in the layout that the normalisation names. */
export interface Batch {
  readonly shape: readonly number[];
  readonly data: Float32Array;
  readonly labels: Labels;
}

export type DatasetPart = "train" | "test";
