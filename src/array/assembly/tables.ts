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
