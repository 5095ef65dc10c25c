/** Lines up to which places are told apart at most: what they add, and by how much that is more than they have alone. */
const mostLevels = 64;
const mostSpan = 16;

/**
 * Which places are worth a look in an exchange, 32 in one word. With `adds` the lines that a place's column would bring
 * into a group and `alone` those that only it has in its own, a plane of a group gains no array if at most as many
 * lines come as go and as there is room for, and frees one only if as many more go as the last array has. Where no
 * plane frees an array, none may gain one and rows must become fewer. Sets of places are intersected to find the
 * others; they hold at least the places that they should, since they end at some number of lines.
 */
export class PlaceMasks {
  /** Words of a group's places. */
  readonly words: number;
  private readonly levels: number;
  private readonly span: number;
  private readonly row: number;
  /** [planes × (levels + 2)][groups × words] Places whose column adds to the first group at most level − 1 lines. */
  private readonly few: Int32Array;
  /** [2 span + 1][groups × words] Places whose column adds at most level − span more lines than it has alone. */
  private readonly less: Int32Array;
  /** [groups × planes × (levels + 1)][words] Places of a group that have at least so many lines alone. */
  private readonly many: Int32Array;
  // What `first` found: where the rows of sets start, and the rows that go from the first group.
  private keep0 = 0;
  private keep1 = 0;
  private free0 = 0;
  private free1 = 0;
  private alone = 0;

  /** @param most lines of any column in a plane */
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
    this.levels = Math.min(most, height, mostLevels);
    this.span = Math.min(most, mostSpan);
    this.few = new Int32Array(planes * (this.levels + 2) * this.row);
    this.less = new Int32Array((2 * this.span + 1) * this.row);
    this.many = new Int32Array(groups * planes * (this.levels + 1) * this.words);
  }

  /**
   * What all places add to the first group.
   * @param places [groups × across] their columns
   * @param adds [.. × planes] from `start` on, what each column adds
   * @param alone [columns × planes]
   */
  countAdds(places: Int32Array, adds: Int32Array, start: number, alone: Int32Array): void {
    const { few, less, row, levels, span, planes, across } = this;
    const step = (levels + 2) * row;
    const second = planes - 1;
    few.fill(0);
    less.fill(0);
    for (let group = 0, place = 0; group < this.groups; group++) {
      for (let i = 0; i < across; i++, place++) {
        const word = group * this.words + (i >> 5);
        const bit = 1 << (i & 31);
        const column = places[place]! * planes;
        const adds0 = adds[start + column]!;
        let more = adds0 - alone[column]!;
        few[Math.min(levels, adds0) * row + row + word]! |= bit;
        if (second === 1) {
          const adds1 = adds[start + column + 1]!;
          more += adds1 - alone[column + 1]!;
          few[step + Math.min(levels, adds1) * row + row + word]! |= bit;
        }
        less[(Math.max(-span, Math.min(span, more)) + span) * row + word]! |= bit;
      }
    }
    for (let p = 0; p < planes; p++) {
      const end = (p + 1) * step;
      for (let at = p * step + 2 * row; at < end; at++) few[at]! |= few[at - row]!;
    }
    for (let at = row; at < less.length; at++) less[at]! |= less[at - row]!;
  }

  /** What the places of a group have alone. @param alone [columns × planes] */
  countAlone(group: number, places: Int32Array, alone: Int32Array): void {
    const { many, words, levels, planes, across } = this;
    for (let p = 0; p < planes; p++) {
      const start = (group * planes + p) * (levels + 1) * words;
      const end = start + (levels + 1) * words;
      many.fill(0, start, end);
      for (let i = 0; i < across; i++) {
        const count = Math.min(levels, alone[places[group * across + i]! * planes + p]!);
        many[start + count * words + (i >> 5)]! |= 1 << (i & 31);
      }
      for (let at = end - words - 1; at >= start; at--) many[at]! |= many[at + words]!;
    }
  }

  /**
   * A place of the first group that is to be exchanged; without a second plane the first stands for it.
   * @param alone0 lines of plane 0 that only its column has there
   * @param headroom0 rows that plane 0 of its group still has room for
   */
  first(alone0: number, alone1: number, headroom0: number, headroom1: number): void {
    const second = this.planes - 1;
    this.keep0 = this.fewAt(0, alone0 + headroom0);
    this.keep1 = this.fewAt(second, alone1 + headroom1);
    // An array is freed when all rows of the last one go: its height less the room that is left in it.
    this.free0 = this.fewAt(0, alone0 + headroom0 - this.height);
    this.free1 = this.fewAt(second, alone1 + headroom1 - this.height);
    this.alone = alone0 + second * alone1;
  }

  /**
   * The places of a group, 32 · word and on, that are worth a look, as bits.
   * @param adds0 lines of plane 0 that the column of the first place brings there
   * @param keeping false where only an exchange that frees an array is of use
   */
  candidates(
    group: number,
    word: number,
    adds0: number,
    adds1: number,
    headroom0: number,
    headroom1: number,
    keeping: boolean,
  ): number {
    const { few, less, many, span, height, planes } = this;
    const second = planes - 1;
    const at = group * this.words + word;
    let set =
      few[this.free0 + at]! |
      few[this.free1 + at]! |
      many[this.manyAt(group, 0, adds0 + height - headroom0) + word]! |
      many[this.manyAt(group, second, adds1 + height - headroom1) + word]!;
    if (keeping) {
      const more = this.alone - adds0 - second * adds1 - 1;
      const row = (Math.max(-span, Math.min(span, more)) + span) * this.row;
      set |=
        few[this.keep0 + at]! &
        few[this.keep1 + at]! &
        less[row + at]! &
        many[this.manyAt(group, 0, adds0 - headroom0) + word]! &
        many[this.manyAt(group, second, adds1 - headroom1) + word]!;
    }
    return set;
  }

  /** All places of a group, 32 · word and on, as bits. */
  placesOf(word: number): number {
    const places = this.across - 32 * word;
    return places >= 32 ? -1 : (1 << places) - 1;
  }

  private fewAt(plane: number, adds: number): number {
    return (plane * (this.levels + 2) + Math.max(0, Math.min(this.levels, adds) + 1)) * this.row;
  }

  private manyAt(group: number, plane: number, alone: number): number {
    const level = Math.max(0, Math.min(this.levels, alone));
    return ((group * this.planes + plane) * (this.levels + 1) + level) * this.words;
  }
}
