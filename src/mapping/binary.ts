import { InputError } from "../errors.js";
import type { CompressedModel } from "../graph/types.js";
import type { HardwareSpec } from "../hardware/types.js";
import type { ArrayTable, MatrixPlacement, Placement } from "./types.js";

/**
 * A placement on disk: "XBPL", format version and header length as 32-bit words (little-endian), a JSON header, then
 * the columns of every matrix as they are in memory, each at a multiple of eight bytes. The network itself is not in
 * it (it is model.onnx beside it); the header says where each column stands.
 */
const magic = "XBPL";
const formatVersion = 1;

const columnTypes = {
  codes: Int16Array,
  polarity: Int8Array,
  partner: Int32Array,
  reference: Int32Array,
  groupStart: Int32Array,
  wordStart: Int32Array,
  word: Uint16Array,
  input: Int32Array,
  slotStart: Int32Array,
  bit: Uint16Array,
  output: Int32Array,
} as const;

type ColumnName = keyof typeof columnTypes;
const columnNames = Object.keys(columnTypes) as ColumnName[];

type MatrixHeader = Omit<MatrixPlacement, "codes" | "arrays"> & {
  /** Elements of each column. */
  readonly lengths: Readonly<Record<ColumnName, number>>;
};

export interface PlacementHeader {
  readonly layers: CompressedModel["layers"];
  readonly hardware: HardwareSpec;
  readonly matrices: readonly MatrixHeader[];
}

export function encodePlacement(placement: Placement): Uint8Array {
  const header: PlacementHeader = {
    layers: placement.model.layers,
    hardware: placement.hardware,
    matrices: placement.matrices.map(headerOf),
  };
  const json = new TextEncoder().encode(JSON.stringify(header));
  const body = placement.matrices.flatMap((m) => columnNames.map((name) => columnOf(m, name)));
  let length = align(12 + json.length);
  for (const column of body) length += align(column.byteLength);
  const bytes = new Uint8Array(length);
  bytes.set(new TextEncoder().encode(magic));
  const view = new DataView(bytes.buffer);
  view.setUint32(4, formatVersion, true);
  view.setUint32(8, json.length, true);
  bytes.set(json, 12);
  let at = align(12 + json.length);
  for (const column of body) {
    bytes.set(new Uint8Array(column.buffer, column.byteOffset, column.byteLength), at);
    at += align(column.byteLength);
  }
  return bytes;
}

const align = (bytes: number): number => (bytes + 7) & ~7;

const columnOf = (matrix: MatrixPlacement, name: ColumnName) =>
  name === "codes" ? matrix.codes : matrix.arrays[name];

function headerOf(matrix: MatrixPlacement): MatrixHeader {
  const { codes: _codes, arrays: _arrays, ...rest } = matrix;
  const lengths = Object.fromEntries(columnNames.map((name) => [name, columnOf(matrix, name).length]));
  return { ...rest, lengths: lengths as MatrixHeader["lengths"] };
}

/**
 * Reads what {@link encodePlacement} wrote.
 * @param file named in errors
 * @param model the network that was placed; its layers must be those of the header
 */
export function decodePlacement(bytes: Uint8Array, model: CompressedModel, file: string): Placement {
  const { header, body } = readPlacementHeader(bytes, file);
  if (JSON.stringify(header.layers) !== JSON.stringify(model.layers)) {
    throw new InputError(`${file} was placed for another model`, {
      hint: "run `xbarkit map` on this model again",
    });
  }
  let at = body;
  const matrices = header.matrices.map(({ lengths, ...rest }) => {
    const columns = Object.fromEntries(
      columnNames.map((name) => {
        const column = readColumn(bytes, at, name, lengths[name], file);
        at += align(column.byteLength);
        return [name, column];
      }),
    ) as unknown as ArrayTable & { readonly codes: Int16Array };
    const { codes, ...arrays } = columns;
    return { ...rest, codes, arrays };
  });
  return { model, hardware: header.hardware, matrices };
}

function readColumn(bytes: Uint8Array, at: number, name: ColumnName, length: number, file: string) {
  const type = columnTypes[name];
  const size = length * type.BYTES_PER_ELEMENT;
  if (!(Number.isInteger(length) && length >= 0 && at + size <= bytes.length)) {
    throw new InputError(
      `${file} ends at byte ${bytes.length} inside column "${name}" of ${length} elements`,
      {
        hint: "the file is cut off; run `xbarkit map` again",
      },
    );
  }
  return new type(bytes.slice(at, at + size).buffer);
}

/** The JSON header alone, and where the columns start. */
export function readPlacementHeader(
  bytes: Uint8Array,
  file: string,
): { header: PlacementHeader; body: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = new TextDecoder().decode(bytes.subarray(0, 4));
  if (bytes.length < 12 || start !== magic) {
    throw new InputError(`${file} starts with ${JSON.stringify(start)}, not "${magic}"`, {
      hint: "give a placement.bin that xbarkit wrote",
    });
  }
  const version = view.getUint32(4, true);
  if (version !== formatVersion) {
    throw new InputError(`${file} has placement format ${version}`, {
      hint: `this xbarkit reads format ${formatVersion}; run \`xbarkit map\` again`,
    });
  }
  const length = view.getUint32(8, true);
  try {
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(12, 12 + length))) as PlacementHeader;
    return { header, body: align(12 + length) };
  } catch (cause) {
    throw new InputError(`${file} has a broken header of ${length} bytes`, {
      hint: "the file is damaged; run `xbarkit map` again",
      cause,
    });
  }
}
