import { InputError } from "../../../errors.js";
import { Heap } from "./heap.js";
import { arraysOf, type RowStack, unitsOf } from "./segments.js";
import type { OrderedMatrix, SegmentPruning } from "./types.js";

/** [stacks] of [rows]: 1 for a row segment that goes. */
export type Chosen = readonly Uint8Array[];

/**
 * Which row segments go. Of every group of columns something stays, so that no output is cut off: the strongest
 * segment in literal mode, one array in remainder-aware mode. Of equal scores the first stack and row goes first.
 * @throws InputError for a share that is none
 */
export function chooseSegments(
  matrices: readonly OrderedMatrix[],
  stacks: readonly RowStack[],
  { mode, share, normalize }: SegmentPruning,
): Chosen {
  if (!(share >= 0 && share <= 1))
    throw new InputError(`the share that is pruned is ${share}`, { hint: "give a share from 0 to 1" });
  const units = unitsOf(matrices, stacks, normalize);
  return mode === "literal" ? literal(stacks, units, share) : remainderAware(stacks, units, share);
}

/** The share of so many things: at least one, unless nothing is asked for. */
export const shareOf = (share: number, all: number): number =>
  share === 0 ? 0 : Math.min(all, Math.max(1, Math.round(share * all)));

function literal(stacks: readonly RowStack[], units: Float64Array, share: number): Chosen {
  const chosen = stacks.map(({ rows }) => new Uint8Array(rows.length));
  const staying = strongest(stacks, units);
  const all = stacks.reduce((sum, { rows }) => sum + rows.length, 0);
  const scores = new Float64Array(all);
  let candidates = 0;
  eachSegment(stacks, (s, i) => {
    if (!staying[s]!.includes(i)) scores[candidates++] = stacks[s]!.saliency[i]! / units[s]!;
  });
  const wanted = Math.min(shareOf(share, all), candidates);
  if (wanted === 0) return chosen;
  // Sorting plain numbers is much faster than sorting segments: whatever is below the last of them goes, and of those
  // that equal it as many as are missing.
  const sorted = scores.subarray(0, candidates).sort();
  const last = sorted[wanted - 1]!;
  let equals = 0;
  for (let i = wanted - 1; i >= 0 && sorted[i] === last; i--) equals++;
  eachSegment(stacks, (s, i) => {
    if (staying[s]!.includes(i)) return;
    const score = stacks[s]!.saliency[i]! / units[s]!;
    if (score < last || (score === last && equals-- > 0)) chosen[s]![i] = 1;
  });
  return chosen;
}

function eachSegment(stacks: readonly RowStack[], visit: (stack: number, row: number) => void): void {
  for (const [s, { rows }] of stacks.entries()) for (let i = 0; i < rows.length; i++) visit(s, i);
}

/** [stacks] The row that each group may not lose, in the stack that has it: of equals the last. */
function strongest(stacks: readonly RowStack[], units: Float64Array): readonly number[][] {
  const best = new Map<number, { stack: number; row: number; score: number }>();
  eachSegment(stacks, (stack, row) => {
    const { group, saliency } = stacks[stack]!;
    const score = saliency[row]! / units[stack]!;
    const before = best.get(group);
    if (!before || score >= before.score) best.set(group, { stack, row, score });
  });
  const staying: number[][] = stacks.map(() => []);
  for (const { stack, row } of best.values()) staying[stack]!.push(row);
  return staying;
}

/** The rows that have to go for one array less of a stack. */
interface Bundle {
  readonly stack: number;
  /** Of the stack's rows by ascending saliency, from the first to the one behind the last. */
  readonly from: number;
  readonly to: number;
  readonly cost: number;
}

/**
 * A stack of R rows on arrays of L word lines has one array less when e = R − L (⌈R / L⌉ − 1) rows go, and one less
 * again for every further L. Bundles of a stack grow dearer one after another, so that always taking the cheapest frees
 * so many arrays at the least saliency.
 */
function remainderAware(stacks: readonly RowStack[], units: Float64Array, share: number): Chosen {
  const chosen = stacks.map(({ rows }) => new Uint8Array(rows.length));
  const arraysOfGroup = new Map<number, number>();
  let arrays = 0;
  for (const { group, rows, height } of stacks) {
    const own = arraysOf(rows.length, height);
    arraysOfGroup.set(group, (arraysOfGroup.get(group) ?? 0) + own);
    arrays += own;
  }
  const orders = stacks.map(bySaliency);
  const heap = new Heap<Bundle>((a, b) => a.cost < b.cost || (a.cost === b.cost && a.stack < b.stack));
  const offer = (stack: number, from: number) => {
    const { rows, saliency, height } = stacks[stack]!;
    const left = rows.length - from;
    if (left === 0) return;
    const to = from + left - height * (arraysOf(left, height) - 1);
    let sum = 0;
    for (let i = from; i < to; i++) sum += saliency[orders[stack]![i]!]!;
    heap.push({ stack, from, to, cost: sum / units[stack]! });
  };
  for (const stack of stacks.keys()) offer(stack, 0);
  for (let wanted = shareOf(share, arrays); wanted > 0; ) {
    const bundle = heap.pop();
    if (!bundle) break;
    const { stack, from, to } = bundle;
    const { group } = stacks[stack]!;
    const left = arraysOfGroup.get(group)!;
    if (left === 1) continue;
    for (let i = from; i < to; i++) chosen[stack]![orders[stack]![i]!] = 1;
    arraysOfGroup.set(group, left - 1);
    offer(stack, to);
    wanted--;
  }
  return chosen;
}

/** The rows of a stack, the least salient first; of equals the upper. */
const bySaliency = ({ saliency }: RowStack): Int32Array =>
  Int32Array.from(saliency.keys()).sort((a, b) => saliency[a]! - saliency[b]! || a - b);
