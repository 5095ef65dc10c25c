import type { HardwareSpec, TableCost } from "../hardware/types.js";
import type { Activity, MatrixPlacement, Placement } from "../mapping/types.js";
import { adderTreeBank } from "./adder-tree.js";
import { estimatePlaced } from "./analytic/chip.js";
import { poolingBank } from "./analytic/from-table.js";
import { bufferArea } from "./buffer.js";
import { countPlacement } from "./counts.js";
import { layerCost, layerCounts, totalsOf } from "./layer.js";
import { type GroupLoad, measuredLoads, tableLoads } from "./load.js";
import { networkShape } from "./network/shapes.js";
import { notesFor } from "./notes.js";
import { parametricReport } from "./parametric/report.js";
import { workOf } from "./parametric/work.js";
import { breakdownOf, sumBreakdowns, sumCosts, total } from "./sum.js";
import { type LayerTraffic, trafficOf } from "./traffic.js";
import type { AdcLoad, Alternative, Breakdown, CostReport, LayerCost, LayerCounts } from "./types.js";

export interface EstimateOptions {
  /** Default: "measured" where there is activity, else "table". */
  readonly adcLoad?: AdcLoad;
}

/**
 * What one image costs on a placed network: layers one after another, without pipelining, every count taken from
 * the placed arrays.
 * Source: docs/sources.md#meng2021, Table I, read as spec 6 reads it.
 * @param activity what images did to the word lines; without it, products follow from the network's shapes and
 *   the converters' load is the published table's, or the hardware's stated share of driven rows
 * @throws InputError where activity and placement do not belong together
 */
export function estimate(placed: Placement, activity?: Activity, options: EstimateOptions = {}): CostReport {
  const { hardware } = placed;
  const { cost } = hardware;
  if (cost.style === "analytic") {
    const measured = options.adcLoad === "table" ? undefined : activity;
    return estimatePlaced(placed, { ...hardware, cost }, measured);
  }
  if (cost.style === "parametric") {
    const copies = placed.matrices.map((matrix) => matrix.copies);
    return parametricReport({ ...hardware, cost }, workOf(placed, activity), copies);
  }
  return estimateFromTable(placed, { ...hardware, cost }, activity, options);
}

type TableHardware = HardwareSpec & { readonly cost: TableCost };

function estimateFromTable(
  placed: Placement,
  hardware: TableHardware,
  activity: Activity | undefined,
  options: EstimateOptions,
): CostReport {
  const adcLoad = options.adcLoad === "table" || !activity ? "table" : "measured";
  const traffic = trafficOf(placed, activity);
  const work = placed.matrices.map((matrix, i): LayerWork => {
    const layer = traffic.layers[i]!;
    const counts = layerCounts(countPlacement(matrix, hardware.array), matrix.copies, layer);
    const byTable = tableLoads(matrix, hardware.cost, layer.inputSlices);
    const loads =
      adcLoad === "measured" && layer.activity ? measuredLoads(matrix, hardware, layer.activity) : byTable;
    return { matrix, traffic: layer, counts, byTable, loads };
  });
  const use: NetworkUse = {
    largestMap_bit: traffic.largestMap_bit,
    poolingOperations: hardware.cost.pooling ? networkShape(placed.model).poolingOperations : 0,
  };
  const priced = price(work, use, hardware, adcLoad);
  return {
    hardware: hardware.name,
    ...total(priced.breakdown),
    adcLoad,
    ...priced,
    counts: totalsOf(work.map(({ counts }) => counts)),
    indexMemory_bit: {
      bitmap: sumOf(work, ({ counts }) => counts.index_bit.bitmap),
      explicit: sumOf(work, ({ counts }) => counts.index_bit.explicit),
    },
    alternatives: alternatives(work, use, hardware, adcLoad),
    notes: notesFor(hardware, placed.matrices, priced.layers),
  };
}

/** What layers share takes its size from. */
interface NetworkUse {
  readonly largestMap_bit: number;
  readonly poolingOperations: number;
}

interface LayerWork {
  readonly matrix: MatrixPlacement;
  readonly traffic: LayerTraffic;
  readonly counts: LayerCounts;
  readonly byTable: readonly GroupLoad[];
  readonly loads: readonly GroupLoad[];
}

function price(
  work: readonly LayerWork[],
  use: NetworkUse,
  hardware: TableHardware,
  adcLoad: AdcLoad,
): { breakdown: Breakdown; layers: LayerCost[]; shared: Breakdown } {
  const layers = work.map((w) =>
    layerCost(w.matrix, hardware, w.counts, w.traffic, adcLoad === "table" ? w.byTable : w.loads),
  );
  const shared = sharedCosts(hardware.cost, layers, use);
  return { layers, shared, breakdown: sumBreakdowns([...layers.map((layer) => layer.breakdown), shared]) };
}

/**
 * What all layers share: a bank of trees for every depth in use, the buffer, one bank of activation units, and where the
 * table has them one of pooling units.
 */
function sharedCosts(table: TableCost, layers: readonly LayerCost[], use: NetworkUse): Breakdown {
  const depths = new Set(layers.map(({ counts }) => Math.max(0, counts.outputsByStages.length - 1)));
  const area = (area_m2: number) => ({ energy_J: 0, latency_s: 0, area_m2 });
  const trees = sumCosts([...depths].sort((a, b) => a - b).map((stages) => adderTreeBank(table, stages)));
  return breakdownOf({
    adderTree: area(trees.area_m2),
    buffer: area(bufferArea(table, use.largestMap_bit)),
    relu: area(table.relu.area_m2),
    ...(table.pooling &&
      use.poolingOperations > 0 && { pooling: poolingBank(table.pooling, use.poolingOperations) }),
  });
}

const sumOf = <T>(items: readonly T[], value: (item: T) => number): number =>
  items.reduce((sum, item) => sum + value(item), 0);

/** The readings of the table between which the paper does not decide, and both loads of the converters. */
function alternatives(
  work: readonly LayerWork[],
  use: NetworkUse,
  hardware: TableHardware,
  adcLoad: AdcLoad,
): Alternative[] {
  const { cost } = hardware;
  const entry = (
    name: string,
    assumption: string,
    chosen: boolean,
    table: TableCost,
    load = adcLoad,
  ): Alternative => {
    const { energy_J, latency_s } = total(price(work, use, { ...hardware, cost: table }, load).breakdown);
    return { name, assumption, chosen, energy_J, latency_s };
  };
  const scope = (value: TableCost["tableIEnergyScope"], assumption: string) =>
    entry(`tableIEnergyScope ${value}`, assumption, cost.tableIEnergyScope === value, {
      ...cost,
      tableIEnergyScope: value,
    });
  const buffer = (value: TableCost["buffer"]["latencyScope"], assumption: string) =>
    entry(`buffer.latencyScope ${value}`, assumption, cost.buffer.latencyScope === value, {
      ...cost,
      buffer: { ...cost.buffer, latencyScope: value },
    });
  const loads: Alternative[] = [
    entry("adcLoad table", "column currents of the published table", adcLoad === "table", cost, "table"),
  ];
  if (adcLoad === "measured") {
    loads.push(entry("adcLoad measured", "column currents of the stored cells and these images", true, cost));
  }
  const open = (reading: TableCost["openReadings"][number], entries: () => Alternative[]): Alternative[] =>
    cost.openReadings.includes(reading) ? entries() : [];
  return [
    ...open("tableIEnergyScope", () => [
      scope("mvm", "the table's sub-array energies cover all reads of a product"),
      scope("bit", "the table's sub-array energies cover the reads of one input bit"),
    ]),
    ...open("buffer.latencyScope", () => [
      buffer("bitPlane", "the buffer moves one bit of all values of a product per access"),
      buffer("serial", "the buffer moves one bit of one value per access"),
    ]),
    ...loads,
  ];
}
