import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import type { Archive, DatasetInFiles } from "../data/registry.js";
import { untar } from "../data/tar.js";
import { InputError } from "../errors.js";
import { defaultDataDir } from "./datasets.js";
import { writeAtomic } from "./files.js";

export interface DownloadProgress {
  readonly file: string;
  readonly url: string;
  readonly received_bytes: number;
  /** Undefined where the server does not say. */
  readonly total_bytes: number | undefined;
}

export interface DownloadOptions {
  /** The data folder. Default: XBARKIT_DATA, else a folder among the user's caches. */
  readonly dir?: string;
  /**
   * Where to fetch from instead of the known mirrors: the archive's own address, or, ending in a slash or for a data set
   * of several archives, the folder that holds them. The MD5 sums stay the published ones.
   */
  readonly url?: string;
  /** Fetch what is there already too. */
  readonly force?: boolean;
  readonly onProgress?: (progress: DownloadProgress) => void;
  readonly signal?: AbortSignal;
}

export interface DownloadResult {
  readonly folder: string;
  /** Archives fetched, and those whose files were there. */
  readonly fetched: readonly string[];
  readonly present: readonly string[];
}

/**
 * Fetches a data set's archives, checks their MD5 sums and puts their files into its folder, each written beside and
 * renamed. A mirror that fails or holds other bytes is passed over for the next.
 *
 * @throws Error where no mirror gave the published bytes, saying what each gave; InputError for a wrong address or a
 *   folder that cannot be written.
 */
export async function downloadDataset(
  spec: DatasetInFiles,
  options: DownloadOptions = {},
): Promise<DownloadResult> {
  const folder = join(options.dir ? resolve(options.dir) : defaultDataDir(), spec.folder);
  const fetched: string[] = [];
  const present: string[] = [];
  for (const archive of spec.archives) {
    if (!options.force && isPresent(spec, archive, folder)) {
      present.push(archive.file);
      continue;
    }
    const bytes = await fetchArchive(archive, addresses(spec, archive, options.url), options);
    if (archive.kind === "file") await writeAtomic(join(folder, archive.file), bytes);
    else await unpack(spec, archive, bytes, folder);
    fetched.push(archive.file);
  }
  return { folder, fetched, present };
}

const filesOf = (spec: DatasetInFiles): string[] => [...spec.files.train.flat(), ...spec.files.test.flat()];

function isPresent(spec: DatasetInFiles, archive: Archive, folder: string): boolean {
  const has = (file: string) => existsSync(join(folder, file)) || existsSync(join(folder, `${file}.gz`));
  return archive.kind === "file" ? has(archive.file.replace(/\.gz$/, "")) : filesOf(spec).every(has);
}

function addresses(spec: DatasetInFiles, archive: Archive, url: string | undefined): readonly string[] {
  if (url === undefined) return archive.mirrors;
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw new InputError(`--url is "${url}"`, { hint: "give an address that starts with https://" });
  }
  if (spec.archives.length === 1 && !url.endsWith("/")) return [url];
  return [`${url.replace(/\/$/, "")}/${archive.file}`];
}

async function fetchArchive(
  archive: Archive,
  urls: readonly string[],
  options: DownloadOptions,
): Promise<Uint8Array> {
  const failures: string[] = [];
  for (const url of urls) {
    try {
      const bytes = await fetchBytes(archive.file, url, options);
      const md5 = createHash("md5").update(bytes).digest("hex");
      if (md5 === archive.md5) return bytes;
      failures.push(`${url}: its MD5 is ${md5}, but the published file's is ${archive.md5}`);
    } catch (error) {
      options.signal?.throwIfAborted();
      failures.push(`${url}: ${networkReason(error)}`);
    }
  }
  throw new Error(
    `${archive.file} could not be fetched\n  ${failures.join("\n  ")}\n` +
      "  check the connection, or name another address with --url",
  );
}

/** Far above any data set's archive: a server that never stops must not fill the memory. */
const largestArchive_bytes = 2 ** 31;

async function fetchBytes(
  file: string,
  url: string,
  { onProgress, signal }: DownloadOptions,
): Promise<Uint8Array> {
  const response = await fetch(url, signal ? { signal } : {});
  if (!response.ok || !response.body)
    throw new Error(`the server answers ${response.status} ${response.statusText}`);
  const said = response.headers.get("content-length");
  // The length that is said is that of the compressed transfer, where there is one.
  const total_bytes = said === null || response.headers.has("content-encoding") ? undefined : Number(said);
  const chunks: Uint8Array[] = [];
  let received_bytes = 0;
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    chunks.push(chunk);
    received_bytes += chunk.length;
    if (received_bytes > largestArchive_bytes)
      throw new Error(`it sends more than ${largestArchive_bytes} bytes`);
    onProgress?.({ file, url, received_bytes, total_bytes });
  }
  return Buffer.concat(chunks);
}

/** fetch says "fetch failed" and keeps the reason in the cause. */
function networkReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  const reason = cause instanceof Error ? cause.message || ("code" in cause ? String(cause.code) : "") : "";
  return reason || error.message;
}

async function unpack(
  spec: DatasetInFiles,
  archive: Archive,
  bytes: Uint8Array,
  folder: string,
): Promise<void> {
  const tar = await promisify(gunzip)(bytes, { maxOutputLength: largestArchive_bytes }).catch(
    (error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      throw new Error(`${archive.file} cannot be unpacked as gzip: ${reason}`, { cause: error });
    },
  );
  // The whole archive is looked through before anything is written.
  const entries = [...untar(tar, archive.file)].filter(({ path }) => path.startsWith(`${spec.folder}/`));
  const names = new Set(entries.map(({ path }) => path.slice(spec.folder.length + 1)));
  const missing = filesOf(spec).filter((file) => !names.has(file));
  if (missing.length > 0)
    throw new Error(`${archive.file} does not hold ${spec.folder}/${missing.join(", ")}`);
  for (const { path, bytes: content } of entries) {
    await writeAtomic(join(folder, path.slice(spec.folder.length + 1)), content);
  }
}
