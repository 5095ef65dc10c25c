/*
 * The digital arithmetic between two layers of arrays, in the precision and the order of the plain evaluation: each
 * operation in doubles or, where both give the same, in single precision, and rounded where a tensor would be stored.
 */

import { roundingAid } from "./constants";

/** What is the same for all channels of a layer, written by the loader (../../simulate/fast/layer.ts). */
@unmanaged
export class Tail {
  /** value = ((step · codes + constant) − digitalOffset · driven − shift) · scale + bias */
  step: f64;
  digitalOffset: f64;
  scale: f64;
  ideal: i32;
  /** Bytes of an accumulator: i16, i32 or f64. */
  codeBytes: i32;
  batchNorm: i32;
  /** 0 none, 1 codes, 2 f32 */
  residual: i32;
  residualZero: i32;
  residualStep: f32;
  relu: i32;
  /** 0: f32 goes out; 1: codes of a quantiser. */
  quantize: i32;
  perStep: f32;
  low: f32;
  high: f32;
  zeroPoint: i32;
}

/** What each channel has of its own. */
@unmanaged
export class Channel {
  constant: f64;
  shift: f64;
  bias: f64;
  centre: f64;
  deviation: f64;
  gain: f64;
  offset: f64;
  /** The whole tail as one sum in units of the quantiser: perCode · codes + start − perDriven · driven + perResidual · r. */
  perCode: f32;
  start: f32;
  perDriven: f32;
  perResidual: f32;
  /** Farthest that this sum may lie from a whole number for its rounding to be sure. */
  sure: f32;
  /** Row of the driven inputs, −1 for none. */
  drivenRow: i32;
}

/** Where a tile of a matrix stands in its layer. */
@unmanaged
export class TilePlace {
  tail: Tail;
  channels: usize;
  columns: i32;
  accumulators: usize;
  driven: usize;
  stride: i32;
  residual: usize;
  out: usize;
  /** Output positions of one image, channels of the layer, and the first of this matrix. */
  positions: i32;
  layerChannels: i32;
  firstOutput: i32;
}

/** Bytes of one `Channel`. */
const channelBytes: usize = 80;

/** Requantises a tile, image by image, since an image's channels lie apart from the next one's. */
export function finishTile(place: TilePlace, first: i32, count: i32): void {
  const tail = place.tail;
  const positions = place.positions;
  const residualBytes: usize = tail.residual == 2 ? 4 : 1;
  const outBytes: usize = tail.quantize ? 1 : 4;
  for (let done = 0; done < count; ) {
    const image = (first + done) / positions;
    const p = first + done - image * positions;
    const length = min(positions - p, count - done);
    for (let c = 0; c < place.columns; c++) {
      const channel = changetype<Channel>(place.channels + <usize>c * channelBytes);
      const to = <usize>((image * place.layerChannels + place.firstOutput + c) * positions + p);
      const row = channel.drivenRow;
      const codes = place.accumulators + <usize>((c * place.stride + done) * tail.codeBytes);
      const driven = row < 0 ? 0 : place.driven + (<usize>(row * place.stride + done) << 2);
      const residual = place.residual + to * residualBytes;
      const out = place.out + to * outBytes;
      if (tail.quantize && tail.residual < 2 && tail.codeBytes < 8)
        quickly(tail, channel, codes, driven, residual, out, length);
      else exactly(tail, channel, codes, driven, residual, out, length);
    }
    done += length;
  }
}

/**
 * Codes of the quantiser by one sum in single precision. It and the exact arithmetic differ by less than 1/2 − sure,
 * so where it rounds by no more than `sure` both give the same code; sixteen positions of which one does not are
 * computed exactly.
 */
function quickly(
  tail: Tail,
  channel: Channel,
  codes: usize,
  driven: usize,
  residual: usize,
  out: usize,
  count: i32,
): void {
  const narrow = tail.codeBytes == 2;
  const perCode = f32x4.splat(channel.perCode);
  const start = f32x4.splat(channel.start);
  const perDriven = f32x4.splat(channel.perDriven);
  const perResidual = f32x4.splat(channel.perResidual);
  const sure = f32x4.splat(channel.sure);
  const unsure = f32x4.splat(-channel.sure);
  const low = f32x4.splat(tail.relu ? max<f32>(tail.low, 0) : tail.low);
  const high = f32x4.splat(tail.high);
  // At 1.5 · 2²³ floats are one apart: adding it rounds, ties to even, and leaves the integer in the low bits.
  const aid = v128.load(roundingAid);
  const integerAid = i32x4.sub(aid, i32x4.splat(tail.zeroPoint));
  const residualKind = tail.residual;
  let i: usize = 0;
  for (; i + 16 <= <usize>count; i += 16) {
    // The farthest above and below a whole number.
    let above = f32x4.splat(0);
    let below = above;
    let bytes = above;
    for (let part: usize = 0; part < 16; part += 8) {
      let a: v128;
      let b: v128;
      if (narrow) {
        const both = v128.load(codes + ((i + part) << 1));
        a = i32x4.extend_low_i16x8_s(both);
        b = i32x4.extend_high_i16x8_s(both);
      } else {
        a = v128.load(codes + ((i + part) << 2));
        b = v128.load(codes + ((i + part) << 2), 16);
      }
      a = f32x4.add(f32x4.mul(f32x4.convert_i32x4_s(a), perCode), start);
      b = f32x4.add(f32x4.mul(f32x4.convert_i32x4_s(b), perCode), start);
      if (driven) {
        const at = driven + ((i + part) << 2);
        a = f32x4.sub(a, f32x4.mul(f32x4.convert_i32x4_s(v128.load(at)), perDriven));
        b = f32x4.sub(b, f32x4.mul(f32x4.convert_i32x4_s(v128.load(at, 16)), perDriven));
      }
      if (residualKind) {
        const r = i16x8.extend_low_i8x16_u(v128.load64_zero(residual + i + part));
        a = f32x4.add(a, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(r)), perResidual));
        b = f32x4.add(b, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_u(r)), perResidual));
      }
      a = f32x4.pmin(f32x4.pmax(a, low), high);
      b = f32x4.pmin(f32x4.pmax(b, low), high);
      const roundedA = f32x4.add(a, aid);
      const roundedB = f32x4.add(b, aid);
      const wholeA = f32x4.sub(roundedA, aid);
      const wholeB = f32x4.sub(roundedB, aid);
      const offA = f32x4.sub(a, wholeA);
      const offB = f32x4.sub(b, wholeB);
      above = f32x4.pmax(f32x4.pmax(above, offA), offB);
      below = f32x4.pmin(f32x4.pmin(below, offA), offB);
      const words = i16x8.narrow_i32x4_s(
        i32x4.sub(roundedA, integerAid),
        i32x4.sub(roundedB, integerAid),
      );
      bytes = part == 0 ? words : i8x16.narrow_i16x8_u(bytes, words);
    }
    if (v128.any_true(v128.or(f32x4.gt(above, sure), f32x4.lt(below, unsure)))) {
      const row = driven ? driven + (i << 2) : 0;
      exactly(tail, channel, codes + i * tail.codeBytes, row, residual + i, out + i, 16);
    } else v128.store(out + i, bytes);
  }
  if (i < <usize>count) {
    const row = driven ? driven + (i << 2) : 0;
    exactly(tail, channel, codes + i * tail.codeBytes, row, residual + i, out + i, count - <i32>i);
  }
}

/**
 * One channel at some positions of one image: from shift-added codes to the network's numbers, batch norm, residual
 * addition, ReLU and quantiser, as far as the layer has them.
 *
 * @param codes [count] accumulators
 * @param driven [count] i32, or 0
 * @param residual [count] u8 or f32
 * @param out [count] u8 or f32; exactly these are written
 */
function exactly(
  tail: Tail,
  channel: Channel,
  codes: usize,
  driven: usize,
  residual: usize,
  out: usize,
  count: i32,
): void {
  const step = f64x2.splat(tail.step);
  const digitalOffset = f64x2.splat(tail.digitalOffset);
  const scale = f64x2.splat(tail.scale);
  const constant = f64x2.splat(channel.constant);
  const shift = f64x2.splat(channel.shift);
  const bias = f64x2.splat(channel.bias);
  const centre = f64x2.splat(channel.centre);
  const deviation = f64x2.splat(channel.deviation);
  const gain = f64x2.splat(channel.gain);
  const offset = f64x2.splat(channel.offset);
  const perStep = f32x4.splat(tail.perStep);
  const low = f32x4.splat(tail.low);
  const high = f32x4.splat(tail.high);
  const zeroPoint = i32x4.splat(tail.zeroPoint);
  const residualZero = i32x4.splat(tail.residualZero);
  const residualStep = f32x4.splat(tail.residualStep);
  const codeBytes = tail.codeBytes;
  const ideal = tail.ideal;
  const batchNorm = tail.batchNorm;
  const residualKind = tail.residual;
  const relu = tail.relu;
  const quantize = tail.quantize;
  for (let i: usize = 0; i < <usize>count; i += 4) {
    let a: v128;
    let b: v128;
    if (codeBytes == 8) {
      a = v128.load(codes + (i << 3));
      b = v128.load(codes + (i << 3), 16);
    } else {
      const whole =
        codeBytes == 2
          ? i32x4.extend_low_i16x8_s(v128.load64_zero(codes + (i << 1)))
          : v128.load(codes + (i << 2));
      a = f64x2.convert_low_i32x4_s(whole);
      b = f64x2.convert_low_i32x4_s(upper(whole));
    }
    if (!ideal) {
      a = f64x2.add(f64x2.mul(a, step), constant);
      b = f64x2.add(f64x2.mul(b, step), constant);
    }
    if (driven) {
      const whole = v128.load(driven + (i << 2));
      a = f64x2.sub(a, f64x2.mul(digitalOffset, f64x2.convert_low_i32x4_s(whole)));
      b = f64x2.sub(b, f64x2.mul(digitalOffset, f64x2.convert_low_i32x4_s(upper(whole))));
    }
    a = f64x2.add(f64x2.mul(f64x2.sub(a, shift), scale), bias);
    b = f64x2.add(f64x2.mul(f64x2.sub(b, shift), scale), bias);
    if (batchNorm) {
      a = f64x2.promote_low_f32x4(f32x4.demote_f64x2_zero(a));
      b = f64x2.promote_low_f32x4(f32x4.demote_f64x2_zero(b));
      a = f64x2.add(f64x2.mul(f64x2.div(f64x2.sub(a, centre), deviation), gain), offset);
      b = f64x2.add(f64x2.mul(f64x2.div(f64x2.sub(b, centre), deviation), gain), offset);
    }
    let y = i8x16.shuffle(
      f32x4.demote_f64x2_zero(a),
      f32x4.demote_f64x2_zero(b),
      0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23,
    );
    if (residualKind == 1) y = f32x4.add(y, dequantized(residual + i, residualZero, residualStep));
    else if (residualKind == 2) y = f32x4.add(y, v128.load(residual + (i << 2)));
    if (relu) y = f32x4.pmax(y, f32x4.splat(0));
    const left = <usize>count - i;
    if (quantize) storeCodes(out + i, codesOf(y, perStep, low, high, zeroPoint), left);
    else storeFloats(out + (i << 2), y, left);
  }
}

// @ts-ignore: decorator
@inline
function upper(v: v128): v128 {
  return i8x16.shuffle(v, v, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15);
}

// @ts-ignore: decorator
@inline
function dequantized(codes: usize, zero: v128, step: v128): v128 {
  const whole = i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(codes)));
  return f32x4.mul(f32x4.convert_i32x4_s(i32x4.sub(whole, zero)), step);
}

// @ts-ignore: decorator
@inline
function codesOf(y: v128, perStep: v128, low: v128, high: v128, zeroPoint: v128): u32 {
  const clipped = f32x4.pmin(f32x4.pmax(f32x4.mul(y, perStep), low), high);
  const whole = i32x4.add(i32x4.trunc_sat_f32x4_s(f32x4.nearest(clipped)), zeroPoint);
  const narrow = i16x8.narrow_i32x4_s(whole, whole);
  return i32x4.extract_lane(i8x16.narrow_i16x8_u(narrow, narrow), 0);
}

// @ts-ignore: decorator
@inline
function storeCodes(out: usize, codes: u32, left: usize): void {
  if (left >= 4) store<u32>(out, codes);
  else for (let i: usize = 0; i < left; i++) store<u8>(out + i, <u8>(codes >> (<u32>i << 3)));
}

// @ts-ignore: decorator
@inline
function storeFloats(out: usize, y: v128, left: usize): void {
  if (left >= 4) v128.store(out, y);
  else {
    store<f32>(out, f32x4.extract_lane(y, 0));
    if (left > 1) store<f32>(out, f32x4.extract_lane(y, 1), 4);
    if (left > 2) store<f32>(out, f32x4.extract_lane(y, 2), 8);
  }
}

/** Codes of a quantiser; count is rounded up to 4. */
export function quantize(x: usize, perStep: f32, low: f32, high: f32, zeroPoint: i32, count: i32, out: usize): void {
  for (let i: usize = 0; i < <usize>count; i += 4) {
    const codes = codesOf(
      v128.load(x + (i << 2)),
      f32x4.splat(perStep),
      f32x4.splat(low),
      f32x4.splat(high),
      i32x4.splat(zeroPoint),
    );
    store<u32>(out + i, codes);
  }
}

/** out[i] = from[map[i]], or `value` where map[i] is negative, image after image. */
export function moveBytes(
  from: usize,
  size: i32,
  map: usize,
  count: i32,
  value: i32,
  images: i32,
  out: usize,
): void {
  for (let n = 0; n < images; n++, from += size, out += count)
    for (let i = 0; i < count; i++) {
      const at = load<i32>(map + (<usize>i << 2));
      store<u8>(out + i, at < 0 ? <u8>value : load<u8>(from + at));
    }
}

/** Largest code of each window; `first` and `last` bound the window's rows and columns inside the plane. */
export function maxPool(
  from: usize,
  planes: i32,
  height: i32,
  width: i32,
  rows: usize,
  outHeight: i32,
  columns: usize,
  outWidth: i32,
  stepY: i32,
  stepX: i32,
  out: usize,
): void {
  for (let plane = 0; plane < planes; plane++, from += <usize>height * width) {
    for (let oy = 0; oy < outHeight; oy++) {
      const firstY = load<i32>(rows + (<usize>oy << 3));
      const endY = load<i32>(rows + (<usize>oy << 3), 4);
      for (let ox = 0; ox < outWidth; ox++, out++) {
        const firstX = load<i32>(columns + (<usize>ox << 3));
        const endX = load<i32>(columns + (<usize>ox << 3), 4);
        let largest: u8 = 0;
        for (let y = firstY; y < endY; y += stepY)
          for (let x = firstX; x < endX; x += stepX)
            largest = max(largest, load<u8>(from + y * width + x));
        store<u8>(out, largest);
      }
    }
  }
}
