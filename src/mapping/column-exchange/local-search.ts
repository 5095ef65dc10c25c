import { type BlockLines, blockLines, type ColumnBits, type Lists } from "./bits.js";
import { PlaceMasks } from "./place-masks.js";
import type { Grouping } from "./strategies.js";
import type { Room } from "./types.js";

/**
 * Exchanges two columns of different groups wherever that frees crossbars, or rows with as many crossbars, and never
 * otherwise (spec of Lin et al., 2.2, step 7). A place that is still free in the last group counts as a column of
 * zeros, so that a column may also move there.
 * @param passes over all columns at most; fewer where one changes nothing
 */
export function searchedGroups(
  bits: ColumnBits,
  groups: Grouping,
  room: Room,
  passes: number,
  lines: BlockLines = blockLines(bits),
): Grouping {
  if (groups.length < 2 || passes === 0) return groups;
  const search = new Search(bits, groups, room, lines);
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
  /** [groups × lines] Exclusive or of the columns of a group that have a line: where one has it, that one. */
  private readonly owner: Int32Array;
  /** [groups × planes] Rows that a group does not leave empty. */
  private readonly rows: Int32Array;
  /** [groups × (columns + 1) × planes] Lines of a column that no column of the group has; the last column is none. */
  private readonly adds: Int32Array;
  private readonly stride: number;
  /** [(columns + 1) × planes] Lines that only this column of its group has. */
  private readonly alone: Int32Array;
  /** [rows + 1] What so many rows of a plane cost: crossbars, which count more than any rows, and rows. */
  private readonly cost: Float64Array;
  /** [rows + 1] Rows that their last crossbar still has room for. */
  private readonly headroom: Int32Array;
  /** [lines] 1 where the column in hand has the line. */
  private readonly mark: Uint8Array;
  private readonly masks: PlaceMasks;
  /** The group that the masks know as the first. */
  private masked = noGroup;
  /** Looks since the last exchange that did without masks. */
  private calm = 0;
  private exchanges = 0;
  /** [groups] Exchanges before and with the last that changed a group. */
  private readonly changed: Int32Array;
  /** [places] Exchanges before the last look at a place that found none of use; −1 before there was one. */
  private readonly looked: Int32Array;

  constructor(
    private readonly bits: ColumnBits,
    groups: Grouping,
    room: Room,
    { byColumn, byLine }: BlockLines,
  ) {
    this.planes = bits.planes;
    this.lines = bits.rows * bits.planes;
    this.byColumn = byColumn;
    this.byLine = byLine;
    this.across = room.columns;
    this.count = groups.length;
    this.places = new Int32Array(this.count * this.across).fill(bits.columns);
    for (const [g, group] of groups.entries()) this.places.set(group, g * this.across);
    this.having = new Uint16Array(this.count * this.lines);
    this.owner = new Int32Array(this.count * this.lines);
    this.rows = new Int32Array(this.count * this.planes);
    this.stride = (bits.columns + 1) * this.planes;
    this.adds = new Int32Array(this.count * this.stride);
    this.alone = new Int32Array(this.stride);
    const most = this.countLines();
    this.cost = Float64Array.from(
      { length: bits.rows + 1 },
      (_, rows) => Math.ceil(rows / room.rows) * rowsPerTile + rows,
    );
    this.headroom = Int32Array.from(
      { length: bits.rows + 1 },
      (_, rows) => Math.ceil(rows / room.rows) * room.rows - rows,
    );
    this.mark = new Uint8Array(this.lines);
    this.changed = new Int32Array(this.count);
    this.looked = new Int32Array(this.places.length).fill(-1);
    this.masks = new PlaceMasks(this.count, this.planes, this.across, room.rows, most);
    for (let g = 0; g < this.count; g++) this.masks.countAlone(g, this.places, this.alone);
  }

  /** What `insert` and `take` keep up to date, from nothing. @returns lines of any column in a plane at most */
  private countLines(): number {
    const { byColumn, byLine, having, owner, adds, alone, rows, planes, lines } = this;
    const ones = new Int32Array(this.stride);
    for (let c = 0; c < this.bits.columns; c++) {
      for (let i = this.first(c); i < this.end(c); i++)
        ones[c * planes + this.planeOf(byColumn.items[i]!)]!++;
    }
    for (let place = 0; place < this.places.length; place++) {
      const column = this.places[place]!;
      const start = Math.floor(place / this.across) * lines;
      for (let i = this.first(column); i < this.end(column); i++) {
        having[start + byColumn.items[i]!]!++;
        owner[start + byColumn.items[i]!]! ^= column;
      }
    }
    for (let g = 0; g < this.count; g++) {
      adds.set(ones, g * this.stride);
      for (let line = 0; line < lines; line++) {
        const columns = having[g * lines + line]!;
        if (columns === 0) continue;
        const plane = this.planeOf(line);
        rows[g * planes + plane]!++;
        if (columns === 1) alone[owner[g * lines + line]! * planes + plane]!++;
        for (let j = byLine.starts[line]!; j < byLine.starts[line + 1]!; j++)
          adds[this.at(g, byLine.items[j]!) + plane]!--;
      }
    }
    return ones.reduce((most, count) => Math.max(most, count), 0);
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
      if (b < 0) {
        this.looked[a] = this.exchanges;
        continue;
      }
      this.exchange(a, b);
      changed = true;
    }
    return changed;
  }

  /** The place whose exchange with place a frees most, the first of equals; −1 where none frees anything. */
  private bestExchange(a: number): number {
    const { places, planes, rows, adds, alone, cost, headroom, across, masks } = this;
    const groupA = Math.floor(a / across);
    const columnA = places[a]!;
    const second = planes - 1;
    this.setMark(columnA, 1);
    const rowsA0 = rows[groupA * planes]!;
    const rowsA1 = rows[groupA * planes + second]!;
    const aloneA0 = alone[columnA * planes]!;
    const aloneA1 = alone[columnA * planes + second]!;
    const leftA0 = rowsA0 - aloneA0;
    const leftA1 = rowsA1 - aloneA1;
    // Soon after an exchange another one is likely, and looking at all places takes less time than counting them.
    const all = this.masked !== groupA && this.calm++ < calmLooks;
    if (!all && this.masked !== groupA) {
      masks.countAdds(places, adds, groupA * this.stride, alone);
      this.masked = groupA;
    }
    masks.first(aloneA0, aloneA1, headroom[rowsA0]!, headroom[rowsA1]!);
    const costA = this.costOf(groupA);
    // Of two groups that have not changed since none of their exchanges was of use, none is now.
    const looked = this.changed[groupA]! > this.looked[a]! ? -1 : this.looked[a]!;
    let best = -1;
    let least = 0;
    for (let groupB = 0; groupB < this.count; groupB++) {
      if (groupB === groupA || this.changed[groupB]! <= looked) continue;
      const toB = this.at(groupB, columnA);
      const rowsB0 = rows[groupB * planes]!;
      const rowsB1 = rows[groupB * planes + second]!;
      const addsB0 = adds[toB]!;
      const addsB1 = adds[toB + second]!;
      const withA0 = rowsB0 + addsB0;
      const withA1 = rowsB1 + addsB1;
      const before = costA + this.costOf(groupB);
      for (let word = 0; word < masks.words; word++) {
        const keeping = least > -rowsPerTile / 2;
        let set = all
          ? masks.placesOf(word)
          : masks.candidates(groupB, word, addsB0, addsB1, headroom[rowsB0]!, headroom[rowsB1]!, keeping);
        for (; set !== 0; set &= set - 1) {
          const b = groupB * across + 32 * word + 31 - Math.clz32(set & -set);
          // Without the lines that both columns have an exchange looks better than it is, never worse.
          const toA = this.at(groupA, places[b]!);
          const ofB = places[b]! * planes;
          let after = cost[leftA0 + adds[toA]!]! + cost[withA0 - alone[ofB]!]!;
          if (second === 1) after += cost[leftA1 + adds[toA + 1]!]! + cost[withA1 - alone[ofB + 1]!]!;
          if (after - before >= least) continue;
          const change = this.exactChange(a, groupA, b, groupB) - before;
          if (change < least) [best, least] = [b, change];
        }
      }
    }
    this.setMark(columnA, 0);
    return best;
  }

  /** Cost of both groups after an exchange: lines that both columns have, and no other of the group, stay. */
  private exactChange(a: number, groupA: number, b: number, groupB: number): number {
    const { places, planes, rows, adds, alone, cost, having, lines } = this;
    const kept = [0, 0, 0, 0];
    for (let i = this.first(places[b]!); i < this.end(places[b]!); i++) {
      const line = this.byColumn.items[i]!;
      if (this.mark[line] === 0) continue;
      const plane = this.planeOf(line);
      if (having[groupA * lines + line] === 1) kept[plane]!++;
      if (having[groupB * lines + line] === 1) kept[2 + plane]!++;
    }
    let sum = 0;
    for (let p = 0; p < planes; p++) {
      const toA = adds[this.at(groupA, places[b]!) + p]!;
      const toB = adds[this.at(groupB, places[a]!) + p]!;
      sum += cost[rows[groupA * planes + p]! - alone[places[a]! * planes + p]! + toA + kept[p]!]!;
      sum += cost[rows[groupB * planes + p]! - alone[places[b]! * planes + p]! + toB + kept[2 + p]!]!;
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
    this.masks.countAlone(groupA, this.places, this.alone);
    this.masks.countAlone(groupB, this.places, this.alone);
    this.masked = noGroup;
    this.calm = 0;
    const now = ++this.exchanges;
    this.changed[groupA] = now;
    this.changed[groupB] = now;
  }

  private insert(column: number, group: number): void {
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

  private take(column: number, group: number): void {
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

  private setMark(column: number, value: 0 | 1): void {
    for (let i = this.first(column); i < this.end(column); i++) this.mark[this.byColumn.items[i]!] = value;
  }

  private planeOf(line: number): 0 | 1 {
    return line < this.bits.rows ? 0 : 1;
  }

  /** Where what a column adds to a group stands, its planes side by side. */
  private at(group: number, column: number): number {
    return group * this.stride + column * this.planes;
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

/** Instead of a group. */
const noGroup = -1;
/** Looks after an exchange that do without masks. */
const calmLooks = 2;
