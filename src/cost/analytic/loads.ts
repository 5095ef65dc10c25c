import { type InputSlice, inputSlices } from "../../hardware/input-slices.js";
import type { ArraySpec, HardwareSpec } from "../../hardware/types.js";
import { bitLinesPerWeight, conversionsPerWeight, dummyBitLines } from "../../mapping/encoding.js";
import { partnerGroup } from "../../mapping/table.js";
import type { MatrixActivity, MatrixPlacement, WeightEncoding } from "../../mapping/types.js";
import { rowConductance, wireInSeries } from "../circuits/cell-array.js";
import type { SubArrayDesign } from "../circuits/design.js";
import { levelConductances, measuredLoads } from "../load.js";
import type { RowGroups } from "../network/dense-counts.js";

/** Reads of an image that are alike: so many conversions each, at this conductance behind each of them. */
export interface ReadLoad {
  readonly conversions: number;
  readonly column_S: number;
}

export interface LayerLoads {
  /** Word lines that are driven with a 1, summed over all reads of an image. */
  readonly drivenRows: number;
  /** Conversions of an image and the conductance behind them. */
  readonly loads: readonly ReadLoad[];
}

/** Columns whose current one conversion takes: slices composed in analog, both lines of a pair. */
const columnsPerConversion = (encoding: WeightEncoding): number =>
  bitLinesPerWeight(encoding) / conversionsPerWeight(encoding);

/** With a stated share of driven rows and every level equally often: no measurement, no weights. */
export function assumedLoads(
  design: SubArrayDesign,
  encoding: WeightEncoding,
  use: {
    readonly groups: readonly RowGroups[];
    readonly columns: number;
    readonly arraysAcross: number;
    readonly activity: number;
    readonly inputSlices: number;
    readonly positions: number;
  },
): LayerLoads {
  const perRow_S = rowConductance(design) * columnsPerConversion(encoding) * use.activity;
  const dummies = dummyBitLines(encoding) > 0 ? use.arraysAcross : 0;
  const conversions = (use.columns + dummies) * conversionsPerWeight(encoding);
  const signs = encoding.sign === "splitArrays" ? 2 : 1;
  const products = use.positions * use.inputSlices;
  let rows = 0;
  const loads = use.groups.map((group) => {
    rows += group.rows * group.times;
    return {
      conversions: products * group.times * conversions,
      column_S: signs * group.rows * perRow_S,
    };
  });
  return { drivenRows: products * rows * use.arraysAcross * signs * use.activity, loads };
}

/** As the simulator measured: which word lines were driven in which bit, and the weights that are placed. */
export function placedLoads(
  matrix: MatrixPlacement,
  hardware: HardwareSpec,
  design: SubArrayDesign,
  activity: MatrixActivity,
): LayerLoads {
  const series_ohm = design.cell.access_ohm + wireInSeries(design);
  const levels_S = levelConductances(hardware.device).map((level_S) => 1 / (1 / level_S + series_ohm));
  const groups = measuredLoads(matrix, hardware, activity, { levels_S, reference_S: 1 });
  const loads = groups.flatMap(({ conversions, load }) =>
    [...load].map((column_S) => ({ conversions: activity.positions * conversions, column_S })),
  );
  return { drivenRows: activity.positions * drivenLines(matrix, hardware.array, activity), loads };
}

/**
 * Word lines driven per product: of every row group that holds weights, in every input slice. How often any bit of a
 * slice is set is not measured; the bits count as independent.
 */
function drivenLines(
  { arrays: t, rows }: MatrixPlacement,
  { inputSliceBits }: ArraySpec,
  { ones, inputBits }: MatrixActivity,
): number {
  const slices = inputSlices(inputBits, inputSliceBits);
  const share = ({ first, bits }: InputSlice, row: number): number => {
    if (bits === 1) return ones[first * rows + row]!;
    let idle = 1;
    for (let b = 0; b < bits; b++) idle *= 1 - ones[(first + b) * rows + row]!;
    return 1 - idle;
  };
  let driven = 0;
  for (let g = 0; g + 1 < t.wordStart.length; g++) {
    if (t.slotStart[g + 1] === t.slotStart[g]) continue;
    for (let w = t.wordStart[g]!; w < t.wordStart[g + 1]!; w++) {
      for (const slice of slices) driven += share(slice, t.input[w]!);
    }
  }
  return driven;
}

/** Without a measurement, on a placement: word lines of all row groups times the stated share. */
export function placedAssumedLoads(
  matrix: MatrixPlacement,
  design: SubArrayDesign,
  use: { readonly positions: number; readonly inputSlices: number; readonly activity: number },
): LayerLoads {
  const { arrays: t, encoding } = matrix;
  const products = use.positions * use.inputSlices;
  const perRow_S = rowConductance(design) * columnsPerConversion(encoding) * use.activity;
  const partners = new Set([...t.partner].filter((a) => a >= 0));
  const loads: ReadLoad[] = [];
  let rows = 0;
  for (let a = 0; a + 1 < t.groupStart.length; a++) {
    const dummy = t.reference[a]! >= 0 && dummyBitLines(encoding) > 0 ? 1 : 0;
    for (let g = t.groupStart[a]!; g < t.groupStart[a + 1]!; g++) {
      const slots = t.slotStart[g + 1]! - t.slotStart[g]!;
      if (slots === 0) continue;
      const lines = t.wordStart[g + 1]! - t.wordStart[g]!;
      rows += lines;
      if (partners.has(a)) continue;
      const below = partnerGroup(t, a, g);
      const sensed = lines + (below < 0 ? 0 : t.wordStart[below + 1]! - t.wordStart[below]!);
      const conversions = products * (slots + dummy) * conversionsPerWeight(encoding);
      loads.push({ conversions, column_S: sensed * perRow_S });
    }
  }
  return { drivenRows: products * rows * use.activity, loads };
}
