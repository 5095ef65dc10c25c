import { adcCode, countConversion } from "../adc.js";
import type { ArrayProgram, ArrayRead, MultiplyOptions } from "../types.js";
import { addBits, addCount, importance, slicesOf } from "./slices.js";

/** Cells at uneven conductances (or sums beyond sixteen bits): one column at a time, in doubles. */
export function addRealColumns(
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
