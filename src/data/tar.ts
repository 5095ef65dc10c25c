import { InputError } from "../errors.js";

export interface TarEntry {
  /** Relative, with forward slashes, free of `..`. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

const blockBytes = 512;

/**
 * The regular files of an unpacked tar archive (POSIX ustar or the older form), as views of its memory. Folders are
 * passed over; links, devices and the extensions for long names are refused.
 *
 * @throws InputError for a damaged archive, or one with a path that leads out of the folder it is unpacked in.
 */
export function* untar(bytes: Uint8Array, file: string): Generator<TarEntry> {
  for (let at = 0; at < bytes.length; ) {
    const header = bytes.subarray(at, at + blockBytes);
    if (header.length < blockBytes)
      throw damaged(file, at, `the header has ${header.length} of its ${blockBytes} bytes`);
    // The archive ends with empty blocks.
    if (header.every((byte) => byte === 0)) return;
    checkSum(header, file, at);
    const size = octal(header, 124, 12);
    const start = at + blockBytes;
    const left = bytes.length - start;
    if (!(size <= left)) throw damaged(file, at, `the entry claims ${size} bytes, but ${left} follow`);
    const path = safePath(header, file, at);
    const type = String.fromCharCode(header[156]!);
    if (type === "0" || type === "\0") yield { path, bytes: bytes.subarray(start, start + size) };
    // 5 is a folder, g a comment for the whole archive.
    else if (type !== "5" && type !== "g")
      throw damaged(file, at, `"${path}" has the type "${type}", which is not a file`);
    at = start + Math.ceil(size / blockBytes) * blockBytes;
  }
}

/** The sum of the header's bytes, its own eight read as spaces. */
function checkSum(header: Uint8Array, file: string, at: number): void {
  const stored = octal(header, 148, 8);
  const sum = header.reduce((total, byte, i) => total + (i >= 148 && i < 156 ? 32 : byte), 0);
  if (sum !== stored) throw damaged(file, at, `the header's checksum is ${sum}, but it says ${stored}`);
}

function safePath(header: Uint8Array, file: string, at: number): string {
  const prefix = text(header, 257, 5) === "ustar" ? text(header, 345, 155) : "";
  const name = text(header, 0, 100);
  const path = (prefix ? `${prefix}/${name}` : name).replace(/^\.\//, "");
  const steps = path.split("/");
  if (path.startsWith("/") || /[\\:]/.test(path) || steps.includes("..")) {
    throw damaged(file, at, `the path "${path}" leads out of the folder that it is unpacked in`);
  }
  return path;
}

function text(header: Uint8Array, start: number, length: number): string {
  const field = header.subarray(start, start + length);
  const end = field.indexOf(0);
  return String.fromCharCode(...(end < 0 ? field : field.subarray(0, end)));
}

/** NaN where the field holds no octal number. */
function octal(header: Uint8Array, start: number, length: number): number {
  const digits = text(header, start, length).trim();
  return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number.NaN;
}

const damaged = (file: string, at: number, what: string): InputError =>
  new InputError(`${file}: byte ${at} of the unpacked archive: ${what}`, { hint: "fetch the archive again" });
