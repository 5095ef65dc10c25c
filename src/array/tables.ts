import { adcCode, conversionWeights, valueOfCodes } from "./adc.js";
import { addIntegerColumns, fitsSixteenBits } from "./tables/integers.js";
import { GatheredLines } from "./tables/lines.js";
import { addRealColumns } from "./tables/reals.js";
import { slicesOf } from "./tables/slices.js";
import type { ArrayKernel, ArrayProgram, ArrayRead } from "./types.js";

/**
 * Eight binary inputs form a byte; per eight rows and column the 256 possible partial sums are a table. The inner
 * loop is then one look-up and one addition per eight cells, over all positions and input bits at once; the bits of
 * an input slice are put together behind it. Two integer columns share one 32-bit sum, sixteen bits each.
 */
export const tableKernel: ArrayKernel = {
  name: "tables",
  multiply(program, inputs, positions, options = {}) {
    const out = new Float64Array(program.outputs * positions);
    const driven = new Float64Array(program.outputs * positions);
    const gathered = new GatheredLines(inputs, positions, program.inputBits);
    for (const read of program.reads) {
      const lines = gathered.of(read);
      if (read.cells instanceof Int16Array && fitsSixteenBits(program, read)) {
        addIntegerColumns(program, read, read.cells, lines.bytes, positions, out, options);
      } else {
        addRealColumns(program, read, lines.bytes, positions, out, options);
      }
      if (read.dummy) subtractDummy(program, read, lines.bytes, positions, out);
      if (program.digitalOffset !== 0) addDriven(read, lines.total(), positions, driven);
    }
    return finish(program, positions, out, driven);
  },
};

const bitsOfByte = Uint8Array.from({ length: 256 }, (_, byte) => {
  let bits = 0;
  for (let rest = byte; rest > 0; rest &= rest - 1) bits++;
  return bits;
});

function subtractDummy(
  program: ArrayProgram,
  read: ArrayRead,
  lines: readonly Uint8Array[],
  positions: number,
  out: Float64Array,
): void {
  const dummy = read.dummy!;
  const adc = program.adc;
  const gains = dummy.gain.reduce((a, b) => a + b, 0);
  const removed = new Float64Array(positions);
  for (const { first, bits } of slicesOf(program)) {
    for (let p = 0; p < positions; p++) {
      let levels = 0;
      for (let b = 0; b < bits; b++) {
        const at = (first + b) * positions + p;
        for (const bytes of lines) levels += bitsOfByte[bytes[at]!]! * 2 ** b;
      }
      const value = adc ? gains * adcCode(adc, levels * dummy.cell) : levels * dummy.idealPerLine;
      removed[p]! += 2 ** first * value;
    }
  }
  for (const output of read.served)
    for (let p = 0; p < positions; p++) out[output * positions + p]! -= removed[p]!;
}

function addDriven(read: ArrayRead, total: Float64Array, positions: number, driven: Float64Array): void {
  for (const output of read.served)
    for (let p = 0, at = output * positions; p < positions; p++, at++) driven[at]! += total[p]!;
}

function finish(
  program: ArrayProgram,
  positions: number,
  out: Float64Array,
  driven: Float64Array,
): Float64Array {
  const weights = program.adc ? conversionWeights(program) : null;
  for (let o = 0; o < program.outputs; o++) {
    for (let i = o * positions; i < (o + 1) * positions; i++) {
      const analog = program.adc && weights ? valueOfCodes(program.adc, out[i]!, weights[o]!) : out[i]!;
      out[i] = analog - program.digitalOffset * driven[i]!;
    }
  }
  return out;
}
