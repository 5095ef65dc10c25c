import type { Result } from "./types.js";

/** Physical columns by which the fuller positions of a layer exceed the emptiest one. */
export interface LayerMismatch {
  /** Survivors counted over the whole layer, as the publication does. */
  readonly layer: number;
  /** Counted chunk by chunk, as arrays are; null in results of before this was written. */
  readonly chunks: number | null;
}

/** The mismatch of every layer with groups, by the name of its matrix. */
export function mismatchOfLayers({ data }: Result): ReadonlyMap<string, LayerMismatch> {
  if (data.pruning)
    return new Map(data.pruning.layers.map(({ matrix, mismatchColumns }) => [matrix, mismatchColumns]));
  return new Map(
    data.layers.flatMap(({ matrix, mismatchColumns }) =>
      mismatchColumns === null ? [] : [[matrix, { layer: mismatchColumns, chunks: null }] as const],
    ),
  );
}

/** Over all layers; null where no layer has groups, or none tells. */
export function totalMismatch(result: Result, which: keyof LayerMismatch): number | null {
  const values = [...mismatchOfLayers(result).values()].flatMap((layer) => layer[which] ?? []);
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0);
}
