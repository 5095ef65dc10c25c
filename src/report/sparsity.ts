import type { WeightZeros } from "../compress/prune/index.js";
import type { Placement } from "../mapping/types.js";
import type { SparsityData, SparsityLayer } from "./types.js";

/**
 * The zero weights of a network whose single weights were pruned, layer by layer.
 * @param zeros of the float weights as the network was given, and behind all training, in one order
 */
export function sparsityData(
  { matrices }: Placement,
  zeros: { readonly before: readonly WeightZeros[]; readonly after: readonly WeightZeros[] },
): SparsityData {
  const layers = zeros.after.map(({ node, weights, zeros: after }): SparsityLayer => {
    const own = matrices.filter(({ matrix, role }) => role === "forward" && belongsTo(matrix, node));
    return {
      layer: node,
      weights,
      zerosBefore: zeros.before.find((layer) => layer.node === node)?.zeros ?? 0,
      zeros: after,
      zeroCodes: sum(own, ({ codes }) => codes.reduce((count, code) => (code === 0 ? count + 1 : count), 0)),
    };
  });
  return {
    weights: sum(layers, ({ weights }) => weights),
    zerosBefore: sum(layers, ({ zerosBefore }) => zerosBefore),
    zeros: sum(layers, (layer) => layer.zeros),
    zeroCodes: sum(layers, ({ zeroCodes }) => zeroCodes),
    layers,
  };
}

/** A grouped convolution has a matrix for each group, with its number behind the name. */
const belongsTo = (matrix: string, node: string): boolean =>
  matrix === node || (matrix.startsWith(`${node}#`) && /^\d+$/.test(matrix.slice(node.length + 1)));

const sum = <T>(items: readonly T[], value: (item: T) => number): number =>
  items.reduce((total, item) => total + value(item), 0);
