import { existsSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { basename, join, resolve } from "node:path";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import {
  type DatasetByHand,
  type DatasetFile,
  type DatasetInFiles,
  type DatasetName,
  type DatasetPart,
  datasetNames,
  datasets,
  isDatasetName,
} from "../data/registry.js";
import { concatDatasets, subset } from "../data/subsets.js";
import type { Dataset, DatasetInMemory } from "../data/types.js";
import { InputError, nearest } from "../errors.js";
import { asBytes, readFileOrExplain } from "./files.js";
import { missingStored, openStored, storedFiles } from "./stored-images.js";

export interface ReadDatasetOptions {
  /** The data folder (`--data-dir`); it is then the only place that is looked at. */
  readonly dir?: string;
  /** The first so many images; files behind them are not read. */
  readonly limit?: number;
  /** Default: the process's. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** Where downloads go unless told otherwise: XBARKIT_DATA, else a folder among the user's caches. */
export const defaultDataDir = (env: ReadDatasetOptions["env"] = process.env): string =>
  resolve(env["XBARKIT_DATA"] || join(homedir(), ".cache", "xbarkit"));

/** The data folders that are looked at, first to last. */
export function dataSearchPath({ dir, env = process.env }: ReadDatasetOptions = {}): string[] {
  if (dir) return [resolve(dir)];
  const places = [env["XBARKIT_DATA"], "data", join(homedir(), ".cache", "xbarkit")];
  return [
    ...new Set(places.filter((place) => place !== undefined && place !== "").map((place) => resolve(place!))),
  ];
}

/**
 * A data set's training or test images. `nameOrFolder` is a name (`cifar10`), looked for in the data folders, or the
 * path of the folder that holds the files themselves. Files may be plain or gzipped. What the program draws needs none;
 * the images of a data set made by hand stay in their files.
 *
 * @throws InputError where there is no such data set, a file is missing (naming every place looked at) or damaged.
 */
export async function readDataset(
  nameOrFolder: string,
  part: DatasetPart,
  options: ReadDatasetOptions = {},
): Promise<Dataset> {
  const { limit = Number.POSITIVE_INFINITY } = options;
  if (!(limit >= 1 && (Number.isInteger(limit) || limit === Number.POSITIVE_INFINITY)))
    throw new InputError(`the image limit is ${limit}`, { hint: "give a whole number of at least 1" });
  const { name, folder } = locateDataset(nameOrFolder, part, options);
  const spec = datasets[name];
  if ("generate" in spec) return spec.generate(part, Math.min(limit, spec.counts[part]));
  if ("stems" in spec) return openStored(name, spec, part, folder!, limit);
  const read: DatasetInMemory[] = [];
  let count = 0;
  for (const group of spec.files[part]) {
    if (count >= limit) break;
    const files: DatasetFile[] = [];
    for (const file of group) files.push(await readUnpacked(join(folder!, file), name));
    const images = spec.parse(files);
    read.push(images);
    count += images.count;
  }
  const all = concatDatasets(read);
  return limit < all.count ? subset(all, { end: limit }) : all;
}

/**
 * Which data set a name or a folder means, and where its files are: undefined for what the program draws.
 * @throws InputError as `readDataset` does
 */
export function locateDataset(
  nameOrFolder: string,
  part: DatasetPart,
  options: ReadDatasetOptions = {},
): { readonly name: DatasetName; readonly folder: string | undefined } {
  if (isDatasetName(nameOrFolder)) {
    const spec = datasets[nameOrFolder];
    const folder = "folder" in spec ? findByName(nameOrFolder, spec, part, options) : undefined;
    return { name: nameOrFolder, folder };
  }
  if (!isFolder(nameOrFolder)) {
    const near = nearest(nameOrFolder, datasetNames);
    throw new InputError(`the data set is "${nameOrFolder}", which is neither a known name nor a folder`, {
      hint: `${near ? `did you mean ${near}? ` : ""}known names: ${datasetNames.join(", ")}`,
    });
  }
  const folder = resolve(nameOrFolder);
  const inFiles = datasetNames.flatMap((name) => {
    const spec = datasets[name];
    return "folder" in spec ? [{ name, spec }] : [];
  });
  const found = inFiles.find(({ spec }) => missingFiles(spec, part, folder).length === 0);
  if (found) return { name: found.name, folder };
  const kinds = inFiles.map(({ name, spec }) => `${name}: ${filesInWords(spec, part)}`);
  throw new InputError(`${folder} holds no complete ${part} set of a known kind`, {
    hint: `the files that are looked for are, plain or as .gz:\n  ${kinds.join("\n  ")}`,
  });
}

function findByName(name: DatasetName, spec: OnDisk, part: DatasetPart, options: ReadDatasetOptions): string {
  const { folder } = spec;
  // A data folder may also be given as the very folder that holds the files.
  const places = dataSearchPath(options).flatMap((dir) =>
    basename(dir) === folder ? [dir, join(dir, folder)] : [join(dir, folder)],
  );
  const complete = places.find((place) => missingFiles(spec, part, place).length === 0);
  if (complete) return complete;
  const looked = places.map((place) => {
    const missing = missingFiles(spec, part, place);
    return existsSync(place) ? `${place} (without ${missing.join(", ")})` : place;
  });
  throw new InputError(`the ${part} images of ${name} were not found; looked in\n  ${looked.join("\n  ")}`, {
    hint: `${waysTo(name, spec)}, or name their folder with --data-dir or XBARKIT_DATA`,
  });
}

type OnDisk = DatasetInFiles | DatasetByHand;

const waysTo = (name: DatasetName, spec: OnDisk): string =>
  "stems" in spec ? "make them as docs/data.md says" : `fetch them with \`xbarkit data get ${name}\``;

const filesInWords = (spec: OnDisk, part: DatasetPart): string =>
  "stems" in spec
    ? `${storedFiles(spec, part).join(", ")}, which may be numbered parts, and no .gz`
    : spec.files[part].flat().join(", ");

const missingFiles = (spec: OnDisk, part: DatasetPart, folder: string): string[] =>
  "stems" in spec
    ? missingStored(spec, part, folder)
    : spec.files[part].flat().filter((file) => presentAs(join(folder, file)) === undefined);

const presentAs = (path: string): string | undefined =>
  [path, `${path}.gz`].find((candidate) => existsSync(candidate));

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

/** No data set's file unpacks to more; a damaged or hostile one must not fill the memory. */
const largestFile = 2 ** 30;
const unzip = promisify(gunzip);

async function readUnpacked(path: string, name: DatasetName): Promise<DatasetFile> {
  const file = presentAs(path) ?? path;
  const bytes = await readFileOrExplain(file, `the ${name} file`);
  if (!file.endsWith(".gz")) return { file, bytes };
  try {
    return { file, bytes: asBytes(await unzip(bytes, { maxOutputLength: largestFile })) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new InputError(`${file} (${bytes.length} bytes) cannot be unpacked as gzip: ${reason}`, {
      hint: `the file is cut short or damaged: fetch it again with \`xbarkit data get ${name}\``,
      cause: error,
    });
  }
}
