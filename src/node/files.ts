import { randomUUID } from "node:crypto";
import { existsSync, readdirSync, statSync } from "node:fs";
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { InputError, invariant } from "../errors.js";

/**
 * Writes a file so that a reader, or a crash at any moment, sees the old content or the new, never a part: written
 * beside, flushed to disk, renamed. Missing folders are made.
 *
 * @throws InputError where the place cannot be written; Error where the disk is full or fails.
 */
export async function writeAtomic(path: string, data: string | Uint8Array): Promise<void> {
  const folder = dirname(path);
  const beside = join(folder, `${temporaryPrefix(path)}${randomUUID()}${temporaryEnd}`);
  try {
    await mkdir(folder, { recursive: true });
    await withFile(beside, "wx", async (file) => {
      await file.writeFile(data);
      await file.sync();
    });
    await rename(beside, path);
    await syncFolder(folder);
  } catch (error) {
    await rm(beside, { force: true }).catch(() => {});
    throw explain(error, path, "written");
  }
}

const temporaryPrefix = (path: string): string => `.${basename(path)}.`;
const temporaryEnd = ".tmp";

/**
 * Removes what writings of this file that never ended have left beside it. Only for whoever writes it alone: it would
 * take away the file of a writing that is under way.
 */
export async function removeTorn(path: string): Promise<void> {
  const names = await readdir(dirname(path)).catch(() => []);
  for (const name of names)
    if (name.startsWith(temporaryPrefix(path)) && name.endsWith(temporaryEnd))
      await rm(join(dirname(path), name), { force: true });
}

/** A rename lasts only once its folder is on disk too; not every file system can be asked for that. */
async function syncFolder(folder: string): Promise<void> {
  await withFile(folder, "r", (handle) => handle.sync()).catch(() => {});
}

async function withFile(
  path: string,
  flags: string,
  use: (file: FileHandle) => Promise<void>,
): Promise<void> {
  const file = await open(path, flags);
  try {
    await use(file);
  } finally {
    await file.close();
  }
}

/**
 * A file's bytes.
 *
 * @param what what the user knows the file as, such as "the model".
 * @throws InputError where it is missing, a folder, or may not be read.
 */
export async function readFileOrExplain(path: string, what: string): Promise<Uint8Array> {
  try {
    return asBytes(await readFile(path));
  } catch (error) {
    throw explain(error, path, "read", what);
  }
}

/** Node's Buffer as the plain array that it is a kind of: `slice` of a Buffer shares memory, of an array it copies. */
export const asBytes = (buffer: Buffer): Uint8Array =>
  new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);

const reasons: Readonly<Record<string, readonly [reason: string, hint: string]>> = {
  ENOENT: ["there is no such file", "check the path"],
  EISDIR: ["it is a folder", "name a file in it"],
  ENOTDIR: ["a part of its path is a file, not a folder", "check the path"],
  EEXIST: ["a part of its path is a file, not a folder", "check the path"],
  EACCES: ["permission is denied", "change its permissions, or choose another place"],
  EPERM: ["permission is denied", "change its permissions, or choose another place"],
  EROFS: ["the file system is read-only", "choose another place"],
  ENAMETOOLONG: ["the name is too long", "choose a shorter one"],
};

/** A file system error in words; what is not the user's to mend stays an ordinary Error. */
export function explain(error: unknown, path: string, done: "read" | "written", what?: string): Error {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const subject = what ? `${what} ${path}` : path;
  const known = reasons[code];
  if (known)
    return new InputError(`${subject} cannot be ${done}: ${known[0]}`, { hint: known[1], cause: error });
  const message = error instanceof Error ? error.message : String(error);
  return new Error(`${subject} cannot be ${done}: ${message}`, { cause: error });
}

/**
 * A value as JSON text that is the same for the same value: two spaces of indent, keys in their own order, lists of
 * plain values on one line, typed arrays as lists, a newline at the end. Keys whose value is undefined are left out.
 *
 * @throws Error for what JSON cannot hold (NaN, infinities, functions), naming its place.
 */
export function stableJson(value: unknown): string {
  return `${writeJson(value, "", "value")}\n`;
}

function writeJson(value: unknown, indent: string, at: string): string {
  if (value === null || typeof value === "boolean" || typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number") {
    invariant(Number.isFinite(value), `${at} is ${value}, which JSON cannot hold`);
    return JSON.stringify(value);
  }
  invariant(typeof value === "object", `${at} is ${typeof value}, which JSON cannot hold`);
  const inner = `${indent}  `;
  if (Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView))) {
    const items = Array.from(value as ArrayLike<unknown>);
    const texts = items.map((item, i) => writeJson(item, inner, `${at}[${i}]`));
    if (!items.some((item) => typeof item === "object" && item !== null)) return `[${texts.join(", ")}]`;
    return `[\n${texts.map((text) => inner + text).join(",\n")}\n${indent}]`;
  }
  const lines = Object.entries(value)
    .filter(([, entry]) => entry !== undefined)
    .map(([key, entry]) => `${inner}${JSON.stringify(key)}: ${writeJson(entry, inner, `${at}.${key}`)}`);
  return lines.length === 0 ? "{}" : `{\n${lines.join(",\n")}\n${indent}}`;
}

/**
 * The compiled file of a worker that stands beside the module `base` (its `import.meta.url`, in this folder or below):
 * `name.js` there. Where the program runs from its TypeScript sources, as tests do, the one in the same place under
 * `dist/node`, unless a source file has changed since that was built. Undefined where there is none; callers then work in their own thread.
 */
export function compiledWorker(name: string, base: string): URL | undefined {
  const beside = new URL(`./${name}.js`, base);
  if (existsSync(beside)) return beside;
  const here = new URL("./", import.meta.url).href;
  const built = new URL(`../../dist/node/${beside.href.slice(here.length)}`, here);
  if (!base.endsWith(".ts") || !existsSync(built)) return undefined;
  return statSync(built).mtimeMs >= newestSource(fileURLToPath(new URL("../", here))) ? built : undefined;
}

function newestSource(folder: string): number {
  const sources = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((path) =>
    path.endsWith(".ts"),
  );
  return Math.max(
    ...sources.map((path) => statSync(join(folder, path), { throwIfNoEntry: false })?.mtimeMs ?? 0),
  );
}
