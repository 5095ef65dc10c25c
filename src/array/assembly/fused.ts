import { multiplyHigh } from "./engine";
import { Job } from "./job";
import { evenCode, lookUpBytes } from "./bytes";
import { block, tileQuad } from "./layout";
import { addPlaneInShorts, clear, sumTile } from "./sums";

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
  if (job.inBytes) {
    lookUpBytes(job);
    return;
  }
  for (let t = 0; t < job.tiles; t++) {
    const tile = job.tables + <usize>t * tileStep;
    const chunk = load<i32>(job.chunks + (<usize>t << 2));
    const columns = min(4, job.columns - 4 * t);
    for (let b = 0; b < job.blocks; b++) {
      clear(totals, 256);
      // From the highest input bit down: the sum of the codes so far counts double at each next one.
      for (let z = bits - 1; z >= 0; z--) {
        let chunks = sumPlane(job, tile, chunk, b * bits + z, sums);
        if (sliceBits > 1) {
          const first = z - (z % sliceBits);
          while (z > first) {
            z--;
            chunks = 2 * chunks + sumPlane(job, tile, chunk, b * bits + z, sums + 512);
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
function sumPlane(job: Job, tile: usize, chunk: i32, plane: i32, sums: usize): i32 {
  const quads = job.quads;
  const index = job.indices + <usize>plane * quads * block;
  const list = job.lists + ((<usize>plane * quads) << 2);
  const count = load<u32>(job.counts + (<usize>plane << 2));
  return sumTile(tile, index, list, count, chunk, job.start, sums);
}

function shiftShorts(totals: usize, bits: i32): void {
  for (let i: usize = 0; i < 256; i += 16)
    v128.store(totals + i, i16x8.shl(v128.load(totals + i), bits));
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
  for (let i: usize = 0; i < count; i += 16) {
    let v = i16x8.max_s(i16x8.sub(v128.load(sums + i), least), i16x8.splat(0));
    v = multiplyHigh(i16x8.mul(i16x8.min_s(v, span), scale), multiplier);
    const up = i16x8.shr_s(i16x8.add(v, offset), fraction);
    const down = i16x8.shr_s(i16x8.add(v, tieOffset), fraction);
    const code = evenCode(up, down);
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
