import { InputError } from "../errors.js";
import type { ArrayProgram } from "./types.js";

export interface RoundedCells {
  readonly program: ArrayProgram;
  /** Between a cell and what it was rounded to, in level steps: the largest and the root of the mean square. */
  readonly largestError: number;
  readonly rmsError: number;
}

/**
 * A program whose cells at uneven conductances are rounded to `bits` bits: to multiples of the power of two that is
 * the largest cell's over 2^bits. The kernels' tables then take fewer digits. Cells that are integers stay.
 */
export function roundCells(program: ArrayProgram, bits: number): RoundedCells {
  if (!Number.isInteger(bits) || bits < 4 || bits > 20) {
    throw new InputError(`conductances are to be rounded to ${bits} bits`, { hint: "choose 4 to 20" });
  }
  let largest = 0;
  for (const { cells } of program.reads)
    if (cells instanceof Float64Array) for (const cell of cells) largest = Math.max(largest, Math.abs(cell));
  const grid = 2 ** (Math.ceil(Math.log2(largest || 1)) - bits);
  let [count, squares, largestError] = [0, 0, 0];
  const reads = program.reads.map((read) => {
    if (!(read.cells instanceof Float64Array)) return read;
    const cells = read.cells.map((cell) => {
      const rounded = Math.round(cell / grid) * grid;
      const error = Math.abs(rounded - cell);
      count++;
      squares += error * error;
      largestError = Math.max(largestError, error);
      return rounded;
    });
    return { ...read, cells };
  });
  return { program: { ...program, reads }, largestError, rmsError: Math.sqrt(squares / Math.max(1, count)) };
}
