import { type InputSlice, inputSlices } from "../../hardware/input-slices.js";
import { adcCode, conversionWeights, countConversion, valueOfCodes } from "../adc.js";
import type {
  AdcTransfer,
  ArrayKernel,
  ArrayProgram,
  ArrayRead,
  MultiplyOptions,
  SumHistogram,
} from "../types.js";

/**
 * The slow, obviously right simulation: position by position, read by read, input slice by input slice, column by
 * column, cell by cell. Every faster kernel must return these values exactly.
 */
export const referenceKernel: ArrayKernel = {
  name: "reference",
  multiply(program, inputs, positions, options = {}) {
    const out = new Float64Array(program.outputs * positions);
    const weights = program.adc ? conversionWeights(program) : null;
    for (let p = 0; p < positions; p++) {
      const x = program.adc === null ? idealProduct : convertedProduct;
      const values = x(program, (row) => inputs[row * positions + p]!, options);
      for (let o = 0; o < program.outputs; o++) {
        const analog =
          program.adc && weights
            ? valueOfCodes(program.adc, values.analog[o]!, weights[o]!)
            : values.analog[o]!;
        out[o * positions + p] = analog - program.digitalOffset * values.driven[o]!;
      }
    }
    return out;
  },
};

interface Product {
  /** [outputs] Shift-added sums (ideal) or codes (converted). */
  readonly analog: Float64Array;
  /** [outputs] Σ of the inputs over the row groups that served the output: what the digital offset multiplies. */
  readonly driven: Float64Array;
}

type InputOf = (row: number) => number;

function idealProduct(program: ArrayProgram, input: InputOf, options: MultiplyOptions): Product {
  const product = empty(program);
  for (const read of program.reads) {
    for (const slice of slicesOf(program)) {
      const weight = 2 ** slice.first;
      forEachSum(read, input, slice, (column, sum) => {
        count(program, options, sum, read.gain[column]! * weight);
        product.analog[read.output[column]!]! += read.gain[column]! * weight * sum;
      });
      if (read.dummy) {
        const removed = weight * sumOfLevels(read, input, slice) * read.dummy.idealPerLine;
        for (const output of read.served) product.analog[output]! -= removed;
      }
    }
    addDriven(read, input, product.driven);
  }
  return product;
}

function convertedProduct(program: ArrayProgram, input: InputOf, options: MultiplyOptions): Product {
  const product = empty(program);
  const adc = program.adc as AdcTransfer;
  for (const read of program.reads) {
    for (const slice of slicesOf(program)) {
      const weight = 2 ** slice.first;
      forEachSum(read, input, slice, (column, sum) => {
        count(program, options, sum, read.gain[column]! * weight);
        product.analog[read.output[column]!]! += read.gain[column]! * weight * adcCode(adc, sum);
      });
      if (read.dummy) {
        const code = adcCode(adc, sumOfLevels(read, input, slice) * read.dummy.cell);
        for (const gain of read.dummy.gain)
          for (const output of read.served) product.analog[output]! -= gain * weight * code;
      }
    }
    addDriven(read, input, product.driven);
  }
  return product;
}

const empty = (program: ArrayProgram): Product => ({
  analog: new Float64Array(program.outputs),
  driven: new Float64Array(program.outputs),
});

const slicesOf = ({ inputBits, inputSliceBits }: ArrayProgram): InputSlice[] =>
  inputSlices(inputBits, inputSliceBits);

/** What a slice of an input puts on its word line. */
const levelOf = (code: number, { first, top }: InputSlice): number => (code >> first) & top;

/** The analog sum of every column with one slice of the inputs on the word lines. */
function forEachSum(
  read: ArrayRead,
  input: InputOf,
  slice: InputSlice,
  use: (column: number, sum: number) => void,
) {
  const n = read.inputs.length;
  for (let column = 0; column < read.columns; column++) {
    let sum = 0;
    for (let i = 0; i < n; i++) {
      sum += levelOf(input(read.inputs[i]!), slice) * read.cells[column * n + i]!;
    }
    use(column, sum);
  }
}

function sumOfLevels(read: ArrayRead, input: InputOf, slice: InputSlice): number {
  let levels = 0;
  for (const row of read.inputs) levels += levelOf(input(row), slice);
  return levels;
}

function addDriven(read: ArrayRead, input: InputOf, driven: Float64Array): void {
  let total = 0;
  for (const row of read.inputs) total += input(row);
  for (const output of read.served) driven[output]! += total;
}

function count(
  { adc }: ArrayProgram,
  { histogram, saturation }: MultiplyOptions,
  sum: number,
  weight: number,
): void {
  if (saturation) countConversion(saturation, adc, sum);
  if (histogram) countSum(histogram, sum, weight);
}

function countSum(histogram: SumHistogram, sum: number, weight: number): void {
  const bin = Math.round((sum - histogram.low) / histogram.width);
  histogram.counts[bin]! += histogram.weighted ? weight * weight : 1;
}
