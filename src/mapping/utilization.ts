import { denseArrays } from "./dense.js";
import { weightsAcross } from "./encoding.js";
import { arrayCount } from "./table.js";
import type { MatrixPlacement } from "./types.js";

/** Bins of a histogram of utilisation: 5 % each (Lin et al. 2019, Fig. 4). */
export const utilizationBins = 20;

/**
 * [20] Arrays by the share of the weights they have room for that is stored in them and not zero: bin i is for those
 * above 5 i % and up to 5 (i + 1) %, the first one also for those with none. An array of one sign holds the weights of
 * that sign.
 */
export function utilization(
  matrix: MatrixPlacement,
  array: { readonly rows: number; readonly columns: number },
): Int32Array {
  const { arrays: t, codes, columns, encoding } = matrix;
  const room = array.rows * weightsAcross(encoding, array.columns);
  const counts = new Int32Array(utilizationBins);
  for (let a = 0; a < arrayCount(t); a++) {
    const polarity = t.polarity[a]!;
    let stored = 0;
    for (let g = t.groupStart[a]!; g < t.groupStart[a + 1]!; g++) {
      for (let w = t.wordStart[g]!; w < t.wordStart[g + 1]!; w++) {
        for (let s = t.slotStart[g]!; s < t.slotStart[g + 1]!; s++) {
          const code = codes[t.input[w]! * columns + t.output[s]!]!;
          if (polarity === 0 ? code !== 0 : polarity * code > 0) stored++;
        }
      }
    }
    counts[Math.max(0, Math.ceil((stored * utilizationBins) / room) - 1)]!++;
  }
  return counts;
}

/** The same for these weights placed dense, every weight in its place. */
export function denseUtilization(
  matrix: MatrixPlacement,
  array: { readonly rows: number; readonly columns: number },
): Int32Array {
  const { rows, columns, encoding } = matrix;
  const arrays = denseArrays(rows, columns, { ...array, activeRows: array.rows }, encoding);
  return utilization({ ...matrix, arrays }, array);
}
