import { count, percent } from "../format.js";
import { barChart, type Plot, shareAxis } from "../plots/index.js";
import type { Result } from "../types.js";

/** How full the arrays are before and after columns were exchanged (Lin et al. 2019, Fig. 4); none where none were. */
export function utilizationPlots(result: Result): Plot[] {
  const exchanged = result.data.layers.flatMap(({ exchange }) => (exchange ? [exchange] : []));
  if (exchanged.length === 0) return [];
  const before = sharesOf(exchanged.map(({ utilization }) => utilization.dense));
  const after = sharesOf(exchanged.map(({ utilization }) => utilization.exchanged));
  const scarce = (shares: readonly number[]) => shares.slice(0, 3).reduce((sum, share) => sum + share, 0);
  const bits = (of: "index_bit" | "inputSchedule_bit") =>
    count(exchanged.reduce((sum, layer) => sum + layer[of], 0));
  return [
    barChart({
      id: "utilization",
      title: `${percent(scarce(after.shares), 1)} of the arrays are at most 15 % full, ${percent(scarce(before.shares), 1)} before columns were exchanged`,
      description: `Arrays by the share of their weights that is not zero: ${count(after.arrays)} arrays, and as marks the ${count(before.arrays)} of the same weights placed dense. The exchange keeps ${bits("index_bit")} bits of index, and ${bits("inputSchedule_bit")} bits where the schedule of inputs is stored as well.`,
      rowTitle: "weights that are not zero",
      axis: shareAxis("share of the arrays", { max: Math.max(0.05, ...before.shares, ...after.shares) }),
      bars: after.shares.map((value, bin) => ({
        label: `${5 * bin} to ${5 * (bin + 1)} %`,
        value,
        marker: before.shares[bin]!,
      })),
      markerLabel: "placed dense",
    }),
  ];
}

/** Bin by bin over all layers, as shares of all arrays. */
function sharesOf(histograms: readonly (readonly number[])[]): { arrays: number; shares: number[] } {
  const sums = histograms[0]!.map((_, bin) => histograms.reduce((sum, bins) => sum + bins[bin]!, 0));
  const arrays = sums.reduce((a, b) => a + b, 0);
  return { arrays, shares: sums.map((sum) => (arrays === 0 ? 0 : sum / arrays)) };
}
