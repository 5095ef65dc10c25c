import { type ColumnBits, columnsOfLines, type Lists, linesOfColumns } from "./bits.js";
import type { Grouping } from "./strategies.js";
import type { Room } from "./types.js";

/**
 * Exchanges two columns of different groups wherever that frees crossbars, or rows with as many crossbars, and never
 * otherwise (spec of Lin et al., 2.2, step 7). A place that is still free in the last group counts as a column of
 * zeros, so that a column may also move there.
 * @param passes over all columns at most; fewer where one changes nothing
 */
export function searchedGroups(bits: ColumnBits, groups: Grouping, room: Room, passes: number): Grouping {
  if (groups.length < 2 || passes === 0) return groups;
  const search = new Search(bits, groups, room);
  for (let pass = 0; pass < passes; pass++) if (!search.pass()) break;
  return search.groups();
}

class Search {
  private readonly planes: number;
  private readonly lines: number;
  private readonly byColumn: Lists;
  private readonly byLine: Lists;
  /** [groups × across] Columns at their places; a free place holds the column behind the last, which has no line. */
  private readonly places: Int32Array;
  private readonly across: number;
  private readonly count: number;
  /** [groups × lines] Columns of a group that have a line. */
  private readonly having: Uint16Array;
  /** [groups × planes] Rows that a group does not leave empty. */
  private readonly rows: Int32Array;
  /** [groups × (columns + 1) × planes] Lines of a column that no column of the group has; the last column is none. */
  private readonly adds: Int32Array;
  private readonly stride: number;
  /** [rows + 1] What so many rows of a plane cost: crossbars, which count more than any rows, and rows. */
  private readonly cost: Float64Array;
  /** [places × planes] Lines that only this column of its group has. */
  private readonly alone: Int32Array;
  /** [lines] 1 where the column in hand has the line. */
  private readonly mark: Uint8Array;

  constructor(
    private readonly bits: ColumnBits,
    groups: Grouping,
    room: Room,
  ) {
    this.planes = bits.planes;
    this.lines = bits.rows * bits.planes;
    this.byColumn = linesOfColumns(bits);
    this.byLine = columnsOfLines(this.byColumn, this.lines);
    this.across = room.columns;
    this.count = groups.length;
    this.places = new Int32Array(this.count * this.across).fill(bits.columns);
    this.having = new Uint16Array(this.count * this.lines);
    this.rows = new Int32Array(this.count * this.planes);
    this.stride = (bits.columns + 1) * this.planes;
    this.adds = new Int32Array(this.count * this.stride);
    this.cost = Float64Array.from(
      { length: bits.rows + 1 },
      (_, rows) => Math.ceil(rows / room.rows) * rowsPerTile + rows,
    );
    this.alone = new Int32Array(this.places.length * this.planes);
    this.mark = new Uint8Array(this.lines);
    for (let c = 0; c < bits.columns; c++) {
      for (let i = this.first(c); i < this.end(c); i++) {
        const plane = this.byColumn.items[i]! < bits.rows ? 0 : 1;
        for (let g = 0; g < this.count; g++) this.adds[g * this.stride + c * this.planes + plane]!++;
      }
    }
    for (const [g, group] of groups.entries()) {
      for (const [i, column] of group.entries()) {
        this.places[g * this.across + i] = column;
        this.insert(column, g);
      }
    }
    for (let g = 0; g < this.count; g++) this.countAlone(g);
  }

  groups(): Int32Array[] {
    return Array.from({ length: this.count }, (_, g) =>
      this.places
        .slice(g * this.across, (g + 1) * this.across)
        .filter((column) => column < this.bits.columns)
        .sort(),
    ).filter((group) => group.length > 0);
  }

  /** Gives every place its best exchange. @returns whether there was any */
  pass(): boolean {
    let changed = false;
    for (let a = 0; a < this.places.length; a++) {
      if (this.places[a] === this.bits.columns) continue;
      const b = this.bestExchange(a);
      if (b < 0) continue;
      this.exchange(a, b);
      changed = true;
    }
    return changed;
  }

  /** The place whose exchange with place a frees most, the first of equals; −1 where none frees anything. */
  private bestExchange(a: number): number {
    const { places, planes, rows, adds, alone, cost, across } = this;
    const groupA = Math.floor(a / across);
    const second = planes - 1;
    this.setMark(places[a]!, 1);
    const leftA0 = rows[groupA * planes]! - alone[a * planes]!;
    const leftA1 = rows[groupA * planes + second]! - alone[a * planes + second]!;
    const toA = groupA * this.stride;
    let best = -1;
    let least = 0;
    for (let groupB = 0; groupB < this.count; groupB++) {
      if (groupB === groupA) continue;
      const withA = groupB * this.stride + places[a]! * planes;
      const withA0 = rows[groupB * planes]! + adds[withA]!;
      const withA1 = rows[groupB * planes + second]! + adds[withA + second]!;
      const before = this.costOf(groupA) + this.costOf(groupB);
      for (let b = groupB * across; b < (groupB + 1) * across; b++) {
        // Without the lines that both columns have an exchange looks better than it is, never worse.
        const ofB = toA + places[b]! * planes;
        let after = cost[leftA0 + adds[ofB]!]! + cost[withA0 - alone[b * planes]!]!;
        if (second === 1) after += cost[leftA1 + adds[ofB + 1]!]! + cost[withA1 - alone[b * planes + 1]!]!;
        if (after - before >= least) continue;
        const change = this.exactChange(a, groupA, b, groupB) - before;
        if (change < least) [best, least] = [b, change];
      }
    }
    this.setMark(places[a]!, 0);
    return best;
  }

  /** Cost of both groups after an exchange: lines that both columns have, and no other of the group, stay. */
  private exactChange(a: number, groupA: number, b: number, groupB: number): number {
    const { places, planes, rows, adds, alone, cost, having, lines } = this;
    const kept = [0, 0, 0, 0];
    for (let i = this.first(places[b]!); i < this.end(places[b]!); i++) {
      const line = this.byColumn.items[i]!;
      if (this.mark[line] === 0) continue;
      const plane = line < this.bits.rows ? 0 : 1;
      if (having[groupA * lines + line] === 1) kept[plane]!++;
      if (having[groupB * lines + line] === 1) kept[2 + plane]!++;
    }
    let sum = 0;
    for (let p = 0; p < planes; p++) {
      const toA = adds[groupA * this.stride + places[b]! * planes + p]!;
      const toB = adds[groupB * this.stride + places[a]! * planes + p]!;
      sum += cost[rows[groupA * planes + p]! - alone[a * planes + p]! + toA + kept[p]!]!;
      sum += cost[rows[groupB * planes + p]! - alone[b * planes + p]! + toB + kept[2 + p]!]!;
    }
    return sum;
  }

  private costOf(group: number): number {
    let sum = 0;
    for (let p = 0; p < this.planes; p++) sum += this.cost[this.rows[group * this.planes + p]!]!;
    return sum;
  }

  private exchange(a: number, b: number): void {
    const groupA = Math.floor(a / this.across);
    const groupB = Math.floor(b / this.across);
    const [columnA, columnB] = [this.places[a]!, this.places[b]!];
    this.take(columnA, groupA);
    this.take(columnB, groupB);
    this.insert(columnB, groupA);
    this.insert(columnA, groupB);
    this.places[a] = columnB;
    this.places[b] = columnA;
    this.countAlone(groupA);
    this.countAlone(groupB);
  }

  private insert(column: number, group: number): void {
    for (let i = this.first(column); i < this.end(column); i++) {
      const line = this.byColumn.items[i]!;
      if (this.having[group * this.lines + line]!++ === 0) this.shift(line, group, 1);
    }
  }

  private take(column: number, group: number): void {
    for (let i = this.first(column); i < this.end(column); i++) {
      const line = this.byColumn.items[i]!;
      if (--this.having[group * this.lines + line]! === 0) this.shift(line, group, -1);
    }
  }

  /** A line is now in the group (1), or is no more (−1): for every column that has it, it is one less or one more to add. */
  private shift(line: number, group: number, sign: 1 | -1): void {
    const plane = line < this.bits.rows ? 0 : 1;
    this.rows[group * this.planes + plane]! += sign;
    for (let j = this.byLine.starts[line]!; j < this.byLine.starts[line + 1]!; j++)
      this.adds[group * this.stride + this.byLine.items[j]! * this.planes + plane]! -= sign;
  }

  private countAlone(group: number): void {
    for (let place = group * this.across; place < (group + 1) * this.across; place++) {
      const column = this.places[place]!;
      this.alone.fill(0, place * this.planes, (place + 1) * this.planes);
      for (let i = this.first(column); i < this.end(column); i++) {
        const line = this.byColumn.items[i]!;
        if (this.having[group * this.lines + line] === 1)
          this.alone[place * this.planes + (line < this.bits.rows ? 0 : 1)]!++;
      }
    }
  }

  private setMark(column: number, value: 0 | 1): void {
    for (let i = this.first(column); i < this.end(column); i++) this.mark[this.byColumn.items[i]!] = value;
  }

  /** Where the lines of a column start; the column of a free place has none. */
  private first(column: number): number {
    return this.byColumn.starts[column]!;
  }

  private end(column: number): number {
    return this.byColumn.starts[Math.min(column + 1, this.bits.columns)]!;
  }
}

/** More rows than any exchange changes. */
const rowsPerTile = 2 ** 24;
