import type { Random } from "../../random.js";
import { type BlockLines, blockLines, type ColumnBits } from "./bits.js";
import { type Gram, gramMatrix, gramOf } from "./gram.js";
import { type Clustering, clusters } from "./k-means.js";

/** Columns of one block in groups of at most `across`; columns that are zero in the block are in none. */
export type Grouping = readonly Int32Array[];

/** Columns of a block that are not all zero. */
function usedColumns(starts: Int32Array): Int32Array {
  return Int32Array.from(starts.subarray(1).keys()).filter((c) => starts[c + 1]! > starts[c]!);
}

function cut(order: Int32Array, across: number): Int32Array[] {
  const groups: Int32Array[] = [];
  for (let i = 0; i < order.length; i += across) groups.push(order.slice(i, i + across).sort());
  return groups;
}

/** As the matrix has them. */
export const identityGroups = (
  bits: ColumnBits,
  across: number,
  { byColumn }: BlockLines = blockLines(bits),
): Grouping => cut(usedColumns(byColumn.starts), across);

/** By ascending number of weights, lower column first. */
export function densityGroups(
  bits: ColumnBits,
  across: number,
  { byColumn: { starts } }: BlockLines = blockLines(bits),
): Grouping {
  const ones = (c: number): number => starts[c + 1]! - starts[c]!;
  return cut(
    usedColumns(starts).sort((a, b) => ones(a) - ones(b) || a - b),
    across,
  );
}

/**
 * Group after group: the densest column that is left, then always the one that adds the fewest rows, of equals the
 * densest, then the lowest.
 */
export function greedyGroups(
  bits: ColumnBits,
  across: number,
  { byColumn, byLine }: BlockLines = blockLines(bits),
): Grouping {
  const ones = Int32Array.from(
    { length: bits.columns },
    (_, c) => byColumn.starts[c + 1]! - byColumn.starts[c]!,
  );
  const left = Array.from(usedColumns(byColumn.starts)).sort((a, b) => ones[b]! - ones[a]! || a - b);
  const groups: Int32Array[] = [];
  while (left.length > 0) {
    const covered = new Uint8Array(bits.rows * bits.planes);
    // Rows that a column would add to the group.
    const added = ones.slice();
    const group: number[] = [];
    while (group.length < across && left.length > 0) {
      let best = 0;
      // The first column is the densest; `left` stands in the order in which equals are preferred.
      if (group.length > 0)
        for (let i = 1; i < left.length; i++) if (added[left[i]!]! < added[left[best]!]!) best = i;
      const [column] = left.splice(best, 1) as [number];
      group.push(column);
      for (let i = byColumn.starts[column]!; i < byColumn.starts[column + 1]!; i++) {
        const line = byColumn.items[i]!;
        if (covered[line] === 1) continue;
        covered[line] = 1;
        for (let j = byLine.starts[line]!; j < byLine.starts[line + 1]!; j++) added[byLine.items[j]!]!--;
      }
    }
    groups.push(Int32Array.from(group).sort());
  }
  return groups;
}

/** A clustering of some columns of a block into k; the reference for the fast one has the same form. */
export type Cluster = (members: Int32Array, k: number, random: Random) => Clustering;

/** Algorithm 1 of Lin et al. 2019, repaired (spec 2.2), on intersections alone. */
export function kMeansGroups(
  bits: ColumnBits,
  across: number,
  restarts: number,
  random: Random,
  lines: BlockLines = blockLines(bits),
  gram: Gram = gramMatrix(bits, lines),
): Grouping {
  const members = usedColumns(lines.byColumn.starts);
  // All restarts are of the same members.
  let of: Int32Array | undefined;
  let own = gram;
  return clusteredGroups(members, across, restarts, random, (some, k, chance) => {
    if (some !== of) [of, own] = [some, gramOf(gram, some)];
    return clusters(own, k, chance);
  });
}

/**
 * Clusters what is left into as many clusters as it would fill arrays; every cluster that fills one gives it the
 * members nearest to its mean (ties: the lower column), and the rest is clustered again. Where no cluster fills an
 * array, the largest is filled up with the members nearest to its mean. What does not fill an array is the last group.
 */
export function clusteredGroups(
  members: Int32Array,
  across: number,
  restarts: number,
  random: Random,
  cluster: Cluster,
): Grouping {
  const groups: Int32Array[] = [];
  let left = members;
  while (left.length > across) {
    const k = Math.floor(left.length / across);
    const found = bestClustering(left, k, restarts, random, cluster);
    const taken = new Uint8Array(left.length);
    for (const chosen of fullGroups(left.length, k, across, found)) {
      for (const i of chosen) taken[i] = 1;
      groups.push(Int32Array.from(chosen, (i) => left[i]!).sort());
    }
    left = left.filter((_, i) => taken[i] === 0);
  }
  if (left.length > 0) groups.push(left);
  return groups;
}

function bestClustering(
  members: Int32Array,
  k: number,
  restarts: number,
  random: Random,
  cluster: Cluster,
): Clustering {
  let best = cluster(members, k, random);
  for (let i = 1; i < restarts; i++) {
    const next = cluster(members, k, random);
    if (next.cost < best.cost) best = next;
  }
  return best;
}

function fullGroups(members: number, k: number, across: number, found: Clustering): number[][] {
  const clusters: number[][] = Array.from({ length: k }, () => []);
  for (let i = 0; i < members; i++) clusters[found.cluster[i]!]!.push(i);
  const nearestFirst = (a: number, b: number): number => found.distance[a]! - found.distance[b]! || a - b;
  const full = clusters.filter((own) => own.length >= across);
  if (full.length > 0) return full.map((own) => own.sort(nearestFirst).slice(0, across));
  const largest = clusters.reduce((a, b) => (b.length > a.length ? b : a));
  const toLargest = found.distanceTo(found.cluster[largest[0]!]!);
  const others = Array.from({ length: members }, (_, i) => i)
    .filter((i) => found.cluster[i] !== found.cluster[largest[0]!])
    .sort((a, b) => toLargest[a]! - toLargest[b]! || a - b);
  return [[...largest, ...others].slice(0, across)];
}
