/** Labelled images as bytes, as the data set's files hold them: [count][channels][height][width]. */
export interface Dataset {
  readonly name: string;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly classes: number;
  readonly count: number;
  readonly pixels: Uint8Array;
  readonly labels: Uint8Array;
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
  readonly labels: Uint8Array;
}

export type DatasetPart = "train" | "test";
