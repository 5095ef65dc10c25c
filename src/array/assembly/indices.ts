import { evenBits, highPairs, lowNibbles, lowPairs, oddBits } from "./constants";
import { swizzle } from "./engine";
import { block } from "./layout";
import { addWidened, clear } from "./sums";

/**
 * Turns input codes into the indices and lists of one row group (layout.ts). Four planes and lists are written for up to
 * four bits, so behind the last block's there has to be room.
 *
 * @param runs [blocks × 4] u32, where the codes at row offset 0 lie for each run of eight positions
 * @param inputs [rows, rounded up to 4] u32: the codes of input i lie `step` · inputs[i] bytes behind these
 * @param skip 1: quads without a driven line at any of a block's positions are left out of its lists
 * @param sums [blocks × 32] u16, the sums of the group's inputs, for codes of at most four bits; 0: not wanted
 */
export function indexRows(
  runs: usize,
  inputs: usize,
  step: i32,
  rows: i32,
  blocks: i32,
  bits: i32,
  skip: i32,
  indices: usize,
  lists: usize,
  counts: usize,
  sums: usize,
): void {
  const quads = (rows + 3) >> 2;
  const planeStep = <usize>quads * block;
  const listStep = <usize>quads << 2;
  for (let b = 0; b < blocks; b++, runs += 16) {
    const first = <usize>load<u32>(runs);
    const second = <usize>load<u32>(runs, 4);
    const third = <usize>load<u32>(runs, 8);
    const fourth = <usize>load<u32>(runs, 12);
    if (bits > 4) {
      allBits(first, second, third, fourth, inputs, step, rows, bits, indices, planeStep);
      for (let z = 0; z < bits; z++)
        store<u32>(counts + (<usize>z << 2), listDriven(indices + z * planeStep, planeStep, lists + z * listStep));
    } else if (second == first + 8 && fourth == third + 8)
      lowBitsTogether(first, third, inputs, step, rows, bits, indices, planeStep, lists, counts, sums);
    else lowBitsApart(first, second, third, fourth, inputs, step, rows, bits, indices, planeStep, lists, counts, sums);
    if (!skip)
      for (let z = 0; z < bits; z++)
        store<u32>(counts + (<usize>z << 2), listAll(planeStep, lists + z * listStep));
    if (sums) sums += 2 * block;
    indices += <usize>bits * planeStep;
    lists += <usize>bits * listStep;
    counts += <usize>bits << 2;
  }
}

function listAll(planeStep: usize, list: usize): i32 {
  let entry = list;
  for (let offset: usize = 0; offset < planeStep; offset += block, entry += 4)
    store<u32>(entry, <u32>offset);
  return <i32>((entry - list) >> 2);
}

/** Without branches: every quad is written, and the next one over it where it is silent. */
function listDriven(plane: usize, planeStep: usize, list: usize): i32 {
  let entry = list;
  for (let offset: usize = 0; offset < planeStep; offset += block) {
    store<u32>(entry, <u32>offset);
    entry += listed(v128.or(v128.load(plane + offset), v128.load(plane + offset, 16)));
  }
  return <i32>((entry - list) >> 2);
}

/** Bytes of a list that a quad takes: 4 where an index is not 0. */
// @ts-ignore: decorator
@inline
function listed(indices: v128): usize {
  return ((<usize>i8x16.bitmask(i8x16.gt_s(indices, i8x16.splat(0))) + 0xffff) >> 14) & 4;
}

/** Sixteen positions, which lie together or in two runs. */
// @ts-ignore: decorator
@inline
function loadRuns(whole: bool, first: usize, second: usize): v128 {
  return whole ? v128.load(first) : v128.load64_lane(second, v128.load64_zero(first), 1);
}

// A function for each: in one, the compiler puts both together again.
function lowBitsTogether(
  first: usize,
  third: usize,
  inputs: usize,
  step: i32,
  rows: i32,
  bits: i32,
  to: usize,
  planeStep: usize,
  lists: usize,
  counts: usize,
  sums: usize,
): void {
  lowBits(true, first, 0, third, 0, inputs, step, rows, bits, to, planeStep, lists, counts, sums);
}

function lowBitsApart(
  first: usize,
  second: usize,
  third: usize,
  fourth: usize,
  inputs: usize,
  step: i32,
  rows: i32,
  bits: i32,
  to: usize,
  planeStep: usize,
  lists: usize,
  counts: usize,
  sums: usize,
): void {
  lowBits(false, first, second, third, fourth, inputs, step, rows, bits, to, planeStep, lists, counts, sums);
}

/** Codes of at most four bits: a transposition of four by four bits in every byte. */
// @ts-ignore: decorator
@inline
function lowBits(
  whole: bool,
  first: usize,
  second: usize,
  third: usize,
  fourth: usize,
  inputs: usize,
  step: i32,
  rows: i32,
  bits: i32,
  to: usize,
  planeStep: usize,
  lists: usize,
  counts: usize,
  sums: usize,
): void {
  const high = v128.load(highPairs);
  const low = v128.load(lowPairs);
  const half = v128.load(lowNibbles);
  const even = v128.load(evenBits);
  const odd = v128.load(oddBits);
  const listStep = planeStep >> 3;
  let entry0 = lists;
  let entry1 = entry0 + listStep;
  let entry2 = entry1 + listStep;
  let entry3 = entry2 + listStep;
  const none = i8x16.splat(0);
  let sum0 = none;
  let sum1 = none;
  if (sums) clear(sums, 64);
  for (let offset: usize = 0; offset < planeStep; offset += block, rows -= 4, inputs += 16) {
    const o0 = <usize>load<u32>(inputs) * step;
    const o1 = <usize>load<u32>(inputs, 4) * step;
    const o2 = <usize>load<u32>(inputs, 8) * step;
    const o3 = <usize>load<u32>(inputs, 12) * step;
    let x0 = loadRuns(whole, first + o0, second + o0);
    let x1 = loadRuns(whole, first + o1, second + o1);
    let x2 = loadRuns(whole, first + o2, second + o2);
    let x3 = loadRuns(whole, first + o3, second + o3);
    // Inputs behind the last row were read somewhere.
    if (rows < 4) {
      x3 = none;
      if (rows < 3) x2 = none;
      if (rows < 2) x1 = none;
    }
    sum0 = i8x16.add(sum0, i8x16.add(i8x16.add(x0, x1), i8x16.add(x2, x3)));
    // Bits 2z and 2z + 1 of a, then of b, are plane z of the quad: planes 0 and 2 go into the halves of the bytes of e,
    // planes 1 and 3 into those of f.
    let a = interleave(x0, x1, even, odd);
    let b = interleave(x2, x3, even, odd);
    const e = v128.or(v128.and(a, low), i16x8.shl(v128.and(b, low), 2));
    const f = v128.or(i16x8.shr_u(v128.and(a, high), 2), v128.and(b, high));
    // The other sixteen positions likewise; one half after the other needs fewer registers.
    x0 = loadRuns(whole, third + o0, fourth + o0);
    x1 = loadRuns(whole, third + o1, fourth + o1);
    x2 = loadRuns(whole, third + o2, fourth + o2);
    x3 = loadRuns(whole, third + o3, fourth + o3);
    if (rows < 4) {
      x3 = none;
      if (rows < 3) x2 = none;
      if (rows < 2) x1 = none;
    }
    sum1 = i8x16.add(sum1, i8x16.add(i8x16.add(x0, x1), i8x16.add(x2, x3)));
    a = interleave(x0, x1, even, odd);
    b = interleave(x2, x3, even, odd);
    const g = v128.or(v128.and(a, low), i16x8.shl(v128.and(b, low), 2));
    const h = v128.or(i16x8.shr_u(v128.and(a, high), 2), v128.and(b, high));
    // Sixteen codes of at most 15 fit a byte.
    if (sums && ((offset & 96) == 96 || offset + block == planeStep)) {
      addWidened(sums, sum0, sum1);
      sum0 = none;
      sum1 = none;
    }
    let at = to + offset;
    let p = v128.and(e, half);
    let q = v128.and(g, half);
    v128.store(at, p);
    v128.store(at, q, 16);
    // Every quad is listed, and the next one written over it where it is silent.
    store<u32>(entry0, <u32>offset);
    entry0 += listed(v128.or(p, q));
    at += planeStep;
    p = v128.and(f, half);
    q = v128.and(h, half);
    v128.store(at, p);
    v128.store(at, q, 16);
    store<u32>(entry1, <u32>offset);
    entry1 += listed(v128.or(p, q));
    at += planeStep;
    p = v128.and(i16x8.shr_u(e, 4), half);
    q = v128.and(i16x8.shr_u(g, 4), half);
    v128.store(at, p);
    v128.store(at, q, 16);
    store<u32>(entry2, <u32>offset);
    entry2 += listed(v128.or(p, q));
    at += planeStep;
    p = v128.and(i16x8.shr_u(f, 4), half);
    q = v128.and(i16x8.shr_u(h, 4), half);
    v128.store(at, p);
    v128.store(at, q, 16);
    store<u32>(entry3, <u32>offset);
    entry3 += listed(v128.or(p, q));
  }
  store<u32>(counts, <u32>((entry0 - lists) >> 2));
  if (bits > 1) store<u32>(counts, <u32>((entry1 - lists - listStep) >> 2), 4);
  if (bits > 2) store<u32>(counts, <u32>((entry2 - lists - 2 * listStep) >> 2), 8);
  if (bits > 3) store<u32>(counts, <u32>((entry3 - lists - 3 * listStep) >> 2), 12);
}

/** Bits 2z and 2z + 1 of a byte: bit z of x and of y. */
// @ts-ignore: decorator
@inline
function interleave(x: v128, y: v128, even: v128, odd: v128): v128 {
  return v128.or(swizzle(even, x), swizzle(odd, y));
}

/** Codes of up to eight bits, bit by bit. */
function allBits(
  first: usize,
  second: usize,
  third: usize,
  fourth: usize,
  inputs: usize,
  step: i32,
  rows: i32,
  bits: i32,
  to: usize,
  planeStep: usize,
): void {
  const one = i8x16.splat(1);
  for (let row = 0; row < rows; row += 4, inputs += 16, to += block) {
    for (let half: usize = 0; half < 2; half++) {
      const p = half ? third : first;
      const q = half ? fourth : second;
      const x0 = rowOrNone(p, q, inputs, step, 0, row, rows);
      const x1 = rowOrNone(p, q, inputs, step, 1, row, rows);
      const x2 = rowOrNone(p, q, inputs, step, 2, row, rows);
      const x3 = rowOrNone(p, q, inputs, step, 3, row, rows);
      let at = to + (half << 4);
      for (let z = 0; z < bits; z++, at += planeStep) {
        const b0 = v128.and(i8x16.shr_u(x0, z), one);
        const b1 = v128.and(i8x16.shr_u(x1, z), one);
        const b2 = v128.and(i8x16.shr_u(x2, z), one);
        const b3 = v128.and(i8x16.shr_u(x3, z), one);
        const low = v128.or(b0, i16x8.shl(b1, 1));
        const high = v128.or(b2, i16x8.shl(b3, 1));
        v128.store(at, v128.or(low, i16x8.shl(high, 2)));
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function rowOrNone(first: usize, second: usize, inputs: usize, step: i32, i: i32, row: i32, rows: i32): v128 {
  if (row + i >= rows) return i8x16.splat(0);
  const offset = <usize>load<u32>(inputs + (<usize>i << 2)) * step;
  return loadRuns(false, first + offset, second + offset);
}
