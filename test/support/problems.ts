import type { Random } from "../../src/random.js";

/** [rows × columns] random codes in ±limit; a share of (column, block of `block` rows) groups is all zero. */
export function sparseCodes(
  random: Random,
  rows: number,
  columns: number,
  limit: number,
  block: number,
  sparsity: number,
): Int16Array {
  const codes = new Int16Array(rows * columns);
  for (let first = 0; first < rows; first += block) {
    for (let c = 0; c < columns; c++) {
      if (random.uniform() < sparsity) continue;
      for (let r = first; r < Math.min(first + block, rows); r++)
        codes[r * columns + c] = random.integer(-limit, limit);
    }
  }
  return codes;
}

/** [rows × positions] random unsigned input codes. */
export function randomInputs(random: Random, rows: number, positions: number, bits: number): Uint8Array {
  return Uint8Array.from({ length: rows * positions }, () => random.integer(0, 2 ** bits - 1));
}

/** [columns × positions] the product that ideal arrays must give, in plain integer arithmetic. */
export function integerProduct(
  codes: Int16Array,
  rows: number,
  columns: number,
  inputs: Uint8Array,
  positions: number,
): Float64Array {
  const out = new Float64Array(columns * positions);
  for (let c = 0; c < columns; c++)
    for (let p = 0; p < positions; p++)
      for (let r = 0; r < rows; r++)
        out[c * positions + p]! += codes[r * columns + c]! * inputs[r * positions + p]!;
  return out;
}
