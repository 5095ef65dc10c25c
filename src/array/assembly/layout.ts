/*
 * Shapes that every part of the kernel shares. Positions are worked on in blocks of 32, two vectors of bytes; a
 * quad is four word lines, whose four bits at one position are an index from 0 to 15.
 *
 *   indices [block][input bit][quad][32] u8     the index of a quad at each position
 *   lists   [block][input bit][quad]     u32    byte offsets (32 · quad) of the quads to look up, without the silent ones
 *   counts  [block][input bit]           u32    entries of each list
 *   tables  [tile][quad][4][16]          u8     what a driven quad adds to each of the four columns of a tile
 *           [tile][quad][2][16]          u8     packed: to an even column in the low half of a byte, to the next in the high one
 */

/** Positions of one block. */
export const block: i32 = 32;

/** Bytes of the four tables of a quad in one tile; packed, half of that. */
export const tileQuad: i32 = 64;
