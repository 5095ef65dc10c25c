import type { Random } from "../../random.js";
import type { ColumnBits } from "./bits.js";
import { type Clustering, mostIterations } from "./k-means.js";
import { seedMembers } from "./seeding.js";

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
