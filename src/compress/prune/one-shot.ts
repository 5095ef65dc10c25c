import { InputError } from "../../errors.js";
import type { Graph } from "../../graph/types.js";
import { withInitializers } from "../../train/step.js";
import { withoutGroups } from "./commit.js";
import { type GroupedLayer, groupCount } from "./layers.js";
import { normsOf } from "./reference.js";
import { floatWeights, survivingGroups } from "./zero-groups.js";

export interface OneShotOptions {
  /** Share of the groups that are zero afterwards. */
  readonly sparsity: number;
  /**
   * What is ranked together, each part giving its share: all layers ("global", the default), each layer, or each
   * position of each layer (for magnitude pruning).
   */
  readonly scope?: "global" | "layer" | "position";
  /** "layer" divides every norm by the mean of its layer, so that layers of small weights are not emptied first. */
  readonly normalize?: "none" | "layer";
  /** Whether all groups of a layer may go. Default: the strongest group, or filter, of every layer stays. */
  readonly mayEmptyLayers?: boolean;
}

/** One thing that can go: a group, or a column with all its groups. */
interface Candidate {
  readonly layer: number;
  /** Places in [columns × bands]. */
  readonly groups: readonly number[];
  readonly part: string;
  readonly score: number;
}

/**
 * One-shot magnitude pruning: the groups of smallest norm become 0, a comparison for trained sparsity. Groups that are
 * zero after quantisation already come first; of equal norms the first layer, column and band. The sparsity is exact
 * to one group. Ranges that are means of the weights fall with what is pruned: store them before.
 * @throws InputError where the sparsity cannot be reached
 */
export function magnitudePruning(
  graph: Graph,
  layers: readonly GroupedLayer[],
  options: OneShotOptions,
): Graph {
  const { scope = "global" } = options;
  const candidates = scored(graph, layers, options).flatMap(({ scores, alive }, l) =>
    Array.from(scores, (score, group): Candidate => {
      const { position } = layers[l]!.bands[group % layers[l]!.bands.length]!;
      const part = scope === "global" ? "" : scope === "layer" ? `${l}` : `${l} ${position}`;
      return { layer: l, groups: [group], part, score: alive[group] ? score : -1 };
    }),
  );
  return prune(graph, layers, candidates, options);
}

/**
 * One-shot filter pruning: whole columns, those of smallest norm, become 0; per weight, so that layers of short columns
 * are not emptied first. The sparsity is exact to half a column. The rest is as in
 * {@link magnitudePruning}.
 * @throws InputError where the sparsity cannot be reached, or the scope is "position"
 */
export function filterPruning(graph: Graph, layers: readonly GroupedLayer[], options: OneShotOptions): Graph {
  const { scope = "global" } = options;
  if (scope === "position")
    throw new InputError(`filter pruning has the scope "position", and a filter spans all positions`, {
      hint: `choose "global" or "layer"`,
    });
  const candidates = scored(graph, layers, options).flatMap(({ scores, alive }, l) => {
    const { grid, bands } = layers[l]!;
    return Array.from({ length: grid.columns }, (_, column): Candidate => {
      const groups = bands.map((_, b) => column * bands.length + b);
      const square = groups.reduce((sum, group) => sum + scores[group]! ** 2, 0);
      const score = groups.some((group) => alive[group]) ? Math.sqrt(square / grid.rows) : -1;
      return { layer: l, groups, part: scope === "global" ? "" : `${l}`, score };
    });
  });
  return prune(graph, layers, candidates, options);
}

function scored(graph: Graph, layers: readonly GroupedLayer[], { normalize = "none" }: OneShotOptions) {
  const alive = survivingGroups(graph, layers);
  return layers.map((layer, i) => {
    const norms = normsOf(floatWeights(graph, layer).data, layer);
    const mean = norms.reduce((a, b) => a + b, 0) / norms.length;
    const unit = normalize === "layer" && mean > 0 ? mean : 1;
    return { scores: norms.map((norm) => norm / unit), alive: alive[i]! };
  });
}

function prune(
  graph: Graph,
  layers: readonly GroupedLayer[],
  candidates: readonly Candidate[],
  { sparsity, mayEmptyLayers = false }: OneShotOptions,
): Graph {
  if (!(sparsity >= 0 && sparsity <= 1))
    throw new InputError(`the sparsity is ${sparsity}`, { hint: "give a share from 0 to 1" });
  const staying = mayEmptyLayers ? new Set<Candidate>() : strongest(candidates);
  const parts = partsOf(candidates);
  const targets = shares(
    parts.map((part) => groupsIn(part)),
    parts.map((part) => groupsIn(part.filter((one) => !staying.has(one)))),
    sparsity,
  );
  const keep = layers.map((layer) => new Uint8Array(groupCount(layer)).fill(1));
  let left = 0;
  for (const [i, part] of parts.entries()) {
    left += targets[i]!;
    // Sorting is stable: of equal scores the first stays first.
    for (const { layer, groups } of part
      .filter((one) => !staying.has(one))
      .sort((a, b) => a.score - b.score)) {
      // A column goes where that comes nearer to the target than leaving it; what is left over goes to the next part.
      if (left < groups.length / 2 || left === 0) break;
      for (const group of groups) keep[layer]![group] = 0;
      left -= groups.length;
    }
  }
  return withInitializers(
    graph,
    new Map(layers.map((layer, i) => [layer.weight, withoutGroups(graph, layer, keep[i]!)])),
  );
}

const groupsIn = (candidates: readonly Candidate[]): number =>
  candidates.reduce((sum, { groups }) => sum + groups.length, 0);

function partsOf(candidates: readonly Candidate[]): Candidate[][] {
  const parts = new Map<string, Candidate[]>();
  for (const one of candidates) {
    const part = parts.get(one.part);
    if (part) part.push(one);
    else parts.set(one.part, [one]);
  }
  return [...parts.values()];
}

/** The strongest candidate of every layer, of equals the last. */
function strongest(candidates: readonly Candidate[]): Set<Candidate> {
  const best = new Map<number, Candidate>();
  for (const one of candidates) {
    const before = best.get(one.layer);
    if (!before || one.score >= before.score) best.set(one.layer, one);
  }
  return new Set(best.values());
}

/**
 * How many groups go in each part: the sparsity's share of each, rounded so that the sum is the sparsity's share of
 * all (largest remainders, of equals the first), and never more than may go.
 */
function shares(sizes: readonly number[], mayGo: readonly number[], sparsity: number): number[] {
  const all = sizes.reduce((a, b) => a + b, 0);
  const wanted = Math.round(sparsity * all);
  const room = mayGo.reduce((a, b) => a + b, 0);
  if (wanted > room)
    throw new InputError(`a sparsity of ${sparsity} is ${wanted} of ${all} groups, of which ${room} may go`, {
      hint: "lower the sparsity, or let layers be emptied (mayEmptyLayers)",
    });
  const exact = sizes.map((size) => sparsity * size);
  const counts = exact.map((count, i) => Math.min(Math.floor(count), mayGo[i]!));
  let missing = wanted - counts.reduce((a, b) => a + b, 0);
  const byRemainder = [...exact.keys()].sort(
    (a, b) => exact[b]! - Math.floor(exact[b]!) - (exact[a]! - Math.floor(exact[a]!)),
  );
  while (missing > 0)
    for (const i of byRemainder)
      if (missing > 0 && counts[i]! < mayGo[i]!) {
        counts[i]!++;
        missing--;
      }
  return counts;
}
