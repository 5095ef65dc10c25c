import { inputSliceCount } from "../../hardware/input-slices.js";
import type { ArraySpec, EncodingSpec } from "../../hardware/types.js";
import { exchangeMemory } from "../../mapping/column-exchange/index.js";
import { conversionsPerWeight, dummyBitLines, encodingOf, weightsAcross } from "../../mapping/encoding.js";
import { arrayCount, subtractedArrays } from "../../mapping/table.js";
import type { Activity, MatrixPlacement, Placement, WeightEncoding } from "../../mapping/types.js";
import { countPlacement, type MatrixCounts } from "../counts.js";
import { denseCounts } from "../network/dense-counts.js";
import type { LayerShape } from "../network/shapes.js";
import { type LayerTraffic, trafficOf } from "../traffic.js";

/** One matrix on its arrays, as far as a cost per event needs to know it: no weights. */
export interface MatrixWork {
  readonly matrix: string;
  readonly encoding: WeightEncoding;
  readonly counts: MatrixCounts;
  /** Word lines of all row groups that hold weights: those that one read of everything drives. */
  readonly drivenLines: number;
  /** Conversions of the read that has most. */
  readonly widestRead: number;
  /** Which output a stored column serves, and which input a word line takes. */
  readonly index_bit: number;
  readonly inputSchedule_bit: number;
  readonly traffic: LayerTraffic;
}

/** Counted on the arrays. @param activity where products were counted on images */
export function workOf(placed: Placement, activity?: Activity): MatrixWork[] {
  const { layers } = trafficOf(placed, activity);
  return placed.matrices.map((matrix, i) => matrixWork(matrix, placed.hardware.array, layers[i]!));
}

/** One matrix of a placement. */
export function matrixWork(matrix: MatrixPlacement, array: ArraySpec, traffic: LayerTraffic): MatrixWork {
  const counts = countPlacement(matrix, array);
  const { index_bit } = counts;
  return {
    matrix: matrix.matrix,
    encoding: matrix.encoding,
    counts,
    ...readsOf(matrix),
    index_bit: matrix.routing === "bitmap" ? index_bit.bitmap : index_bit.explicit,
    inputSchedule_bit: exchangeMemory(matrix).inputSchedule_bit,
    traffic,
  };
}

function readsOf({ arrays: t, encoding }: MatrixPlacement) {
  const subtracted = subtractedArrays(t);
  let drivenLines = 0;
  let widestRead = 0;
  for (let a = 0; a < arrayCount(t); a++) {
    const dummy = t.reference[a]! >= 0 && dummyBitLines(encoding) > 0 ? 1 : 0;
    for (let g = t.groupStart[a]!; g < t.groupStart[a + 1]!; g++) {
      const slots = t.slotStart[g + 1]! - t.slotStart[g]!;
      if (slots === 0) continue;
      drivenLines += t.wordStart[g + 1]! - t.wordStart[g]!;
      const conversions = (slots + dummy) * conversionsPerWeight(encoding);
      if (!subtracted.has(a)) widestRead = Math.max(widestRead, conversions);
    }
  }
  return { drivenLines, widestRead };
}

/** The same for sizes alone, every weight stored: what `workOf` finds on a dense placement without groups. */
export const denseWork = (
  shapes: readonly LayerShape[],
  chip: { readonly array: ArraySpec; readonly encoding: EncodingSpec },
): MatrixWork[] => shapes.map((shape) => denseMatrixWork(shape, chip.array, chip.encoding));

function denseMatrixWork(shape: LayerShape, array: ArraySpec, spec: EncodingSpec): MatrixWork {
  const { rows, columns, positions, inputBits, outputBits } = shape;
  const encoding = encodingOf(shape.weightBits, spec);
  const across = weightsAcross(encoding, array.columns);
  const signs = encoding.sign === "splitArrays" ? 2 : 1;
  const dummy = dummyBitLines(encoding) > 0 ? 1 : 0;
  return {
    matrix: shape.matrix,
    encoding,
    counts: denseCounts(shape, encoding, array),
    drivenLines: signs * rows * Math.ceil(columns / across),
    widestRead: (Math.min(columns, across) + dummy) * conversionsPerWeight(encoding),
    index_bit: 0,
    inputSchedule_bit: 0,
    traffic: {
      activity: null,
      positions,
      inputBits,
      inputSlices: inputSliceCount(inputBits, array.inputSliceBits),
      outputBits,
    },
  };
}
