import { open, rename, rm } from "node:fs/promises";
import { levelConductances } from "../cost/load.js";
import { invariant } from "../errors.js";
import { dummyBitLines, offsetOf, sliceLevel, slicesPerWeight } from "../mapping/encoding.js";
import { arrayCount } from "../mapping/table.js";
import type { MatrixPlacement, Placement } from "../mapping/types.js";
import { explain } from "./files.js";

/** "+" and "−": the parts of a signed weight; "w": a weight with offset; "dummy": a cell that takes the offset off. */
export type CellPart = "+" | "-" | "w" | "dummy";

/** One programmed cell of an array: where it stands, its target, and what it stands for. */
export interface CellTarget {
  /** Word line and bit line, from 0. */
  readonly row: number;
  readonly column: number;
  /** In steps above the lowest conductance; whole numbers, except in dummy columns. */
  readonly level: number;
  readonly conductance_S: number;
  /** Row and column of the layer's weight matrix; null in dummy columns. */
  readonly input: number | null;
  readonly output: number | null;
  /** Of the weight's bits, least significant first. */
  readonly slice: number;
  readonly part: CellPart;
}

/** One sub-array of the chip. */
export interface ArrayTarget {
  /** Number on the chip, from 0, copies included. */
  readonly array: number;
  readonly layer: string;
  readonly copy: number;
  /** Number of the array that is subtracted from this one before conversion, or null. */
  readonly subtracts: number | null;
  /** Word lines of each row group, which are driven together, in the order of reading. */
  readonly rowGroups: readonly (readonly number[])[];
  readonly cells: readonly CellTarget[];
}

/**
 * What every cell of a placed network has to be programmed to, array by array. Cells that are not listed hold nothing:
 * they belong in the lowest conductance.
 * @param layer only the arrays of this matrix; numbers stay those on the chip
 */
export function* conductanceTargets(placed: Placement, layer?: string): Generator<ArrayTarget> {
  const level_S = levelConductances(placed.hardware.device);
  const low_S = level_S[0]!;
  const step_S = (level_S.at(-1)! - low_S) / (level_S.length - 1);
  const conductanceOf = (level: number): number => level_S[level] ?? low_S + level * step_S;
  let first = 0;
  for (const matrix of placed.matrices) {
    const { arrays: t, copies } = matrix;
    const count = arrayCount(t);
    for (let copy = 0; copy < copies; copy++, first += count) {
      if (layer !== undefined && matrix.matrix !== layer) continue;
      for (let a = 0; a < count; a++) {
        yield {
          array: first + a,
          layer: matrix.matrix,
          copy,
          subtracts: t.partner[a]! < 0 ? null : first + t.partner[a]!,
          rowGroups: groupsOf(matrix, a),
          cells: cellsOf(matrix, a).map((cell) => ({ ...cell, conductance_S: conductanceOf(cell.level) })),
        };
      }
    }
  }
}

function groupsOf({ arrays: t }: MatrixPlacement, a: number): number[][] {
  const groups: number[][] = [];
  for (let g = t.groupStart[a]!; g < t.groupStart[a + 1]!; g++)
    groups.push(Array.from(t.word.subarray(t.wordStart[g], t.wordStart[g + 1])));
  return groups;
}

type Cell = Omit<CellTarget, "conductance_S">;

function cellsOf(matrix: MatrixPlacement, a: number): Cell[] {
  const { arrays: t, codes, columns } = matrix;
  const cells: Cell[] = [];
  for (let g = t.groupStart[a]!; g < t.groupStart[a + 1]!; g++) {
    for (let w = t.wordStart[g]!; w < t.wordStart[g + 1]!; w++) {
      const row = t.word[w]!;
      const input = t.input[w]!;
      for (let s = t.slotStart[g]!; s < t.slotStart[g + 1]!; s++) {
        const output = t.output[s]!;
        for (const cell of weightCells(matrix, t.polarity[a]!, codes[input * columns + output]!))
          cells.push({ ...cell, row, column: t.bit[s]! + cell.column, input, output });
      }
      if (t.reference[a]! >= 0) cells.push(...dummyCells(matrix, t.reference[a]!, row));
    }
  }
  return cells;
}

/** The cells of one weight; `column` counts from the weight's first bit line. */
function weightCells({ encoding }: MatrixPlacement, polarity: number, code: number) {
  const slices = slicesPerWeight(encoding);
  const run = (value: number, part: CellPart, firstColumn: number) =>
    Array.from({ length: slices }, (_, slice) => ({
      column: firstColumn + slice,
      level: sliceLevel(value, slice, encoding.cellBits),
      slice,
      part,
    }));
  switch (encoding.sign) {
    case "offset":
      return run(code + offsetOf(encoding), "w", 0);
    case "pairedColumns":
      return [...run(Math.max(0, code), "+", 0), ...run(Math.max(0, -code), "-", slices)];
    case "splitArrays":
      return run(Math.max(0, polarity * code), polarity < 0 ? "-" : "+", 0);
  }
}

/** The dummy column's cells on one word line: the same level v in every slice, with v · Σ base^slice = offset. */
function dummyCells({ encoding }: MatrixPlacement, firstColumn: number, row: number): Cell[] {
  const slices = dummyBitLines(encoding);
  let total = 0;
  for (let slice = 0; slice < slices; slice++) total += 2 ** (slice * encoding.cellBits);
  const level = offsetOf(encoding) / total;
  return Array.from({ length: slices }, (_, slice) => ({
    row,
    column: firstColumn + slice,
    level,
    input: null,
    output: null,
    slice,
    part: "dummy" as const,
  }));
}

/** One line per cell under a header line. */
export function* conductanceCsv(placed: Placement, layer?: string): Generator<string> {
  yield "array,row,column,level,conductance_S,layer,copy,weight_row,weight_column,slice,part\n";
  for (const { array, layer: name, copy, cells } of conductanceTargets(placed, layer)) {
    const quoted = /[",\n]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name;
    yield cells
      .map(
        (c) =>
          `${array},${c.row},${c.column},${c.level},${Number(c.conductance_S.toPrecision(7))},${quoted},${copy},${c.input ?? ""},${c.output ?? ""},${c.slice},${c.part}\n`,
      )
      .join("");
  }
}

/** One JSON object per array and line; `conductance_S` is [rows][columns], null where a cell holds nothing. */
export function* conductanceJsonLines(placed: Placement, layer?: string): Generator<string> {
  const { rows, columns } = placed.hardware.array;
  for (const { cells, ...about } of conductanceTargets(placed, layer)) {
    const table = Array.from({ length: rows }, () => new Array<number | null>(columns).fill(null));
    for (const { row, column, conductance_S } of cells)
      table[row]![column] = Number(conductance_S.toPrecision(7));
    yield `${JSON.stringify({ ...about, conductance_S: table })}\n`;
  }
}

/** What `arrays.json` says beside the arrays in NumPy's format. */
export type ArrayIndex = Omit<ArrayTarget, "cells">;

/**
 * The same as NumPy arrays of 32-bit floats, [arrays, rows, columns], NaN where a cell holds nothing: conductances in
 * siemens and levels, written side by side, and the index that says what each array is.
 */
export async function writeConductanceNpy(
  placed: Placement,
  files: { readonly conductance: string; readonly level: string },
  layer?: string,
): Promise<ArrayIndex[]> {
  const { rows, columns } = placed.hardware.array;
  const wanted = placed.matrices.filter(({ matrix }) => layer === undefined || matrix === layer);
  const count = wanted.reduce((sum, { arrays, copies }) => sum + copies * arrayCount(arrays), 0);
  const header = npyHeader([count, rows, columns]);
  const index: ArrayIndex[] = [];
  await writeTogether([files.conductance, files.level], function* () {
    yield [header, header];
    for (const { cells, ...about } of conductanceTargets(placed, layer)) {
      index.push(about);
      const conductance = new Float32Array(rows * columns).fill(Number.NaN);
      const level = conductance.slice();
      for (const cell of cells) {
        conductance[cell.row * columns + cell.column] = cell.conductance_S;
        level[cell.row * columns + cell.column] = cell.level;
      }
      yield [littleEndian(conductance), littleEndian(level)];
    }
  });
  invariant(index.length === count, `${index.length} arrays were written, not ${count}`);
  return index;
}

/** NPY format 1.0: magic, version, header length, a Python dictionary padded to a multiple of 64 bytes. */
function npyHeader(shape: readonly number[]): Uint8Array {
  const dictionary = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape.join(", ")}), }`;
  const length = Math.ceil((10 + dictionary.length + 1) / 64) * 64;
  const text = `${dictionary.padEnd(length - 11)}\n`;
  return Uint8Array.from([
    0x93,
    ...Buffer.from("NUMPY"),
    1,
    0,
    text.length & 255,
    text.length >> 8,
    ...Buffer.from(text),
  ]);
}

function littleEndian(values: Float32Array): Uint8Array {
  const view = new DataView(new ArrayBuffer(values.byteLength));
  for (let i = 0; i < values.length; i++) view.setFloat32(4 * i, values[i]!, true);
  return new Uint8Array(view.buffer);
}

/** Writes a text part by part: a chip's cells do not fit one string. @throws InputError where it cannot be written */
export async function writeLines(path: string, parts: Iterable<string>): Promise<void> {
  await writeTogether([path], function* () {
    for (const part of parts) yield [Buffer.from(part)];
  });
}

/** Several files that grow together, each written beside and renamed once all are whole. */
async function writeTogether(
  paths: readonly string[],
  parts: () => Iterable<readonly Uint8Array[]>,
): Promise<void> {
  const beside = paths.map((path) => `${path}.${process.pid}.tmp`);
  try {
    const handles = await Promise.all(beside.map((path) => open(path, "w")));
    try {
      for (const part of parts())
        for (const [i, handle] of handles.entries()) await handle.writeFile(part[i]!);
    } finally {
      await Promise.all(handles.map((handle) => handle.close()));
    }
    for (const [i, path] of paths.entries()) await rename(beside[i]!, path);
  } catch (error) {
    for (const path of beside) await rm(path, { force: true }).catch(() => {});
    throw explain(error, paths[0]!, "written");
  }
}
