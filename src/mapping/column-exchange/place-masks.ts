/** Words that the sets of one block take at most, and lines up to which places are told apart at most. */
const mostWords = 2 ** 22;

/**
 * Which places are worth a look in an exchange, 32 in one word. With `adds` the lines that a place's column would bring
 * into a group and `alone` those that only it has in its own, a plane of a group gains no array if at most as many
 * lines come as go and as there is room for, and frees one only if as many more go as the last array has. An exchange
 * in which a plane gains an array and none frees one is no use; the others are found by intersecting sets of places.
 *
 * The sets hold at least the places that they should: they end at `levels` lines, beyond which they hold all.
 */
export class PlaceMasks {
  /** Words of a group's places. */
  readonly words: number;
  private readonly levels: number;
  /** [groups × planes × (levels + 2)][groups × words] Places whose column adds to the group at most level − 1 lines. */
  private readonly few: Int32Array;
  private readonly row: number;
  /** [groups × planes × (levels + 1)][words] Places of the group that have at least so many lines alone. */
  private readonly many: Int32Array;
  /** [groups × across] Where a place's bit is. */
  private readonly wordOf: Int32Array;
  private readonly bitOf: Int32Array;
  // What `first` and `second` found: where the rows of sets start.
  private keepA0 = 0;
  private keepA1 = 0;
  private freeA0 = 0;
  private freeA1 = 0;
  private keepB0 = 0;
  private keepB1 = 0;
  private freeB0 = 0;
  private freeB1 = 0;

  /** @param most lines of any column in a plane; more are never told apart */
  constructor(
    private readonly groups: number,
    private readonly planes: number,
    private readonly across: number,
    /** Word lines of an array. */
    private readonly height: number,
    most: number,
  ) {
    this.words = Math.ceil(across / 32);
    this.row = groups * this.words;
    const room = Math.floor(mostWords / (groups * planes * this.row)) - 2;
    this.levels = Math.max(0, Math.min(most, 2 * height, room));
    const places = Array.from({ length: groups * across }, (_, place) => place % across);
    this.wordOf = Int32Array.from(places, (i, place) => ((place - i) / across) * this.words + (i >> 5));
    this.bitOf = Int32Array.from(places, (i) => 1 << (i & 31));
    this.few = new Int32Array(groups * planes * (this.levels + 2) * this.row);
    this.many = new Int32Array(groups * planes * (this.levels + 1) * this.words);
    for (let set = 0; set < groups * planes; set++) {
      const all = (set * (this.levels + 2) + this.levels + 1) * this.row;
      this.few.fill(-1, all, all + this.row);
    }
  }

  /** Which places add how much to a group, from nothing. @param addsOf what the column at a place adds */
  countAdds(group: number, plane: number, addsOf: (place: number) => number): void {
    const { few, row, levels, across } = this;
    const start = (group * this.planes + plane) * (levels + 2) * row;
    for (let place = 0; place < this.groups * across; place++) {
      const adds = addsOf(place);
      if (adds < levels) few[start + (adds + 1) * row + this.wordOf[place]!]! |= this.bitOf[place]!;
    }
    for (let at = start + 2 * row; at < start + (levels + 1) * row; at++) few[at]! |= few[at - row]!;
  }

  /** The column at a place adds one line more to a group than `adds`, or one less than one more. */
  flipAdds(group: number, plane: number, adds: number, place: number): void {
    if (adds >= this.levels) return;
    const set = (group * this.planes + plane) * (this.levels + 2) + adds + 1;
    this.few[set * this.row + this.wordOf[place]!]! ^= this.bitOf[place]!;
  }

  /** The columns at two places, which add so much to a group, change places. */
  swapAdds(group: number, plane: number, placeA: number, addsA: number, placeB: number, addsB: number): void {
    const end = Math.max(addsA, addsB);
    for (let adds = Math.min(addsA, addsB); adds < end; adds++) {
      this.flipAdds(group, plane, adds, placeA);
      this.flipAdds(group, plane, adds, placeB);
    }
  }

  /** Which places of a group have how much alone, from nothing. @param aloneOf what a column has alone */
  countAlone(group: number, plane: number, aloneOf: (place: number) => number): void {
    const { many, words, levels, across } = this;
    const start = (group * this.planes + plane) * (levels + 1) * words;
    const end = start + (levels + 1) * words;
    many.fill(0, start, end);
    for (let i = 0; i < across; i++) {
      const alone = Math.min(levels, aloneOf(group * across + i));
      many[start + alone * words + (i >> 5)]! |= this.bitOf[i]!;
    }
    for (let at = end - words - 1; at >= start; at--) many[at]! |= many[at + words]!;
  }

  /**
   * A place of a group, which is to be exchanged.
   * @param alone [2] Lines of each plane that only its column has there
   * @param headroom [2] Rows that each plane of its group still has room for in its arrays
   */
  first(group: number, alone0: number, alone1: number, headroom0: number, headroom1: number): void {
    const second = this.planes - 1;
    // A plane frees an array when all rows of the last one go: the height less the room that is left in it.
    this.keepA0 = this.fewAt(group, 0, alone0 + headroom0);
    this.keepA1 = this.fewAt(group, second, alone1 + headroom1);
    this.freeA0 = this.fewAt(group, 0, alone0 - (this.height - headroom0));
    this.freeA1 = this.fewAt(group, second, alone1 - (this.height - headroom1));
  }

  /** A group to look for places in. @param adds [2] Lines that the column of the first place brings there */
  second(group: number, adds0: number, adds1: number, headroom0: number, headroom1: number): void {
    const second = this.planes - 1;
    this.keepB0 = this.manyAt(group, 0, adds0 - headroom0);
    this.keepB1 = this.manyAt(group, second, adds1 - headroom1);
    this.freeB0 = this.manyAt(group, 0, adds0 + this.height - headroom0);
    this.freeB1 = this.manyAt(group, second, adds1 + this.height - headroom1);
  }

  /** The places 32 · word and on of the second group that are worth a look, as bits. */
  candidates(group: number, word: number): number {
    const { few, many } = this;
    const at = group * this.words + word;
    const keep =
      few[this.keepA0 + at]! & few[this.keepA1 + at]! & many[this.keepB0 + word]! & many[this.keepB1 + word]!;
    const free =
      few[this.freeA0 + at]! | few[this.freeA1 + at]! | many[this.freeB0 + word]! | many[this.freeB1 + word]!;
    const places = this.across - 32 * word;
    return places >= 32 ? keep | free : (keep | free) & ((1 << places) - 1);
  }

  private fewAt(group: number, plane: number, adds: number): number {
    const level = Math.max(0, Math.min(this.levels, adds) + 1);
    return ((group * this.planes + plane) * (this.levels + 2) + level) * this.row;
  }

  private manyAt(group: number, plane: number, alone: number): number {
    const level = Math.max(0, Math.min(this.levels, alone));
    return ((group * this.planes + plane) * (this.levels + 1) + level) * this.words;
  }
}
