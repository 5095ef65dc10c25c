import type { Random } from "../../random.js";
import { type ColumnBits, rowsOfGroup } from "./bits.js";
import { type Clustering, mostIterations } from "./k-means.js";
import { seedMembers } from "./seeding.js";
import type { Grouping } from "./strategies.js";
import type { Room } from "./types.js";
import { tilesOfRows } from "./use.js";

/**
 * The slow, obviously right k-means: centroids are written out line by line. The one that works on intersections must
 * return the same clusters, distances and cost, bit for bit.
 */
export function referenceKMeans(
  bits: ColumnBits,
  members: Int32Array,
  k: number,
  random: Random,
): Clustering {
  const points = [...members].map((column) => denseColumn(bits, column));
  const between = (a: number, b: number): number =>
    points[a]!.reduce((sum, bit, line) => sum + Math.abs(bit - points[b]![line]!), 0);
  const seeds = seedMembers(points.length, k, between, random);
  let cluster = points.map((_, i) => lowest(Array.from(seeds, (seed) => between(i, seed))));
  for (let iteration = 0; iteration < mostIterations; iteration++) {
    cluster = refilled(points, cluster, k);
    const totals = clusterTotals(points, cluster, k);
    const next = points.map((point, i) => {
      const distances = totals.map((total) => squaredDistance(point, total));
      const nearest = lowest(distances);
      return distances[nearest]! < distances[cluster[i]!]! ? nearest : cluster[i]!;
    });
    const moved = next.some((c, i) => c !== cluster[i]);
    cluster = next;
    if (!moved) break;
  }
  const totals = clusterTotals(points, cluster, k);
  return {
    cluster: Int32Array.from(cluster),
    distance: Float64Array.from(points, (point, i) => squaredDistance(point, totals[cluster[i]!]!)),
    cost: totals.reduce((sum, total) => sum + scatter(total), 0),
    distanceTo: (c) => Float64Array.from(points, (point) => squaredDistance(point, totals[c]!)),
  };
}

/** Column c as numbers 0 and 1. */
export function denseColumn({ rows, planes, stride, words }: ColumnBits, column: number): number[] {
  return Array.from(
    { length: rows * planes },
    (_, line) => (words[column * stride + (line >> 5)]! >>> (line & 31)) & 1,
  );
}

/** The members of a cluster and, line by line, how many of them have it: the mean times the members. */
interface Total {
  readonly members: number;
  readonly counts: readonly number[];
}

function clusterTotals(points: readonly number[][], cluster: readonly number[], k: number): Total[] {
  return Array.from({ length: k }, (_, c) => {
    const own = points.filter((_, i) => cluster[i] === c);
    return {
      members: own.length,
      counts: points[0]!.map((_, line) => own.reduce((sum, point) => sum + point[line]!, 0)),
    };
  });
}

/** Σ (x − count / m)², with the squares summed as whole numbers: Σ (m x − count)² / m². */
function squaredDistance(point: readonly number[], { members, counts }: Total): number {
  if (members === 0) return Number.POSITIVE_INFINITY;
  const sum = point.reduce((s, bit, line) => s + (members * bit - counts[line]!) ** 2, 0);
  return sum / members ** 2;
}

/** Σ of the squared distances of a cluster's members from their mean: Σ count (m − count) / m. */
const scatter = ({ members, counts }: Total): number =>
  members === 0 ? 0 : counts.reduce((sum, count) => sum + count * (members - count), 0) / members;

const lowest = (values: readonly number[]): number => values.indexOf(Math.min(...values));

function refilled(points: readonly number[][], before: readonly number[], k: number): number[] {
  const cluster = [...before];
  for (let c = 0; c < k; c++) {
    const totals = clusterTotals(points, cluster, k);
    if (totals[c]!.members > 0) continue;
    const distances = points.map((point, i) => {
      const own = totals[cluster[i]!]!;
      return own.members < 2 ? -1 : squaredDistance(point, own);
    });
    cluster[distances.indexOf(Math.max(...distances))] = c;
  }
  return cluster;
}

/** The slow local search: every exchange is made and counted anew. The fast one must return the same groups. */
export function referenceSearch(bits: ColumnBits, groups: Grouping, room: Room, passes: number): Grouping {
  const full = groups.map((group) => Array.from({ length: room.columns }, (_, i) => group[i] ?? -1));
  const columnsOf = (places: readonly number[]) => places.filter((column) => column >= 0);
  const costOf = (places: readonly number[]): number => {
    const rows = rowsOfGroup(bits, columnsOf(places));
    return tilesOfRows(rows, room) * 2 ** 24 + rows.reduce((sum, count) => sum + count, 0);
  };
  const exchange = (a: readonly [number, number], b: readonly [number, number]): void => {
    const kept = full[a[0]]![a[1]]!;
    full[a[0]]![a[1]] = full[b[0]]![b[1]]!;
    full[b[0]]![b[1]] = kept;
  };
  const places = full.flatMap((group, g) => group.map((_, i) => [g, i] as const));
  for (let pass = 0, changed = full.length > 1; pass < passes && changed; pass++) {
    changed = false;
    for (const a of places) {
      if (full[a[0]]![a[1]] === -1) continue;
      const changes = places.map((b) => {
        if (b[0] === a[0]) return 0;
        const before = costOf(full[a[0]]!) + costOf(full[b[0]]!);
        exchange(a, b);
        const after = costOf(full[a[0]]!) + costOf(full[b[0]]!);
        exchange(a, b);
        return after - before;
      });
      const least = lowest(changes);
      if (changes[least]! >= 0) continue;
      exchange(a, places[least]!);
      changed = true;
    }
  }
  return full.map((group) => Int32Array.from(columnsOf(group)).sort()).filter((group) => group.length > 0);
}
