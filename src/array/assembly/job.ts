/** What `lookUp` is told, one 32-bit field after another; the loader writes it (../simd/run.ts). */
@unmanaged
export class Job {
  tables: usize;
  tiles: i32;
  quads: i32;
  /** Converted columns; the last tile may have fewer than it could hold. */
  columns: i32;
  blocks: i32;
  /** Positions of the tile; those behind them up to the last block's end are no one's. */
  positions: i32;
  bits: i32;
  /** Bits that are converted together; the highest ones may be fewer. */
  sliceBits: i32;
  slices: i32;
  indices: usize;
  lists: usize;
  counts: usize;
  /** [columns] { gain: i32, output: i32 } */
  gains: usize;
  /** [outputs × stride] i16, i32 or f64 */
  accumulators: usize;
  stride: i32;
  /** 1: two columns share a table, in the halves of its bytes. */
  packed: i32;
  /** [tiles] i32, look-ups that one byte of any column of a tile can take on top of `start` before it has to be widened. */
  chunks: usize;
  start: i32;
  /** Sums of a tile, and what they are put together to; at least 1,024 bytes. */
  scratch: usize;
  /** 1: the conversion is fused; 0: the exact one. */
  fused: i32;
  /** Fractional bits of the fused conversion: 9 or 7. */
  fraction: i32;
  /** The fused conversion (../simd/conversion.ts). */
  lowest: i32;
  span: i32;
  scale: i32;
  multiplier: i32;
  offset: i32;
  tieOffset: i32;
  /** Sums are bytes until they are converted (bytes.ts). */
  inBytes: i32;
  /** Their conversion: 0 as above; 1 by one multiplication; 2 shifted and doubled before, 3 and with ties. */
  byteForm: i32;
  byteLeast: i32;
  byteSpan: i32;
  byteDoubled: i32;
  byteMultiplier: i32;
  byteTieMultiplier: i32;
  /** The exact conversion: columns of digits of base 2^radixBits that make one sum. */
  digits: i32;
  radixBits: i32;
  codeBytes: i32;
  ideal: i32;
  top: i32;
  histogram: usize;
  /** Conversions below the first code and above the last, [2] f64; 0: they are not counted. */
  saturation: usize;
  /** Farthest from a whole number that single precision is sure to round right; 0: everything in doubles. */
  sure: f32;
  unit: f64;
  low: f64;
  step: f64;
  histogramLow: f64;
  histogramWidth: f64;
  /** 1: counts a sum as often as the square of its weight; 0: once. */
  weighted: f64;
}

