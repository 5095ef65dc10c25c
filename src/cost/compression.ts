import { InputError } from "../errors.js";
import type { Placement } from "../mapping/types.js";
import { countPlacement } from "./counts.js";

/** What the published networks are compared with: 32-bit floating point. */
const floatBits = 32;

/**
 * The rate that the paper's ResNet rows follow: (32 / bits) / (1 − share of pruned groups). Everything that is not
 * pruned (first convolution, shortcuts, last layer, batch norm, index) is left out of it.
 * Source: docs/sources.md#meng2021, Table II, as recomputed in spec 7.1.
 */
export const rateOfGroups = (weightBits: number, groupSparsity: number): number =>
  floatBits / weightBits / (1 - groupSparsity);

/**
 * The rate that the paper's VGG-8 rows follow: (32 / bits) · all weights / remaining weights, biases and batch norm
 * left out. Source: docs/sources.md#meng2021, Table II, as recomputed in spec 7.1.
 */
export const rateOfWeights = (weightBits: number, weights: number, remaining: number): number =>
  ((floatBits / weightBits) * weights) / remaining;

/** "No. of Params" of Table II: all parameters less the pruned share of the prunable ones (spec 7.1). */
export const remainingParameters = (total: number, prunable: number, groupSparsity: number): number =>
  total - prunable * groupSparsity;

export interface LayerCompression {
  readonly weights: number;
  readonly remainingWeights: number;
  readonly weightBits: number;
  /** Prunable groups and those of them that are pruned; 0 for a layer without groups. */
  readonly groups: number;
  readonly prunedGroups: number;
  /** False for groups that the paper leaves out of its group sparsity: whole neurons of a dense layer (spec 7.1). */
  readonly inGroupSparsity?: boolean;
  /** The index that is paid for: a bit per group, or an output per exchanged column. */
  readonly index_bit: number;
}

export interface CompressionInput {
  readonly layers: readonly LayerCompression[];
  /** Numbers that stay at 32 bits: batch norm's scales and shifts (or what folding makes of them) and biases. */
  readonly floatParameters: number;
  /** Parameters of the network before compression; default: all weights and the float parameters. */
  readonly totalParameters?: number;
}

export interface CompressionRates {
  /**
   * As the paper counts (spec 7.1): layers with groups only, by groups, as {@link rateOfGroups} has it. Where groups
   * outside the group sparsity are pruned too, all weights by those that remain, as {@link rateOfWeights} has it.
   */
  readonly paper: number;
  /** All parameters, before at 32 bits, after at their weight bits, float parameters counted as if quantised too. */
  readonly parameters: number;
  /** As `parameters`, but float parameters at 32 bits, and the bitmap index paid for (spec 7.2). */
  readonly honest: number;
}

/**
 * The three rates of spec 7.2 from counts. A network without groups has the paper's rate of its quantisation alone.
 * @throws InputError where nothing is left of the network
 */
export function compressionRates(input: CompressionInput): CompressionRates {
  const { layers, floatParameters } = input;
  const weights = sumOf(layers, (layer) => layer.weights);
  const before_bit = floatBits * (input.totalParameters ?? weights + floatParameters);
  const weights_bit = sumOf(layers, (layer) => layer.remainingWeights * layer.weightBits);
  const index_bit = sumOf(layers, (layer) => layer.index_bit);
  const averageBits = sumOf(layers, (layer) => layer.weights * layer.weightBits) / weights;
  const paper = paperCounts(layers);
  if (paper.after_bit === 0 || weights_bit === 0) {
    throw new InputError("remaining weights is 0, so there is no compression rate", {
      hint: "prune less: every group of the network is gone",
    });
  }
  return {
    paper: paper.before_bit / paper.after_bit,
    parameters: before_bit / (weights_bit + floatParameters * averageBits),
    honest: before_bit / (weights_bit + floatParameters * floatBits + index_bit),
  };
}

function paperCounts(layers: readonly LayerCompression[]): { before_bit: number; after_bit: number } {
  const grouped = layers.filter((layer) => layer.groups > 0);
  const byWeights = grouped.length === 0 || grouped.some((layer) => layer.inGroupSparsity === false);
  const counted = byWeights ? layers : grouped;
  const left = (layer: LayerCompression): number =>
    byWeights ? layer.remainingWeights : layer.weights * (1 - layer.prunedGroups / layer.groups);
  return {
    before_bit: floatBits * sumOf(counted, (layer) => layer.weights),
    after_bit: sumOf(counted, (layer) => left(layer) * layer.weightBits),
  };
}

/**
 * The layers' counts as they stand on the arrays.
 * @param outside matrices whose groups do not count in the group sparsity
 */
export function layerCompression(
  placed: Placement,
  outside: ReadonlySet<string> = new Set(),
): LayerCompression[] {
  return placed.matrices
    .filter((matrix) => matrix.role === "forward")
    .map((matrix) => {
      const counts = countPlacement(matrix, placed.hardware.array);
      return {
        weights: matrix.rows * matrix.columns,
        remainingWeights: counts.storedWeights,
        weightBits: matrix.encoding.bits,
        groups: counts.groups,
        prunedGroups: counts.groups - counts.survivingGroups,
        ...(outside.has(matrix.matrix) ? { inGroupSparsity: false } : {}),
        index_bit: counts.index_bit[matrix.routing === "explicit" ? "explicit" : "bitmap"],
      };
    });
}

/** Pruned groups over all groups of the layers that count in it; 0 for a network without groups. */
export function groupSparsity(layers: readonly LayerCompression[]): number {
  const counted = layers.filter((layer) => layer.inGroupSparsity !== false);
  const groups = sumOf(counted, (layer) => layer.groups);
  return groups === 0 ? 0 : sumOf(counted, (layer) => layer.prunedGroups) / groups;
}

const sumOf = <T>(items: readonly T[], value: (item: T) => number): number =>
  items.reduce((sum, item) => sum + value(item), 0);
