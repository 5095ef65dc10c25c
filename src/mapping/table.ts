import type { ArrayTable } from "./types.js";

/** Fills an {@link ArrayTable} array by array; typed arrays grow by doubling, so that large networks stay compact. */
export class ArrayTableBuilder {
  private readonly polarity = new Growing(Int8Array);
  private readonly partner = new Growing(Int32Array);
  private readonly reference = new Growing(Int32Array);
  private readonly groupStart = new Growing(Int32Array);
  private readonly wordStart = new Growing(Int32Array);
  private readonly word = new Growing(Uint16Array);
  private readonly input = new Growing(Int32Array);
  private readonly slotStart = new Growing(Int32Array);
  private readonly bit = new Growing(Uint16Array);
  private readonly output = new Growing(Int32Array);

  /** Opens an array and returns its number. */
  array(options: { polarity?: -1 | 0 | 1; partner?: number; reference?: number } = {}): number {
    this.groupStart.push(this.wordStart.length);
    this.polarity.push(options.polarity ?? 0);
    this.partner.push(options.partner ?? -1);
    this.reference.push(options.reference ?? -1);
    return this.polarity.length - 1;
  }

  /** Opens a row group in the last array; words and slots that follow belong to it. */
  group(): void {
    this.wordStart.push(this.word.length);
    this.slotStart.push(this.bit.length);
  }

  words(firstWord: number, firstInput: number, count: number): void {
    for (let i = 0; i < count; i++) {
      this.word.push(firstWord + i);
      this.input.push(firstInput + i);
    }
  }

  slot(bit: number, output: number): void {
    this.bit.push(bit);
    this.output.push(output);
  }

  build(): ArrayTable {
    this.groupStart.push(this.wordStart.length);
    this.wordStart.push(this.word.length);
    this.slotStart.push(this.bit.length);
    return {
      polarity: this.polarity.take(),
      partner: this.partner.take(),
      reference: this.reference.take(),
      groupStart: this.groupStart.take(),
      wordStart: this.wordStart.take(),
      word: this.word.take(),
      input: this.input.take(),
      slotStart: this.slotStart.take(),
      bit: this.bit.take(),
      output: this.output.take(),
    };
  }
}

type IntegerArray = Int8Array | Int32Array | Uint16Array;

class Growing<A extends IntegerArray> {
  length = 0;
  private data: A;

  constructor(private readonly make: new (length: number) => A) {
    this.data = new make(16);
  }

  push(value: number): void {
    if (this.length === this.data.length) {
      const larger = new this.make(this.length * 2);
      larger.set(this.data);
      this.data = larger;
    }
    this.data[this.length++] = value;
  }

  take(): A {
    return this.data.slice(0, this.length) as A;
  }
}

export const arrayCount = (table: ArrayTable): number => table.polarity.length;
export const groupCount = (table: ArrayTable): number => table.wordStart.length - 1;

/** The array that each row group belongs to. */
export function arrayOfGroup(table: ArrayTable): Int32Array {
  const owner = new Int32Array(groupCount(table));
  for (let a = 0; a < arrayCount(table); a++) owner.fill(a, table.groupStart[a], table.groupStart[a + 1]);
  return owner;
}

/** Arrays that another one subtracts before conversion; they have no converters of their own. */
export function subtractedArrays(table: ArrayTable): Set<number> {
  return new Set(table.partner.filter((partner) => partner >= 0));
}

/** The row group of the array that array a subtracts that is read together with its row group g, or −1. */
export function partnerGroup(table: ArrayTable, a: number, g: number): number {
  const partner = table.partner[a]!;
  if (partner < 0) return -1;
  const group = table.groupStart[partner]! + g - table.groupStart[a]!;
  return group < table.groupStart[partner + 1]! ? group : -1;
}

/** A matrix row that a read drives: in the array that converts, in the one that it subtracts, or in both. */
export interface DrivenRow {
  readonly row: number;
  readonly own: boolean;
  readonly subtracted: boolean;
}

/** The rows of row group g and of the one that is subtracted from it (−1: none), its own first. */
export function drivenTogether(table: ArrayTable, g: number, partner: number): DrivenRow[] {
  const rowsOf = (group: number): Int32Array =>
    group < 0 ? new Int32Array(0) : table.input.subarray(table.wordStart[group], table.wordStart[group + 1]);
  const own = rowsOf(g);
  const below = rowsOf(partner);
  const inBelow = new Set(below);
  const inOwn = new Set(own);
  return [
    ...Array.from(own, (row) => ({ row, own: true, subtracted: inBelow.has(row) })),
    ...Array.from(
      below.filter((row) => !inOwn.has(row)),
      (row) => ({ row, own: false, subtracted: true }),
    ),
  ];
}
