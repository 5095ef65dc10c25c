import { type InputSlice, inputSlices } from "../../hardware/input-slices.js";
import type { ArrayProgram, SumHistogram } from "../types.js";

export const slicesOf = ({ inputBits, inputSliceBits }: ArrayProgram): InputSlice[] =>
  inputSlices(inputBits, inputSliceBits);

/**
 * From sums of bits to sums of slices, in place: Σ 2^b · (sum of bit first + b). Two sums that share 32 bits are added
 * as one number.
 * @param sums [input bits × positions] → [slices × positions]
 */
export function addBits(
  slices: readonly InputSlice[],
  sums: Int32Array | Float64Array,
  positions: number,
): void {
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

export function addCount({ counts, low, width }: SumHistogram, sum: number, times: number): void {
  counts[Math.round((sum - low) / width)]! += times;
}

export const importance = ({ weighted }: SumHistogram, gain: number, firstBit: number): number =>
  weighted ? (gain * 2 ** firstBit) ** 2 : 1;
