export function clearBytes(to: usize, bytes: usize): void {
  memory.fill(to, 0, bytes);
}

/**
 * What depends only on how many lines of a row group are driven: what dummy columns take off, and the inputs that
 * the digital offset multiplies. Computed once, it is added to every row that is concerned.
 *
 * @param lines [bits × stride] u16, driven lines of the row group
 * @param sliceBits bits that drive lines together
 * @param weights [slices × counts] i32: what each sum of the lines' levels adds, by slice
 * @param targets [targetCount] { row: i32, times: i32 } of rows of `stride` numbers of `bytes` bytes: i16, i32 or f64
 */
export function addRows(
  lines: usize,
  weights: usize,
  bits: i32,
  sliceBits: i32,
  counts: i32,
  stride: i32,
  targets: usize,
  targetCount: i32,
  rows: usize,
  bytes: i32,
  scratch: usize,
): void {
  for (let p = 0; p < stride; p++) {
    let sum: i32 = 0;
    let row = weights;
    for (let first = 0; first < bits; first += sliceBits, row += <usize>counts << 2) {
      let levels = 0;
      for (let z = min(bits, first + sliceBits) - 1; z >= first; z--)
        levels = 2 * levels + <i32>load<u16>(lines + ((<usize>(z * stride + p)) << 1));
      sum += load<i32>(row + (<usize>levels << 2));
    }
    store<i32>(scratch + ((<usize>p) << 2), sum);
  }
  for (let t = 0; t < targetCount; t++) {
    const target = targets + ((<usize>t) << 3);
    const row = rows + <usize>(load<i32>(target) * stride * bytes);
    const times = load<i32>(target, 4);
    if (bytes == 8) addDoubles(row, scratch, times, stride);
    else if (bytes == 4) addIntegers(row, scratch, times, stride);
    else addShorts(row, scratch, times, stride);
  }
}

function addIntegers(to: usize, from: usize, times: i32, count: i32): void {
  const factor = i32x4.splat(times);
  for (let end = to + ((<usize>count) << 2); to < end; to += 16, from += 16)
    v128.store(to, i32x4.add(v128.load(to), i32x4.mul(v128.load(from), factor)));
}

function addShorts(to: usize, from: usize, times: i32, count: i32): void {
  for (let i = 0; i < count; i++, to += 2, from += 4)
    store<i16>(to, <i16>(load<i16>(to) + times * load<i32>(from)));
}

function addDoubles(to: usize, from: usize, times: i32, count: i32): void {
  for (let i = 0; i < count; i++, to += 8, from += 4)
    store<f64>(to, load<f64>(to) + <f64>times * <f64>load<i32>(from));
}

/** The inputs of a row group, [stride] u16, added to the rows of driven inputs (targets as above, rows of i32). */
export function addDriven(inputs: usize, stride: i32, targets: usize, targetCount: i32, rows: usize): void {
  for (let t = 0; t < targetCount; t++) {
    const target = targets + (<usize>t << 3);
    let row = rows + (<usize>(load<i32>(target) * stride) << 2);
    const times = i32x4.splat(load<i32>(target, 4));
    for (let i: usize = 0, end = <usize>stride << 1; i < end; i += 16, row += 32) {
      const x = v128.load(inputs + i);
      const low = i32x4.mul(i32x4.extend_low_i16x8_u(x), times);
      const high = i32x4.mul(i32x4.extend_high_i16x8_u(x), times);
      v128.store(row, i32x4.add(v128.load(row), low));
      v128.store(row, i32x4.add(v128.load(row, 16), high), 16);
    }
  }
}

/**
 * One output's values from its shift-added codes: (step · codes + constant) − digitalOffset · inputs, in doubles and
 * in this order, so that every rounding is the reference's.
 *
 * @param codes [count] i16, i32 or f64, by `bytes`
 * @param driven [count] i32, the inputs of the row groups that serve the output
 * @param values [count] f64
 */
export function finishValues(
  codes: usize,
  bytes: i32,
  ideal: i32,
  step: f64,
  constant: f64,
  digitalOffset: f64,
  driven: usize,
  count: i32,
  values: usize,
): void {
  for (let i: usize = 0; i < <usize>count; i++) {
    let value: f64;
    if (bytes == 8) value = load<f64>(codes + (i << 3));
    else if (bytes == 4) value = <f64>load<i32>(codes + (i << 2));
    else value = <f64>load<i16>(codes + (i << 1));
    if (!ideal) value = step * value + constant;
    if (driven) value -= digitalOffset * <f64>load<i32>(driven + (i << 2));
    store<f64>(values + (i << 3), value);
  }
}
