import type { HardwareSpec, TableCost } from "../hardware/types.js";
import type { MatrixPlacement } from "../mapping/types.js";
import { adderTreeCost } from "./adder-tree.js";
import { bufferCost } from "./buffer.js";
import type { MatrixCounts } from "./counts.js";
import { demuxCost } from "./demux.js";
import { interconnectCost } from "./interconnect.js";
import type { GroupLoad } from "./load.js";
import { reluCost } from "./relu.js";
import { subArrayCosts } from "./sub-array.js";
import { breakdownOf, total } from "./sum.js";
import type { LayerTraffic } from "./traffic.js";
import type { LayerCost, LayerCounts, Totals } from "./types.js";

/** Counts of one image: what stands on the arrays, times what is done with it. */
export const layerCounts = (
  counts: MatrixCounts,
  copies: number,
  { positions, inputBits, inputSlices }: LayerTraffic,
): LayerCounts => ({
  ...counts,
  copies,
  positions,
  inputBits,
  inputSlices,
  readsPerProduct: counts.rowGroups * inputSlices,
  reads: positions * counts.rowGroups * inputSlices,
  sequentialReads: counts.maxRowGroups * inputSlices,
  conversions: positions * counts.conversionsPerBit * inputSlices,
});

/**
 * One layer and one image. Its arrays work at the same time, each reading its row groups and input slices one after
 * another; then come the de-multiplexers, the adder tree, the activation and the buffer. Copies share the products
 * and take the same area again; the peripheral circuits and the buffer serve all of them.
 */
export function layerCost(
  matrix: MatrixPlacement,
  hardware: HardwareSpec & { readonly cost: TableCost },
  counts: LayerCounts,
  traffic: LayerTraffic,
  loads: readonly GroupLoad[],
): LayerCost {
  const { copies, positions, inputBits, inputSlices } = counts;
  const rounds = Math.ceil(positions / copies);
  const outputsPerRound = matrix.columns * Math.min(copies, positions);
  const outputs = matrix.columns;
  const table = hardware.cost;
  const arrays = copies * counts.arrays;
  const moved = {
    products: positions,
    inputs: counts.inputs,
    inputBits,
    outputs,
    outputBits: traffic.outputBits,
  };
  const breakdown = breakdownOf({
    ...subArrayCosts(hardware, matrix.encoding, {
      arrays,
      convertingArrays: copies * counts.convertingArrays,
      reads: counts.reads,
      convertedReads: positions * counts.convertedRowGroups * inputSlices,
      sequentialReads: rounds * counts.sequentialReads,
      products: positions,
      loads,
    }),
    demux: demuxCost(table, {
      demuxes: copies * counts.demuxes,
      outputs,
      results: counts.demuxes > 0 ? positions * counts.results : 0,
      sequentialResults: counts.demuxes > 0 ? rounds * counts.maxRowGroups : 0,
    }),
    adderTree: adderTreeCost(table, {
      outputsByStages: counts.outputsByStages,
      products: positions,
      rounds,
      outputsPerRound,
    }),
    relu: reluCost(table, { products: positions, outputs, rounds, outputsPerRound }),
    buffer: bufferCost(table, moved),
    ...(table.interconnect && { interconnect: interconnectCost(table.interconnect, moved, arrays) }),
  });
  return { matrix: matrix.matrix, counts, breakdown, ...total(breakdown) };
}

/** Sums over all matrices, copies included. */
export function totalsOf(layers: readonly LayerCounts[]): Totals {
  const sum = (value: (counts: LayerCounts) => number): number =>
    layers.reduce((all, counts) => all + value(counts), 0);
  const copied = (value: (counts: LayerCounts) => number): number => sum((c) => c.copies * value(c));
  return {
    arrays: copied((c) => c.arrays),
    arraysOfOneCopy: sum((c) => c.arrays),
    rowGroups: copied((c) => c.rowGroups),
    reads: sum((c) => c.reads),
    conversions: sum((c) => c.conversions),
    demuxes: copied((c) => c.demuxes),
    cells: {
      used: copied((c) => c.cells.used),
      reference: copied((c) => c.cells.reference),
      wasted: copied((c) => c.cells.wasted),
      empty: copied((c) => c.cells.empty),
    },
    mismatchBitLines: {
      layer: copied((c) => c.mismatchBitLines.layer),
      chunks: copied((c) => c.mismatchBitLines.chunks),
    },
    unusedBitLines: copied((c) => c.unusedBitLines),
  };
}
