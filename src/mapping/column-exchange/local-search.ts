import { type BlockLines, blockLines, type ColumnBits } from "./bits.js";
import { GroupLines } from "./group-lines.js";
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
  private readonly lines: GroupLines;
  /** [groups × across] Columns at their places; a free place holds the column behind the last, which has no line. */
  private readonly places: Int32Array;
  private readonly across: number;
  private readonly count: number;
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
    lines: BlockLines,
  ) {
    this.across = room.columns;
    this.count = groups.length;
    this.places = new Int32Array(this.count * this.across).fill(bits.columns);
    for (const [g, group] of groups.entries()) this.places.set(group, g * this.across);
    this.lines = new GroupLines(bits, groups, lines);
    this.cost = new Float64Array(bits.rows + 1);
    this.headroom = new Int32Array(bits.rows + 1);
    for (let rows = 0; rows <= bits.rows; rows++) {
      const crossbars = Math.ceil(rows / room.rows);
      this.cost[rows] = crossbars * rowsPerTile + rows;
      this.headroom[rows] = crossbars * room.rows - rows;
    }
    this.mark = new Uint8Array(this.lines.lines);
    this.changed = new Int32Array(this.count);
    this.looked = new Int32Array(this.places.length).fill(-1);
    this.masks = new PlaceMasks(this.count, bits.planes, this.across, room.rows, this.lines.most);
    for (let g = 0; g < this.count; g++) this.masks.countAlone(g, this.places, this.lines.alone);
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
    const { places, cost, headroom, across, masks, lines } = this;
    const { planes, rows, adds, alone } = lines;
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
      masks.countAdds(places, adds, lines.at(groupA, 0), alone);
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
      const toB = lines.at(groupB, columnA);
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
          const toA = lines.at(groupA, places[b]!);
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
    const { places, cost, lines } = this;
    const { byColumn, planes, rows, adds, alone, having } = lines;
    const kept = [0, 0, 0, 0];
    for (let i = lines.first(places[b]!); i < lines.end(places[b]!); i++) {
      const line = byColumn.items[i]!;
      if (this.mark[line] === 0) continue;
      const plane = lines.planeOf(line);
      if (having[groupA * lines.lines + line] === 1) kept[plane]!++;
      if (having[groupB * lines.lines + line] === 1) kept[2 + plane]!++;
    }
    let sum = 0;
    for (let p = 0; p < planes; p++) {
      const toA = adds[lines.at(groupA, places[b]!) + p]!;
      const toB = adds[lines.at(groupB, places[a]!) + p]!;
      sum += cost[rows[groupA * planes + p]! - alone[places[a]! * planes + p]! + toA + kept[p]!]!;
      sum += cost[rows[groupB * planes + p]! - alone[places[b]! * planes + p]! + toB + kept[2 + p]!]!;
    }
    return sum;
  }

  private costOf(group: number): number {
    const { planes, rows } = this.lines;
    let sum = 0;
    for (let p = 0; p < planes; p++) sum += this.cost[rows[group * planes + p]!]!;
    return sum;
  }

  private exchange(a: number, b: number): void {
    const groupA = Math.floor(a / this.across);
    const groupB = Math.floor(b / this.across);
    const [columnA, columnB] = [this.places[a]!, this.places[b]!];
    this.lines.take(columnA, groupA);
    this.lines.take(columnB, groupB);
    this.lines.insert(columnB, groupA);
    this.lines.insert(columnA, groupB);
    this.places[a] = columnB;
    this.places[b] = columnA;
    this.masks.countAlone(groupA, this.places, this.lines.alone);
    this.masks.countAlone(groupB, this.places, this.lines.alone);
    this.masked = noGroup;
    this.calm = 0;
    const now = ++this.exchanges;
    this.changed[groupA] = now;
    this.changed[groupB] = now;
  }

  private setMark(column: number, value: 0 | 1): void {
    const { lines, mark } = this;
    for (let i = lines.first(column); i < lines.end(column); i++) mark[lines.byColumn.items[i]!] = value;
  }
}

/** More rows than any exchange changes. */
const rowsPerTile = 2 ** 24;

/** Instead of a group. */
const noGroup = -1;
/** Looks after an exchange that do without masks. */
const calmLooks = 2;
