import { InputError } from "../../../errors.js";

/** A layer as the shares of a network's sparsity see it. */
export interface LayerCount {
  readonly node: string;
  readonly weights: number;
  /** Those that are 0 now, which stay so. */
  readonly zeros: number;
}

export interface SparsityTarget {
  /** Zero weights over all weights of the layers, in the end. */
  readonly sparsity: number;
  /** Weights of all layers ranked together (global), or every layer with the same share (layer). */
  readonly scope: "global" | "layer";
  /** Shares of single layers in the end, by node name: they stand apart, and the others make up the rest. */
  readonly layers: Readonly<Record<string, number>>;
}

/** Layers, by their places, whose weights are ranked together, and how many of those are to be 0. */
export interface RankedPart {
  readonly layers: readonly number[];
  readonly zeros: number;
}

/**
 * How many weights are to be 0 when the network's sparsity is `sparsity`, on the way to the target: round(sparsity · all)
 * together. Layers with a share of their own go towards it in proportion. Of the rest each layer gets its share under
 * the scope "layer", rounded by largest remainders (of equals the first layer), never fewer than it has already.
 */
export function partsAt(
  layers: readonly LayerCount[],
  target: SparsityTarget,
  sparsity: number,
): RankedPart[] {
  const all = sum(layers, ({ weights }) => weights);
  const way = sparsity / target.sparsity;
  const own: RankedPart[] = [];
  const others: number[] = [];
  for (const [i, layer] of layers.entries()) {
    const wanted = ownZeros(layer, target, way);
    if (wanted === undefined) others.push(i);
    else own.push({ layers: [i], zeros: Math.max(layer.zeros, wanted) });
  }
  const count = (share: number) => Math.round(share * all);
  // On the way the shares of single layers may round down: what the others then take must not be more than in the end.
  const inTheEnd = count(target.sparsity) - sum(layers, (layer) => ownZeros(layer, target) ?? 0);
  const rest = Math.min(count(sparsity) - sum(own, ({ zeros }) => zeros), inTheEnd);
  const low = others.map((i) => layers[i]!.zeros);
  const high = others.map((i) => layers[i]!.weights - 1);
  const total = Math.min(Math.max(rest, sum(low, Number)), sum(high, Number));
  if (target.scope === "global") return [...own, { layers: others, zeros: total }];
  const weights = others.map((i) => layers[i]!.weights);
  const counts = apportioned(total, weights, low, high);
  return [...own, ...others.map((i, k) => ({ layers: [i], zeros: counts[k]! }))];
}

/** Zeros of a layer that has a share of its own, part of the way to it; undefined for others. */
const ownZeros = ({ node, weights }: LayerCount, { layers }: SparsityTarget, way = 1): number | undefined =>
  Object.hasOwn(layers, node) ? Math.round(layers[node]! * way * weights) : undefined;

/** `total` in proportion to the sizes, each rounded down or up, and between its bounds. */
function apportioned(
  total: number,
  sizes: readonly number[],
  low: readonly number[],
  high: readonly number[],
): number[] {
  const all = sum(sizes, Number);
  const exact = sizes.map((size) => (total * size) / all);
  const counts = exact.map((count, i) => Math.min(Math.max(Math.floor(count), low[i]!), high[i]!));
  const missing = (i: number) => exact[i]! - counts[i]!;
  const places = [...counts.keys()];
  for (let left = total - sum(counts, Number); left > 0; left--) {
    const open = places.filter((i) => counts[i]! < high[i]!);
    counts[open.reduce((best, i) => (missing(i) > missing(best) ? i : best))]!++;
  }
  for (let over = sum(counts, Number) - total; over > 0; over--) {
    const open = places.filter((i) => counts[i]! > low[i]!);
    counts[open.reduce((best, i) => (missing(i) < missing(best) ? i : best))]!--;
  }
  return counts;
}

/** @throws InputError where the target cannot be reached to the weight, or would empty a layer */
export function checkTarget(layers: readonly LayerCount[], target: SparsityTarget): void {
  const { sparsity, scope } = target;
  if (scope !== "global" && scope !== "layer")
    throw new InputError(`the scope of irregular pruning is "${scope}"`, {
      hint: `choose "global" or "layer"`,
    });
  if (!(sparsity > 0 && sparsity < 1))
    throw new InputError(`the sparsity is ${sparsity}`, {
      hint: "give a share above 0 and below 1, such as 0.9",
    });
  for (const { node, weights, zeros } of layers) {
    if (zeros === weights)
      throw new InputError(`all ${weights} weights of layer "${node}" are 0 before anything is pruned`, {
        hint: "a layer without weights gives one answer to every image: look where it was lost",
      });
    const wanted = ownZeros({ node, weights, zeros }, target);
    if (wanted === undefined) continue;
    const share = target.layers[node]!;
    if (!(share >= 0 && share <= 1))
      throw new InputError(`the share of layer "${node}" is ${share}`, {
        hint: "give a share from 0 to below 1",
      });
    if (wanted >= weights) throw emptied(`a share of ${share} of layer "${node}"`, wanted, weights);
    if (wanted < zeros)
      throw new InputError(
        `${zeros} of ${weights} weights of layer "${node}" are 0 already, and its share is ${share}`,
        {
          hint: "what is pruned does not come back: give it a larger share, or none of its own",
        },
      );
  }
  checkRest(layers, target);
}

function checkRest(layers: readonly LayerCount[], target: SparsityTarget): void {
  const { sparsity } = target;
  const all = sum(layers, ({ weights }) => weights);
  const wanted = Math.round(sparsity * all);
  const zeros = sum(layers, (layer) => layer.zeros);
  if (zeros > wanted)
    throw new InputError(
      `${zeros} of ${all} weights are 0 already, and the sparsity is ${sparsity} (${wanted})`,
      {
        hint: "what is pruned does not come back: give a higher sparsity, or leave the stage out",
      },
    );
  const others = layers.filter((layer) => ownZeros(layer, target) === undefined);
  const weights = sum(others, (layer) => layer.weights);
  const room = weights - others.length;
  const left = wanted - sum(layers, (layer) => ownZeros(layer, target) ?? 0);
  if (others.length === layers.length && left > room)
    throw emptied(`a sparsity of ${sparsity}`, wanted, all, `, of which ${room} may go`);
  if (others.length === 0 || left > room || left < sum(others, (layer) => layer.zeros))
    throw new InputError(
      `a sparsity of ${sparsity} leaves ${left} zeros to the ${weights} weights of layers without a share of their own`,
      { hint: "change the sparsity or the shares of single layers; every layer keeps at least one weight" },
    );
  if (target.scope === "layer")
    for (const layer of others) {
      // A share of a small layer may round to the whole of it.
      const zeros = Math.round((left / weights) * layer.weights);
      if (zeros >= layer.weights)
        throw emptied(`a sparsity of ${sparsity} in layer "${layer.node}"`, zeros, layer.weights);
    }
}

const emptied = (what: string, zeros: number, weights: number, more = ""): InputError =>
  new InputError(`${what} is ${zeros} of ${weights} weights${more}`, {
    hint: "lower it, or give small layers a share of their own: every layer keeps at least one weight",
  });

const sum = <T>(items: readonly T[], value: (item: T) => number): number =>
  items.reduce((total, item) => total + value(item), 0);
