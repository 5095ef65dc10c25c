import { highNibbles, lowerHighNibbles } from "./constants";
import { swizzle } from "./engine";

/**
 * Sums of the four columns of a tile over the quads of a list, as [4][32] u16, each too large by `start` per chunk.
 * A function of its own, and a small one: its eight sums have to stay in registers.
 *
 * @param chunk look-ups that a byte of any of the columns can take on top of `start`
 * @returns chunks that were added
 */
export function sumTile(
  tile: usize,
  index: usize,
  list: usize,
  count: i32,
  chunk: i32,
  startByte: i32,
  sums: usize,
): i32 {
  return sumColumns(false, tile, index, list, count, chunk, startByte, sums);
}

/**
 * The same in bytes that stop at 255, as [4][32] u8, for converters that give their last code well before. Only
 * chunks are added with saturation, which takes longer than without.
 */
export function sumTileInBytes(tile: usize, index: usize, list: usize, count: i32, chunk: i32, sums: usize): void {
  sumColumns(true, tile, index, list, count, chunk, 0, sums);
}

// @ts-ignore: decorator
@inline
function sumColumns(
  inBytes: bool,
  tile: usize,
  index: usize,
  list: usize,
  count: i32,
  chunk: i32,
  startByte: i32,
  sums: usize,
): i32 {
  const start = i8x16.splat(<i8>startByte);
  const end = list + (<usize>count << 2);
  let chunks = 0;
  do {
    let a0 = start;
    let a1 = start;
    let a2 = start;
    let a3 = start;
    let b0 = start;
    let b1 = start;
    let b2 = start;
    let b3 = start;
    for (const stop = min(end, list + (<usize>chunk << 2)); list < stop; list += 4) {
      const offset = <usize>load<u32>(list);
      const at = tile + (offset << 1);
      const low = v128.load(index + offset);
      const high = v128.load(index + offset, 16);
      const t0 = v128.load(at);
      a0 = i8x16.add(a0, swizzle(t0, low));
      b0 = i8x16.add(b0, swizzle(t0, high));
      const t1 = v128.load(at, 16);
      a1 = i8x16.add(a1, swizzle(t1, low));
      b1 = i8x16.add(b1, swizzle(t1, high));
      const t2 = v128.load(at, 32);
      a2 = i8x16.add(a2, swizzle(t2, low));
      b2 = i8x16.add(b2, swizzle(t2, high));
      const t3 = v128.load(at, 48);
      a3 = i8x16.add(a3, swizzle(t3, low));
      b3 = i8x16.add(b3, swizzle(t3, high));
    }
    if (inBytes) {
      keepBytes(chunks == 0, sums, a0, b0, a1, b1, a2, b2, a3, b3);
    } else if (chunks == 0) {
      widen(sums, a0, b0);
      widen(sums + 64, a1, b1);
      widen(sums + 128, a2, b2);
      widen(sums + 192, a3, b3);
    } else {
      addWidened(sums, a0, b0);
      addWidened(sums + 64, a1, b1);
      addWidened(sums + 128, a2, b2);
      addWidened(sums + 192, a3, b3);
    }
    chunks++;
  } while (list < end);
  return chunks;
}

/**
 * The same from packed tables, for engines without relaxed SIMD, where a look-up takes two instructions. Of what is
 * looked up, bytes of a + 16 b, two sums of bytes modulo 256 are kept: of itself (p) and of itself shifted right by
 * four bits as 16-bit numbers (q), which leaves b in the upper byte and b + 16 · (a of the upper byte) in the lower
 * one. From both of them come all four sums, as long as each is below 256.
 */
export function sumTilePacked(tile: usize, index: usize, list: usize, count: i32, chunk: i32, sums: usize): void {
  const end = list + (<usize>count << 2);
  const none = i8x16.splat(0);
  const high = v128.load(highNibbles);
  const lower = v128.load(lowerHighNibbles);
  let first = true;
  do {
    let p0 = none;
    let p1 = none;
    let p2 = none;
    let p3 = none;
    let q0 = none;
    let q1 = none;
    let q2 = none;
    let q3 = none;
    for (const stop = min(end, list + (<usize>chunk << 2)); list < stop; list += 4) {
      const offset = <usize>load<u32>(list);
      const at = tile + offset;
      const left = v128.load(index + offset);
      const right = v128.load(index + offset, 16);
      const t0 = v128.load(at);
      const x0 = swizzle(t0, left);
      p0 = i8x16.add(p0, x0);
      q0 = i8x16.add(q0, i16x8.shr_u(x0, 4));
      const x1 = swizzle(t0, right);
      p1 = i8x16.add(p1, x1);
      q1 = i8x16.add(q1, i16x8.shr_u(x1, 4));
      const t1 = v128.load(at, 16);
      const x2 = swizzle(t1, left);
      p2 = i8x16.add(p2, x2);
      q2 = i8x16.add(q2, i16x8.shr_u(x2, 4));
      const x3 = swizzle(t1, right);
      p3 = i8x16.add(p3, x3);
      q3 = i8x16.add(q3, i16x8.shr_u(x3, 4));
    }
    q0 = upperColumn(p0, q0, high, lower);
    p0 = lowerColumn(p0, q0, high);
    q1 = upperColumn(p1, q1, high, lower);
    p1 = lowerColumn(p1, q1, high);
    q2 = upperColumn(p2, q2, high, lower);
    p2 = lowerColumn(p2, q2, high);
    q3 = upperColumn(p3, q3, high, lower);
    p3 = lowerColumn(p3, q3, high);
    keepBytes(first, sums, p0, p1, q0, q1, p2, p3, q2, q3);
    first = false;
  } while (list < end);
}

/** Sums of a chunk in bytes, stored, or added to what is there and stopped at 255. */
// @ts-ignore: decorator
@inline
function keepBytes(
  first: bool,
  to: usize,
  a0: v128,
  b0: v128,
  a1: v128,
  b1: v128,
  a2: v128,
  b2: v128,
  a3: v128,
  b3: v128,
): void {
  if (!first) {
    a0 = i8x16.add_sat_u(a0, v128.load(to));
    b0 = i8x16.add_sat_u(b0, v128.load(to, 16));
    a1 = i8x16.add_sat_u(a1, v128.load(to, 32));
    b1 = i8x16.add_sat_u(b1, v128.load(to, 48));
    a2 = i8x16.add_sat_u(a2, v128.load(to, 64));
    b2 = i8x16.add_sat_u(b2, v128.load(to, 80));
    a3 = i8x16.add_sat_u(a3, v128.load(to, 96));
    b3 = i8x16.add_sat_u(b3, v128.load(to, 112));
  }
  v128.store(to, a0);
  v128.store(to, b0, 16);
  v128.store(to, a1, 32);
  v128.store(to, b1, 48);
  v128.store(to, a2, 64);
  v128.store(to, b2, 80);
  v128.store(to, a3, 96);
  v128.store(to, b3, 112);
}

/**
 * Σ b of both bytes: the upper one of q is it; p less sixteen times that is Σ a of the upper one, which the lower byte
 * of q holds sixteen times too.
 */
// @ts-ignore: decorator
@inline
function upperColumn(p: v128, q: v128, high: v128, lower: v128): v128 {
  return i8x16.sub(q, v128.and(i16x8.shr_u(lowerColumn(p, q, high), 4), lower));
}

/** p − 16 q in every byte, modulo 256. */
// @ts-ignore: decorator
@inline
function lowerColumn(p: v128, q: v128, high: v128): v128 {
  return i8x16.sub(p, v128.and(i16x8.shl(q, 4), high));
}

// @ts-ignore: decorator
@inline
function widen(to: usize, a: v128, b: v128): void {
  v128.store(to, i16x8.extend_low_i8x16_u(a));
  v128.store(to, i16x8.extend_high_i8x16_u(a), 16);
  v128.store(to, i16x8.extend_low_i8x16_u(b), 32);
  v128.store(to, i16x8.extend_high_i8x16_u(b), 48);
}

// @ts-ignore: decorator
@inline
export function addWidened(to: usize, a: v128, b: v128): void {
  v128.store(to, i16x8.add(v128.load(to), i16x8.extend_low_i8x16_u(a)));
  v128.store(to, i16x8.add(v128.load(to, 16), i16x8.extend_high_i8x16_u(a)), 16);
  v128.store(to, i16x8.add(v128.load(to, 32), i16x8.extend_low_i8x16_u(b)), 32);
  v128.store(to, i16x8.add(v128.load(to, 48), i16x8.extend_high_i8x16_u(b)), 48);
}

/**
 * Sums of the bits of a slice, from the highest down: whole = 2 · whole + sums − bias, or without the first term.
 *
 * @param whole [4][32] i32
 * @param sums [4][32] u16
 */
export function addPlane(whole: usize, sums: usize, bias: i32, highest: bool): void {
  const less = i32x4.splat(bias);
  for (let i: usize = 0; i < 256; i += 8) {
    const at = whole + 2 * i;
    const four = i32x4.sub(v128.load_ext<u16>(sums + i), less);
    v128.store(at, highest ? four : i32x4.add(i32x4.shl(v128.load(at), 1), four));
  }
}

/** The same in sixteen bits, with what the bytes began with left in the sums. @param whole, sums [4][32] u16 */
export function addPlaneInShorts(whole: usize, sums: usize): void {
  for (let i: usize = 0; i < 256; i += 16) {
    const eight = v128.load(whole + i);
    v128.store(whole + i, i16x8.add(i16x8.add(eight, eight), v128.load(sums + i)));
  }
}

/** The same in bytes that stop at 255. @param whole, sums [4][32] u8 */
export function addPlaneInBytes(whole: usize, sums: usize): void {
  for (let i: usize = 0; i < 128; i += 16) {
    const bytes = v128.load(whole + i);
    v128.store(whole + i, i8x16.add_sat_u(i8x16.add_sat_u(bytes, bytes), v128.load(sums + i)));
  }
}

/** A multiple of 16 bytes; for a few hundred of them memory.fill costs more than all the rest. */
// @ts-ignore: decorator
@inline
export function clear(to: usize, bytes: usize): void {
  const zero = i8x16.splat(0);
  for (let i: usize = 0; i < bytes; i += 16) v128.store(to + i, zero);
}
