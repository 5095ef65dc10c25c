import { clear } from "./sums";

/**
 * Tables of one column: for each quad and each digit of the sums, 16 entries. The digits are base 2^radixBits; where
 * there are signed cells they are balanced, −base/2 to base/2 − 1, so that a quad with no driven line always adds 0.
 *
 * @param cells [rows] i32, in units of the grid
 * @param tables of digit 0 of quad 0, added to; a quad's tables are `quadStride` bytes apart, digits 16
 * @param shift 4: into the high halves of the bytes, beside another column's
 */
export function buildTables(
  cells: usize,
  rows: i32,
  digits: i32,
  radixBits: i32,
  balanced: i32,
  tables: usize,
  quadStride: i32,
  shift: i32,
): void {
  for (let first = 0; first < rows; first += 4) {
    for (let index = 0; index < 16; index++) {
      let sum: i32 = 0;
      for (let i = 0; i < 4 && first + i < rows; i++)
        if ((index >> i) & 1) sum += load<i32>(cells + ((<usize>(first + i)) << 2));
      for (let digit = 0; digit < digits; digit++) {
        let part = sum;
        if (digits > 1) {
          const base = 1 << radixBits;
          part = sum & (base - 1);
          if (balanced && part >= base >> 1) part -= base;
          sum = (sum - part) >> radixBits;
        }
        const at = tables + digit * 16 + index;
        store<u8>(at, load<u8>(at) + <u8>(part << shift));
      }
    }
    tables += quadStride;
  }
}

/**
 * Look-ups whose sum fits a byte in every column of a tile, whichever quads they are of: so many of the largest entries
 * of a column's tables come to at most 255 together; with signed entries, to at most 127 and at least −128.
 *
 * @param tile [quads][4 or 2][16] u8 or i8
 * @param packed 1: entries are halves of bytes, two columns in one table
 * @param counts [256] u32, scratch
 * @returns at most 1,024, since one of nothing but zeros takes any number
 */
export function chunkOf(tile: usize, quads: i32, packed: i32, signed: i32, counts: usize): i32 {
  let chunk: i32 = 1024;
  const vectors = 4 >> packed;
  for (let column = 0; column < 4; column++) {
    const tables = tile + (<usize>(packed ? column >> 1 : column) << 4);
    const step = <usize>vectors << 4;
    const shift = packed ? 4 * (column & 1) : 0;
    const mask = packed ? 15 : 255;
    for (let side = 0; side <= signed; side++) {
      clear(counts, 1024);
      for (let q = 0; q < quads; q++) {
        let most: i32 = 0;
        for (let i: usize = 0; i < 16; i++) {
          const at = tables + <usize>q * step + i;
          const entry: i32 = signed ? <i32>load<i8>(at) : ((<i32>load<u8>(at)) >> shift) & mask;
          most = max(most, side ? -entry : entry);
        }
        const at = counts + (<usize>most << 2);
        store<u32>(at, load<u32>(at) + 1);
      }
      chunk = min(chunk, largestThatFit(counts, signed ? 127 + side : 255));
    }
  }
  return chunk;
}

/** How many of counted numbers, the largest first, come to at most `room`. */
function largestThatFit(counts: usize, room: i32): i32 {
  let fitting: i32 = 0;
  for (let value: i32 = 255; value > 0; value--) {
    const count = load<i32>(counts + (<usize>value << 2));
    if (count * value > room) return fitting + room / value;
    room -= count * value;
    fitting += count;
  }
  return 1024;
}
