import { InputError } from "../errors.js";
import { inputSlices } from "../hardware/input-slices.js";
import type { AdcSpec, ArraySpec, DeviceSpec, HardwareSpec, TableCost } from "../hardware/types.js";
import {
  conversionsPerWeight,
  dummyBitLines,
  maxCode,
  offsetOf,
  sliceLevel,
  slicesPerWeight,
} from "../mapping/encoding.js";
import { arrayCount, drivenTogether, partnerGroup, subtractedArrays } from "../mapping/table.js";
import type { MatrixActivity, MatrixPlacement, WeightEncoding } from "../mapping/types.js";

/** One row group of an array with converters: what its conversions of each input slice have to carry. */
export interface GroupLoad {
  /** Conversions of one read. */
  readonly conversions: number;
  /** [input slices] Mean conductance behind one conversion, over the reference conductance of the converter's law. */
  readonly load: Float64Array;
}

/**
 * Loads under the printed table's own condition: driven rows over the table's. Slices that are composed before
 * conversion load it together; of a differential pair only one cell per weight carries more than the lowest level,
 * so a pair counts as one column; the arrays of a pair may drive different numbers of rows, of which each then carries
 * half.
 */
export function tableLoads(matrix: MatrixPlacement, cost: TableCost, slices: number): GroupLoad[] {
  const { encoding, arrays: t } = matrix;
  const columns = encoding.compose === "analog" ? slicesPerWeight(encoding) : 1;
  const linesOf = (group: number): number => t.wordStart[group + 1]! - t.wordStart[group]!;
  return convertingGroups(matrix).map(({ group, partnerGroup, paired, conversions }) => {
    const below = partnerGroup < 0 ? 0 : linesOf(partnerGroup);
    const rows = paired ? (linesOf(group) + below) / 2 : linesOf(group);
    const load = new Float64Array(slices).fill((columns * rows) / cost.adcPower.referenceRows);
    return { conversions, load };
  });
}

/**
 * Loads as measured: for each row group and input slice, Σ over word lines of (mean level of the line over the highest;
 * of one bit, the share of products that drive it) × (conductance of its cells on converted bit lines), per conversion. Both columns of a difference carry
 * their current, so both count.
 * @param law conductance of each level, and that against which loads are given
 * @throws InputError where the activity is not this matrix's
 */
export function measuredLoads(
  matrix: MatrixPlacement,
  hardware: HardwareSpec,
  activity: MatrixActivity,
  law: { readonly levels_S: Float64Array; readonly reference_S: number } = lawOf(hardware),
): GroupLoad[] {
  checkActivity(matrix, activity);
  const { arrays: t, columns, encoding, codes } = matrix;
  const limit = maxCode(encoding);
  const { levels_S: level_S, reference_S } = law;
  const slices = inputSlices(activity.inputBits, hardware.array.inputSliceBits);
  return convertingGroups(matrix).map(({ array, group, partnerGroup, conversions }) => {
    const load = new Float64Array(slices.length);
    const ofArray = weightConductances(encoding, t.polarity[array]!, level_S);
    const ofPartner = weightConductances(encoding, -1, level_S);
    const dummy_S = t.reference[array]! >= 0 ? dummyConductance(encoding, level_S) : 0;
    for (const { row, own, subtracted } of drivenTogether(t, group, partnerGroup)) {
      let line_S = dummy_S;
      for (let s = t.slotStart[group]!; s < t.slotStart[group + 1]!; s++) {
        const code = codes[row * columns + t.output[s]!]! + limit;
        line_S += (own ? ofArray[code]! : 0) + (subtracted ? ofPartner[code]! : 0);
      }
      for (const [k, { first, bits, top }] of slices.entries()) {
        let level = 0;
        for (let b = 0; b < bits; b++) level += 2 ** b * activity.ones[(first + b) * matrix.rows + row]!;
        load[k]! += ((level / top) * line_S) / (conversions * reference_S);
      }
    }
    return { conversions, load };
  });
}

/** The published levels, against the conductance that the table's converter is printed for. */
const lawOf = ({ device, cost }: HardwareSpec) => ({
  levels_S: levelConductances(device),
  reference_S: cost.style === "table" ? cost.adcPower.reference_S : 1,
});

function checkActivity(matrix: MatrixPlacement, activity: MatrixActivity): void {
  const need = activity.inputBits * matrix.rows;
  if (activity.ones.length === need) return;
  throw new InputError(
    `the activity of "${activity.matrix}" has ${activity.ones.length} entries, but ${activity.inputBits} bits × ${matrix.rows} rows are ${need}`,
    { hint: "measure the activity on this network" },
  );
}

interface ConvertingGroup {
  readonly array: number;
  readonly group: number;
  /** The row group of the array that is subtracted before conversion, or −1. */
  readonly partnerGroup: number;
  /** Whether there is such an array, even if it has no rows left for this read. */
  readonly paired: boolean;
  readonly conversions: number;
}

function convertingGroups(matrix: MatrixPlacement): ConvertingGroup[] {
  const { arrays: t, encoding } = matrix;
  const subtracted = subtractedArrays(t);
  const list: ConvertingGroup[] = [];
  for (let array = 0; array < arrayCount(t); array++) {
    if (subtracted.has(array)) continue;
    const dummy = t.reference[array]! >= 0 && dummyBitLines(encoding) > 0 ? 1 : 0;
    for (let group = t.groupStart[array]!; group < t.groupStart[array + 1]!; group++) {
      const slots = t.slotStart[group + 1]! - t.slotStart[group]!;
      if (slots === 0) continue;
      list.push({
        array,
        group,
        partnerGroup: partnerGroup(t, array, group),
        paired: t.partner[array]! >= 0,
        conversions: (slots + dummy) * conversionsPerWeight(encoding),
      });
    }
  }
  return list;
}

/** Conductance of each level, code 0 first: as published, or at equal steps between the outer two. */
export function levelConductances(device: DeviceSpec): Float64Array {
  const { levels_ohm } = device;
  if (device.cellModel === "conductance") return Float64Array.from(levels_ohm, (r_ohm) => 1 / r_ohm);
  const low_S = 1 / levels_ohm[0]!;
  const step_S = (1 / levels_ohm.at(-1)! - low_S) / Math.max(1, levels_ohm.length - 1);
  return Float64Array.from(levels_ohm, (_, code) => low_S + code * step_S);
}

/** [2 · maxCode + 1] Conductance of all cells of one weight in an array of that polarity, code −maxCode first. */
function weightConductances(encoding: WeightEncoding, polarity: number, level_S: Float64Array): Float64Array {
  const limit = maxCode(encoding);
  const slices = slicesPerWeight(encoding);
  const cells_S = (value: number): number => {
    let sum_S = 0;
    for (let k = 0; k < slices; k++) sum_S += level_S[sliceLevel(value, k, encoding.cellBits)]!;
    return sum_S;
  };
  return Float64Array.from({ length: 2 * limit + 1 }, (_, i) => {
    const code = i - limit;
    if (encoding.sign === "offset") return cells_S(code + offsetOf(encoding));
    if (encoding.sign === "splitArrays") return cells_S(Math.max(0, polarity * code));
    return cells_S(Math.max(0, code)) + cells_S(Math.max(0, -code));
  });
}

/** The dummy cells on one word line: one value v in every slice, with v · Σ base^k = offset (spec 4.1). */
function dummyConductance(encoding: WeightEncoding, level_S: Float64Array): number {
  const slices = slicesPerWeight(encoding);
  const base = 2 ** encoding.cellBits;
  const value = (offsetOf(encoding) * (base - 1)) / (base ** slices - 1);
  const low_S = level_S[0]!;
  const high_S = level_S.at(-1)!;
  return slices * (low_S + (value / (base - 1)) * (high_S - low_S));
}

/**
 * Bits of the converters that are priced: the chip's, or for an ideal one the fewest that tell apart all sums of
 * `activeRows` lines at any levels, which is the cheapest converter that loses nothing.
 */
export function converterBits(
  adc: AdcSpec,
  encoding: WeightEncoding,
  { activeRows, inputSliceBits }: Pick<ArraySpec, "activeRows" | "inputSliceBits">,
): number {
  if (adc.bits !== null) return adc.bits;
  const base = 2 ** encoding.cellBits;
  const perLine = encoding.compose === "analog" ? base ** slicesPerWeight(encoding) - 1 : base - 1;
  const sums = (encoding.sign === "offset" ? 1 : 2) * perLine * (2 ** inputSliceBits - 1) * activeRows + 1;
  return Math.ceil(Math.log2(sums));
}
