import type { AnalyticCost, HardwareSpec } from "../../hardware/types.js";
import { slicedInputs } from "../notes.js";

/** What a reader of computed totals has to know. */
export function analyticNotes(
  { array, cost, name }: HardwareSpec & { readonly cost: AnalyticCost },
  measured: boolean,
): string[] {
  const notes = [
    `Circuits of ${name} are computed; the chip's own controller and the distribution of its clock are not priced.`,
  ];
  if (array.inputSliceBits > 1) notes.push(slicedInputs(array));
  if (!measured) {
    notes.push(
      `No activity was measured: a word line is driven with probability ${cost.inputActivity}, and every level is equally frequent.`,
    );
  }
  if (cost.fromTable.length > 0) notes.push(`From a table, not computed: ${cost.fromTable.join(", ")}.`);
  if (cost.rules.length > 0) notes.push(`Rules of the reference estimator are on: ${cost.rules.join(", ")}.`);
  if (cost.technology.node_m < 22e-9) {
    notes.push("Below 22 nm the transistor tables are the least certain; take the numbers as indicative.");
  }
  return notes;
}
