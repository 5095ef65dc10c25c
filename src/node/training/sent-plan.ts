import { bytesOf, imageBytes, isStored } from "../../data/pixels.js";
import type { Dataset, Labels, StoredPixels } from "../../data/types.js";
import type { BatchPlan } from "../../train/batch-stream.js";
import { imageFilesReader } from "../stored-images.js";

type SentDataset = Omit<Dataset, "pixels"> & { readonly pixels: Uint8Array | Omit<StoredPixels, "read"> };

/** A plan without functions, as a worker can be given it. */
export type SentPlan = Omit<BatchPlan, "dataset"> & { readonly dataset: SentDataset };

/** Images in memory are put where threads share them, so that a worker needs no copy of its own. */
export function sendPlan(plan: BatchPlan): SentPlan {
  const { pixels, labels } = plan.dataset;
  const sent = isStored(pixels)
    ? { files: pixels.files, images: pixels.images }
    : (share(pixels) as Uint8Array);
  return { ...plan, dataset: { ...plan.dataset, pixels: sent, labels: share(labels) } };
}

/** The plan as it was before {@link sendPlan}; stored images are read by this thread itself. */
export function receivePlan(plan: SentPlan): BatchPlan {
  const { dataset } = plan;
  const { pixels } = dataset;
  const received =
    "files" in pixels
      ? { ...pixels, read: imageFilesReader(pixels.files, imageBytes(dataset), dataset.name) }
      : pixels;
  return { ...plan, dataset: { ...dataset, pixels: received } };
}

function share(values: Labels): Labels {
  if (values.buffer instanceof SharedArrayBuffer) return values;
  const bytes = new Uint8Array(new SharedArrayBuffer(values.byteLength));
  bytes.set(bytesOf(values));
  return values instanceof Uint8Array ? bytes : new Uint16Array(bytes.buffer);
}
