import { multiplyHigh } from "./engine";
import { Job } from "./job";
import { block, tileQuad } from "./layout";
import { addPlaneInBytes, addPlaneInShorts, clear, sumTile, sumTileInBytes, sumTilePacked } from "./sums";

/**
 * Codes by fixed-point multiplication, proven equal to the converter's for every sum that can occur
 * (../simd/conversion.ts).
 */
export function lookUpFused(job: Job): void {
  const bits = job.bits;
  const sliceBits = job.sliceBits;
  const tileStep = <usize>job.quads * tileQuad;
  const sums = job.scratch;
  const totals = sums + 256;
  const plain = job.start == 0 && job.lowest >= 0 && job.tieOffset == job.offset;
  if (plain && job.lowest + job.span <= 255) {
    if (job.sliceBits > 1) {
      if (job.fraction == 9) lookUpInBytes(job, 9, true);
      else lookUpInBytes(job, 7, true);
    } else if (job.fraction == 9) lookUpInBytes(job, 9, false);
    else lookUpInBytes(job, 7, false);
    return;
  }
  for (let t = 0; t < job.tiles; t++) {
    const tile = job.tables + <usize>t * tileStep;
    const columns = min(4, job.columns - 4 * t);
    for (let b = 0; b < job.blocks; b++) {
      clear(totals, 256);
      // From the highest input bit down: the sum of the codes so far counts double at each next one.
      for (let z = bits - 1; z >= 0; z--) {
        let chunks = sumPlane(job, tile, b * bits + z, sums);
        if (sliceBits > 1) {
          const first = z - (z % sliceBits);
          while (z > first) {
            z--;
            chunks = 2 * chunks + sumPlane(job, tile, b * bits + z, sums + 512);
            addPlaneInShorts(sums, sums + 512);
          }
          shiftShorts(totals, sliceBits - 1);
        }
        const lowest = job.lowest + job.start * chunks;
        if (!plain) convertAny(job, lowest, sums, totals, columns << 6);
        else if (job.fraction == 9) convertPlain(job, 9, lowest, sums, totals, columns << 6);
        else convertPlain(job, 7, lowest, sums, totals, columns << 6);
      }
      for (let c = 0; c < columns; c++) {
        const gains = job.gains + (<usize>(4 * t + c) << 3);
        const row = load<i32>(gains, 4) * job.stride + b * block;
        const gain = i16x8.splat(<i16>load<i32>(gains));
        const from = totals + (<usize>c << 6);
        if (job.codeBytes == 2) addShorts(job.accumulators + (<usize>row << 1), from, gain);
        else addIntegers(job.accumulators + (<usize>row << 2), from, gain);
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function sumPlane(job: Job, tile: usize, plane: i32, sums: usize): i32 {
  const quads = job.quads;
  const index = job.indices + <usize>plane * quads * block;
  const list = job.lists + ((<usize>plane * quads) << 2);
  const count = load<u32>(job.counts + (<usize>plane << 2));
  return sumTile(tile, index, list, count, job.chunk, job.start, sums);
}

function shiftShorts(totals: usize, bits: i32): void {
  for (let i: usize = 0; i < 256; i += 16)
    v128.store(totals + i, i16x8.shl(v128.load(totals + i), bits));
}

/** The same with sums that stay bytes until they are converted, all input bits of a block together. */
// @ts-ignore: decorator
@inline
function lookUpInBytes(job: Job, fraction: i32, sliced: bool): void {
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
        if (packed) sumTilePacked(tile, index, list, count, job.chunk, to);
        else sumTileInBytes(tile, index, list, count, job.chunk, to);
      }
      if (sliced) addSlicesInBytes(job, sums);
      convertBytes(job, fraction, sliced, sums, columns, gains, b * block);
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

/** Codes of [slices][columns][32] sums in bytes, shifted, added, and added times each column's gain to its output. */
// @ts-ignore: decorator
@inline
function convertBytes(
  job: Job,
  fraction: i32,
  sliced: bool,
  sums: usize,
  columns: i32,
  gains: usize,
  first: i32,
): void {
  const least = i8x16.splat(<i8>job.lowest);
  const span = i8x16.splat(<i8>job.span);
  const scale = i16x8.splat(<i16>job.scale);
  const multiplier = i16x8.splat(<i16>job.multiplier);
  const offset = i16x8.splat(<i16>job.offset);
  const slices = sliced ? job.slices : job.bits;
  const sliceBits = job.sliceBits;
  const codeBytes = job.codeBytes;
  for (let c = 0; c < columns; c++, gains += 8) {
    const gain = i16x8.splat(<i16>load<i32>(gains));
    let to = job.accumulators + <usize>((load<i32>(gains, 4) * job.stride + first) * codeBytes);
    for (let half = 0; half < 2; half++, sums += 16) {
      let low = i16x8.splat(0);
      let high = i16x8.splat(0);
      // From the highest input bit down: the codes so far count double at each next one.
      for (let at = sums + (<usize>(slices - 1) << 7); at >= sums; at -= 128) {
        const bytes = i8x16.min_u(i8x16.sub_sat_u(v128.load(at), least), span);
        let v = multiplyHigh(i16x8.mul(i16x8.extend_low_i8x16_u(bytes), scale), multiplier);
        let w = multiplyHigh(i16x8.mul(i16x8.extend_high_i8x16_u(bytes), scale), multiplier);
        v = i16x8.shr_s(i16x8.add(v, offset), fraction);
        w = i16x8.shr_s(i16x8.add(w, offset), fraction);
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

/** totals = 2 · totals + codes, where no cell is negative and no sum lies half-way between two codes. */
// @ts-ignore: decorator
@inline
function convertPlain(job: Job, fraction: i32, lowest: i32, sums: usize, totals: usize, count: usize): void {
  const least = i16x8.splat(<i16>lowest);
  const span = i16x8.splat(<i16>job.span);
  const scale = i16x8.splat(<i16>job.scale);
  const multiplier = i16x8.splat(<i16>job.multiplier);
  const offset = i16x8.splat(<i16>job.offset);
  for (let i: usize = 0; i < count; i += 32) {
    let v = i16x8.min_s(i16x8.sub_sat_u(v128.load(sums + i), least), span);
    let w = i16x8.min_s(i16x8.sub_sat_u(v128.load(sums + i, 16), least), span);
    v = multiplyHigh(i16x8.mul(v, scale), multiplier);
    w = multiplyHigh(i16x8.mul(w, scale), multiplier);
    v = i16x8.shr_s(i16x8.add(v, offset), fraction);
    w = i16x8.shr_s(i16x8.add(w, offset), fraction);
    const at = totals + i;
    const first = v128.load(at);
    const second = v128.load(at, 16);
    v128.store(at, i16x8.add(v, i16x8.add(first, first)));
    v128.store(at, i16x8.add(w, i16x8.add(second, second)), 16);
  }
}

/** The same for any cells and with ties, of which the even code is taken: half up and half down differ there alone. */
function convertAny(job: Job, lowest: i32, sums: usize, totals: usize, count: usize): void {
  const least = i16x8.splat(<i16>lowest);
  const span = i16x8.splat(<i16>job.span);
  const scale = i16x8.splat(<i16>job.scale);
  const multiplier = i16x8.splat(<i16>job.multiplier);
  const offset = i16x8.splat(<i16>job.offset);
  const tieOffset = i16x8.splat(<i16>job.tieOffset);
  const fraction = job.fraction;
  const one = i16x8.splat(1);
  for (let i: usize = 0; i < count; i += 16) {
    let v = i16x8.max_s(i16x8.sub(v128.load(sums + i), least), i16x8.splat(0));
    v = multiplyHigh(i16x8.mul(i16x8.min_s(v, span), scale), multiplier);
    const up = i16x8.shr_s(i16x8.add(v, offset), fraction);
    const down = i16x8.shr_s(i16x8.add(v, tieOffset), fraction);
    const code = i16x8.sub(up, v128.and(v128.xor(up, down), v128.and(up, one)));
    const total = v128.load(totals + i);
    v128.store(totals + i, i16x8.add(code, i16x8.add(total, total)));
  }
}

/** i16 [32] += gain · i16 [32] */
// @ts-ignore: decorator
@inline
function addShorts(to: usize, from: usize, gain: v128): void {
  for (let i: usize = 0; i < 64; i += 16)
    v128.store(to + i, i16x8.add(v128.load(to + i), i16x8.mul(v128.load(from + i), gain)));
}

/** i32 [32] += gain · i16 [32] */
// @ts-ignore: decorator
@inline
function addIntegers(to: usize, from: usize, gain: v128): void {
  for (let i: usize = 0; i < 64; i += 16) {
    const v = v128.load(from + i);
    const at = to + 2 * i;
    v128.store(at, i32x4.add(v128.load(at), i32x4.extmul_low_i16x8_s(v, gain)));
    v128.store(at, i32x4.add(v128.load(at, 16), i32x4.extmul_high_i16x8_s(v, gain)), 16);
  }
}
