import type { LayerShape } from "./shapes.js";

/**
 * How many times as fast each layer has to be for the layers of a pipeline to keep pace: output positions shrink with
 * the square of the map's side, so a layer on a map of side H is copied ⌈(H / ⌈H_max / degree⌉)²⌉ times. The degree is
 * no more than H_max / H_min of the layers with a kernel.
 * @param degree sides by which the largest map is to look smaller; 1: no copies
 */
export function speedUpTargets(layers: readonly LayerShape[], degree: number): readonly number[] {
  const sides = layers.filter((layer) => layer.kernelPositions > 1).map((layer) => layer.side);
  if (degree <= 1 || sides.length === 0) return layers.map(() => 1);
  const largest = Math.max(...sides);
  const effective = Math.min(degree, largest / Math.min(...sides));
  const base = Math.ceil(largest / effective - 1e-9);
  return layers.map(({ side, kernelPositions }) =>
    kernelPositions > 1 ? Math.max(1, Math.ceil((side / base) ** 2 - 1e-9)) : 1,
  );
}
