import type { RankedLayer } from "./select.js";

/** {@link withoutSmallest} by sorting: the slow version, to compare with. */
export function withoutSmallestSorted(layers: readonly RankedLayer[], count: number): Float32Array[] {
  const all = layers.flatMap(({ weights, unit }, layer) => {
    const scored = Array.from(weights, (w, at) => ({ layer, at, score: Math.fround(Math.abs(w) / unit) }));
    const strongest = Math.max(...weights.map(Math.abs));
    const staying = weights.findLastIndex((w) => Math.abs(w) === strongest);
    return scored.filter(({ at }) => at !== staying);
  });
  // Sorting is stable: of equal scores the first stays first.
  const going = all.sort((a, b) => a.score - b.score).slice(0, count);
  const pruned = layers.map(({ weights }) => weights.slice());
  for (const { layer, at } of going) pruned[layer]![at] = 0;
  return pruned;
}
