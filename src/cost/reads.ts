import type { TableCost } from "../hardware/types.js";

/**
 * Reads that the printed energies of a sub-array stand for. Table I of Meng et al. does not say; see
 * `TableCost.tableIEnergyScope`. The printed latencies cover the reads of one input bit in either case.
 */
export function readsPerPrintedEnergy({ printedFor, tableIEnergyScope }: TableCost): number {
  return tableIEnergyScope === "mvm" ? printedFor.rowGroups * printedFor.inputBits : printedFor.rowGroups;
}

export const readsPerPrintedLatency = ({ printedFor }: TableCost): number => printedFor.rowGroups;
