import { bands, type GroupGrid, survivors } from "../lower/groups.js";
import { bitLinesPerWeight } from "./encoding.js";
import type { WeightEncoding } from "./types.js";

/** Survivor counts of one matrix and what their unevenness wastes (spec of Meng et al., 4.3). */
export interface Mismatch {
  readonly groups: number;
  readonly zeroGroups: number;
  /** [positions] Surviving groups at each position, over all chunks. */
  readonly survivorsAt: readonly number[];
  /** Fig. 5: bit lines per weight × (max − min) of the survivors over the whole layer, as {@link layerSpread} has it. */
  readonly layerColumns: number;
  /** The same chunk by chunk: what the arrays really lack. Never less than `layerColumns`. */
  readonly chunkColumns: number;
  /** Cells beside a shorter position, in columns that another position uses. */
  readonly wastedCells: number;
  /** Cells of all used columns, wasted ones included. */
  readonly usedColumnCells: number;
}

export function mismatchOf(codes: Int16Array, grid: GroupGrid, encoding: WeightEncoding): Mismatch {
  const perWeight = bitLinesPerWeight(encoding);
  const all = bands(grid).map((band) => ({ ...band, count: survivors(codes, grid.columns, band).length }));
  // A matrix shorter than a chunk may have no row at the last positions.
  const survivorsAt = Array.from({ length: Math.min(grid.positions, all.length) }, (_, i) =>
    all.filter((band) => band.position === i).reduce((sum, band) => sum + band.count, 0),
  );
  const byChunk: number[][] = [];
  let chunkColumns = 0;
  let wastedCells = 0;
  let usedColumnCells = 0;
  for (let chunk = 0; chunk < grid.chunks; chunk++) {
    const inChunk = all.filter((band) => band.chunk === chunk);
    byChunk.push(inChunk.map((band) => band.count));
    const most = Math.max(...inChunk.map((band) => band.count));
    // A last chunk that is too short for a position has no mismatch there: nothing could stand in it.
    chunkColumns += perWeight * (most - Math.min(...inChunk.map((band) => band.count)));
    for (const band of inChunk) {
      wastedCells += (most - band.count) * band.rowCount * perWeight;
      usedColumnCells += most * band.rowCount * perWeight;
    }
  }
  const groups = all.length * grid.columns;
  const alive = all.reduce((sum, band) => sum + band.count, 0);
  return {
    groups,
    zeroGroups: groups - alive,
    survivorsAt,
    layerColumns: perWeight * layerSpread(byChunk),
    chunkColumns,
    wastedCells,
    usedColumnCells,
  };
}

/**
 * Survivors by which the fullest position of a layer exceeds the emptiest: the largest difference of two positions,
 * each pair counted over the chunks that have both. Where all chunks have all positions this is max − min of their
 * sums; a last chunk that ends early makes nothing uneven by that alone.
 * @param chunks of each chunk the survivors of its positions, from position 0 on
 */
export function layerSpread(chunks: readonly (readonly number[])[]): number {
  const positions = Math.max(0, ...chunks.map((counts) => counts.length));
  let most = 0;
  for (let i = 1; i < positions; i++) {
    const both = chunks.filter((counts) => counts.length > i);
    for (let j = 0; j < i; j++) {
      const difference = both.reduce((sum, counts) => sum + counts[i]! - counts[j]!, 0);
      most = Math.max(most, Math.abs(difference));
    }
  }
  return most;
}
