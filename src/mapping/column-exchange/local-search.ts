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
  /** [groups × across] Columns at their places; from `bits.columns` on they are free places. */
  private readonly places: Int32Array;
  private readonly across: number;
  private readonly count: number;
  /** [groups × lines] Columns of a group that have a line. */
  private readonly having: Uint16Array;
  /** [groups × planes] Rows that a group does not leave empty. */
  private readonly rows: Int32Array;
  /** [columns × groups × planes] Lines of a column that no column of the group has. */
  private readonly adds: Int32Array;
  /** [places × planes] Lines that only this column of its group has. */
  private readonly alone: Int32Array;
  /** [lines] 1 where the column in hand has the line. */
  private readonly mark: Uint8Array;

  constructor(
    private readonly bits: ColumnBits,
    groups: Grouping,
    private readonly room: Room,
  ) {
    this.planes = bits.planes;
    this.lines = bits.rows * bits.planes;
    this.byColumn = linesOfColumns(bits);
    this.byLine = columnsOfLines(this.byColumn, this.lines);
    this.across = room.columns;
    this.count = groups.length;
    this.places = new Int32Array(this.count * this.across).fill(-1);
    this.having = new Uint16Array(this.count * this.lines);
    this.rows = new Int32Array(this.count * this.planes);
    this.adds = new Int32Array(bits.columns * this.count * this.planes);
    this.alone = new Int32Array(this.places.length * this.planes);
    this.mark = new Uint8Array(this.lines);
    for (let c = 0; c < bits.columns; c++) {
      for (let i = this.first(c); i < this.end(c); i++) {
        const plane = this.byColumn.items[i]! < bits.rows ? 0 : 1;
        for (let g = 0; g < this.count; g++) this.adds[(c * this.count + g) * this.planes + plane]!++;
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
        .filter((column) => column >= 0)
        .sort(),
    ).filter((group) => group.length > 0);
  }

  /** Gives every place its best exchange. @returns whether there was any */
  pass(): boolean {
    let changed = false;
    for (let a = 0; a < this.places.length; a++) {
      if (this.places[a]! < 0) continue;
      const b = this.bestExchange(a);
      if (b < 0) continue;
      this.exchange(a, b);
      changed = true;
    }
    return changed;
  }

  /** The place whose exchange with place a frees most, the first of equals; −1 where none frees anything. */
  private bestExchange(a: number): number {
    const groupA = Math.floor(a / this.across);
    this.setMark(this.places[a]!, 1);
    let best = -1;
    let least = 0;
    for (let b = 0; b < this.places.length; b++) {
      const groupB = Math.floor(b / this.across);
      if (groupB === groupA) {
        b += this.across - 1;
        continue;
      }
      // Without the lines that both columns have an exchange looks better than it is, never worse.
      if (this.change(a, groupA, b, groupB, 0, 0, 0, 0) >= least) continue;
      const change = this.exactChange(a, groupA, b, groupB);
      if (change < least) [best, least] = [b, change];
    }
    this.setMark(this.places[a]!, 0);
    return best;
  }

  /** Lines that both columns have and only a (only b) in its group stay where they are. */
  private exactChange(a: number, groupA: number, b: number, groupB: number): number {
    const column = this.places[b]!;
    let keptA0 = 0;
    let keptA1 = 0;
    let keptB0 = 0;
    let keptB1 = 0;
    if (column >= 0) {
      for (let i = this.first(column); i < this.end(column); i++) {
        const line = this.byColumn.items[i]!;
        if (this.mark[line] === 0) continue;
        const inA = this.having[groupA * this.lines + line] === 1 ? 1 : 0;
        const inB = this.having[groupB * this.lines + line] === 1 ? 1 : 0;
        if (line < this.bits.rows) {
          keptA0 += inA;
          keptB0 += inB;
        } else {
          keptA1 += inA;
          keptB1 += inB;
        }
      }
    }
    return this.change(a, groupA, b, groupB, keptA0, keptA1, keptB0, keptB1);
  }

  /** Crossbars and rows after an exchange less those before, as one number: crossbars count more than any rows. */
  private change(
    a: number,
    groupA: number,
    b: number,
    groupB: number,
    keptA0: number,
    keptA1: number,
    keptB0: number,
    keptB1: number,
  ): number {
    const first = this.changeOf(a, groupA, b, 0, keptA0) + this.changeOf(b, groupB, a, 0, keptB0);
    if (this.planes === 1) return first;
    return first + this.changeOf(a, groupA, b, 1, keptA1) + this.changeOf(b, groupB, a, 1, keptB1);
  }

  /** In one plane of the group that loses the column of place `out` and gets that of place `into`. */
  private changeOf(out: number, group: number, into: number, plane: number, kept: number): number {
    const column = this.places[into]!;
    const added = column < 0 ? 0 : this.adds[(column * this.count + group) * this.planes + plane]!;
    const before = this.rows[group * this.planes + plane]!;
    const after = before - this.alone[out * this.planes + plane]! + added + kept;
    const height = this.room.rows;
    const tiles = Math.ceil(after / height) - Math.ceil(before / height);
    return tiles * rowsPerTile + after - before;
  }

  private exchange(a: number, b: number): void {
    const groupA = Math.floor(a / this.across);
    const groupB = Math.floor(b / this.across);
    const [columnA, columnB] = [this.places[a]!, this.places[b]!];
    this.take(columnA, groupA);
    if (columnB >= 0) {
      this.take(columnB, groupB);
      this.insert(columnB, groupA);
    }
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
      this.adds[(this.byLine.items[j]! * this.count + group) * this.planes + plane]! -= sign;
  }

  private countAlone(group: number): void {
    for (let place = group * this.across; place < (group + 1) * this.across; place++) {
      const column = this.places[place]!;
      this.alone.fill(0, place * this.planes, (place + 1) * this.planes);
      if (column < 0) continue;
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

  private first(column: number): number {
    return this.byColumn.starts[column]!;
  }

  private end(column: number): number {
    return this.byColumn.starts[column + 1]!;
  }
}

/** More rows than any exchange changes. */
const rowsPerTile = 2 ** 24;
