import { inputSlices, topInputLevel } from "../../hardware/input-slices.js";
import { adcCode, conversionWeights, sliceWeight } from "../adc.js";
import type { AdcTransfer, ArrayProgram } from "../types.js";
import { type ByteForm, byteForm, type FixedPoint, fixedPoint } from "./conversion.js";
import { type Digits, digitsOf } from "./digits.js";
import { drivenRows, dummiesOf, type RowGroup, rowGroups } from "./groups.js";
import type { KernelModule } from "./module.js";

/** Something that depends on the levels of a row group's lines, and the rows that it is added to, in the module's memory. */
export interface LineSum {
  readonly weights: number;
  /** Sums of levels, from 0 on, that each slice of so many input bits has a weight for. */
  readonly counts: number;
  readonly sliceBits: number;
  readonly targets: number;
  readonly targetCount: number;
}

export interface GroupPlan {
  readonly rows: number;
  readonly quads: number;
  readonly columns: number;
  readonly tiles: number;
  /** [rows, rounded up to 4] u32, and the same in JavaScript's memory */
  readonly inputs: number;
  readonly inputRows: Int32Array;
  readonly tables: number;
  /** [tiles] i32, look-ups that a byte takes */
  readonly chunks: number;
  readonly gains: number;
  /** Taken off the outputs, and added to the rows of driven inputs. */
  readonly dummies: readonly LineSum[];
  readonly driven: LineSum | null;
}

/** A program laid out in a module's memory: plain data, so that other threads can be told where things lie. */
export interface Plan {
  /** Without its cells, which are in the tables now. */
  readonly program: Omit<ArrayProgram, "reads">;
  readonly digits: Digits;
  /** Bytes of an accumulator: i16, i32, or f64 where integers could overflow or values are no integers. */
  readonly codeBytes: 2 | 4 | 8;
  readonly fixedPoint: FixedPoint | null;
  /** Sums are bytes until they are converted (assembly/bytes.ts). */
  readonly inBytes: boolean;
  /** Their conversion, where it is quicker than that of sixteen bits. */
  readonly byteForm: ByteForm | null;
  /** Two columns share a table. */
  readonly packed: boolean;
  /** Conversion in single precision: see quickConversion; 0 where it is not allowed. */
  readonly sure: number;
  readonly groups: readonly GroupPlan[];
  /** [outputs] low · Σ gain · 2^z, what an output's conversions add beside their codes. */
  readonly constants: Float64Array;
  readonly drivenRows: number;
  /** [outputs] */
  readonly drivenRowOf: Int32Array;
  /** Bounds of any accumulator and of any sum of driven inputs. */
  readonly largestCode: number;
  readonly largestDriven: number;
  /** Quads of the tallest row group. */
  readonly quads: number;
}

/**
 * null where the kernels do not hold the program's numbers: cells off the grid, gains that are no small integers.
 * @param counted sums are to be counted, which packed tables are not for
 */
export function planProgram(module: KernelModule, program: ArrayProgram, counted = false): Plan | null {
  const digits = digitsOf(program);
  if (!digits || !integerWeights(program)) return null;
  const groups = rowGroups(program);
  const driven =
    program.digitalOffset === 0
      ? { rowOf: new Int32Array(program.outputs).fill(-1), rows: [] }
      : drivenRows(groups, program.outputs);
  const { adc, inputBits } = program;
  const top = topInputLevel(inputBits, program.inputSliceBits);
  const sums = { low: digits.low * top, high: digits.high * top };
  const topValue = adc ? 2 ** adc.bits - 1 : Math.max(-digits.low, digits.high);
  const largest = largestTotal(program, topValue);
  const wide = (!adc && digits.unit !== 1) || largest >= 2 ** 31;
  const fused = adc !== null && digits.digits === 1 && !wide && topValue * sliceWeight(program) <= 32767;
  const fixed = fused ? fixedPoint(adc, sums.low, sums.high) : null;
  const bytes = fused && digits.start === 0 ? byteForm(adc, sums.high) : null;
  const inBytes = bytes !== null || (fixed !== null && staysInBytes(digits, fixed));
  const packed = !counted && module.variant === "plain" && inBytes && digits.quadHigh <= 15;
  const { reads: _, ...rest } = program;
  return {
    program: rest,
    digits,
    codeBytes: wide ? 8 : (fixed || bytes) && largest <= 32767 ? 2 : 4,
    fixedPoint: fixed,
    inBytes,
    byteForm: bytes,
    packed,
    sure: adc && !wide ? quickConversion(adc, sums, digits.unit) : 0,
    groups: groups.map((group, g) => placeGroup(module, program, digits, packed, group, g, driven.rows)),
    constants: conversionWeights(program).map((weight) => (adc ? adc.low * weight : 0)),
    largestCode: largest,
    largestDriven: driven.rows.reduce((most, list) => {
      const lines = list.reduce((sum, [g, times]) => sum + times * groups[g]!.inputs.length, 0);
      return Math.max(most, lines * (2 ** inputBits - 1));
    }, 0),
    drivenRows: driven.rows.length,
    drivenRowOf: driven.rowOf,
    quads: groups.reduce((most, { inputs }) => Math.max(most, Math.ceil(inputs.length / 4)), 0),
  };
}

/** Whether the conversion of sixteen bits does with bytes. */
const staysInBytes = ({ start }: Digits, fixed: FixedPoint): boolean =>
  start === 0 && fixed.lowest >= 0 && fixed.lowest + fixed.span <= 255 && fixed.tieOffset === fixed.offset;

/**
 * How far from a whole number a sum in steps of the converter may lie for single precision to be sure of its code.
 * Sum, factor, product and difference are each rounded by at most 2⁻²⁴ of the largest of them; twice that is allowed.
 */
function quickConversion(
  { low, step }: AdcTransfer,
  sums: { readonly low: number; readonly high: number },
  unit: number,
): number {
  const most = Math.max(-sums.low, sums.high);
  if (most >= 2 ** 31) return 0;
  const largest = (most * unit + Math.abs(low)) / step;
  return Math.max(0, 0.5 - 10 * 2 ** -24 * largest);
}

function integerWeights(program: ArrayProgram): boolean {
  const small = (gain: number): boolean => Number.isInteger(gain) && Math.abs(gain) <= 32767;
  return program.reads.every(
    ({ gain, dummy }) =>
      gain.every(small) &&
      (dummy === null ||
        (dummy.gain.every(small) && (program.adc !== null || Number.isInteger(dummy.idealPerLine)))),
  );
}

/** A bound on any accumulator. */
function largestTotal(program: ArrayProgram, topValue: number): number {
  const totals = new Float64Array(program.outputs);
  for (const { columns, output, gain, served, dummy, inputs } of program.reads) {
    for (let c = 0; c < columns; c++) totals[output[c]!]! += Math.abs(gain[c]!) * topValue;
    if (!dummy) continue;
    const removed = program.adc
      ? dummy.gain.reduce((sum, g) => sum + Math.abs(g), 0) * topValue
      : Math.abs(dummy.idealPerLine) * inputs.length;
    for (const output of served) totals[output]! += removed;
  }
  const weight = program.adc ? sliceWeight(program) : 2 ** program.inputBits - 1;
  return totals.reduce((most, total) => Math.max(most, total), 0) * weight;
}

function placeGroup(
  module: KernelModule,
  program: ArrayProgram,
  digits: Digits,
  packed: boolean,
  group: RowGroup,
  index: number,
  drivenRowsOf: readonly [number, number][][],
): GroupPlan {
  const rows = group.inputs.length;
  const quads = Math.ceil(rows / 4);
  const tiles = Math.ceil((group.columns * digits.digits) / 4);
  const gains = new Int32Array(2 * group.columns);
  let column = 0;
  for (const read of group.reads) {
    for (let c = 0; c < read.columns; c++, column++) {
      gains[2 * column] = read.gain[c]!;
      gains[2 * column + 1] = read.output[c]!;
    }
  }
  const drivenTargets = drivenRowsOf.flatMap((list, row) =>
    list.filter(([g]) => g === index).map(([, times]) => [row, times] as const),
  );
  const tables = placeTables(module, digits, packed, group, tiles, quads);
  return {
    rows,
    quads,
    columns: group.columns,
    tiles,
    inputs: placeInputs(module, group.inputs),
    inputRows: group.inputs,
    gains: module.place(gains),
    tables,
    chunks: placeChunks(module, digits, packed, tables, tiles, quads),
    dummies: dummiesOf(group).map(({ dummy, times }) => {
      const gain = dummy.gain.reduce((a, b) => a + b, 0);
      const { adc } = program;
      const value = (levels: number): number =>
        adc ? gain * adcCode(adc, levels * dummy.cell) : levels * dummy.idealPerLine;
      return placeLineSum(module, program, rows, (levels) => -value(levels), times);
    }),
    driven:
      drivenTargets.length === 0
        ? null
        : placeLineSum(module, bitByBit(program), rows, (lines) => lines, new Map(drivenTargets)),
  };
}

/** Inputs of a row group for indexRows, which reads them by fours. */
export function placeInputs(module: KernelModule, inputs: ArrayLike<number>): number {
  const padded = new Int32Array(Math.ceil(inputs.length / 4) * 4);
  padded.set(inputs);
  return module.place(padded);
}

type Inputs = Pick<ArrayProgram, "inputBits" | "inputSliceBits">;

/** For what grows evenly with the inputs, which needs no table of all sums of levels. */
const bitByBit = ({ inputBits }: ArrayProgram): Inputs => ({ inputBits, inputSliceBits: 1 });

function placeLineSum(
  module: KernelModule,
  { inputBits, inputSliceBits: sliceBits }: Inputs,
  rows: number,
  value: (levels: number) => number,
  targets: ReadonlyMap<number, number>,
): LineSum {
  const counts = rows * topInputLevel(inputBits, sliceBits) + 1;
  const slices = inputSlices(inputBits, sliceBits);
  const weights = new Int32Array(slices.length * counts);
  for (const [k, { first, top }] of slices.entries())
    for (let levels = 0; levels <= rows * top; levels++)
      weights[k * counts + levels] = 2 ** first * value(levels);
  const pairs = Int32Array.from([...targets].flat());
  return {
    weights: module.place(weights),
    counts,
    sliceBits,
    targets: module.place(pairs),
    targetCount: targets.size,
  };
}

function placeTables(
  module: KernelModule,
  { unit, digits, radixBits, balanced }: Digits,
  packed: boolean,
  group: RowGroup,
  tiles: number,
  quads: number,
): number {
  const quadBytes = tileQuadBytes(packed);
  const tables = module.allocate(tiles * quads * quadBytes);
  module.u8(tables, tiles * quads * quadBytes).fill(0);
  const rows = group.inputs.length;
  const mark = module.used;
  const cells = module.allocate(4 * rows);
  let column = 0;
  for (const read of group.reads) {
    for (let c = 0; c < read.columns; c++, column++) {
      const view = module.i32(cells, rows);
      for (let i = 0; i < rows; i++) view[i] = read.cells[c * rows + i]! / unit;
      const digit = column * digits;
      const inTile = packed ? (digit & 2) >> 1 : digit & 3;
      const at = tables + (digit >> 2) * quads * quadBytes + inTile * 16;
      const shift = packed ? 4 * (digit & 1) : 0;
      module.exports.buildTables(cells, rows, digits, radixBits, Number(balanced), at, quadBytes, shift);
    }
  }
  module.release(mark);
  return tables;
}

/** Bytes of a quad's tables in a tile of four columns. */
const tileQuadBytes = (packed: boolean): number => (packed ? 32 : 64);

/** Counted in the finished tables, since few quads reach what any four cells could. */
function placeChunks(
  module: KernelModule,
  { balanced }: Digits,
  packed: boolean,
  tables: number,
  tiles: number,
  quads: number,
): number {
  const at = module.allocate(4 * tiles);
  const mark = module.used;
  const counts = module.allocate(1024);
  const tileBytes = quads * tileQuadBytes(packed);
  const chunks = Array.from({ length: tiles }, (_, t) =>
    module.exports.chunkOf(tables + t * tileBytes, quads, Number(packed), Number(balanced), counts),
  );
  module.i32(at, tiles).set(chunks);
  module.release(mark);
  return at;
}
