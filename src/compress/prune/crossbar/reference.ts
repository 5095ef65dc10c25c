import { type Chosen, shareOf } from "./choose.js";
import { arraysOf, type RowStack, unitsOf } from "./segments.js";
import type { OrderedMatrix, SegmentPruning } from "./types.js";

/*
 * The choice of row segments in the plainest way: one after another, everything looked at anew each time. The fast one
 * (choose.ts) is tested against it.
 */

export function chooseSlowly(
  matrices: readonly OrderedMatrix[],
  stacks: readonly RowStack[],
  { mode, share, normalize }: SegmentPruning,
): Chosen {
  const units = unitsOf(matrices, stacks, normalize);
  const chosen = stacks.map(({ rows }) => new Uint8Array(rows.length));
  const next = mode === "literal" ? weakestSegment : cheapestBundle;
  const all = stacks.reduce(
    (sum, { rows, height }) => sum + (mode === "literal" ? rows.length : arraysOf(rows.length, height)),
    0,
  );
  for (let wanted = shareOf(share, all); wanted > 0; wanted--) {
    const found = next(stacks, units, chosen);
    if (!found) break;
    for (const row of found.rows) chosen[found.stack]![row] = 1;
  }
  return chosen;
}

interface Found {
  readonly stack: number;
  readonly rows: readonly number[];
  readonly cost: number;
}

/** Rows of a stack that are still there, the least salient first. */
const rowsLeft = ({ saliency }: RowStack, gone: Uint8Array): number[] =>
  [...saliency.keys()].filter((row) => gone[row] === 0).sort((a, b) => saliency[a]! - saliency[b]! || a - b);

const ofGroup = (
  stacks: readonly RowStack[],
  chosen: Chosen,
  group: number,
  count: (rows: number, stack: RowStack) => number,
): number =>
  stacks.reduce(
    (sum, stack, s) => (stack.group === group ? sum + count(rowsLeft(stack, chosen[s]!).length, stack) : sum),
    0,
  );

function weakestSegment(stacks: readonly RowStack[], units: Float64Array, chosen: Chosen): Found | undefined {
  let best: Found | undefined;
  for (const [s, stack] of stacks.entries()) {
    const [row] = rowsLeft(stack, chosen[s]!);
    if (row === undefined || ofGroup(stacks, chosen, stack.group, (rows) => rows) === 1) continue;
    const cost = stack.saliency[row]! / units[s]!;
    if (!best || cost < best.cost) best = { stack: s, rows: [row], cost };
  }
  return best;
}

function cheapestBundle(stacks: readonly RowStack[], units: Float64Array, chosen: Chosen): Found | undefined {
  let best: Found | undefined;
  for (const [s, stack] of stacks.entries()) {
    const left = rowsLeft(stack, chosen[s]!);
    const arrays = (rows: number, { height }: RowStack) => arraysOf(rows, height);
    if (left.length === 0 || ofGroup(stacks, chosen, stack.group, arrays) === 1) continue;
    const rows = left.slice(0, left.length - stack.height * (arrays(left.length, stack) - 1));
    const cost = rows.reduce((sum, row) => sum + stack.saliency[row]!, 0) / units[s]!;
    if (!best || cost < best.cost) best = { stack: s, rows, cost };
  }
  return best;
}
