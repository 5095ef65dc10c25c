import type { Labels } from "../data/types.js";
import { InputError } from "../errors.js";

/** Classes of images as text that metrics.jsonl holds in little room: base64 of 16-bit numbers, −1 as 65535. */
export function encodePredictions(predictions: Int32Array): string {
  const bytes = Buffer.alloc(2 * predictions.length);
  for (const [i, prediction] of predictions.entries()) bytes.writeUInt16LE(prediction & 0xffff, 2 * i);
  return bytes.toString("base64");
}

/**
 * Per image 1 where the prediction is its label.
 * @param encoded as {@link encodePredictions} writes it
 * @throws InputError where there are not as many predictions as labels
 */
export function rightOnes(encoded: string, labels: Labels): Uint8Array {
  const bytes = Buffer.from(encoded, "base64");
  if (bytes.length !== 2 * labels.length) {
    throw new InputError(`metrics.jsonl has predictions for ${bytes.length / 2} of ${labels.length} images`, {
      hint: "the file is damaged: run again with --force",
    });
  }
  return Uint8Array.from(labels, (label, i) => (bytes.readUInt16LE(2 * i) === label ? 1 : 0));
}
