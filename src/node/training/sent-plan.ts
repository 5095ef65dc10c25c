import { bytesOf, imageBytes, isStored } from "../../data/pixels.js";
import type { Dataset, Labels, StoredPixels } from "../../data/types.js";
import type { BatchPlan } from "../../train/batch-stream.js";
import { imageFilesReader } from "../stored-images.js";

type SentDataset = Omit<Dataset, "pixels"> & { readonly pixels: Uint8Array | Omit<StoredPixels, "read"> };

/** A plan without functions, as a worker can be given it. */
export type SentPlan = Omit<BatchPlan, "dataset"> & { readonly dataset: SentDataset };

/** Images in memory are put where threads share them, so that a worker needs no copy of its own. */
export function sharedImages(dataset: Dataset): Dataset {
  const { pixels, labels } = dataset;
  const shared = isStored(pixels) ? pixels : (share(pixels) as Uint8Array);
  return { ...dataset, pixels: shared, labels: share(labels) };
}

/** Images that are not shared yet are copied: whoever sends several plans shares them once, before. */
export function sendPlan(plan: BatchPlan): SentPlan {
  const dataset = sharedImages(plan.dataset);
  const { pixels } = dataset;
  const sent = isStored(pixels) ? { files: pixels.files, images: pixels.images } : pixels;
  return { ...plan, dataset: { ...dataset, pixels: sent } };
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
