import type { TableCost } from "../hardware/types.js";
import { free, sumCosts } from "./sum.js";
import type { Cost } from "./types.js";

/** Fan-out that a matrix of that many outputs needs: a quarter of them, as Table I has it for ResNet-20 (spec 4.4). */
export const fanoutFor = (outputs: number): number => Math.max(1, Math.ceil(outputs / 4));

/**
 * One de-multiplexer: the smallest printed one that reaches the fan-out. Beyond the largest, a cascade: as many of
 * the largest as are needed, and in front of them one that chooses among them. One result passes one of each level.
 * Source: docs/sources.md#meng2021, Table I; the cascade is ours.
 * @returns energy and latency of steering one result, area of the whole
 */
export function demuxUnit(table: TableCost, fanout: number): Cost {
  if (table.demux.length === 0) return free;
  const fits = table.demux.find((entry) => entry.fanout >= fanout);
  if (fits) return fits.cost;
  const largest = table.demux.at(-1)!;
  const leaves = Math.ceil(fanout / largest.fanout);
  const front = demuxUnit(table, leaves);
  return sumCosts([front, { ...largest.cost, area_m2: leaves * largest.cost.area_m2 }]);
}

export const isCascade = (table: TableCost, fanout: number): boolean =>
  fanout > (table.demux.at(-1)?.fanout ?? Number.POSITIVE_INFINITY);

/** The de-multiplexers of a layer. @param use results steered, and those of them that follow one another */
export function demuxCost(
  table: TableCost,
  use: {
    readonly demuxes: number;
    readonly outputs: number;
    readonly results: number;
    readonly sequentialResults: number;
  },
): Cost {
  const unit = demuxUnit(table, fanoutFor(use.outputs));
  return {
    energy_J: use.results * unit.energy_J,
    latency_s: use.sequentialResults * unit.latency_s,
    area_m2: use.demuxes * unit.area_m2,
  };
}
