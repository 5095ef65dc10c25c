import type { Weights } from "../../../mapping/column-exchange/index.js";
import { type Chosen, chooseSegments } from "./choose.js";
import { arraysOf, type RowStack, rowStacks, totalUse, useOfStacks } from "./segments.js";
import type { CrossbarUse, OrderedMatrix, SegmentPruning } from "./types.js";

/** What may stand at a place of a matrix: weights above 0, below 0, or both. */
export const holds = { positive: 1, negative: 2 } as const;

export interface PrunedMatrices {
  /**
   * For each matrix [rows × columns]: the signs for which the row segment of a place is kept, as the sum of
   * {@link holds}; 0 where only a zero may stand. A weight whose sign has no segment there would need a row of its own.
   */
  readonly kept: readonly Uint8Array[];
  readonly before: CrossbarUse;
  /** Counted in the same order of columns. */
  readonly after: CrossbarUse;
  /** Of each matrix. */
  readonly matrices: readonly { readonly before: CrossbarUse; readonly after: CrossbarUse }[];
}

/**
 * Crossbar-grained pruning (Lin et al. 2019, section IV): which row segments of exchanged matrices are kept when a share
 * of the segments, or of the arrays, goes.
 * @throws InputError for weights that are not finite, and a share that is none
 */
export function pruneSegments(matrices: readonly OrderedMatrix[], options: SegmentPruning): PrunedMatrices {
  const stacks = rowStacks(matrices);
  const chosen = chooseSegments(matrices, stacks, options);
  const kept = keptPlaces(matrices, stacks, chosen);
  const left = stacks.map((stack, s) => withoutRows(stack, chosen[s]!));
  const before = useOfStacks(matrices, stacks);
  const after = useOfStacks(
    matrices.map((matrix, i) => ({ ...matrix, weights: keptWeights(matrix.weights, kept[i]!) })),
    left,
  );
  return {
    kept,
    before: totalUse(before),
    after: totalUse(after),
    matrices: before.map((own, i) => ({ before: own, after: after[i]! })),
  };
}

/** Weights with a zero wherever their sign is not kept. */
export function keptWeights(weights: Weights, kept: Uint8Array): Weights {
  const left = weights.slice();
  for (let i = 0; i < left.length; i++) {
    const needed = left[i]! > 0 ? holds.positive : holds.negative;
    if ((kept[i]! & needed) === 0) left[i] = 0;
  }
  return left;
}

function keptPlaces(
  matrices: readonly OrderedMatrix[],
  stacks: readonly RowStack[],
  chosen: Chosen,
): Uint8Array[] {
  const kept = matrices.map(({ rows, columns }) => new Uint8Array(rows * columns));
  for (const [s, { matrix, columns, sign, rows }] of stacks.entries()) {
    const flags = (sign >= 0 ? holds.positive : 0) + (sign <= 0 ? holds.negative : 0);
    const width = matrices[matrix]!.columns;
    for (const [i, row] of rows.entries())
      if (chosen[s]![i] === 0) for (const column of columns) kept[matrix]![row * width + column]! |= flags;
  }
  return kept;
}

function withoutRows(stack: RowStack, gone: Uint8Array): RowStack {
  const stays = (_: number, i: number) => gone[i] === 0;
  return { ...stack, rows: stack.rows.filter(stays), saliency: stack.saliency.filter(stays) };
}

/** What exchanged matrices take as they are, for each of them. */
export const crossbarUse = (matrices: readonly OrderedMatrix[]): CrossbarUse[] =>
  useOfStacks(matrices, rowStacks(matrices));

/** Arrays that exchanged matrices take. */
export const arraysIn = (matrices: readonly OrderedMatrix[]): number =>
  rowStacks(matrices).reduce((sum, { rows, height }) => sum + arraysOf(rows.length, height), 0);
