import type { GroupedLayer } from "./layers.js";
import { eachWeight, groupCount } from "./layers.js";

/*
 * Norms, thresholds, penalty and its gradient in plain loops and double precision, as the spec of Meng et al. writes
 * them (2.1 to 2.4). Reports use them; the graphs of training are tested against them.
 */

/** ‖W_g‖₂ of every group of a layer, [columns × bands]. */
export function normsOf(weights: ArrayLike<number>, layer: GroupedLayer): Float64Array {
  const norms = new Float64Array(groupCount(layer));
  eachWeight(layer, (at, group) => {
    norms[group]! += weights[at]! ** 2;
  });
  return norms.map(Math.sqrt);
}

/** Which groups the means of the thresholds are over. */
export type MeanOver = "all" | "surviving";

/** A clip of the norms, for {@link thresholdsOf}. */
export interface Clipping {
  /** a: thresholds in units of the mean norm. */
  readonly clip: number;
  /** a of single layers, by node name; with 0 the groups of a layer are left alone. */
  readonly clipLayers?: Readonly<Record<string, number>>;
  /**
   * "all" (the default): the mean is over every group of a layer's position, zero ones included. "surviving": over
   * those with a weight that is not 0 after quantisation.
   */
  readonly mean?: MeanOver;
}

/** The a of a layer. */
export const clipOf = ({ clip, clipLayers }: Clipping, { node }: Pick<GroupedLayer, "node">): number =>
  clipLayers?.[node] ?? clip;

/**
 * δ of each position of a layer (spec 2.2): a times the mean norm. Infinity where nothing is clipped, 0 where there is
 * nothing to take a mean of.
 * @param alive [columns × bands] for the mean over surviving groups
 */
export function thresholdsOf(
  norms: Float64Array,
  layer: GroupedLayer,
  clipping: Clipping | undefined,
  alive?: ArrayLike<number>,
): number[] {
  const { positions } = layer.grid;
  if (!clipping) return new Array<number>(positions).fill(Number.POSITIVE_INFINITY);
  const [sums, counts] = [new Float64Array(positions), new Float64Array(positions)];
  for (const [group, norm] of norms.entries()) {
    if (clipping.mean === "surviving" && !alive?.[group]) continue;
    const { position } = layer.bands[group % layer.bands.length]!;
    sums[position]! += norm;
    counts[position]!++;
  }
  return Array.from(sums, (sum, i) => (clipOf(clipping, layer) * sum) / Math.max(1, counts[i]!));
}

/** Σ_i λ_i Σ_g min(‖W_g‖₂, δ_i) of one layer (spec 2.1 and 2.2). */
export function penaltyOf(
  norms: Float64Array,
  layer: GroupedLayer,
  lambdas: readonly number[],
  thresholds: readonly number[],
): number {
  let sum = 0;
  for (const [group, norm] of norms.entries()) {
    const { position } = layer.bands[group % layer.bands.length]!;
    sum += lambdas[position]! * Math.min(norm, thresholds[position]!);
  }
  return sum;
}

/**
 * The penalty's gradient by the layer's weights (spec 2.3), for the mean over all groups.
 * @param through the clip a where a gradient passes through the thresholds; undefined where they are constants
 */
export function penaltyGradient(
  weights: ArrayLike<number>,
  layer: GroupedLayer,
  lambdas: readonly number[],
  thresholds: readonly number[],
  through?: number,
): Float64Array {
  const norms = normsOf(weights, layer);
  const positionOf = (group: number) => layer.bands[group % layer.bands.length]!.position;
  const { positions } = layer.grid;
  const [groups, clipped] = [new Float64Array(positions), new Float64Array(positions)];
  for (const [group, norm] of norms.entries()) {
    groups[positionOf(group)]!++;
    if (norm >= thresholds[positionOf(group)]!) clipped[positionOf(group)]!++;
  }
  const gradient = new Float64Array(weights.length);
  eachWeight(layer, (at, group) => {
    const i = positionOf(group);
    const own = norms[group]! < thresholds[i]! ? 1 : 0;
    const shared = through === undefined ? 0 : (through * clipped[i]!) / groups[i]!;
    gradient[at] = (lambdas[i]! * (own + shared) * weights[at]!) / Math.max(norms[group]!, 1e-12);
  });
  return gradient;
}

/**
 * The norm x that minimises ½(x − τ)² + λ · min(x, δ), x ≥ 0 (spec 2.4). With δ = Infinity the usual soft threshold.
 * @param shrink λ times the learning rate
 */
export function proximalNorm(norm: number, shrink: number, threshold: number): number {
  if (threshold >= shrink / 2) {
    if (norm <= shrink) return 0;
    return norm <= threshold + shrink / 2 ? norm - shrink : norm;
  }
  return norm <= Math.sqrt(2 * shrink * threshold) ? 0 : norm;
}
