import { evenBits, lowNibbles, lowPairs } from "./constants";
import { swizzle } from "./engine";
import { clear } from "./sums";

/** Planes of H × W bytes → planes of paddedHeight × paddedWidth, with `value` around them. */
export function padPlanes(
  from: usize,
  planes: i32,
  height: i32,
  width: i32,
  to: usize,
  paddedHeight: i32,
  paddedWidth: i32,
  top: i32,
  left: i32,
  value: i32,
): void {
  memory.fill(to, <u8>value, <usize>planes * paddedHeight * paddedWidth);
  to += <usize>(top * paddedWidth + left);
  const step = <usize>paddedHeight * paddedWidth;
  for (let plane = 0; plane < planes; plane++, to += step) {
    let row = to;
    for (let y = 0; y < height; y++, row += paddedWidth, from += width) {
      let x = 0;
      for (; x + 16 <= width; x += 16) v128.store(row + x, v128.load(from + x));
      for (; x + 8 <= width; x += 8) store<u64>(row + x, load<u64>(from + x));
      for (; x < width; x++) store<u8>(row + x, load<u8>(from + x));
    }
  }
}

/**
 * Input codes of the output positions first … first + count − 1, row after row of a matrix. Positions run along an
 * output row, then down, then on to the next image.
 *
 * @param padded [images × imageStep] u8, planes with their padding
 * @param offsets [rows] u32, where the element of each matrix row lies at output position 0
 * @param to [rows × stride] u8; up to 15 bytes behind a row's last position are overwritten
 */
export function gatherPositions(
  padded: usize,
  imageStep: i32,
  rowStep: i32,
  columnStep: i32,
  outHeight: i32,
  outWidth: i32,
  offsets: usize,
  rows: i32,
  first: i32,
  count: i32,
  to: usize,
  stride: i32,
): void {
  const positions = outHeight * outWidth;
  let image = first / positions;
  let y = (first % positions) / outWidth;
  let x = first % outWidth;
  for (let done = 0; done < count; ) {
    const run = min(outWidth - x, count - done);
    const base = padded + <usize>image * imageStep + <usize>(y * rowStep + x * columnStep);
    let target = to + done;
    for (let row: usize = 0, end = <usize>rows << 2; row < end; row += 4, target += stride)
      copyRun(base + load<u32>(offsets + row), target, run, columnStep);
    done += run;
    x = 0;
    if (++y == outHeight) {
      y = 0;
      image++;
    }
  }
}

// @ts-ignore: decorator
@inline
function copyRun(from: usize, to: usize, count: i32, step: i32): void {
  if (step == 1 && count > 4) {
    for (let i = 0; i < count; i += 16) v128.store(to + i, v128.load(from + i));
  } else if (step == 2 && count > 4) {
    for (let i = 0; i < count; i += 16, from += 32) {
      const even = i8x16.shuffle(
        v128.load(from),
        v128.load(from, 16),
        0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30,
      );
      v128.store(to + i, even);
    }
  } else {
    for (let i = 0; i < count; i++) store<u8>(to + i, load<u8>(from + i * step));
  }
}

/**
 * How often each bit is set in each row of a matrix, over all positions of a chunk, padding left out. Elements of a plane that the same
 * kernel rows see are counted together, position by position along x; kernel columns then add up theirs.
 *
 * @param planes [images × imageStep] u8, in each the planes of the channels, one behind the other
 * @param order u32 rows of the plane, class by class
 * @param classes [classCount] { rows: i32, kernelRows: i32 (a bit for each) }
 * @param lanes [bits × 16] u32, scratch
 * @param ones [bits × rows] u32, channel by channel and kernel element by kernel element; added to
 */
export function countBits(
  planes: usize,
  images: i32,
  imageStep: i32,
  channels: i32,
  height: i32,
  width: i32,
  order: usize,
  classes: usize,
  classCount: i32,
  bits: i32,
  kernelHeight: i32,
  kernelWidth: i32,
  columnStep: i32,
  columnDilation: i32,
  left: i32,
  outWidth: i32,
  lanes: usize,
  ones: usize,
  rows: i32,
): void {
  for (let channel = 0; channel < channels; channel++) {
    countChannel(planes, images, imageStep, width, order, classes, classCount, bits, kernelHeight, kernelWidth,
      columnStep, columnDilation, left, outWidth, lanes, ones, rows);
    planes += <usize>height * width;
    ones += <usize>(kernelHeight * kernelWidth) << 2;
  }
}

/** The same for one channel, whose kernel elements' counts begin at `ones`. */
function countChannel(
  planes: usize,
  images: i32,
  imageStep: i32,
  width: i32,
  order: usize,
  classes: usize,
  classCount: i32,
  bits: i32,
  kernelHeight: i32,
  kernelWidth: i32,
  columnStep: i32,
  columnDilation: i32,
  left: i32,
  outWidth: i32,
  lanes: usize,
  ones: usize,
  rows: i32,
): void {
  const vectors = (width + 15) >> 4;
  const laneStep = <usize>vectors << 6;
  for (let c = 0; c < classCount; c++) {
    const members = load<i32>(classes + (<usize>c << 3));
    const kernelRows = load<i32>(classes + (<usize>c << 3), 4);
    clear(lanes, laneStep * bits);
    for (let v = 0; v < vectors; v++)
      for (let z = 0; z < bits; z += 4)
        countLanes(planes + (<usize>v << 4), images, imageStep, width, order, members, z, min(4, bits - z),
          lanes + z * laneStep + (<usize>v << 6), laneStep);
    order += <usize>members << 2;
    for (let z = 0; z < bits; z++) {
      const row = lanes + z * laneStep;
      const whole = columnStep == 1 ? sumLanes(row, 0, width, 1) : 0;
      for (let j = 0; j < kernelWidth; j++) {
        const from = j * columnDilation - left;
        const end = min(width, from + (outWidth - 1) * columnStep + 1);
        const first = from < 0 ? from + ((columnStep - 1 - from) / columnStep) * columnStep : from;
        // Neighbouring windows see nearly the whole row: what they do not see is less to add up.
        const sum =
          columnStep == 1
            ? whole - sumLanes(row, 0, first, 1) - sumLanes(row, end, width, 1)
            : sumLanes(row, first, end, columnStep);
        for (let i = 0; i < kernelHeight; i++) {
          if (!((kernelRows >> i) & 1)) continue;
          const to = ones + (<usize>(z * rows + i * kernelWidth + j) << 2);
          store<u32>(to, load<u32>(to) + sum);
        }
      }
    }
  }
}

function sumLanes(lanes: usize, first: i32, end: i32, step: i32): u32 {
  let sum: u32 = 0;
  for (let x = first; x < end; x += step) sum += load<u32>(lanes + (<usize>x << 2));
  return sum;
}

/** Bits are counted in fields of two bits, three vectors at a time, then of four bits, then in bytes. */
function countLanes(
  planes: usize,
  images: i32,
  imageStep: i32,
  width: i32,
  order: usize,
  members: i32,
  firstBit: i32,
  bits: i32,
  lanes: usize,
  laneStep: usize,
): void {
  const none = i8x16.splat(0);
  const nibble = v128.load(lowNibbles);
  const pairs = v128.load(lowPairs);
  const spread = v128.load(evenBits);
  let c0 = none;
  let c1 = none;
  let c2 = none;
  let c3 = none;
  let evens = none;
  let odds = none;
  let fields = none;
  let held = 0;
  const last = images * members - 1;
  let m = 0;
  for (let i = 0; i <= last; i++) {
    let x = v128.load(planes + <usize>load<u32>(order + (<usize>m << 2)) * width);
    if (++m == members) {
      m = 0;
      planes += imageStep;
    }
    if (firstBit) x = i16x8.shr_u(x, 4);
    fields = i8x16.add(fields, swizzle(spread, v128.and(x, nibble)));
    held++;
    if (held % 3 != 0 && i < last) continue;
    evens = i8x16.add(evens, v128.and(fields, pairs));
    odds = i8x16.add(odds, v128.and(i16x8.shr_u(fields, 2), pairs));
    fields = none;
    if (held % 15 != 0 && i < last) continue;
    c0 = i8x16.add(c0, v128.and(evens, nibble));
    c1 = i8x16.add(c1, v128.and(odds, nibble));
    c2 = i8x16.add(c2, v128.and(i16x8.shr_u(evens, 4), nibble));
    c3 = i8x16.add(c3, v128.and(i16x8.shr_u(odds, 4), nibble));
    evens = none;
    odds = none;
    if (held < 255 && i < last) continue;
    addLanes(lanes, c0, c1, c2, c3, bits, laneStep);
    c0 = c1 = c2 = c3 = none;
    held = 0;
  }
}

function addLanes(to: usize, c0: v128, c1: v128, c2: v128, c3: v128, bits: i32, step: usize): void {
  addLane(to, c0);
  if (bits > 1) addLane(to + step, c1);
  if (bits > 2) addLane(to + 2 * step, c2);
  if (bits > 3) addLane(to + 3 * step, c3);
}

// @ts-ignore: decorator
@inline
function addLane(to: usize, counts: v128): void {
  const low = i16x8.extend_low_i8x16_u(counts);
  const high = i16x8.extend_high_i8x16_u(counts);
  v128.store(to, i32x4.add(v128.load(to), i32x4.extend_low_i16x8_u(low)));
  v128.store(to, i32x4.add(v128.load(to, 16), i32x4.extend_high_i16x8_u(low)), 16);
  v128.store(to, i32x4.add(v128.load(to, 32), i32x4.extend_low_i16x8_u(high)), 32);
  v128.store(to, i32x4.add(v128.load(to, 48), i32x4.extend_high_i16x8_u(high)), 48);
}
