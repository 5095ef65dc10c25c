import { digest } from "../digest.js";
import { InputError } from "../errors.js";
import { allocate, type DType, elementCount, type Tensor } from "../tensor.js";

/** A kind of file that holds a JSON header and tensors. */
export interface FileKind {
  /** Its first four bytes. */
  readonly magic: string;
  readonly version: number;
  /** What errors call it, such as "checkpoint". */
  readonly what: string;
  /** What to do about one that cannot be read. */
  readonly hint: string;
}

interface Header {
  readonly header: unknown;
  readonly tensors: readonly (readonly [name: string, dtype: DType, shape: readonly number[]])[];
}

const digestLength = 32;

/**
 * The magic, format version and header length as 32-bit words (little-endian), the JSON header, the tensors' elements as
 * they are in memory, each at a multiple of eight bytes, and a digest of all before it. The same content gives the same
 * bytes.
 * @param header what goes through JSON unchanged
 */
export function encodeTensors(
  kind: FileKind,
  header: unknown,
  tensors: readonly (readonly [name: string, value: Tensor])[],
): Uint8Array {
  const described = tensors.map(([name, { dtype, shape }]) => [name, dtype, shape] as const);
  const json = new TextEncoder().encode(JSON.stringify({ header, tensors: described } satisfies Header));
  let length = aligned(12 + json.length);
  for (const [, { data }] of tensors) length += aligned(data.byteLength);
  const bytes = new Uint8Array(length + digestLength);
  bytes.set(new TextEncoder().encode(kind.magic));
  const view = new DataView(bytes.buffer);
  view.setUint32(4, kind.version, true);
  view.setUint32(8, json.length, true);
  bytes.set(json, 12);
  let at = aligned(12 + json.length);
  for (const [, { data }] of tensors) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += aligned(data.byteLength);
  }
  bytes.set(new TextEncoder().encode(digest(bytes.subarray(0, length))), length);
  return bytes;
}

/**
 * Reads what {@link encodeTensors} wrote.
 * @param file what errors call these bytes
 * @throws InputError where they are of another kind or version, or damaged
 */
export function decodeTensors(
  kind: FileKind,
  bytes: Uint8Array,
  file: string,
): { readonly header: unknown; readonly tensors: readonly (readonly [name: string, value: Tensor])[] } {
  const text = (start: number, end: number) => new TextDecoder().decode(bytes.subarray(start, end));
  const refuse = (fault: string) => new InputError(`${file} ${fault}`, { hint: kind.hint });
  const magic = text(0, 4);
  if (magic !== kind.magic)
    throw refuse(`is no ${kind.what}: it starts with ${JSON.stringify(magic)}, not "${kind.magic}"`);
  const length = bytes.length - digestLength;
  if (length < 12) throw refuse(`is cut off after ${bytes.length} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const version = view.getUint32(4, true);
  if (version !== kind.version)
    throw refuse(`has format ${version} of a ${kind.what}, and this xbarkit reads ${kind.version}`);
  if (digest(bytes.subarray(0, length)) !== text(length, bytes.length))
    throw refuse(`is damaged or cut off: its ${bytes.length} bytes do not give the checksum at its end`);
  const jsonLength = view.getUint32(8, true);
  const { header, tensors } = JSON.parse(text(12, 12 + jsonLength)) as Header;
  let at = aligned(12 + jsonLength);
  const read = tensors.map(([name, dtype, shape]) => {
    const data = allocate(dtype, elementCount(shape));
    new Uint8Array(data.buffer).set(bytes.subarray(at, at + data.byteLength));
    at += aligned(data.byteLength);
    return [name, { dtype, shape, data }] as const;
  });
  return { header, tensors: read };
}

const aligned = (bytes: number): number => Math.ceil(bytes / 8) * 8;
