import type { Random } from "../../random.js";
import { type Gram, gramOf } from "./gram.js";
import { seedMembers } from "./seeding.js";

export interface Clustering {
  /** [members] */
  readonly cluster: Int32Array;
  /** [members] Squared distance of each member from its cluster's mean. */
  readonly distance: Float64Array;
  /** Sum of all squared distances. */
  readonly cost: number;
  /** [members] Squared distance of each member from the mean of any cluster. */
  readonly distanceTo: (cluster: number) => Float64Array;
}

/** Lloyd iterations at most (spec of Lin et al., 2.2). */
export const mostIterations = 30;

/**
 * k-means with mean centroids on 0/1 columns, from the Gram matrix alone: with m members, |x| ones in column x, s = Σ
 * of the intersections of x with the members and t = Σ of those of all pairs of members, the squared distance of x from
 * their mean is (m² |x| − 2 m s + t) / m². The numerator is an integer, so that the quotient is the same however it is
 * found. Majority centroids would all be zero on matrices as sparse as these (spec of Lin et al., 2.1).
 *
 * @param members columns of the Gram matrix, ascending
 * @param k clusters, at most as many as members
 */
export const kMeans = (gram: Gram, members: Int32Array, k: number, random: Random): Clustering =>
  clusters(gramOf(gram, members), k, random);

/** {@link kMeans} of all columns of a Gram matrix. */
export function clusters(gram: Gram, k: number, random: Random): Clustering {
  const n = gram.columns;
  const state = new ClusterSums(gram, k);
  const { ones, cluster } = state;
  const between = (a: number, b: number): number => ones[a]! + ones[b]! - 2 * gram.shared[a * n + b]!;
  state.fill(nearestSeeds(gram, ones, seedMembers(n, k, between, random)));
  for (let iteration = 0; iteration < mostIterations; iteration++) {
    state.refillEmpty();
    const next = state.nearest();
    let moved = 0;
    for (let i = 0; i < n; i++) {
      if (next[i] === cluster[i]) continue;
      state.move(i, next[i]!);
      moved++;
    }
    if (moved === 0) break;
  }
  return {
    cluster,
    distance: state.distances(),
    cost: state.cost(),
    distanceTo: (c) => Float64Array.from(cluster, (_, i) => state.distance(i, c)),
  };
}

/** The nearest seed of every member, the first of equals. */
function nearestSeeds({ columns: n, shared }: Gram, ones: Int32Array, seeds: Int32Array): Int32Array {
  const nearest = new Int32Array(n);
  const least = new Int32Array(n).fill(2 ** 31 - 1);
  for (let c = 0; c < seeds.length; c++) {
    const seed = seeds[c]!;
    for (let i = 0, at = seed * n; i < n; i++, at++) {
      const distance = ones[i]! + ones[seed]! - 2 * shared[at]!;
      if (distance >= least[i]!) continue;
      least[i] = distance;
      nearest[i] = c;
    }
  }
  return nearest;
}

/** Sums over the members of every cluster, kept up to date as members move. */
class ClusterSums {
  /** [members] */
  readonly ones: Int32Array;
  /** [members] */
  readonly cluster: Int32Array;
  private readonly sizes: Int32Array;
  /** [clusters × members] s: intersections of a member with all members of a cluster; no more than there are weights. */
  private readonly sums: Int32Array;
  /** [clusters] t: intersections of all pairs of its members, both ways and with themselves. */
  private readonly pairs: Float64Array;

  constructor(
    private readonly gram: Gram,
    private readonly k: number,
  ) {
    const n = gram.columns;
    this.ones = new Int32Array(n);
    for (let i = 0; i < n; i++) this.ones[i] = gram.shared[i * n + i]!;
    this.cluster = new Int32Array(n);
    this.sizes = new Int32Array(k);
    this.sums = new Int32Array(k * n);
    this.pairs = new Float64Array(k);
  }

  /** Puts every member into its first cluster. */
  fill(cluster: Int32Array): void {
    const { sums, sizes, pairs } = this;
    const { columns: n, shared } = this.gram;
    this.cluster.set(cluster);
    const own: number[][] = Array.from(sizes, () => []);
    for (let i = 0; i < n; i++) own[cluster[i]!]!.push(i);
    for (const [c, members] of own.entries()) {
      const at = c * n;
      sizes[c] = members.length;
      let m = 0;
      // Four members at once, since the sums then go through memory a quarter as often.
      for (; m + 4 <= members.length; m += 4) {
        const [a, b, d, e] = [members[m]! * n, members[m + 1]! * n, members[m + 2]! * n, members[m + 3]! * n];
        for (let j = 0; j < n; j++)
          sums[at + j]! += shared[a + j]! + shared[b + j]! + shared[d + j]! + shared[e + j]!;
      }
      for (; m < members.length; m++) {
        const a = members[m]! * n;
        for (let j = 0; j < n; j++) sums[at + j]! += shared[a + j]!;
      }
      for (const i of members) pairs[c]! += sums[at + i]!;
    }
  }

  /** Takes a member from its cluster to another. */
  move(i: number, cluster: number): void {
    const { ones, sums, sizes, pairs } = this;
    const { columns: n, shared } = this.gram;
    const before = this.cluster[i]!;
    const from = before * n;
    const to = cluster * n;
    pairs[before]! -= 2 * sums[from + i]! - ones[i]!;
    pairs[cluster]! += 2 * sums[to + i]! + ones[i]!;
    for (let j = 0, at = i * n; j < n; j++, at++) {
      sums[from + j]! -= shared[at]!;
      sums[to + j]! += shared[at]!;
    }
    sizes[before]!--;
    sizes[cluster]!++;
    this.cluster[i] = cluster;
  }

  /** Squared distance of a member from the mean of a cluster that is not empty. */
  distance(i: number, cluster: number): number {
    const m = this.sizes[cluster]!;
    const s = this.sums[cluster * this.gram.columns + i]!;
    return (m * m * this.ones[i]! - 2 * m * s + this.pairs[cluster]!) / (m * m);
  }

  /** [members] Squared distance of each from the mean of its own cluster. */
  distances(): Float64Array {
    const distances = new Float64Array(this.gram.columns);
    for (let i = 0; i < distances.length; i++) distances[i] = this.distance(i, this.cluster[i]!);
    return distances;
  }

  /** [members] Its own cluster where none is nearer, or else the lowest of the nearest. */
  nearest(): Int32Array {
    const { ones, sums, sizes } = this;
    const n = this.gram.columns;
    const nearest = this.cluster.slice();
    const least = this.distances();
    for (let c = 0; c < this.k; c++) {
      if (sizes[c] === 0) continue;
      const square = sizes[c]! ** 2;
      const twice = 2 * sizes[c]!;
      const pairs = this.pairs[c]!;
      // Beyond this numerator the quotient cannot be less, however it is rounded: most divisions are left out.
      const limit = square * (1 + 2 ** -40);
      for (let i = 0, at = c * n; i < n; i++, at++) {
        const numerator = square * ones[i]! - twice * sums[at]! + pairs;
        if (numerator >= least[i]! * limit) continue;
        const distance = numerator / square;
        if (distance >= least[i]!) continue;
        least[i] = distance;
        nearest[i] = c;
      }
    }
    return nearest;
  }

  /** Every empty cluster takes the member that is farthest from its mean, the first of equals, of a cluster of two or more. */
  refillEmpty(): void {
    for (let c = 0; c < this.k; c++) {
      if (this.sizes[c]! > 0) continue;
      let farthest = -1;
      let most = -1;
      for (let i = 0; i < this.gram.columns; i++) {
        const own = this.cluster[i]!;
        if (this.sizes[own]! < 2) continue;
        const distance = this.distance(i, own);
        if (distance > most) [farthest, most] = [i, distance];
      }
      this.move(farthest, c);
    }
  }

  /** Σ over the clusters of (m Σ |x| − t) / m, in their order. */
  cost(): number {
    const ones = new Float64Array(this.k);
    for (let i = 0; i < this.gram.columns; i++) ones[this.cluster[i]!]! += this.ones[i]!;
    let cost = 0;
    for (let c = 0; c < this.k; c++) {
      const m = this.sizes[c]!;
      if (m > 0) cost += (m * ones[c]! - this.pairs[c]!) / m;
    }
    return cost;
  }
}
