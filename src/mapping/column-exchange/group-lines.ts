import type { BlockLines, ColumnBits, Lists } from "./bits.js";

/**
 * What every group of columns has of the lines of a block, kept up to date as columns come and go. The column behind
 * the last is that of a free place: it has no line, and any number of groups may have it.
 */
export class GroupLines {
  readonly byColumn: Lists;
  readonly planes: number;
  /** Lines of all planes. */
  readonly lines: number;
  /** [groups × lines] Columns of a group that have a line. */
  readonly having: Uint16Array;
  /** [groups × planes] Rows that a group does not leave empty. */
  readonly rows: Int32Array;
  /** [groups × (columns + 1) × planes] Lines of a column that no column of the group has. */
  readonly adds: Int32Array;
  /** [(columns + 1) × planes] Lines that only this column of its group has. */
  readonly alone: Int32Array;
  /** Lines of any column in one plane at most. */
  readonly most: number;
  private readonly byLine: Lists;
  private readonly stride: number;
  /** [groups × lines] Exclusive or of the columns of a group that have a line: where one has it, that one. */
  private readonly owner: Int32Array;

  constructor(
    private readonly bits: ColumnBits,
    groups: readonly Int32Array[],
    { byColumn, byLine }: BlockLines,
  ) {
    this.byColumn = byColumn;
    this.byLine = byLine;
    this.planes = bits.planes;
    this.lines = bits.rows * bits.planes;
    this.stride = (bits.columns + 1) * bits.planes;
    this.having = new Uint16Array(groups.length * this.lines);
    this.owner = new Int32Array(groups.length * this.lines);
    this.rows = new Int32Array(groups.length * this.planes);
    this.adds = new Int32Array(groups.length * this.stride);
    this.alone = new Int32Array(this.stride);
    const ones = this.linesOfPlanes();
    this.most = ones.reduce((most, count) => Math.max(most, count), 0);
    for (const [g, group] of groups.entries()) {
      this.adds.set(ones, g * this.stride);
      this.count(g, group);
    }
  }

  /** Where what a column adds to a group stands, its planes side by side. */
  at(group: number, column: number): number {
    return group * this.stride + column * this.planes;
  }

  /** Where the lines of a column start. */
  first(column: number): number {
    return this.byColumn.starts[column]!;
  }

  end(column: number): number {
    return this.byColumn.starts[Math.min(column + 1, this.bits.columns)]!;
  }

  planeOf(line: number): 0 | 1 {
    return line < this.bits.rows ? 0 : 1;
  }

  /** A column comes to a group. */
  insert(column: number, group: number): void {
    for (let i = this.first(column); i < this.end(column); i++) {
      const line = this.byColumn.items[i]!;
      const at = group * this.lines + line;
      const before = this.having[at]!++;
      if (before === 0) {
        this.shift(line, group, 1);
        this.alone[column * this.planes + this.planeOf(line)]!++;
      } else if (before === 1) this.alone[this.owner[at]! * this.planes + this.planeOf(line)]!--;
      this.owner[at]! ^= column;
    }
  }

  /** A column goes from its group. */
  take(column: number, group: number): void {
    for (let i = this.first(column); i < this.end(column); i++) {
      const line = this.byColumn.items[i]!;
      const at = group * this.lines + line;
      const left = --this.having[at]!;
      this.owner[at]! ^= column;
      if (left === 0) {
        this.shift(line, group, -1);
        this.alone[column * this.planes + this.planeOf(line)]!--;
      } else if (left === 1) this.alone[this.owner[at]! * this.planes + this.planeOf(line)]!++;
    }
  }

  /** A line is now in the group (1), or is no more (−1): for every column that has it, it is one less or one more to add. */
  private shift(line: number, group: number, sign: 1 | -1): void {
    const { byLine, adds } = this;
    const plane = this.planeOf(line);
    this.rows[group * this.planes + plane]! += sign;
    for (let j = byLine.starts[line]!; j < byLine.starts[line + 1]!; j++)
      adds[this.at(group, byLine.items[j]!) + plane]! -= sign;
  }

  /** [(columns + 1) × planes] Lines of every column. */
  private linesOfPlanes(): Int32Array {
    const ones = new Int32Array(this.stride);
    for (let c = 0; c < this.bits.columns; c++) {
      for (let i = this.first(c); i < this.end(c); i++)
        ones[c * this.planes + this.planeOf(this.byColumn.items[i]!)]!++;
    }
    return ones;
  }

  /** What `insert` and `take` keep up to date of a group, from nothing; that all its lines are new to it is known. */
  private count(group: number, columns: Int32Array): void {
    const { byColumn, byLine, having, owner, adds, alone, rows, planes } = this;
    const start = group * this.lines;
    for (const column of columns) {
      for (let i = this.first(column); i < this.end(column); i++) {
        having[start + byColumn.items[i]!]!++;
        owner[start + byColumn.items[i]!]! ^= column;
      }
    }
    for (let line = 0; line < this.lines; line++) {
      const count = having[start + line]!;
      if (count === 0) continue;
      const plane = this.planeOf(line);
      rows[group * planes + plane]!++;
      if (count === 1) alone[owner[start + line]! * planes + plane]!++;
      for (let j = byLine.starts[line]!; j < byLine.starts[line + 1]!; j++)
        adds[this.at(group, byLine.items[j]!) + plane]!--;
    }
  }
}
