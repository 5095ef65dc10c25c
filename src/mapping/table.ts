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
