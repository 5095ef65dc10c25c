import type { Random } from "../../random.js";
import type { Gram } from "./gram.js";
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
 * @param members columns of the Gram matrix
 * @param k clusters, at most as many as members
 */
export function kMeans(gram: Gram, members: Int32Array, k: number, random: Random): Clustering {
  const n = members.length;
  const state = new ClusterSums(gram, members, k);
  const between = (a: number, b: number): number => state.ones(a) + state.ones(b) - 2 * state.shared(a, b);
  const seeds = seedMembers(n, k, between, random);
  for (let i = 0; i < n; i++) {
    let best = 0;
    for (let c = 1; c < k; c++) if (between(i, seeds[c]!) < between(i, seeds[best]!)) best = c;
    state.add(i, best);
  }
  for (let iteration = 0; iteration < mostIterations; iteration++) {
    state.refillEmpty();
    const next = Int32Array.from({ length: n }, (_, i) => state.nearest(i));
    let moved = 0;
    for (let i = 0; i < n; i++) {
      if (next[i] === state.cluster[i]) continue;
      state.remove(i);
      state.add(i, next[i]!);
      moved++;
    }
    if (moved === 0) break;
  }
  return {
    cluster: state.cluster,
    distance: Float64Array.from({ length: n }, (_, i) => state.distance(i, state.cluster[i]!)),
    cost: state.cost(),
    distanceTo: (c) => Float64Array.from({ length: n }, (_, i) => state.distance(i, c)),
  };
}

/** Sums over the members of every cluster, kept up to date as members move. */
class ClusterSums {
  /** [members] −1 while it is in none. */
  readonly cluster: Int32Array;
  private readonly sizes: Int32Array;
  /** [clusters × members] s: intersections of a member with all members of a cluster. */
  private readonly sums: Float64Array;
  /** [clusters] t: intersections of all pairs of its members, both ways and with themselves. */
  private readonly pairs: Float64Array;

  constructor(
    private readonly gram: Gram,
    private readonly members: Int32Array,
    private readonly k: number,
  ) {
    this.cluster = new Int32Array(members.length).fill(-1);
    this.sizes = new Int32Array(k);
    this.sums = new Float64Array(k * members.length);
    this.pairs = new Float64Array(k);
  }

  shared(a: number, b: number): number {
    return this.gram.shared[this.members[a]! * this.gram.columns + this.members[b]!]!;
  }

  ones(i: number): number {
    return this.shared(i, i);
  }

  add(i: number, cluster: number): void {
    const at = cluster * this.members.length;
    this.pairs[cluster]! += 2 * this.sums[at + i]! + this.ones(i);
    this.change(i, at, 1);
    this.sizes[cluster]!++;
    this.cluster[i] = cluster;
  }

  remove(i: number): void {
    const cluster = this.cluster[i]!;
    const at = cluster * this.members.length;
    this.change(i, at, -1);
    this.pairs[cluster]! -= 2 * this.sums[at + i]! + this.ones(i);
    this.sizes[cluster]!--;
    this.cluster[i] = -1;
  }

  private change(i: number, at: number, sign: 1 | -1): void {
    const { gram, members, sums } = this;
    const row = members[i]! * gram.columns;
    for (let j = 0; j < members.length; j++) sums[at + j]! += sign * gram.shared[row + members[j]!]!;
  }

  /** Squared distance of a member from the mean of a cluster that is not empty. */
  distance(i: number, cluster: number): number {
    const m = this.sizes[cluster]!;
    const s = this.sums[cluster * this.members.length + i]!;
    return (m * m * this.ones(i) - 2 * m * s + this.pairs[cluster]!) / (m * m);
  }

  /** Its own cluster where none is nearer, or else the lowest of the nearest. */
  nearest(i: number): number {
    let best = this.cluster[i]!;
    let least = this.distance(i, best);
    for (let c = 0; c < this.k; c++) {
      if (this.sizes[c] === 0) continue;
      const distance = this.distance(i, c);
      if (distance < least) [best, least] = [c, distance];
    }
    return best;
  }

  /** Every empty cluster takes the member that is farthest from its mean, the first of equals, of a cluster of two or more. */
  refillEmpty(): void {
    for (let c = 0; c < this.k; c++) {
      if (this.sizes[c]! > 0) continue;
      let farthest = -1;
      let most = -1;
      for (let i = 0; i < this.members.length; i++) {
        const own = this.cluster[i]!;
        if (this.sizes[own]! < 2) continue;
        const distance = this.distance(i, own);
        if (distance > most) [farthest, most] = [i, distance];
      }
      this.remove(farthest);
      this.add(farthest, c);
    }
  }

  /** Σ over the clusters of (m Σ |x| − t) / m, in their order. */
  cost(): number {
    const ones = new Float64Array(this.k);
    for (let i = 0; i < this.members.length; i++) ones[this.cluster[i]!]! += this.ones(i);
    let cost = 0;
    for (let c = 0; c < this.k; c++) {
      const m = this.sizes[c]!;
      if (m > 0) cost += (m * ones[c]! - this.pairs[c]!) / m;
    }
    return cost;
  }
}
