import { type InputSlice, inputSlices, topInputLevel } from "../hardware/input-slices.js";
import { adcCode, conversionWeights, countConversion, sumBounds, valueOfCodes } from "./adc.js";
import type {
  AdcTransfer,
  ArrayKernel,
  ArrayProgram,
  ArrayRead,
  MultiplyOptions,
  SumHistogram,
} from "./types.js";

/**
 * Eight binary inputs form a byte; per eight rows and column the 256 possible partial sums are a table. The inner
 * loop is then one look-up and one addition per eight cells, over all positions and input bits at once; the bits of
 * an input slice are put together behind it. Two integer columns share one 32-bit sum, sixteen bits each.
 */
export const tableKernel: ArrayKernel = {
  name: "tables",
  multiply(program, inputs, positions, options = {}) {
    const out = new Float64Array(program.outputs * positions);
    const driven = new Float64Array(program.outputs * positions);
    const gathered = new GatheredLines(inputs, positions, program.inputBits);
    for (const read of program.reads) {
      const lines = gathered.of(read);
      if (read.cells instanceof Int16Array && fitsSixteenBits(program, read)) {
        addIntegerColumns(program, read, read.cells, lines.bytes, positions, out, options);
      } else {
        addRealColumns(program, read, lines.bytes, positions, out, options);
      }
      if (read.dummy) subtractDummy(program, read, lines.bytes, positions, out);
      if (program.digitalOffset !== 0) addDriven(read, lines.total(), positions, driven);
    }
    return finish(program, positions, out, driven);
  },
};

interface Lines {
  /** [blocks][inputBits · positions] */
  readonly bytes: readonly Uint8Array[];
  /** [positions] Σ of the inputs. */
  total(): Float64Array;
}

/** Reads of arrays that stand side by side are driven by the same inputs, which are gathered once. */
class GatheredLines {
  private readonly known: { readonly inputs: Int32Array; readonly lines: Lines }[] = [];

  constructor(
    private readonly inputs: Uint8Array,
    private readonly positions: number,
    private readonly inputBits: number,
  ) {}

  of(read: ArrayRead): Lines {
    const known = this.known.find((entry) => sameInputs(entry.inputs, read.inputs));
    if (known) return known.lines;
    const { inputs, positions } = this;
    let total: Float64Array | undefined;
    const lines: Lines = {
      bytes: gatherBytes(read, inputs, positions, this.inputBits),
      total: () => {
        total ??= sumOfInputs(read, inputs, positions);
        return total;
      },
    };
    // A few row groups alternate (the bands of one chunk); older ones do not come back.
    this.known.unshift({ inputs: read.inputs, lines });
    if (this.known.length > 8) this.known.pop();
    return lines;
  }
}

function sameInputs(a: Int32Array, b: Int32Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** [blocks × (inputBits · positions)] byte b of block k: bit z of input rows 8k ... 8k+7, bit plane after bit plane. */
function gatherBytes(
  read: ArrayRead,
  inputs: Uint8Array,
  positions: number,
  inputBits: number,
): Uint8Array[] {
  const n = read.inputs.length;
  const blocks: Uint8Array[] = [];
  for (let first = 0; first < n; first += 8) {
    const bytes = new Uint8Array(inputBits * positions);
    for (let i = first; i < Math.min(first + 8, n); i++) {
      const row = read.inputs[i]! * positions;
      const shift = i - first;
      for (let z = 0; z < inputBits; z++) {
        const plane = z * positions;
        for (let p = 0; p < positions; p++) {
          bytes[plane + p]! |= ((inputs[row + p]! >> z) & 1) << shift;
        }
      }
    }
    blocks.push(bytes);
  }
  return blocks;
}

interface Bounds {
  readonly top: number;
  readonly low: number;
  readonly high: number;
}

const boundsCache = new WeakMap<ArrayRead, Bounds>();

function boundsOf({ inputBits, inputSliceBits }: ArrayProgram, read: ArrayRead): Bounds {
  const top = topInputLevel(inputBits, inputSliceBits);
  let bounds = boundsCache.get(read);
  if (bounds?.top !== top) {
    bounds = { top, ...sumBounds(read, top) };
    boundsCache.set(read, bounds);
  }
  return bounds;
}

const slicesOf = ({ inputBits, inputSliceBits }: ArrayProgram): InputSlice[] =>
  inputSlices(inputBits, inputSliceBits);

function fitsSixteenBits(program: ArrayProgram, read: ArrayRead): boolean {
  const { low, high } = boundsOf(program, read);
  return low >= -32768 && high <= 32767;
}

/** What converting an integer sum gives, by [sum − low]: the code, or the sum itself from an ideal converter. */
function conversionTable(adc: AdcTransfer | null, low: number, high: number): Int32Array {
  const table = new Int32Array(high - low + 1);
  for (let i = 0; i < table.length; i++) table[i] = adc ? adcCode(adc, low + i) : low + i;
  return table;
}

/** Tables that are looked up per pass over the sums. */
const tablesPerPass = 3;

function addIntegerColumns(
  program: ArrayProgram,
  read: ArrayRead,
  cells: Int16Array,
  lines: readonly Uint8Array[],
  positions: number,
  out: Float64Array,
  options: MultiplyOptions,
): void {
  const n = read.inputs.length;
  const count = program.inputBits * positions;
  const slices = slicesOf(program);
  const { low, high } = boundsOf(program, read);
  const convert = conversionTable(program.adc, low, high);
  const sums = new Int32Array(count);
  const tables = [0, 1, 2].map(() => new Int32Array(256));
  for (let column = 0; column < read.columns; column += 2) {
    const pair = column + 1 < read.columns;
    sums.fill(0);
    for (let block = 0; block < lines.length; block += tablesPerPass) {
      for (let t = 0; t < tablesPerPass; t++) {
        const first = column * n + (block + t) * 8;
        const rows = Math.max(0, Math.min(8, n - (block + t) * 8));
        fillPairTable(tables[t]!, cells, first, pair ? first + n : -1, rows);
      }
      // Behind the last block the tables are zero, whatever byte looks into them.
      const [a, b, c] = [0, 1, 2].map((t) => lines[Math.min(block + t, lines.length - 1)]!);
      addLookups(sums, tables[0]!, tables[1]!, tables[2]!, a!, b!, c!);
    }
    addBits(slices, sums, positions);
    if (options.histogram) countSums(slices, options.histogram, sums, read.gain, column, positions);
    if (options.saturation) {
      for (let i = 0; i < slices.length * positions; i++) {
        countConversion(options.saturation, program.adc, lowHalf(sums[i]!));
        if (pair) countConversion(options.saturation, program.adc, highHalf(sums[i]!));
      }
    }
    addConverted(slices, read, column, pair, sums, positions, convert, low, out);
  }
}

/**
 * From sums of bits to sums of slices, in place: Σ 2^b · (sum of bit first + b). Two sums that share 32 bits are added
 * as one number.
 * @param sums [input bits × positions] → [slices × positions]
 */
function addBits(slices: readonly InputSlice[], sums: Int32Array | Float64Array, positions: number): void {
  for (const [k, { first, bits }] of slices.entries()) {
    if (bits === 1 && first === k) continue;
    const from = first * positions;
    for (let p = 0; p < positions; p++) {
      let sum = 0;
      for (let b = 0; b < bits; b++) sum += sums[from + b * positions + p]! * 2 ** b;
      sums[k * positions + p] = sum;
    }
  }
}

function addLookups(
  sums: Int32Array,
  ta: Int32Array,
  tb: Int32Array,
  tc: Int32Array,
  a: Uint8Array,
  b: Uint8Array,
  c: Uint8Array,
): void {
  const count = sums.length;
  for (let i = 0; i < count; i++) sums[i] = (sums[i]! + ta[a[i]!]! + tb[b[i]!]! + tc[c[i]!]!) | 0;
}

/** table[byte] = the sum of the driven cells: one column in the low half, its neighbour in the high half. */
function fillPairTable(table: Int32Array, cells: Int16Array, a: number, b: number, rows: number): void {
  table[0] = 0;
  for (let i = 0; i < 8; i++) {
    const cell = i >= rows ? 0 : b < 0 ? cells[a + i]! : cells[a + i]! + (cells[b + i]! << 16);
    const half = 1 << i;
    for (let j = 0; j < half; j++) table[half + j] = (table[j]! + cell) | 0;
  }
}

const lowHalf = (sum: number): number => (sum << 16) >> 16;
const highHalf = (sum: number): number => (sum - lowHalf(sum)) >> 16;

/** out += gain · Σ 2^first · converted(sum of the slice), for one column or for both that share the sums. */
function addConverted(
  slices: readonly InputSlice[],
  read: ArrayRead,
  column: number,
  pair: boolean,
  sums: Int32Array,
  positions: number,
  convert: Int32Array,
  low: number,
  out: Float64Array,
): void {
  const shifts = Int32Array.from(slices, ({ first }) => first);
  const first = read.output[column]! * positions;
  const second = pair ? read.output[column + 1]! * positions : -1;
  const gain = read.gain[column]!;
  const gain2 = pair ? read.gain[column + 1]! : 0;
  for (let p = 0; p < positions; p++) {
    let value = 0;
    let value2 = 0;
    for (let k = 0, at = p; k < shifts.length; k++, at += positions) {
      const sum = sums[at]!;
      const shift = shifts[k]!;
      const lower = (sum << 16) >> 16;
      // Sixteen bits of sum and eight input bits fit 32-bit integers.
      value = (value + (convert[lower - low]! << shift)) | 0;
      if (pair) value2 = (value2 + (convert[((sum - lower) >> 16) - low]! << shift)) | 0;
    }
    out[first + p]! += gain * value;
    if (pair) out[second + p]! += gain2 * value2;
  }
}

/** Counts one column's sums, or those of it and its neighbour. @param sums [slices × positions] */
function countSums(
  slices: readonly InputSlice[],
  histogram: SumHistogram,
  sums: Int32Array,
  gain: Float64Array,
  column: number,
  positions: number,
): void {
  const pair = column + 1 < gain.length;
  for (const [k, { first }] of slices.entries()) {
    const times = importance(histogram, gain[column]!, first);
    const times2 = pair ? importance(histogram, gain[column + 1]!, first) : 0;
    const at = k * positions;
    for (let i = at; i < at + positions; i++) {
      addCount(histogram, lowHalf(sums[i]!), times);
      if (pair) addCount(histogram, highHalf(sums[i]!), times2);
    }
  }
}

function addCount({ counts, low, width }: SumHistogram, sum: number, times: number): void {
  counts[Math.round((sum - low) / width)]! += times;
}

const importance = ({ weighted }: SumHistogram, gain: number, firstBit: number): number =>
  weighted ? (gain * 2 ** firstBit) ** 2 : 1;

/** Cells at uneven conductances (or sums beyond sixteen bits): one column at a time, in doubles. */
function addRealColumns(
  program: ArrayProgram,
  read: ArrayRead,
  lines: readonly Uint8Array[],
  positions: number,
  out: Float64Array,
  options: MultiplyOptions,
): void {
  const n = read.inputs.length;
  const count = program.inputBits * positions;
  const slices = slicesOf(program);
  const sums = new Float64Array(count);
  const table = new Float64Array(256);
  for (let column = 0; column < read.columns; column++) {
    sums.fill(0);
    for (let block = 0; block < lines.length; block++) {
      const bytes = lines[block]!;
      fillRealTable(table, read.cells, column * n + block * 8, Math.min(8, n - block * 8));
      for (let i = 0; i < count; i++) sums[i]! += table[bytes[i]!]!;
    }
    addBits(slices, sums, positions);
    const { histogram, saturation } = options;
    if (saturation)
      for (let i = 0; i < slices.length * positions; i++) countConversion(saturation, program.adc, sums[i]!);
    const at = read.output[column]! * positions;
    for (const [k, { first }] of slices.entries()) {
      if (histogram) {
        const times = importance(histogram, read.gain[column]!, first);
        for (let i = k * positions; i < (k + 1) * positions; i++) addCount(histogram, sums[i]!, times);
      }
      const gain = read.gain[column]! * 2 ** first;
      for (let p = 0; p < positions; p++) {
        const sum = sums[k * positions + p]!;
        out[at + p]! += gain * (program.adc ? adcCode(program.adc, sum) : sum);
      }
    }
  }
}

function fillRealTable(table: Float64Array, cells: ArrayLike<number>, first: number, rows: number): void {
  table[0] = 0;
  for (let i = 0; i < 8; i++) {
    const cell = i < rows ? cells[first + i]! : 0;
    const half = 1 << i;
    for (let j = 0; j < half; j++) table[half + j] = table[j]! + cell;
  }
}

const bitsOfByte = Uint8Array.from({ length: 256 }, (_, byte) => {
  let bits = 0;
  for (let rest = byte; rest > 0; rest &= rest - 1) bits++;
  return bits;
});

function subtractDummy(
  program: ArrayProgram,
  read: ArrayRead,
  lines: readonly Uint8Array[],
  positions: number,
  out: Float64Array,
): void {
  const dummy = read.dummy!;
  const adc = program.adc;
  const gains = dummy.gain.reduce((a, b) => a + b, 0);
  const removed = new Float64Array(positions);
  for (const { first, bits } of slicesOf(program)) {
    for (let p = 0; p < positions; p++) {
      let levels = 0;
      for (let b = 0; b < bits; b++) {
        const at = (first + b) * positions + p;
        for (const bytes of lines) levels += bitsOfByte[bytes[at]!]! * 2 ** b;
      }
      const value = adc ? gains * adcCode(adc, levels * dummy.cell) : levels * dummy.idealPerLine;
      removed[p]! += 2 ** first * value;
    }
  }
  for (const output of read.served)
    for (let p = 0; p < positions; p++) out[output * positions + p]! -= removed[p]!;
}

function sumOfInputs(read: ArrayRead, inputs: Uint8Array, positions: number): Float64Array {
  const total = new Float64Array(positions);
  for (const row of read.inputs)
    for (let p = 0; p < positions; p++) total[p]! += inputs[row * positions + p]!;
  return total;
}

function addDriven(read: ArrayRead, total: Float64Array, positions: number, driven: Float64Array): void {
  for (const output of read.served)
    for (let p = 0, at = output * positions; p < positions; p++, at++) driven[at]! += total[p]!;
}

function finish(
  program: ArrayProgram,
  positions: number,
  out: Float64Array,
  driven: Float64Array,
): Float64Array {
  const weights = program.adc ? conversionWeights(program) : null;
  for (let o = 0; o < program.outputs; o++) {
    for (let i = o * positions; i < (o + 1) * positions; i++) {
      const analog = program.adc && weights ? valueOfCodes(program.adc, out[i]!, weights[o]!) : out[i]!;
      out[i] = analog - program.digitalOffset * driven[i]!;
    }
  }
  return out;
}
