import type { AnalyticCost, HardwareSpec, TableComponent, TableCost } from "../../hardware/types.js";
import { adderTreeBank, adderTreeCost } from "../adder-tree.js";
import { demuxCost } from "../demux.js";
import { reluCost } from "../relu.js";
import { subArrayCosts } from "../sub-array.js";
import { sumCosts } from "../sum.js";
import type { AnyComponent, Cost } from "../types.js";
import type { AnalyticLayer } from "./layer.js";

type Costs = Partial<Record<AnyComponent, Cost>>;

/** The table that a component is read from, or null where it is computed. */
export const tableFor = (spec: AnalyticCost, name: AnyComponent): TableCost | null =>
  spec.fromTable.includes(name as TableComponent) ? spec.table : null;

/** The lines of a layer that stand in the place of computed ones, under the loads of the table's own condition. */
export function printedLayer(
  hardware: HardwareSpec,
  spec: AnalyticCost,
  { encoding, counts, loads, columns }: AnalyticLayer,
  use: { arrays: number; converting: number; convertedReads: number; rounds: number },
): Costs {
  const { table } = spec;
  if (!table || spec.fromTable.length === 0) return {};
  const { copies, positions } = counts;
  const { reference_S } = table.adcPower;
  const outputsPerRound = columns * Math.min(copies, positions);
  const products = { products: positions, rounds: use.rounds, outputsPerRound };
  const steered = counts.demuxes > 0;
  const printed: Costs = {
    ...subArrayCosts({ ...hardware, cost: table }, encoding, {
      arrays: use.arrays,
      convertingArrays: use.converting,
      reads: counts.reads,
      convertedReads: use.convertedReads,
      sequentialReads: use.rounds * counts.sequentialReads,
      products: 1,
      loads: loads.loads.map((l) => ({
        conversions: l.conversions,
        load: Float64Array.of(l.column_S / reference_S),
      })),
    }),
    ...(steered && {
      demux: demuxCost(table, {
        demuxes: copies * counts.demuxes,
        outputs: columns,
        results: positions * counts.results,
        sequentialResults: use.rounds * counts.maxRowGroups,
      }),
    }),
    adderTree: adderTreeCost(table, { outputsByStages: counts.outputsByStages, ...products }),
    relu: reluCost(table, { outputs: columns, ...products }),
  };
  return only(spec, printed);
}

/** The same for what serves all layers. @param use.depths stages of the adder trees in use */
export function printedShared(
  spec: AnalyticCost,
  use: { readonly depths: Iterable<number>; readonly poolingOperations: number },
): Costs {
  const { table } = spec;
  if (!table || spec.fromTable.length === 0) return {};
  const depths = [...new Set(use.depths)].sort((a, b) => a - b);
  const pools = use.poolingOperations > 0 && table.pooling;
  return only(spec, {
    adderTree: silicon(sumCosts(depths.map((stages) => adderTreeBank(table, stages)))),
    relu: silicon(table.relu),
    ...(pools && { pooling: poolingBank(pools, use.poolingOperations) }),
  });
}

/** A bank of pooling units, and what so many comparisons and additions take in it. */
export function poolingBank({ bank, units }: NonNullable<TableCost["pooling"]>, operations: number): Cost {
  return {
    energy_J: (operations * bank.energy_J) / units,
    latency_s: Math.ceil(operations / units) * bank.latency_s,
    area_m2: bank.area_m2,
  };
}

const silicon = ({ area_m2 }: Cost): Cost => ({ energy_J: 0, latency_s: 0, area_m2 });

const only = ({ fromTable }: AnalyticCost, costs: Costs): Costs =>
  Object.fromEntries(fromTable.flatMap((name) => (costs[name] ? [[name, costs[name]]] : [])));
