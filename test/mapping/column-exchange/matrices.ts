import type { Random } from "../../../src/random.js";

export const square = (size: number) => ({ rows: size, columns: size });

/** Independent codes in ±limit, other than 0 with the given chance. */
export function bernoulliCodes(
  random: Random,
  rows: number,
  columns: number,
  density: number,
  limit = 1,
): Int16Array {
  return Int16Array.from({ length: rows * columns }, () => {
    if (random.uniform() >= density) return 0;
    const size = random.integer(1, limit);
    return random.uniform() < 0.5 ? size : -size;
  });
}

/** Rows and columns that differ in how many weights they have: log-normal factors on the density. */
export function heavyTailedCodes(random: Random, rows: number, columns: number, density: number): Int16Array {
  const ofRow = Float64Array.from({ length: rows }, () => Math.exp(random.normal()));
  const ofColumn = Float64Array.from({ length: columns }, () => Math.exp(random.normal()));
  return Int16Array.from({ length: rows * columns }, (_, i) => {
    const chance = (density / Math.E) * ofRow[Math.floor(i / columns)]! * ofColumn[i % columns]!;
    if (random.uniform() >= chance) return 0;
    return random.uniform() < 0.5 ? 1 : -1;
  });
}

/** Disjoint blocks along the diagonal, half full, all rows and columns shuffled (spec of Lin et al., 2.1, item 4). */
export function plantedCodes(random: Random, blocks: number, size: number, density: number): Int16Array {
  const n = blocks * size;
  const rows = random.permutation(n);
  const columns = random.permutation(n);
  const codes = new Int16Array(n * n);
  for (let r = 0; r < n; r++) {
    for (let c = 0; c < n; c++) {
      if (Math.floor(r / size) === Math.floor(c / size) && random.uniform() < density)
        codes[rows[r]! * n + columns[c]!] = 1;
    }
  }
  return codes;
}
