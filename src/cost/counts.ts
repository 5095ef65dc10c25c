import type { ArraySpec } from "../hardware/types.js";
import { groupGrid } from "../lower/groups.js";
import { exchangeMemory } from "../mapping/column-exchange/index.js";
import { bitLinesPerWeight, conversionsPerWeight, dummyBitLines } from "../mapping/encoding.js";
import { layerSpread } from "../mapping/mismatch.js";
import { packedLines } from "../mapping/packed.js";
import { arrayCount, subtractedArrays } from "../mapping/table.js";
import type { MatrixPlacement } from "../mapping/types.js";

/** What there is of one matrix on its arrays, counted on the placement; one copy of it. */
export interface MatrixCounts {
  readonly arrays: number;
  /** Arrays with converters; an array that another one subtracts before conversion has none. */
  readonly convertingArrays: number;
  /** Row groups that hold weights: of all arrays, of those with converters, and of the array that has most. */
  readonly rowGroups: number;
  readonly convertedRowGroups: number;
  readonly maxRowGroups: number;
  /** Conversions of one input bit, all row groups read once; dummy columns included. */
  readonly conversionsPerBit: number;
  /** Weight slots in converting arrays: each gives one result per product, to its de-multiplexer or adder tree. */
  readonly results: number;
  /** Weights that are stored, each once, zeros in surviving groups included. */
  readonly storedWeights: number;
  /** Prunable groups of the matrix, and those of them that are stored; 0 for a layer without groups. */
  readonly groups: number;
  readonly survivingGroups: number;
  readonly cells: {
    /** Cells of weight slots. */
    readonly used: number;
    /** Cells of dummy columns that are read. */
    readonly reference: number;
    /** Cells on used bit lines that hold no weight though the matrix has a row for their word line (spec 4.3). */
    readonly wasted: number;
    /** The rest of the arrays. */
    readonly empty: number;
  };
  readonly usedBitLines: number;
  /** Bit lines without weights, dummy columns aside (spec 4.3, fragmentation). */
  readonly unusedBitLines: number;
  /** Places along the bit lines at which weights stand, all arrays together. */
  readonly logicalColumns: number;
  /** Bit lines by which the fullest position exceeds the emptiest: over the layer, and summed over its chunks (spec 4.3). */
  readonly mismatchBitLines: { readonly layer: number; readonly chunks: number };
  /** Results that are summed into one output: the most, and all together. */
  readonly partialSums: { readonly max: number; readonly total: number };
  /** Outputs by the number of adder-tree stages that their own results need, 0 first. */
  readonly outputsByStages: readonly number[];
  /** Matrix rows that drive some word line; a row of pruned groups is never read from the buffer. */
  readonly inputs: number;
  /** De-multiplexers: one per logical column where packing mixes outputs, none where a column serves one output. */
  readonly demuxes: number;
  readonly index_bit: { readonly bitmap: number; readonly explicit: number };
}

/** Walks a matrix's arrays once and counts. Row groups without a weight slot are not read and not counted. */
export function countPlacement(matrix: MatrixPlacement, array: ArraySpec): MatrixCounts {
  const walk = walkArrays(matrix, array);
  const { arrays, used, reference, wasted, usedBitLines } = walk;
  const packed = matrix.routing !== "fixed";
  const groups = countGroups(matrix, array);
  const sums = countPartialSums(matrix);
  return {
    arrays,
    convertingArrays: walk.convertingArrays,
    rowGroups: walk.rowGroups,
    convertedRowGroups: walk.convertedRowGroups,
    maxRowGroups: walk.maxRowGroups,
    conversionsPerBit: walk.conversionsPerBit,
    results: sums.total,
    storedWeights: countStored(matrix),
    groups: groups.all,
    survivingGroups: groups.surviving,
    cells: {
      used,
      reference,
      wasted,
      empty: arrays * array.rows * array.columns - used - reference - wasted,
    },
    usedBitLines,
    unusedBitLines: arrays * array.columns - usedBitLines - walk.dummyBitLines,
    logicalColumns: walk.logicalColumns,
    mismatchBitLines: groups.mismatchBitLines,
    partialSums: { max: sums.max, total: sums.total },
    outputsByStages: sums.outputsByStages,
    inputs: walk.inputs,
    demuxes: packed ? walk.logicalColumns : 0,
    index_bit: {
      bitmap: packed ? groups.all : 0,
      explicit: matrix.exchange
        ? exchangeMemory(matrix).index_bit
        : packed
          ? groups.surviving * Math.ceil(Math.log2(matrix.columns))
          : 0,
    },
  };
}

function walkArrays(matrix: MatrixPlacement, array: ArraySpec) {
  const { arrays: t, encoding } = matrix;
  const width = bitLinesPerWeight(encoding);
  const subtracted = subtractedArrays(t);
  const driven = new Uint8Array(matrix.rows);
  const sum = {
    arrays: arrayCount(t),
    convertingArrays: arrayCount(t) - subtracted.size,
    rowGroups: 0,
    convertedRowGroups: 0,
    maxRowGroups: 0,
    conversionsPerBit: 0,
    used: 0,
    reference: 0,
    wasted: 0,
    usedBitLines: 0,
    dummyBitLines: 0,
    logicalColumns: 0,
    inputs: 0,
  };
  for (let a = 0; a < sum.arrays; a++) {
    const starts = new Uint8Array(array.columns);
    const lines = new Uint8Array(array.columns);
    const words = new Uint8Array(array.rows);
    const dummy = t.reference[a]! >= 0 ? dummyBitLines(encoding) : 0;
    let groups = 0;
    let cells = 0;
    for (let g = t.groupStart[a]!; g < t.groupStart[a + 1]!; g++) {
      const slots = t.slotStart[g + 1]! - t.slotStart[g]!;
      if (slots === 0) continue;
      groups++;
      cells += (t.wordStart[g + 1]! - t.wordStart[g]!) * slots * width;
      for (let s = t.slotStart[g]!; s < t.slotStart[g + 1]!; s++) {
        starts[t.bit[s]!] = 1;
        lines.fill(1, t.bit[s]!, t.bit[s]! + width);
      }
      for (let w = t.wordStart[g]!; w < t.wordStart[g + 1]!; w++) {
        words[t.word[w]!] = 1;
        driven[t.input[w]!] = 1;
      }
      if (subtracted.has(a)) continue;
      sum.convertedRowGroups++;
      sum.conversionsPerBit += (slots + (dummy > 0 ? 1 : 0)) * conversionsPerWeight(encoding);
    }
    const usedLines = countOnes(lines);
    const drivenWords = countOnes(words);
    sum.rowGroups += groups;
    sum.maxRowGroups = Math.max(sum.maxRowGroups, groups);
    sum.used += cells;
    sum.reference += drivenWords * dummy;
    const withRow = packedLines(matrix, array.rows, a) ?? drivenWords;
    sum.wasted += usedLines * withRow - cells;
    sum.usedBitLines += usedLines;
    sum.dummyBitLines += dummy;
    sum.logicalColumns += countOnes(starts);
  }
  sum.inputs = countOnes(driven);
  return sum;
}

const countOnes = (marks: Uint8Array): number => marks.reduce((sum, mark) => sum + mark, 0);

/** Prunable groups, those that are stored, and how unevenly they stand over the positions. */
function countGroups(matrix: MatrixPlacement, array: ArraySpec) {
  const { arrays: t, groupRows, columns } = matrix;
  if (groupRows === null) return { all: 0, surviving: 0, mismatchBitLines: { layer: 0, chunks: 0 } };
  const grid = groupGrid(matrix.rows, columns, groupRows, array.rows);
  const bandCount = Math.ceil(matrix.rows / groupRows);
  const stored = new Uint8Array(bandCount * columns);
  for (let g = 0; g + 1 < t.wordStart.length; g++) {
    for (let w = t.wordStart[g]!; w < t.wordStart[g + 1]!; w++) {
      const band = Math.floor(t.input[w]! / groupRows);
      // Rows of a row group mostly lie in one band; its outputs are marked once per band.
      if (w > t.wordStart[g]! && band === Math.floor(t.input[w - 1]! / groupRows)) continue;
      for (let s = t.slotStart[g]!; s < t.slotStart[g + 1]!; s++) stored[band * columns + t.output[s]!] = 1;
    }
  }
  const perBand = Array.from({ length: bandCount }, (_, b) =>
    countOnes(stored.subarray(b * columns, (b + 1) * columns)),
  );
  const byChunk: number[][] = [];
  for (let b = 0; b < bandCount; b += grid.positions) byChunk.push(perBand.slice(b, b + grid.positions));
  const chunks = byChunk.reduce((sum, counts) => sum + spread(counts), 0);
  const width = bitLinesPerWeight(matrix.encoding);
  return {
    all: bandCount * columns,
    surviving: countOnes(stored),
    mismatchBitLines: { layer: width * layerSpread(byChunk), chunks: width * chunks },
  };
}

const spread = (values: readonly number[]): number => Math.max(...values) - Math.min(...values);

/** Weights on arrays; where positive and negative parts stand on arrays of their own, a weight counts once. */
function countStored(matrix: MatrixPlacement): number {
  const { arrays: t, columns } = matrix;
  const split = t.polarity.some((polarity) => polarity !== 0);
  const marks = split ? new Uint8Array(matrix.rows * columns) : null;
  let count = 0;
  for (let g = 0; g + 1 < t.wordStart.length; g++) {
    if (!marks) {
      count += (t.wordStart[g + 1]! - t.wordStart[g]!) * (t.slotStart[g + 1]! - t.slotStart[g]!);
      continue;
    }
    for (let w = t.wordStart[g]!; w < t.wordStart[g + 1]!; w++) {
      for (let s = t.slotStart[g]!; s < t.slotStart[g + 1]!; s++)
        marks[t.input[w]! * columns + t.output[s]!] = 1;
    }
  }
  return marks ? countOnes(marks) : count;
}

function countPartialSums(matrix: MatrixPlacement) {
  const { arrays: t } = matrix;
  const subtracted = subtractedArrays(t);
  const perOutput = new Int32Array(matrix.columns);
  for (let a = 0; a < arrayCount(t); a++) {
    if (subtracted.has(a)) continue;
    const [first, end] = [t.slotStart[t.groupStart[a]!]!, t.slotStart[t.groupStart[a + 1]!]!];
    for (let s = first; s < end; s++) perOutput[t.output[s]!]!++;
  }
  const outputsByStages: number[] = [];
  for (const sums of perOutput) {
    if (sums === 0) continue;
    const stages = stagesFor(sums);
    while (outputsByStages.length <= stages) outputsByStages.push(0);
    outputsByStages[stages]!++;
  }
  return {
    max: perOutput.reduce((a, b) => Math.max(a, b), 0),
    total: perOutput.reduce((a, b) => a + b, 0),
    outputsByStages,
  };
}

/** Stages of a tree of two-input adders: ceil(log2(operands)), in integers. */
export function stagesFor(operands: number): number {
  let stages = 0;
  for (let reach = 1; reach < operands; reach *= 2) stages++;
  return stages;
}
