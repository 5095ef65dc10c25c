import type { Dataset, DatasetInMemory, StoredPixels } from "../../src/data/types.js";

/** An IDX file of unsigned bytes. */
export function idx(shape: readonly number[], elements: ArrayLike<number>): Uint8Array {
  const bytes = new Uint8Array(4 + 4 * shape.length + elements.length);
  const view = new DataView(bytes.buffer);
  bytes.set([0, 0, 8, shape.length]);
  for (const [i, n] of shape.entries()) view.setUint32(4 + 4 * i, n);
  bytes.set(elements, 4 + 4 * shape.length);
  return bytes;
}

/** `count` MNIST images: pixel p of image i is (i + p) mod 256, its label i mod 10. */
export const mnistImages = (count: number): Uint8Array =>
  idx(
    [count, 28, 28],
    Uint8Array.from({ length: count * 784 }, (_, k) => Math.floor(k / 784) + (k % 784)),
  );
export const mnistLabels = (count: number): Uint8Array =>
  idx(
    [count],
    Uint8Array.from({ length: count }, (_, i) => i % 10),
  );

/** CIFAR-10 records with these labels; every pixel byte of record i is i. */
export const cifarRecords = (labels: readonly number[]): Uint8Array => {
  const bytes = new Uint8Array(labels.length * 3073);
  for (const [i, label] of labels.entries()) {
    bytes.fill(i, i * 3073, (i + 1) * 3073);
    bytes[i * 3073] = label;
  }
  return bytes;
};

/** `count` images of 2 channels of 2 × 3 pixels, whose bytes count up, with labels i mod 5. */
export const smallDataset = (count: number): DatasetInMemory => ({
  name: "small",
  channels: 2,
  height: 2,
  width: 3,
  classes: 5,
  count,
  pixels: Uint8Array.from({ length: count * 12 }, (_, i) => i),
  labels: Uint8Array.from({ length: count }, (_, i) => i % 5),
});

/** A tar archive; an entry's type is "0" (a file) unless it says otherwise. */
export function tar(entries: readonly { path: string; content?: Uint8Array; type?: string }[]): Uint8Array {
  const blocks: Uint8Array[] = [];
  for (const { path, content = new Uint8Array(0), type = "0" } of entries) {
    const header = new Uint8Array(512);
    const put = (at: number, text: string) => header.set(Buffer.from(text), at);
    put(0, path);
    put(100, "0000644\0");
    put(124, `${content.length.toString(8).padStart(11, "0")}\0`);
    put(156, type);
    put(257, "ustar\0" + "00");
    put(148, "        ");
    const sum = header.reduce((a, b) => a + b, 0);
    put(148, `${sum.toString(8).padStart(6, "0")}\0 `);
    const padded = new Uint8Array(Math.ceil(content.length / 512) * 512);
    padded.set(content);
    blocks.push(header, padded);
  }
  return new Uint8Array(Buffer.concat([...blocks, new Uint8Array(1024)]));
}

/** What the call throws, as the user sees it. */
export function messageOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    return String(error);
  }
  return "nothing was thrown";
}

/** The same data set, its pixels read one image at a time as from files of 3 and of all other images. */
export function storedCopy(dataset: DatasetInMemory): Dataset {
  const size = dataset.pixels.length / dataset.count;
  const pixels: StoredPixels = {
    files: [
      { file: "a", start_bytes: 20, images: 3 },
      { file: "b", start_bytes: 20, images: dataset.count - 3 },
    ],
    images: Int32Array.from({ length: dataset.count }, (_, i) => i),
    read: (image, into) => into.set(dataset.pixels.subarray(image * size, (image + 1) * size)),
  };
  return { ...dataset, pixels };
}
