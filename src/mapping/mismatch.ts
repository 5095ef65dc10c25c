import { bands, type GroupGrid, survivors } from "../lower/groups.js";
import { bitLinesPerWeight } from "./encoding.js";
import type { WeightEncoding } from "./types.js";

/** Survivor counts of one matrix and what their unevenness wastes (spec of Meng et al., 4.3). */
export interface Mismatch {
  readonly groups: number;
  readonly zeroGroups: number;
  /** [positions] Surviving groups at each position, over all chunks. */
  readonly survivorsAt: readonly number[];
  /** Fig. 5: bit lines per weight × (max − min) of the survivors over the whole layer. */
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
  let chunkColumns = 0;
  let wastedCells = 0;
  let usedColumnCells = 0;
  for (let chunk = 0; chunk < grid.chunks; chunk++) {
    const inChunk = all.filter((band) => band.chunk === chunk);
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
    layerColumns: perWeight * (Math.max(...survivorsAt) - Math.min(...survivorsAt)),
    chunkColumns,
    wastedCells,
    usedColumnCells,
  };
}
