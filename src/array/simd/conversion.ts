import { adcCode } from "../adc.js";
import type { AdcTransfer } from "../types.js";

/**
 * A converter as sixteen-bit arithmetic: code = (q + offset) >> fraction with
 * q = (d · scale · multiplier + 2¹⁴) >> 15 and d = clamp(P − lowest, 0, span).
 * Where a sum lies half-way between two codes, `offset` rounds up and `tieOffset` down, and the even code is taken;
 * elsewhere the two give the same.
 */
export interface FixedPoint {
  readonly fraction: 7 | 9;
  readonly lowest: number;
  readonly span: number;
  readonly scale: number;
  readonly multiplier: number;
  readonly offset: number;
  readonly tieOffset: number;
}

/**
 * The same of bytes: code = (d · multiplier + 2¹⁴) >> 15 with d = clamp(P − least, 0, span) · 2^doubled. Fifteen bits of
 * the multiplier do for sums of eight, and where a range begins at a whole number, codes begin half a step beside whole
 * ones, as the rounding has it. Half-way between two codes `multiplier` rounds up and `tieMultiplier` down, and the even
 * code is taken; elsewhere the two give the same.
 */
export interface ByteForm {
  readonly doubled: 0 | 1;
  readonly least: number;
  readonly span: number;
  readonly multiplier: number;
  readonly tieMultiplier: number;
}

const largest = 32767;

/**
 * The fixed-point form of a converter that gives exactly its codes for every integer sum from `low` to `high`, found
 * by trying and proven by looking at every sum; null where there is none.
 */
export function fixedPoint(adc: AdcTransfer, low: number, high: number): FixedPoint | null {
  const fraction = adc.bits <= 6 ? 9 : 7;
  if (adc.bits > 8 || high - low > largest) return null;
  const codes = Int32Array.from({ length: high - low + 1 }, (_, i) => adcCode(adc, low + i));
  // Sums beyond the first and the last code's nearest sums are clamped to these.
  const first = Math.max(0, codes.lastIndexOf(codes[0]!));
  const last = codes.indexOf(codes.at(-1)!);
  const lowest = low + Math.min(first, last);
  const span = Math.abs(last - first);
  const steps = Array.from({ length: span + 1 }, (_, d) => neighbours(adc, lowest + d));
  for (let shift = 0; span << shift <= largest && shift < 15; shift++) {
    const ideal = 2 ** (15 + fraction - shift) / adc.step;
    for (const nudge of [0, 1, -1, 2, -2]) {
      const multiplier = Math.round(ideal) + nudge;
      if (multiplier < 1 || multiplier > largest) continue;
      const form = { fraction, lowest, span, scale: 2 ** shift, multiplier } as const;
      const offset = offsetFor(form, (d) => steps[d]!.up);
      const tieOffset = offsetFor(form, (d) => steps[d]!.down);
      if (offset === null || tieOffset === null) continue;
      const same = offsetFor(form, (d) => codes[lowest - low + d]!);
      const found =
        same === null ? { ...form, offset, tieOffset } : { ...form, offset: same, tieOffset: same };
      if (codes.every((code, i) => fixedPointCode(found, low + i) === code)) return found;
    }
  }
  return null;
}

/**
 * The form in bytes that gives exactly the converter's codes for every sum from 0 to `high`, found and proven as above;
 * null where there is none: sums beyond 255 tell codes apart, ranges begin between two sums, steps are below 1/2.
 */
export function byteForm(adc: AdcTransfer, high: number): ByteForm | null {
  const codes = Int32Array.from({ length: high + 1 }, (_, sum) => adcCode(adc, sum));
  const least = Math.max(0, Math.ceil(adc.low));
  const span = codes.indexOf(codes.at(-1)!) - least;
  const doubled = adc.step > 1 ? 0 : 1;
  if (span < 1 || least + span > 255 || span << doubled > 255) return null;
  const form = { doubled, least, span } as const;
  const wanted = Array.from(codes, (_, sum) => neighbours(adc, sum));
  const multiplier = multiplierFor(form, adc.step, (sum) => wanted[sum]!.up, high);
  const tieMultiplier = multiplierFor(form, adc.step, (sum) => wanted[sum]!.down, high);
  if (multiplier === null || tieMultiplier === null) return null;
  // One multiplication where there are no ties.
  const single = codes.every((code, sum) => scaledByte(form, multiplier, sum) === code);
  const found = { ...form, multiplier, tieMultiplier: single ? multiplier : tieMultiplier };
  return codes.every((code, sum) => byteFormCode(found, sum) === code) ? found : null;
}

/** What the form in bytes gives for a sum, operation by operation as the kernel computes it. */
export function byteFormCode(form: ByteForm, sum: number): number {
  const up = scaledByte(form, form.multiplier, sum);
  const down = scaledByte(form, form.tieMultiplier, sum);
  return up - ((up ^ down) & up & 1);
}

type Clamping = Pick<ByteForm, "doubled" | "least" | "span">;

const scaledByte = ({ doubled, least, span }: Clamping, multiplier: number, sum: number): number =>
  ((Math.min(Math.max(Math.min(255, sum) - least, 0), span) << doubled) * multiplier + 2 ** 14) >> 15;

/** The multiplier nearest to the ideal one that gives the code of every sum up to `high`. */
function multiplierFor(
  form: Clamping,
  step: number,
  code: (sum: number) => number,
  high: number,
): number | null {
  const ideal = Math.round(2 ** (15 - form.doubled) / step);
  for (const nudge of [0, -1, 1, -2, 2, -3, 3]) {
    const multiplier = ideal + nudge;
    if (multiplier < 1 || multiplier > largest) continue;
    let sum = 0;
    while (sum <= high && scaledByte(form, multiplier, sum) === code(sum)) sum++;
    if (sum > high) return multiplier;
  }
  return null;
}

/** What the fixed-point form gives for a sum, operation by operation as the kernel computes it. */
export function fixedPointCode(form: FixedPoint, sum: number): number {
  const d = Math.min(Math.max(sum - form.lowest, 0), form.span);
  const q = scaled(form, d);
  const up = (q + form.offset) >> form.fraction;
  const down = (q + form.tieOffset) >> form.fraction;
  return form.offset === form.tieOffset ? up : up - ((up ^ down) & up & 1);
}

type Scaling = Pick<FixedPoint, "scale" | "multiplier">;

const scaled = ({ scale, multiplier }: Scaling, d: number): number =>
  (d * scale * multiplier + 2 ** 14) >> 15;

/** The codes of a sum with ties rounded up and down. */
function neighbours(adc: AdcTransfer, sum: number): { up: number; down: number } {
  const x = (sum - adc.low) / adc.step;
  const top = 2 ** adc.bits - 1;
  const clamp = (code: number): number => Math.min(Math.max(code, 0), top);
  return { up: clamp(Math.floor(x + 0.5)), down: clamp(Math.ceil(x - 0.5)) };
}

/** An offset with which q + offset falls into every code's interval and stays within sixteen bits. */
function offsetFor(
  form: Omit<FixedPoint, "offset" | "tieOffset">,
  code: (d: number) => number,
): number | null {
  let least = -largest;
  let most = largest;
  for (let d = 0; d <= form.span; d++) {
    const q = scaled(form, d);
    if (q > largest) return null;
    least = Math.max(least, code(d) * 2 ** form.fraction - q);
    most = Math.min(most, (code(d) + 1) * 2 ** form.fraction - 1 - q);
  }
  return least <= most ? Math.floor((least + most) / 2) : null;
}
