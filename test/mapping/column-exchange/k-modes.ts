import type { ColumnBits } from "../../../src/mapping/column-exchange/bits.js";
import type { Clustering } from "../../../src/mapping/column-exchange/k-means.js";
import { denseColumn } from "../../../src/mapping/column-exchange/reference.js";
import { seedMembers } from "../../../src/mapping/column-exchange/seeding.js";
import type { Random } from "../../../src/random.js";

/**
 * k-means with Hamming distance and majority centroids, as Algorithm 1 prints it: on matrices sparser than half of
 * their lines every centroid becomes zero, and the clustering says nothing.
 */
export function kModes(bits: ColumnBits, members: Int32Array, k: number, random: Random): Clustering {
  const points = [...members].map((column) => denseColumn(bits, column));
  const distance = (a: readonly number[], b: readonly number[]): number =>
    a.reduce((sum, bit, line) => sum + Math.abs(bit - b[line]!), 0);
  const seeds = seedMembers(points.length, k, (a, b) => distance(points[a]!, points[b]!), random);
  let centroids = Array.from(seeds, (seed) => points[seed]!);
  let cluster = points.map(() => 0);
  for (let iteration = 0; iteration < 30; iteration++) {
    cluster = points.map((point) => {
      const all = centroids.map((centroid) => distance(point, centroid));
      return all.indexOf(Math.min(...all));
    });
    centroids = centroids.map((before, c) => {
      const own = points.filter((_, i) => cluster[i] === c);
      if (own.length === 0) return before;
      return before.map((_, line) => (2 * own.reduce((sum, p) => sum + p[line]!, 0) > own.length ? 1 : 0));
    });
  }
  const distances = Float64Array.from(points, (point, i) => distance(point, centroids[cluster[i]!]!));
  return {
    cluster: Int32Array.from(cluster),
    distance: distances,
    cost: distances.reduce((sum, d) => sum + d, 0),
    distanceTo: (c) => Float64Array.from(points, (point) => distance(point, centroids[c]!)),
  };
}
