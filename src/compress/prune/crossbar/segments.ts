import { notFinite } from "../../../lower/matrices.js";
import type { ExchangedBlock } from "../../../mapping/column-exchange/index.js";
import type { CrossbarUse, OrderedMatrix, SegmentUnit } from "./types.js";

/**
 * What one group of columns keeps of one sign: rows stacked in their order and cut into arrays. A row of it is a row
 * segment: a row of a crossbar, the grain of pruning.
 */
export interface RowStack {
  /** Place of its matrix among those given. */
  readonly matrix: number;
  /** Number of its group of columns, over all matrices; two signs of one group have one number. */
  readonly group: number;
  /** Matrix columns of the group. */
  readonly columns: Int32Array;
  /** Whose weights stand here: +1 and −1 those of that sign, 0 all. */
  readonly sign: -1 | 0 | 1;
  /** Matrix rows with such weights in these columns, ascending. */
  readonly rows: Int32Array;
  /** S = Σ |w| over each of these rows (Lin et al. 2019, section IV). */
  readonly saliency: Float64Array;
  /** Word lines of an array. */
  readonly height: number;
}

/** Arrays that so many rows take. */
export const arraysOf = (rows: number, height: number): number => Math.ceil(rows / height);

/**
 * The row segments of exchanged matrices, in the order of matrices, blocks and groups, of a group the positive sign
 * first. A stack without rows is left out.
 * @throws InputError for a weight that is not finite
 */
export function rowStacks(matrices: readonly OrderedMatrix[]): RowStack[] {
  const stacks: RowStack[] = [];
  let group = 0;
  for (const [i, matrix] of matrices.entries()) {
    for (const block of matrix.exchange.blocks) {
      for (const columns of block.groups) {
        for (const { sign, rows, saliency } of stacksOf(matrix, block, columns))
          if (rows.length > 0)
            stacks.push({
              matrix: i,
              group,
              columns,
              sign,
              rows: Int32Array.from(rows),
              saliency: Float64Array.from(saliency),
              height: matrix.room.rows,
            });
        group++;
      }
    }
  }
  return stacks;
}

interface Stacked {
  readonly sign: -1 | 0 | 1;
  readonly rows: number[];
  readonly saliency: number[];
}

function stacksOf(matrix: OrderedMatrix, block: ExchangedBlock, columns: Int32Array): readonly Stacked[] {
  const signs = block.sign !== 0 ? [block.sign] : matrix.planes === 2 ? ([1, -1] as const) : ([0] as const);
  const stacks = signs.map((sign): Stacked => ({ sign, rows: [], saliency: [] }));
  for (let row = block.firstRow; row < block.endRow; row++) {
    const { positive, negative } = rowSums(matrix, row, columns);
    for (const { sign, rows, saliency } of stacks) {
      const sum = sign === 0 ? positive + negative : sign > 0 ? positive : negative;
      // Magnitudes of floats do not vanish when they are added up in double precision.
      if (sum === 0) continue;
      rows.push(row);
      saliency.push(sum);
    }
  }
  return stacks;
}

function rowSums({ weights, columns: width, name }: OrderedMatrix, row: number, columns: Int32Array) {
  let positive = 0;
  let negative = 0;
  for (let i = 0; i < columns.length; i++) {
    const weight = weights[row * width + columns[i]!]!;
    if (weight > 0) positive += weight;
    else negative -= weight;
  }
  if (!Number.isFinite(positive + negative)) {
    const column = columns.find((c) => !Number.isFinite(weights[row * width + c]!))!;
    throw notFinite(weights[row * width + column]!, row, column, { name });
  }
  return { positive, negative };
}

/** What stacks take, for each matrix. */
export function useOfStacks(matrices: readonly OrderedMatrix[], stacks: readonly RowStack[]): CrossbarUse[] {
  const segments = new Float64Array(matrices.length);
  const arrays = new Float64Array(matrices.length);
  for (const { matrix, rows, height } of stacks) {
    segments[matrix]! += rows.length;
    arrays[matrix]! += arraysOf(rows.length, height);
  }
  return matrices.map(({ weights }, i) => ({
    weights: weightCount(weights),
    segments: segments[i]!,
    arrays: arrays[i]!,
  }));
}

/** Weights that are not zero. */
export function weightCount(weights: ArrayLike<number>): number {
  let count = 0;
  for (let i = 0; i < weights.length; i++) if (weights[i] !== 0) count++;
  return count;
}

export const totalUse = (uses: readonly CrossbarUse[]): CrossbarUse => ({
  weights: uses.reduce((sum, { weights }) => sum + weights, 0),
  segments: uses.reduce((sum, { segments }) => sum + segments, 0),
  arrays: uses.reduce((sum, { arrays }) => sum + arrays, 0),
});

/** [stacks] By how much the saliencies of each stack are divided. */
export function unitsOf(
  matrices: readonly OrderedMatrix[],
  stacks: readonly RowStack[],
  normalize: SegmentUnit,
): Float64Array {
  if (normalize === "none") return new Float64Array(stacks.length).fill(1);
  const sums = new Map<string, { sum: number; count: number }>();
  for (const { matrix, saliency } of stacks) {
    const { layer } = matrices[matrix]!;
    const { sum, count } = sums.get(layer) ?? { sum: 0, count: 0 };
    sums.set(layer, { sum: saliency.reduce((a, b) => a + b, sum), count: count + saliency.length });
  }
  return Float64Array.from(stacks, ({ matrix }) => {
    const { sum, count } = sums.get(matrices[matrix]!.layer)!;
    return normalize === "layer-mean" ? sum / count : sum;
  });
}
