import type { HardwareSpec } from "../hardware/types.js";
import { bitLinesPerWeight, dummyBitLines, maxCode } from "./encoding.js";
import { arrayCount } from "./table.js";
import type { MatrixPlacement, Placement } from "./types.js";

/**
 * Proves that a placement is one that hardware could hold, or throws naming what is wrong: every non-zero weight
 * is stored exactly once, no cell holds two weights, row groups that share a word line share its input, lines
 * exist, and codes fit their bits.
 */
export function verifyPlacement(placement: Placement): Placement {
  const names = new Set<string>();
  for (const matrix of placement.matrices) {
    const key = `${matrix.matrix} (${matrix.role})`;
    if (names.has(key)) throw new Error(`placement: matrix ${key} stands twice`);
    names.add(key);
    verifyMatrix(matrix, placement.hardware);
  }
  return placement;
}

export function verifyMatrix(matrix: MatrixPlacement, hardware: Pick<HardwareSpec, "array">): void {
  const fail = (what: string): never => {
    throw new Error(`placement of "${matrix.matrix}": ${what}`);
  };
  const limit = maxCode(matrix.encoding);
  if (matrix.codes.length !== matrix.rows * matrix.columns) fail(`${matrix.codes.length} codes`);
  if (matrix.codes.some((code) => Math.abs(code) > limit)) fail(`a code exceeds ${limit}`);
  verifyTable(matrix, fail);
  // How often each weight is stored: as itself or its positive part, and as its negative part.
  const stored = new Uint8Array(matrix.codes.length);
  for (let a = 0; a < arrayCount(matrix.arrays); a++) verifyArray(matrix, hardware, a, stored, fail);
  verifyStored(matrix, stored, fail);
}

/** CSR columns start at 0, never fall and end at their data's length. */
function verifyTable({ arrays: t }: MatrixPlacement, fail: (what: string) => never): void {
  const columns: [string, Int32Array, number, number][] = [
    ["groupStart", t.groupStart, t.polarity.length + 1, t.wordStart.length - 1],
    ["wordStart", t.wordStart, t.slotStart.length, t.word.length],
    ["slotStart", t.slotStart, t.wordStart.length, t.bit.length],
  ];
  for (const [name, starts, length, end] of columns) {
    if (starts.length !== length || starts[0] !== 0 || starts[length - 1] !== end) fail(`${name} is broken`);
    for (let i = 1; i < length; i++) if (starts[i]! < starts[i - 1]!) fail(`${name} falls at ${i}`);
  }
  if (t.input.length !== t.word.length || t.output.length !== t.bit.length) fail("columns of unequal length");
  if (t.partner.length !== t.polarity.length || t.reference.length !== t.polarity.length)
    fail("array columns of unequal length");
}

function verifyArray(
  m: MatrixPlacement,
  hardware: Pick<HardwareSpec, "array">,
  a: number,
  stored: Uint8Array,
  fail: (what: string) => never,
): void {
  const { rows, columns, activeRows } = hardware.array;
  const t = m.arrays;
  const width = bitLinesPerWeight(m.encoding);
  const lineInput = new Int32Array(rows).fill(-1);
  const taken = new Uint8Array(rows * columns);
  const take = (word: number, bit: number): void => {
    if (taken[word * columns + bit]++ > 0) fail(`array ${a}: cell (${word}, ${bit}) holds two weights`);
  };
  const polarity = t.polarity[a]!;
  if ((m.encoding.sign === "splitArrays") !== (polarity !== 0)) fail(`array ${a} has polarity ${polarity}`);
  const flag = polarity === 0 ? 3 : polarity > 0 ? 1 : 2;
  const dummy = t.reference[a]!;
  if (dummy >= 0 && dummy + dummyBitLines(m.encoding) > columns)
    fail(`array ${a} has no bit line for its dummy column`);
  if (dummy >= 0 !== dummyBitLines(m.encoding) > 0) fail(`array ${a} has a dummy column at ${dummy}`);
  for (let g = t.groupStart[a]!; g < t.groupStart[a + 1]!; g++) {
    const words = [t.wordStart[g]!, t.wordStart[g + 1]!] as const;
    if (words[1] - words[0] > activeRows) fail(`array ${a} drives ${words[1] - words[0]} rows together`);
    for (let w = words[0]; w < words[1]; w++) {
      const word = t.word[w]!;
      const input = t.input[w]!;
      if (word >= rows) fail(`array ${a} has no word line ${word}`);
      if (input < 0 || input >= m.rows) fail(`array ${a} is driven by row ${input}`);
      if (lineInput[word] !== -1 && lineInput[word] !== input)
        fail(`array ${a}: word line ${word} carries inputs ${lineInput[word]} and ${input}`);
      lineInput[word] = input;
      for (let s = t.slotStart[g]!; s < t.slotStart[g + 1]!; s++) {
        const bit = t.bit[s]!;
        const output = t.output[s]!;
        if (bit + width > columns) fail(`array ${a} has no bit line ${bit + width - 1}`);
        if (output < 0 || output >= m.columns) fail(`array ${a} serves column ${output}`);
        if (dummy >= 0 && bit + width > dummy) fail(`array ${a}: a weight on the dummy column`);
        for (let k = 0; k < width; k++) take(word, bit + k);
        const at = input * m.columns + output;
        if ((stored[at]! & flag) !== 0) fail(`weight (${input}, ${output}) is stored twice`);
        stored[at]! |= flag;
      }
    }
  }
  verifyPartner(m, a, fail);
}

/**
 * An array and the one it subtracts before conversion hold the same columns on the same bit lines, read by read. Each
 * has word lines of its own, so their rows may differ; the one that is subtracted may have fewer reads.
 */
function verifyPartner(m: MatrixPlacement, a: number, fail: (what: string) => never): void {
  const t = m.arrays;
  const b = t.partner[a]!;
  if (b < 0) return;
  if (b >= arrayCount(t) || b === a || t.polarity[b] !== -1 || t.polarity[a] !== 1)
    fail(`array ${a} cannot subtract array ${b}`);
  const reads = (array: number): string[] => {
    const groups: string[] = [];
    for (let g = t.groupStart[array]!; g < t.groupStart[array + 1]!; g++) {
      const slots = t.output.subarray(t.slotStart[g], t.slotStart[g + 1]).join(",");
      groups.push(`${slots}:${t.bit.subarray(t.slotStart[g], t.slotStart[g + 1]).join(",")}`);
    }
    return groups;
  };
  const own = reads(a);
  if (own.length < t.groupStart[b + 1]! - t.groupStart[b]! || reads(b).some((read, i) => read !== own[i]))
    fail(`arrays ${a} and ${b} are subtracted but read different columns`);
}

function verifyStored(m: MatrixPlacement, stored: Uint8Array, fail: (what: string) => never): void {
  for (let i = 0; i < m.codes.length; i++) {
    const code = m.codes[i]!;
    const need = code === 0 ? 0 : code > 0 ? 1 : 2;
    if ((stored[i]! & need) !== need)
      fail(`weight (${Math.floor(i / m.columns)}, ${i % m.columns}) = ${code} is not stored`);
  }
}
