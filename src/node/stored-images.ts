import { closeSync, existsSync, fstatSync, openSync, readdirSync, readSync } from "node:fs";
import { join } from "node:path";
import { type IdxHeader, idxElements, idxHeader } from "../data/idx.js";
import type { DatasetByHand } from "../data/registry.js";
import type { Dataset, DatasetPart, ImageFile, StoredPixels } from "../data/types.js";
import { InputError } from "../errors.js";
import { explain, readFileOrExplain } from "./files.js";

/** The files of a part, in order: images and their labels. */
interface Group {
  readonly images: string;
  readonly labels: string;
}

/** One pair of files, or as many numbered ones as there are; a number that is left out is missed later. */
function groupsOf(spec: DatasetByHand, part: DatasetPart, folder: string): Group[] {
  const stem = spec.stems[part];
  const group = (number: string): Group => ({
    images: `${stem}-images${number}.idx`,
    labels: `${stem}-labels${number}.idx`,
  });
  const whole = group("");
  const numbered = new RegExp(`^${stem}-(?:images|labels)-([1-9]\\d{0,5})\\.idx$`);
  const names = existsSync(folder) ? readdirSync(folder) : [];
  const last = Math.max(0, ...names.map((name) => Number(numbered.exec(name)?.[1] ?? 0)));
  if (last === 0) return [whole];
  const both = [whole.images, whole.labels].find((name) => names.includes(name));
  if (both)
    throw new InputError(`${folder} holds ${both} beside numbered files of the same images`, {
      hint: "keep either one file or the numbered ones",
    });
  return Array.from({ length: last }, (_, i) => group(`-${i + 1}`));
}

/** The files of a part in its simplest form, for messages. */
export const storedFiles = ({ stems }: DatasetByHand, part: DatasetPart): string[] =>
  ["images", "labels"].map((what) => `${stems[part]}-${what}.idx`);

/** Files that a part is not complete without. @throws InputError where it is there twice */
export const missingStored = (spec: DatasetByHand, part: DatasetPart, folder: string): string[] =>
  groupsOf(spec, part, folder)
    .flatMap(({ images, labels }) => [images, labels])
    .filter((file) => !existsSync(join(folder, file)));

/**
 * A part of a data set that was made by hand. Its labels and the headers of its files are read, its pixels wait in the
 * files.
 * @param limit the first so many images; files behind them are not opened
 * @throws InputError for a file of another form or size, or labels that do not fit, naming the byte
 */
export async function openStored(
  name: string,
  spec: DatasetByHand,
  part: DatasetPart,
  folder: string,
  limit: number,
): Promise<Dataset> {
  const { channels, height, width, classes } = spec;
  const files: ImageFile[] = [];
  const labels: Uint16Array[] = [];
  let found = 0;
  for (const group of groupsOf(spec, part, folder)) {
    if (found >= limit) break;
    const file = openImages(join(folder, group.images), spec);
    labels.push(await readLabels(join(folder, group.labels), file, name, classes));
    files.push(file);
    found += file.images;
  }
  const count = Math.min(found, limit);
  const all = new Uint16Array(found);
  let at = 0;
  for (const some of labels) {
    all.set(some, at);
    at += some.length;
  }
  const read = imageFilesReader(files, channels * height * width, name);
  const images = Int32Array.from({ length: count }, (_, i) => i);
  return {
    name,
    channels,
    height,
    width,
    classes,
    count,
    pixels: { files, images, read },
    labels: all.subarray(0, count),
  };
}

const hint = "docs/data.md says how the files are made";

/** The header of four dimensions; the pixels stay unread. */
function openImages(file: string, { channels, height, width }: DatasetByHand): ImageFile {
  const { shape, start_bytes } = withOpen(file, (descriptor): IdxHeader => {
    const start = new Uint8Array(20);
    readSync(descriptor, start);
    return idxHeader(start, fstatSync(descriptor).size, file, { dimensions: 4, hint });
  });
  const wanted = [
    ["the channels", channels],
    ["the rows", height],
    ["the columns", width],
  ] as const;
  for (const [i, [what, value]] of wanted.entries())
    if (shape[1 + i] !== value)
      throw new InputError(
        `${file}: byte ${8 + 4 * i}, ${what} of an image, says ${shape[1 + i]}, but must be ${value}`,
        { hint },
      );
  return { file, start_bytes, images: shape[0]! };
}

async function readLabels(
  file: string,
  { file: imagesFile, images }: ImageFile,
  name: string,
  classes: number,
): Promise<Uint16Array> {
  const bytes = await readFileOrExplain(file, `the labels of ${name}`);
  const header = idxHeader(bytes, bytes.length, file, { dimensions: 1, shorts: true, hint });
  if (header.shape[0] !== images)
    throw new InputError(
      `${file}: byte 4 says ${header.shape[0]} labels, but ${imagesFile} has ${images} images`,
      { hint },
    );
  const labels = idxElements(bytes, header);
  const wrong = labels.findIndex((label) => label < 0 || label >= classes);
  if (wrong >= 0)
    throw new InputError(
      `${file}: byte ${header.start_bytes + wrong * header.elementBytes}, the label of image ${wrong}, is ` +
        `${labels[wrong]}, but ${name}'s labels are 0 to ${classes - 1}`,
      { hint },
    );
  return Uint16Array.from(labels);
}

/**
 * Reads images from their files. A file is opened for each image: beside reading 150 kB that costs little, and nothing
 * waits to be closed.
 * @param imageBytes bytes of an image
 */
export function imageFilesReader(
  files: readonly ImageFile[],
  imageBytes: number,
  name: string,
): StoredPixels["read"] {
  return (image, into) => {
    let own = image;
    let at = 0;
    while (at < files.length && own >= files[at]!.images) own -= files[at++]!.images;
    const { file, start_bytes } = files[at]!;
    const position = start_bytes + own * imageBytes;
    const got = withOpen(file, (descriptor) => readWhole(descriptor, into, imageBytes, position));
    if (got < imageBytes)
      throw new InputError(
        `${file}: byte ${position}, image ${own} of ${name} there: ${got} of its ${imageBytes} bytes are left`,
        { hint: "the file has been changed since it was opened" },
      );
  };
}

/** A read may give fewer bytes than there are. */
function readWhole(descriptor: number, into: Uint8Array, wanted: number, position: number): number {
  let got = 0;
  while (got < wanted) {
    const more = readSync(descriptor, into, got, wanted - got, position + got);
    if (more === 0) break;
    got += more;
  }
  return got;
}

function withOpen<R>(file: string, use: (descriptor: number) => R): R {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(file, "r");
    return use(descriptor);
  } catch (error) {
    throw error instanceof InputError ? error : explain(error, file, "read", "the images");
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}
