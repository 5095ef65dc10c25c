import type { LayerData } from "../types.js";

/** The mark that stands for a layer in the baseline. */
export const markerLabel = "baseline: unpruned, full columns";

export const baselineWords = (layers: readonly LayerData[]): string =>
  layers.some(({ baseline }) => baseline) ? " The marks show the unpruned baseline of each layer." : "";
