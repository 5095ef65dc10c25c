import { multiplyHigh } from "./engine";
import { Job } from "./job";
import { block, tileQuad } from "./layout";
import { addPlaneInBytes, sumTileInBytes, sumTilePacked } from "./sums";

/**
 * Looks up and converts where no cell is negative and sums of 255 have the converter's last code: they stay bytes until
 * they are converted, all input bits of a block together. Each form of the conversion is a function of its own, whose
 * shifts are constants.
 */
export function lookUpBytes(job: Job): void {
  if (job.sliceBits > 1) {
    if (job.fraction == 9) lookUpInBytes(job, 9, true, 0);
    else lookUpInBytes(job, 7, true, 0);
  } else if (job.byteForm == 1) lookUpInBytes(job, 9, false, 1);
  else if (job.byteForm == 2) lookUpInBytes(job, 9, false, 2);
  else if (job.byteForm == 3) lookUpInBytes(job, 8, false, 1);
  else if (job.fraction == 9) lookUpInBytes(job, 9, false, 0);
  else lookUpInBytes(job, 7, false, 0);
}

// @ts-ignore: decorator
@inline
function lookUpInBytes(job: Job, fraction: i32, sliced: bool, form: i32): void {
  const quads = job.quads;
  const bits = job.bits;
  const packed = job.packed;
  const planeStep = <usize>quads * block;
  const tileStep = <usize>quads * (tileQuad >> packed);
  const sums = job.scratch;
  for (let t = 0; t < job.tiles; t++) {
    const tile = job.tables + <usize>t * tileStep;
    const columns = min(4, job.columns - 4 * t);
    const gains = job.gains + (<usize>t << 5);
    for (let b = 0; b < job.blocks; b++) {
      for (let z = 0; z < bits; z++) {
        const plane = b * bits + z;
        const index = job.indices + <usize>plane * planeStep;
        const list = job.lists + ((<usize>plane * quads) << 2);
        const count = load<u32>(job.counts + (<usize>plane << 2));
        const to = sums + (<usize>z << 7);
        if (packed) sumTilePacked(tile, index, list, count, job.chunk, job.byteStart, to);
        else sumTileInBytes(tile, index, list, count, job.chunk, job.byteStart, to);
      }
      if (sliced) addSlicesInBytes(job, sums);
      convertBytes(job, fraction, sliced, form, sums, columns, gains, b * block);
    }
  }
}

/** Sums of slices in the place of those of the bits, [slices][4][32] u8. */
function addSlicesInBytes(job: Job, sums: usize): void {
  const bits = job.bits;
  const sliceBits = job.sliceBits;
  let to = sums;
  for (let first = 0; first < bits; first += sliceBits, to += 128) {
    const highest = sums + (<usize>(min(bits, first + sliceBits) - 1) << 7);
    for (let at = highest - 128; at >= sums + (<usize>first << 7); at -= 128) addPlaneInBytes(highest, at);
    if (highest != to) for (let i: usize = 0; i < 128; i += 16) v128.store(to + i, v128.load(highest + i));
  }
}

/**
 * Codes of [slices][columns][32] sums in bytes, shifted, added, and added times each column's gain to its output.
 * @param form 0: as sums of sixteen bits; 1: of 256 · byte + c; 2: of half of that (../simd/conversion.ts)
 */
// @ts-ignore: decorator
@inline
function convertBytes(
  job: Job,
  fraction: i32,
  sliced: bool,
  form: i32,
  sums: usize,
  columns: i32,
  gains: usize,
  first: i32,
): void {
  const least = i8x16.splat(<i8>(form ? job.byteLeast : job.lowest));
  const span = i8x16.splat(<i8>(form ? job.byteSpan : job.span));
  const fill = i8x16.splat(<i8>job.byteFill);
  const scale = i16x8.splat(<i16>job.scale);
  const multiplier = i16x8.splat(<i16>(form ? job.byteMultiplier : job.multiplier));
  const offset = i16x8.splat(<i16>job.offset);
  const slices = sliced ? job.slices : job.bits;
  const sliceBits = job.sliceBits;
  const codeBytes = job.codeBytes;
  const four = form != 0 && !sliced && slices == 4;
  for (let c = 0; c < columns; c++, gains += 8) {
    const gain = i16x8.splat(<i16>load<i32>(gains));
    let to = job.accumulators + <usize>((load<i32>(gains, 4) * job.stride + first) * codeBytes);
    for (let half = 0; half < 2; half++, sums += 16) {
      let low = i16x8.splat(0);
      let high = i16x8.splat(0);
      // From the highest input bit down: the codes so far count double at each next one.
      if (four) {
        const b3 = i8x16.min_u(i8x16.sub_sat_u(v128.load(sums, 384), least), span);
        low = lowCodes(b3, fill, multiplier, form, fraction);
        high = highCodes(b3, fill, multiplier, form, fraction);
        const b2 = i8x16.min_u(i8x16.sub_sat_u(v128.load(sums, 256), least), span);
        low = i16x8.add(lowCodes(b2, fill, multiplier, form, fraction), i16x8.add(low, low));
        high = i16x8.add(highCodes(b2, fill, multiplier, form, fraction), i16x8.add(high, high));
        const b1 = i8x16.min_u(i8x16.sub_sat_u(v128.load(sums, 128), least), span);
        low = i16x8.add(lowCodes(b1, fill, multiplier, form, fraction), i16x8.add(low, low));
        high = i16x8.add(highCodes(b1, fill, multiplier, form, fraction), i16x8.add(high, high));
        const b0 = i8x16.min_u(i8x16.sub_sat_u(v128.load(sums), least), span);
        low = i16x8.add(lowCodes(b0, fill, multiplier, form, fraction), i16x8.add(low, low));
        high = i16x8.add(highCodes(b0, fill, multiplier, form, fraction), i16x8.add(high, high));
      } else for (let at = sums + (<usize>(slices - 1) << 7); at >= sums; at -= 128) {
        const bytes = i8x16.min_u(i8x16.sub_sat_u(v128.load(at), least), span);
        let v: v128;
        let w: v128;
        if (form) {
          v = lowCodes(bytes, fill, multiplier, form, fraction);
          w = highCodes(bytes, fill, multiplier, form, fraction);
        } else {
          v = multiplyHigh(i16x8.mul(i16x8.extend_low_i8x16_u(bytes), scale), multiplier);
          w = multiplyHigh(i16x8.mul(i16x8.extend_high_i8x16_u(bytes), scale), multiplier);
          v = i16x8.shr_s(i16x8.add(v, offset), fraction);
          w = i16x8.shr_s(i16x8.add(w, offset), fraction);
        }
        low = i16x8.add(v, sliced ? i16x8.shl(low, sliceBits) : i16x8.add(low, low));
        high = i16x8.add(w, sliced ? i16x8.shl(high, sliceBits) : i16x8.add(high, high));
      }
      if (codeBytes == 2) {
        v128.store(to, i16x8.add(v128.load(to), i16x8.mul(low, gain)));
        v128.store(to, i16x8.add(v128.load(to, 16), i16x8.mul(high, gain)), 16);
        to += 32;
      } else {
        v128.store(to, i32x4.add(v128.load(to), i32x4.extmul_low_i16x8_s(low, gain)));
        v128.store(to, i32x4.add(v128.load(to, 16), i32x4.extmul_high_i16x8_s(low, gain)), 16);
        v128.store(to, i32x4.add(v128.load(to, 32), i32x4.extmul_low_i16x8_s(high, gain)), 32);
        v128.store(to, i32x4.add(v128.load(to, 48), i32x4.extmul_high_i16x8_s(high, gain)), 48);
        to += 64;
      }
    }
  }
}

/** Codes of the first eight of sixteen clamped sums. */
// @ts-ignore: decorator
@inline
function lowCodes(bytes: v128, fill: v128, multiplier: v128, form: i32, fraction: i32): v128 {
  const x = i8x16.shuffle(fill, bytes, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
  return i16x8.shr_s(multiplyHigh(form == 2 ? i16x8.shr_u(x, 1) : x, multiplier), fraction);
}

/** And of the other eight. */
// @ts-ignore: decorator
@inline
function highCodes(bytes: v128, fill: v128, multiplier: v128, form: i32, fraction: i32): v128 {
  const x = i8x16.shuffle(fill, bytes, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
  return i16x8.shr_s(multiplyHigh(form == 2 ? i16x8.shr_u(x, 1) : x, multiplier), fraction);
}
