import { lowerBytes } from "./constants";
import { multiplyHigh } from "./engine";
import { Job } from "./job";
import { block, tileQuad } from "./layout";
import { addPlaneInBytes, sumTileInBytes, sumTilePacked } from "./sums";

/**
 * Looks up and converts where no cell is negative and sums of 255 have the converter's last code: they stay bytes until
 * they are converted, all input bits of a block together.
 */
export function lookUpBytes(job: Job): void {
  const quads = job.quads;
  const packed = job.packed;
  const planeStep = <usize>quads * block;
  const listStep = <usize>quads << 2;
  const tileStep = <usize>quads * (tileQuad >> packed);
  const sums = job.scratch;
  const end = sums + (<usize>job.bits << 7);
  for (let t = 0; t < job.tiles; t++) {
    const tile = job.tables + <usize>t * tileStep;
    const chunk = load<i32>(job.chunks + (<usize>t << 2));
    let index = job.indices;
    let list = job.lists;
    let counts = job.counts;
    for (let b = 0; b < job.blocks; b++) {
      for (let to = sums; to < end; to += 128, index += planeStep, list += listStep, counts += 4) {
        if (packed) sumTilePacked(tile, index, list, load<u32>(counts), chunk, to);
        else sumTileInBytes(tile, index, list, load<u32>(counts), chunk, to);
      }
      if (job.sliceBits > 1) addSlicesInBytes(job, sums);
      convert(job, sums, t, b);
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

// Each form of the conversion is a function of its own: in one, the compiler puts their ends together, and what is
// constant in each becomes a variable.
function convert(job: Job, sums: usize, t: i32, b: i32): void {
  if (job.byteForm == 1) {
    if (job.bits == 4 && job.sliceBits == 1) convertFour(job, sums, t, b);
    else convertSimply(job, sums, t, b);
  } else if (job.byteForm == 2) convertScaled(job, sums, t, b);
  else if (job.byteForm == 3) convertTies(job, sums, t, b);
  else if (job.fraction == 9) convertNine(job, sums, t, b);
  else convertSeven(job, sums, t, b);
}

function convertFour(job: Job, sums: usize, t: i32, b: i32): void {
  convertBytes(job, 1, true, 0, sums, t, b);
}

function convertSimply(job: Job, sums: usize, t: i32, b: i32): void {
  convertBytes(job, 1, false, 0, sums, t, b);
}

function convertScaled(job: Job, sums: usize, t: i32, b: i32): void {
  convertBytes(job, 2, false, 0, sums, t, b);
}

function convertTies(job: Job, sums: usize, t: i32, b: i32): void {
  convertBytes(job, 3, false, 0, sums, t, b);
}

function convertNine(job: Job, sums: usize, t: i32, b: i32): void {
  convertBytes(job, 0, false, 9, sums, t, b);
}

function convertSeven(job: Job, sums: usize, t: i32, b: i32): void {
  convertBytes(job, 0, false, 7, sums, t, b);
}

/**
 * Codes of [slices][4][32] sums in bytes, shifted, added, and added times each column's gain to its output. Sums at even
 * and at odd positions are the lower and upper bytes of sixteen bits, and converted apart.
 *
 * @param form 0: as sums of sixteen bits; 1: by one multiplication; 2: shifted and doubled before, 3: and with ties
 *   (../simd/conversion.ts)
 */
// @ts-ignore: decorator
@inline
function convertBytes(job: Job, form: i32, four: bool, fraction: i32, sums: usize, t: i32, b: i32): void {
  const least = i8x16.splat(<i8>(form ? job.byteLeast : job.lowest));
  const span = i8x16.splat(<i8>(form ? job.byteSpan : job.span));
  const doubled = i8x16.splat(<i8>-job.byteDoubled);
  const multiplier = i16x8.splat(<i16>(form ? job.byteMultiplier : job.multiplier));
  const tieMultiplier = i16x8.splat(<i16>job.byteTieMultiplier);
  const scale = i16x8.splat(<i16>job.scale);
  const offset = i16x8.splat(<i16>job.offset);
  const lower = v128.load(lowerBytes);
  const last = <usize>(job.slices - 1) << 7;
  const weight: i32 = 1 << job.sliceBits;
  const factor = i16x8.splat(<i16>weight);
  const columns = min(4, job.columns - 4 * t);
  const codeBytes = job.codeBytes;
  let gains = job.gains + (<usize>t << 5);
  for (let c = 0; c < columns; c++, gains += 8) {
    const gain = i16x8.splat(<i16>load<i32>(gains));
    let to = job.accumulators + <usize>((load<i32>(gains, 4) * job.stride + b * block) * codeBytes);
    for (let half = 0; half < 2; half++, sums += 16) {
      let even: v128;
      let odd: v128;
      // From the highest input bits down: the codes so far count double at each next one.
      if (four) {
        const b3 = i8x16.min_u(v128.load(sums, 384), span);
        even = multiplyHigh(v128.and(b3, lower), multiplier);
        odd = multiplyHigh(i16x8.shr_u(b3, 8), multiplier);
        const b2 = i8x16.min_u(v128.load(sums, 256), span);
        even = i16x8.add(multiplyHigh(v128.and(b2, lower), multiplier), i16x8.add(even, even));
        odd = i16x8.add(multiplyHigh(i16x8.shr_u(b2, 8), multiplier), i16x8.add(odd, odd));
        const b1 = i8x16.min_u(v128.load(sums, 128), span);
        even = i16x8.add(multiplyHigh(v128.and(b1, lower), multiplier), i16x8.add(even, even));
        odd = i16x8.add(multiplyHigh(i16x8.shr_u(b1, 8), multiplier), i16x8.add(odd, odd));
        const b0 = i8x16.min_u(v128.load(sums), span);
        even = i16x8.add(multiplyHigh(v128.and(b0, lower), multiplier), i16x8.add(even, even));
        odd = i16x8.add(multiplyHigh(i16x8.shr_u(b0, 8), multiplier), i16x8.add(odd, odd));
      } else {
        even = i16x8.splat(0);
        odd = even;
        for (let at = sums + last; at >= sums; at -= 128) {
          let bytes = v128.load(at);
          if (form != 1) bytes = i8x16.sub_sat_u(bytes, least);
          bytes = i8x16.min_u(bytes, span);
          if (form > 1) bytes = i8x16.add(bytes, v128.and(bytes, doubled));
          let v = v128.and(bytes, lower);
          let w = i16x8.shr_u(bytes, 8);
          if (form == 0) {
            v = i16x8.shr_s(i16x8.add(multiplyHigh(i16x8.mul(v, scale), multiplier), offset), fraction);
            w = i16x8.shr_s(i16x8.add(multiplyHigh(i16x8.mul(w, scale), multiplier), offset), fraction);
          } else if (form == 3) {
            v = evenCode(multiplyHigh(v, multiplier), multiplyHigh(v, tieMultiplier));
            w = evenCode(multiplyHigh(w, multiplier), multiplyHigh(w, tieMultiplier));
          } else {
            v = multiplyHigh(v, multiplier);
            w = multiplyHigh(w, multiplier);
          }
          even = i16x8.add(v, i16x8.mul(even, factor));
          odd = i16x8.add(w, i16x8.mul(odd, factor));
        }
      }
      const low = i8x16.shuffle(even, odd, 0, 1, 16, 17, 2, 3, 18, 19, 4, 5, 20, 21, 6, 7, 22, 23);
      const high = i8x16.shuffle(even, odd, 8, 9, 24, 25, 10, 11, 26, 27, 12, 13, 28, 29, 14, 15, 30, 31);
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

/** Of two codes that differ by 1 where a sum lies half-way between them, the even one. */
// @ts-ignore: decorator
@inline
export function evenCode(up: v128, down: v128): v128 {
  return i16x8.sub(up, v128.and(v128.and(v128.xor(up, down), up), i16x8.splat(1)));
}
