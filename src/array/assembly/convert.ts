import { block } from "./layout";
import { Job } from "./job";

/**
 * Puts a block's sums together from their digits, counts them where a histogram is wanted, converts them as the
 * converter's definition says, and adds them times `weight` to row `row` of the accumulators.
 *
 * @param sums digit by digit, [32] u16 of one bit, too large by `bias`; or, if `sliced`, [32] i32 of a slice
 */
export function convertExactly(
  job: Job,
  sliced: bool,
  sums: usize,
  bias: i32,
  weight: i32,
  row: i32,
  b: i32,
): void {
  for (let i = 0; i < block; i += 4, sums += sliced ? 16 : 8) {
    if (job.histogram) countFour(job, sliced, sums, bias, weight, job.positions - b * block - i);
    if (job.saturation) countSaturated(job, sliced, sums, bias, job.positions - b * block - i);
    convertFour(job, sliced, sums, bias, weight, row + i);
  }
}

/** Digit d of four sums. */
// @ts-ignore: decorator
@inline
function fourDigits(sliced: bool, sums: usize, d: i32, bias: v128): v128 {
  return sliced
    ? v128.load(sums + (<usize>d << 7))
    : i32x4.sub(v128.load_ext<u16>(sums + (<usize>d << 6)), bias);
}

/** Two sums at half 0 or 1 of four, in doubles. */
// @ts-ignore: decorator
@inline
function twoSums(job: Job, sliced: bool, sums: usize, bias: i32, half: i32): v128 {
  const base = f64x2.splat(<f64>(1 << job.radixBits));
  const less = i32x4.splat(bias);
  let whole = f64x2.splat(0);
  for (let d = job.digits - 1; d >= 0; d--) {
    const four = fourDigits(sliced, sums, d, less);
    const two = half ? i8x16.shuffle(four, four, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15) : four;
    whole = f64x2.add(f64x2.mul(whole, base), f64x2.convert_low_i32x4_s(two));
  }
  return f64x2.mul(whole, f64x2.splat(job.unit));
}

function countFour(job: Job, sliced: bool, sums: usize, bias: i32, weight: i32, real: i32): void {
  const times = job.weighted != 0 ? <f64>weight * <f64>weight : 1;
  const first = twoSums(job, sliced, sums, bias, 0);
  const second = twoSums(job, sliced, sums, bias, 1);
  if (real > 0) count(job, f64x2.extract_lane(first, 0), times);
  if (real > 1) count(job, f64x2.extract_lane(first, 1), times);
  if (real > 2) count(job, f64x2.extract_lane(second, 0), times);
  if (real > 3) count(job, f64x2.extract_lane(second, 1), times);
}

/** @param real positions of the four and those behind them that are someone's */
function countSaturated(job: Job, sliced: bool, sums: usize, bias: i32, real: i32): void {
  const first = roundedOf(job, twoSums(job, sliced, sums, bias, 0));
  const second = roundedOf(job, twoSums(job, sliced, sums, bias, 1));
  if (real > 0) saturate(job, f64x2.extract_lane(first, 0));
  if (real > 1) saturate(job, f64x2.extract_lane(first, 1));
  if (real > 2) saturate(job, f64x2.extract_lane(second, 0));
  if (real > 3) saturate(job, f64x2.extract_lane(second, 1));
}

// @ts-ignore: decorator
@inline
function saturate(job: Job, code: f64): void {
  const at = job.saturation + (code < 0 ? 0 : 8);
  if (code < 0 || code > <f64>job.top) store<f64>(at, load<f64>(at) + 1);
}

/** Four positions from `at` of the accumulators on. */
function convertFour(job: Job, sliced: bool, sums: usize, bias: i32, weight: i32, at: i32): void {
  const times = f64x2.splat(<f64>weight);
  let first = twoSums(job, sliced, sums, bias, 0);
  let second = twoSums(job, sliced, sums, bias, 1);
  if (!job.ideal) {
    first = codesOf(job, first);
    second = codesOf(job, second);
  }
  first = f64x2.mul(first, times);
  second = f64x2.mul(second, times);
  if (job.codeBytes == 8) {
    const to = job.accumulators + (<usize>at << 3);
    v128.store(to, f64x2.add(v128.load(to), first));
    v128.store(to, f64x2.add(v128.load(to, 16), second), 16);
    return;
  }
  const to = job.accumulators + (<usize>at << 2);
  const whole = i8x16.shuffle(
    i32x4.trunc_sat_f64x2_s_zero(first),
    i32x4.trunc_sat_f64x2_s_zero(second),
    0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23,
  );
  v128.store(to, i32x4.add(v128.load(to), whole));
}

/** Ties go to the even code, as f64x2.nearest rounds. */
// @ts-ignore: decorator
@inline
function codesOf(job: Job, sums: v128): v128 {
  return f64x2.min(f64x2.max(roundedOf(job, sums), f64x2.splat(0)), f64x2.splat(<f64>job.top));
}

/** Codes as if there were any number of them. */
// @ts-ignore: decorator
@inline
function roundedOf(job: Job, sums: v128): v128 {
  return f64x2.nearest(f64x2.div(f64x2.sub(sums, f64x2.splat(job.low)), f64x2.splat(job.step)));
}

/**
 * The same for converters of few bits and sums that fit 32 bits, in single precision: where that is not sure to round
 * to the same code as doubles do, four positions are left to them.
 */
export function convertQuickly(job: Job, sums: usize, bias: i32, weight: i32, row: i32): void {
  quickly(job, false, sums, bias, weight, row);
}

export function convertSlicesQuickly(job: Job, sums: usize, weight: i32, row: i32): void {
  quickly(job, true, sums, 0, weight, row);
}

// @ts-ignore: decorator
@inline
function quickly(job: Job, sliced: bool, sums: usize, bias: i32, weight: i32, row: i32): void {
  const digits = job.digits;
  const radixBits = job.radixBits;
  const less = i32x4.splat(bias);
  const perStep = f32x4.splat(<f32>(job.unit / job.step));
  const low = f32x4.splat(<f32>(job.low / job.step));
  const top = f32x4.splat(<f32>job.top);
  const zero = f32x4.splat(0);
  const aid = f32x4.splat(12582912);
  const sure = f32x4.splat(job.sure);
  const times = i32x4.splat(weight);
  let to = job.accumulators + (<usize>row << 2);
  for (let i = 0; i < block; i += 4, sums += sliced ? 16 : 8, to += 16) {
    let whole = fourDigits(sliced, sums, digits - 1, less);
    for (let d = digits - 2; d >= 0; d--)
      whole = i32x4.add(i32x4.shl(whole, radixBits), fourDigits(sliced, sums, d, less));
    let x = f32x4.sub(f32x4.mul(f32x4.convert_i32x4_s(whole), perStep), low);
    x = f32x4.pmin(f32x4.pmax(x, zero), top);
    const rounded = f32x4.add(x, aid);
    const off = f32x4.abs(f32x4.sub(x, f32x4.sub(rounded, aid)));
    if (v128.any_true(f32x4.gt(off, sure))) convertFour(job, sliced, sums, bias, weight, row + i);
    else {
      const codes = i32x4.sub(rounded, aid);
      v128.store(to, i32x4.add(v128.load(to), i32x4.mul(codes, times)));
    }
  }
}

// @ts-ignore: decorator
@inline
function count(job: Job, sum: f64, times: f64): void {
  const bin = floor((sum - job.histogramLow) / job.histogramWidth + 0.5);
  const at = job.histogram + (<usize>bin << 3);
  store<f64>(at, load<f64>(at) + times);
}
