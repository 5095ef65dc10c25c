import { InputError } from "../errors.js";
import { inputSlices } from "../hardware/input-slices.js";
import { roundHalfEven } from "../tensor.js";
import type { AdcTransfer, ArrayProgram, ArrayRead, Saturation } from "./types.js";

/** Codes times 2^(input bits) stay within 32 bits. */
const widest = 20;

/** A converter of `bits` bits over [low, high]: step = (high − low) / 2^bits, so the top code stands one step below high. */
export function adcTransfer(bits: number, low: number, high: number): AdcTransfer {
  if (!Number.isInteger(bits) || bits < 1 || bits > widest) {
    throw new InputError(`adc.bits is ${bits}`, { hint: `choose 1 to ${widest}, or ideal` });
  }
  // A range of no width (a layer that is all zeros) still needs a step.
  const width = high > low ? high - low : 1;
  return { bits, low, step: width / 2 ** bits };
}

export function adcCode(adc: AdcTransfer, sum: number): number {
  return Math.min(Math.max(unclipped(adc, sum), 0), 2 ** adc.bits - 1);
}

const unclipped = (adc: AdcTransfer, sum: number): number => roundHalfEven((sum - adc.low) / adc.step);

/** Counts one conversion. An ideal converter never saturates. */
export function countConversion(saturation: Saturation, adc: AdcTransfer | null, sum: number): void {
  saturation.conversions++;
  if (!adc) return;
  const code = unclipped(adc, sum);
  if (code < 0) saturation.below++;
  else if (code > 2 ** adc.bits - 1) saturation.above++;
}

/**
 * From shift-added codes to values. Codes are what the hardware adds, as integers, so the order of adding cannot
 * matter; each conversion of gain g and a slice from input bit z on stood for g · 2^z · (low + code · step).
 */
export const valueOfCodes = (adc: AdcTransfer, codes: number, weight: number): number =>
  adc.step * codes + adc.low * weight;

/** [outputs] Σ gain · 2^z over all conversions that serve an output, dummy conversions subtracted. */
export function conversionWeights(program: ArrayProgram): Float64Array {
  const weights = new Float64Array(program.outputs);
  const slices = sliceWeight(program);
  for (const read of program.reads) {
    for (let c = 0; c < read.columns; c++) weights[read.output[c]!]! += read.gain[c]! * slices;
    const dummy = sumOf(read.dummy?.gain);
    if (dummy !== 0) for (const output of read.served) weights[output]! -= dummy * slices;
  }
  return weights;
}

/** Σ 2^z over the first bits z of all input slices. */
export const sliceWeight = ({ inputBits, inputSliceBits }: ArrayProgram): number =>
  inputSlices(inputBits, inputSliceBits).reduce((sum, { first }) => sum + 2 ** first, 0);

const sumOf = (values: Float64Array | undefined): number => values?.reduce((a, b) => a + b, 0) ?? 0;

/** The least and the largest sum that a read's columns can form, inputs being levels from 0 to `top`. */
export function sumBounds(read: ArrayRead, top: number): { low: number; high: number } {
  const n = read.inputs.length;
  let low = 0;
  let high = 0;
  for (let c = 0; c < read.columns; c++) {
    let negative = 0;
    let positive = 0;
    for (let i = c * n; i < (c + 1) * n; i++) {
      const cell = read.cells[i]!;
      if (cell < 0) negative += cell;
      else positive += cell;
    }
    low = Math.min(low, negative);
    high = Math.max(high, positive);
  }
  return { low: low * top || 0, high: high * top };
}
