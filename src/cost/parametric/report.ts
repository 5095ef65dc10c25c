import type { ParametricCost, PartCost } from "../../hardware/types.js";
import { slicesPerWeight } from "../../mapping/encoding.js";
import { totalsOf } from "../layer.js";
import { converterBits } from "../load.js";
import { slicedInputs } from "../notes.js";
import { breakdownOf, sumBreakdowns, total } from "../sum.js";
import type { Alternative, ConverterWidths, CostReport } from "../types.js";
import { type ParametricHardware, parametricLayer } from "./layer.js";
import type { MatrixWork } from "./work.js";

/**
 * What one image costs at a few constants per event. Layers follow one another; `interval_s` is the time of the slowest,
 * where they work on different images.
 * @param copies of each matrix; default: one
 */
export function parametricReport(
  hardware: ParametricHardware,
  work: readonly MatrixWork[],
  copies: readonly number[] = work.map(() => 1),
): CostReport {
  const layers = work.map((matrix, i) => parametricLayer(hardware, matrix, copies[i]!));
  const shared = breakdownOf({});
  const breakdown = sumBreakdowns([...layers.map((layer) => layer.breakdown), shared]);
  const sumOf = (value: (matrix: MatrixWork) => number): number =>
    work.reduce((sum, matrix) => sum + value(matrix), 0);
  const converters = converterWidths(hardware, work);
  return {
    hardware: hardware.name,
    ...total(breakdown),
    adcLoad: "table",
    breakdown,
    layers,
    shared,
    counts: totalsOf(layers.map(({ counts }) => counts)),
    indexMemory_bit: {
      bitmap: sumOf(({ counts }) => counts.index_bit.bitmap),
      explicit: sumOf(({ counts }) => counts.index_bit.explicit),
    },
    inputSchedule_bit: sumOf(({ inputSchedule_bit }) => inputSchedule_bit),
    converters,
    interval_s: layers.reduce((most, { latency_s }) => Math.max(most, latency_s), 0),
    alternatives: alternatives(hardware, work, copies),
    notes: notesFor(hardware, converters),
  };
}

/** Widths of the converters over all matrices; where they differ, the widest. */
export function converterWidths(hardware: ParametricHardware, work: readonly MatrixWork[]): ConverterWidths {
  const { adc, array } = hardware;
  const widest = { charged_bits: 0, lossless_bits: 0, losslessAlone_bits: 0, largestSum: 0 };
  for (const { encoding } of work) {
    const base = 2 ** encoding.cellBits;
    const digits = encoding.compose === "analog" ? base ** slicesPerWeight(encoding) - 1 : base - 1;
    const largestSum = array.activeRows * (2 ** array.inputSliceBits - 1) * digits;
    widest.charged_bits = Math.max(widest.charged_bits, converterBits(adc, encoding, array));
    const lossless = converterBits({ ...adc, bits: null }, encoding, array);
    widest.lossless_bits = Math.max(widest.lossless_bits, lossless);
    widest.losslessAlone_bits = Math.max(widest.losslessAlone_bits, Math.ceil(Math.log2(largestSum + 1)));
    widest.largestSum = Math.max(widest.largestSum, largestSum);
  }
  return widest;
}

const nothing: PartCost = { energy_J: 0, area_m2: 0 };

/** The terms that section 5 of the specification has: no input register, sample and hold, shift-add, result or mirror. */
export const bareFormula = (cost: ParametricCost): ParametricCost => ({
  ...cost,
  inputBit: nothing,
  sampleHold: nothing,
  shiftAdd: nothing,
  result_m2: 0,
  mirror: nothing,
});

function alternatives(
  hardware: ParametricHardware,
  work: readonly MatrixWork[],
  copies: readonly number[],
): Alternative[] {
  const { cost } = hardware;
  const entry = (name: string, assumption: string, chosen: boolean, changed: ParametricCost): Alternative => {
    const priced = work.map((matrix, i) =>
      parametricLayer({ ...hardware, cost: changed }, matrix, copies[i]!),
    );
    const { energy_J, latency_s } = total(sumBreakdowns(priced.map(({ breakdown }) => breakdown)));
    return { name, assumption, chosen, energy_J, latency_s };
  };
  const memory = (indexMemory: ParametricCost["indexMemory"], assumption: string): Alternative =>
    entry(`indexMemory ${indexMemory}`, assumption, cost.indexMemory === indexMemory, {
      ...cost,
      indexMemory,
    });
  const indexed = work.some(({ index_bit, inputSchedule_bit }) => index_bit + inputSchedule_bit > 0);
  return [
    ...(indexed
      ? [
          memory(
            "outputsAndInputs",
            "the output of every column and the input of every word line are stored",
          ),
          memory("outputs", "the output of every column is stored; inputs are scheduled beforehand"),
          memory("none", "neither takes memory"),
        ]
      : []),
    entry("bare formula", "rows, cells, conversions, partial sums and index alone", false, bareFormula(cost)),
  ];
}

function notesFor({ name, array, adc, cost }: ParametricHardware, widths: ConverterWidths): string[] {
  const node_nm = Math.round(cost.node_m * 1e9);
  const { charged_bits, lossless_bits, losslessAlone_bits, largestSum } = widths;
  const alone =
    lossless_bits === losslessAlone_bits ? "" : ` (${losslessAlone_bits} where no array is subtracted)`;
  return [
    `All components of ${name} are taken at ${node_nm} nm, one constant per event, whatever the images drive; a row counts in every phase.`,
    `Converters of ${charged_bits} bits are charged${adc.bits === null ? ", the narrowest that lose nothing" : ""}; sums reach ${largestSum.toLocaleString("en")}, for which ${lossless_bits} bits lose nothing${alone}.`,
    "Not priced: buffers between layers, wires, activation, pooling, residual additions, de-multiplexers, control, leakage, programming.",
    ...(array.inputSliceBits > 1 ? [slicedInputs(array)] : []),
  ];
}
