import type { ArraySpec, HardwareSpec, TableCost } from "../hardware/types.js";
import type { MatrixPlacement } from "../mapping/types.js";
import { isExtrapolated } from "./adder-tree.js";
import { fanoutFor, isCascade } from "./demux.js";
import { converterBits } from "./load.js";
import type { LayerCost } from "./types.js";

/** What a reader of the totals has to know: entries beyond the published table, and what it does not price. */
export function notesFor(
  hardware: HardwareSpec & { readonly cost: TableCost },
  matrices: readonly MatrixPlacement[],
  layers: readonly LayerCost[],
): string[] {
  const { cost: table, adc, array } = hardware;
  const notes = [`Not in the table of ${hardware.source}, so not priced: ${missing(table, layers)}.`];
  const widths = new Set(matrices.map(({ encoding }) => converterBits(adc, encoding, array)));
  if (adc.bits === null) {
    notes.push(
      `An ideal converter is priced as the narrowest that loses nothing: ${list(widths)} bits, by the area and power laws.`,
    );
  }
  if (array.inputSliceBits > 1)
    notes.push(`${slicedInputs(array)} The table's switch matrix drives one bit.`);
  if ([...widths].some((bits) => bits !== table.printedFor.adcBits)) {
    notes.push(
      `The shift-adders are those of the printed ${table.printedFor.adcBits}-bit converters; the converters follow their laws.`,
    );
  }
  if (array.rows !== table.printedFor.rows || array.columns !== table.printedFor.columns) {
    notes.push(
      `Arrays of ${array.rows} × ${array.columns} are scaled from the printed ${table.printedFor.rows} × ${table.printedFor.columns}.`,
    );
  }
  const depths = new Set(
    layers.map(({ counts }) => counts.outputsByStages.length - 1).filter((d) => isExtrapolated(table, d)),
  );
  if (depths.size > 0) {
    notes.push(
      `Adder trees of ${list(depths)} stages are extrapolated; the table ends at ${table.adderTree.length}.`,
    );
  }
  const fanouts = new Set(
    matrices
      .filter((matrix, i) => layers[i]!.counts.demuxes > 0 && isCascade(table, fanoutFor(matrix.columns)))
      .map((matrix) => fanoutFor(matrix.columns)),
  );
  if (fanouts.size > 0) {
    notes.push(
      `De-multiplexers to ${list(fanouts)} are cascades; the table ends at ${table.demux.at(-1)!.fanout}.`,
    );
  }
  return notes;
}

/** What every estimate leaves out where word lines carry several bits at a time. */
export const slicedInputs = ({ inputSliceBits }: ArraySpec): string =>
  `Inputs are applied ${inputSliceBits} bits at a time: fewer reads are priced, and column currents by the lines' mean level, but the lines' drivers as those of one bit, without converters to ${2 ** inputSliceBits} levels or longer pulses.`;

function missing({ pooling, interconnect, demux }: TableCost, layers: readonly LayerCost[]): string {
  const steered = layers.some(({ counts }) => counts.demuxes > 0);
  const parts = [
    "index memory",
    ...(pooling ? [] : ["pooling"]),
    "residual additions",
    ...(demux.length === 0 && steered ? ["de-multiplexers"] : []),
    "control",
    ...(interconnect ? [] : ["wires"]),
  ];
  return `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;
}

const list = (values: Iterable<number>): string => [...values].sort((a, b) => a - b).join(", ");
