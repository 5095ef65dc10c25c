import { InputError } from "../errors.js";
import type { AnalyticCost, HardwareSpec, TableCost } from "../hardware/types.js";
import { encodingOf } from "../mapping/encoding.js";
import type { WeightEncoding } from "../mapping/types.js";
import { designFor } from "./analytic/read-model.js";
import { readSubArray } from "./circuits/read.js";
import { addCircuits, type CircuitCost } from "./circuits/types.js";
import { parametricSubArray } from "./parametric/sub-array.js";
import { subArrayCosts } from "./sub-array.js";

/** One read of one sub-array: one input bit of one row group, all columns. */
export interface SubArrayReport {
  readonly components: Readonly<Record<string, CircuitCost>>;
  /**
   * The sum of the components in the order of their names, which is also that of the JSON document, so that adding up again
   * gives the same bits; with the rule "boundingBoxArea" the area is that of the rectangle around them.
   */
  readonly total: CircuitCost;
}

export interface SubArrayReportOptions {
  /** Share of the array's rows that carry a 1, no more of them than are driven together. Default: the hardware's. */
  readonly activity?: number;
  readonly weightBits?: number;
  readonly inputBits?: number;
}

/**
 * What a sub-array takes for one read with rows driven evenly and every level equally often in every column.
 * @throws InputError for an activity that is no share
 */
export function subArrayReport(hardware: HardwareSpec, options: SubArrayReportOptions = {}): SubArrayReport {
  const { cost } = hardware;
  const assumed = cost.style === "analytic" ? cost.inputActivity : 0.5;
  const { activity = assumed, weightBits = 4, inputBits = 4 } = options;
  if (!(activity >= 0 && activity <= 1)) {
    throw new InputError(`the activity is ${activity}`, { hint: "give a share from 0 to 1" });
  }
  const encoding = encodingOf(weightBits, hardware.encoding);
  if (cost.style === "table") {
    return summed(printedComponents({ ...hardware, cost }, encoding, activity));
  }
  if (cost.style === "parametric") {
    return summed(parametricSubArray({ ...hardware, cost }, { weightBits, activity, inputBits }));
  }
  return computed({ ...hardware, cost }, encoding, { activity, inputBits });
}

function computed(
  hardware: HardwareSpec & { readonly cost: AnalyticCost },
  encoding: WeightEncoding,
  { activity, inputBits }: { readonly activity: number; readonly inputBits: number },
): SubArrayReport {
  const { cost } = hardware;
  const design = designFor(hardware, cost, encoding, inputBits);
  const { blocks, total: box } = readSubArray(design, { activity });
  const components: Record<string, CircuitCost> = {};
  for (const [name, { area_m2, latency_s, energy_J, leakage_W }] of Object.entries(blocks)) {
    components[name] = { area_m2, latency_s, energy_J, leakage_W };
  }
  if (cost.table && cost.fromTable.length > 0) {
    const printed = printedComponents({ ...hardware, cost: cost.table }, encoding, activity);
    // Of a table's lines, those of a sub-array; trees, buffers and the rest stand beside it.
    for (const name of cost.fromTable) if (printed[name]) components[name] = printed[name];
    return summed(components);
  }
  const { total, ...report } = summed(components);
  return { ...report, total: design.has("boundingBoxArea") ? { ...total, area_m2: box.area_m2 } : total };
}

function summed(given: Readonly<Record<string, CircuitCost>>): SubArrayReport {
  const components = Object.fromEntries(Object.entries(given).sort(([a], [b]) => (a < b ? -1 : 1)));
  return { components, total: addCircuits(Object.values(components)) };
}

/** A table prints no leakage. */
function printedComponents(
  hardware: HardwareSpec & { readonly cost: TableCost },
  encoding: WeightEncoding,
  activity: number,
): Record<string, CircuitCost> {
  const { array, cost } = hardware;
  const drivenRows = Math.min(array.activeRows, activity * array.rows);
  const printed = subArrayCosts(hardware, encoding, {
    arrays: 1,
    convertingArrays: 1,
    reads: 1,
    convertedReads: 1,
    sequentialReads: 1,
    products: 1,
    loads: [{ conversions: array.columns, load: Float64Array.of(drivenRows / cost.adcPower.referenceRows) }],
  });
  return Object.fromEntries(Object.entries(printed).map(([name, part]) => [name, { ...part, leakage_W: 0 }]));
}
