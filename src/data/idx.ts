import { InputError } from "../errors.js";
import { elementCount } from "../tensor.js";

export interface IdxHeader {
  readonly shape: readonly number[];
  /** Bytes of an element, which stand with the highest first. */
  readonly elementBytes: 1 | 2;
  /** Where the elements start in the file. */
  readonly start_bytes: number;
}

export interface IdxExpectations {
  /** How many there must be. Default: any number above 0. */
  readonly dimensions?: number | undefined;
  /** Signed 16-bit numbers may stand where bytes do. */
  readonly shorts?: boolean;
  /** The way out of whatever is wrong. */
  readonly hint: string;
}

const unsignedByte = 8;
const signedShort = 11;

/**
 * The header of an unpacked IDX file: two zero bytes, the element type (8: unsigned bytes, 11: signed 16-bit numbers),
 * the number of dimensions, each dimension as a big-endian 32-bit number. Format: http://yann.lecun.com/exdb/mnist/.
 *
 * @param bytes the start of the file, with the whole header
 * @param length_bytes of the file
 * @throws InputError for a wrong magic number, other dimensions than asked for, or a wrong length, naming the byte.
 */
export function idxHeader(
  bytes: Uint8Array,
  length_bytes: number,
  file: string,
  { dimensions, shorts = false, hint }: IdxExpectations,
): IdxHeader {
  const fail = (message: string): never => {
    throw new InputError(`${file}${message}`, { hint });
  };
  if (length_bytes < 4)
    fail(` is ${length_bytes} bytes long, too short for the 4 bytes of an IDX magic number`);
  if (bytes[0] === 0x1f && bytes[1] === 0x8b)
    fail(": bytes 0 and 1 are those of a gzip file; unpack it first");
  const magic: [what: string, allowed: readonly number[] | undefined][] = [
    ["the first of two zero bytes", [0]],
    ["the second of two zero bytes", [0]],
    ["the element type", shorts ? [unsignedByte, signedShort] : [unsignedByte]],
    ["the dimensions", dimensions === undefined ? undefined : [dimensions]],
  ];
  for (const [at, [what, allowed]] of magic.entries())
    if (allowed && !allowed.includes(bytes[at]!))
      fail(
        `: byte ${at}, ${what} of the IDX magic number, is ${bytes[at]}, but must be ${allowed.join(" or ")}`,
      );
  const rank = bytes[3]!;
  const start_bytes = 4 + 4 * rank;
  if (rank === 0) fail(": byte 3, the dimensions of the IDX magic number, is 0");
  if (length_bytes < start_bytes)
    fail(` is ${length_bytes} bytes long, but its header of ${rank} dimensions takes ${start_bytes}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shape = Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i));
  const elementBytes = bytes[2] === signedShort ? 2 : 1;
  const expected = start_bytes + elementBytes * elementCount(shape);
  if (length_bytes !== expected)
    fail(
      ` is ${length_bytes} bytes long, but its header (bytes 4 to ${start_bytes - 1}) says ${shape.join(" × ")} ` +
        `elements, which makes ${expected}`,
    );
  return { shape, elementBytes, start_bytes };
}

/** The elements of an IDX file of one of the two types; 16-bit numbers may be negative. */
export function idxElements(bytes: Uint8Array, { shape, elementBytes, start_bytes }: IdxHeader): Int16Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset + start_bytes);
  return Int16Array.from({ length: elementCount(shape) }, (_, i) =>
    elementBytes === 1 ? view.getUint8(i) : view.getInt16(2 * i),
  );
}
