import type { AnalyticCost, HardwareSpec } from "../../hardware/types.js";
import { encodingOf, weightsAcross } from "../../mapping/encoding.js";
import type { Activity, Placement, WeightEncoding } from "../../mapping/types.js";
import { activationUnit, poolingUnit } from "../circuits/digital-units.js";
import { programming } from "../circuits/programming.js";
import { countPlacement, type MatrixCounts } from "../counts.js";
import { denseCounts, rowBlocks } from "../network/dense-counts.js";
import { type LayerShape, type NetworkShape, networkShape } from "../network/shapes.js";
import { speedUpTargets } from "../network/speed-up.js";
import { breakdownOf, sumBreakdowns, sumCosts, total } from "../sum.js";
import { type LayerTraffic, trafficOf } from "../traffic.js";
import type { AnyComponent, Cost, CostReport, LayerCost, LayerCounts, Totals } from "../types.js";
import { type Fabric, fabricOf } from "./fabric.js";
import { type AnalyticLayer, analyticLayer, stagesOf, treeBank, treeUnits } from "./layer.js";
import { assumedLoads, placedAssumedLoads, placedLoads } from "./loads.js";
import { analyticNotes } from "./notes.js";
import { designFor, type ReadModel, readModel } from "./read-model.js";

export type AnalyticHardware = HardwareSpec & { readonly cost: AnalyticCost };

/** Sub-arrays of layers with the same precision are the same. */
class Models {
  private readonly known = new Map<string, ReadModel>();
  constructor(private readonly hardware: AnalyticHardware) {}

  for(encoding: WeightEncoding, inputBits: number): ReadModel {
    const key = `${encoding.bits} ${inputBits}`;
    const found = this.known.get(key);
    if (found) return found;
    const made = readModel(designFor(this.hardware, this.hardware.cost, encoding, inputBits));
    this.known.set(key, made);
    return made;
  }
}

/** What one image costs on a placed network whose circuits are computed; the same report as from a table. */
export function estimatePlaced(
  placed: Placement,
  hardware: AnalyticHardware,
  activity?: Activity,
): CostReport {
  if (hardware.cost.chip.floorPlan === "kernel") {
    return estimateNetwork(networkShape(placed.model), hardware);
  }
  const models = new Models(hardware);
  const traffic = trafficOf(placed, activity);
  const share = hardware.cost.inputActivity;
  const layers = placed.matrices.map((matrix, i): AnalyticLayer => {
    const layer = traffic.layers[i]!;
    const counts = countsOf(countPlacement(matrix, hardware.array), matrix.copies, layer);
    const { design } = models.for(matrix.encoding, layer.inputBits);
    const loads = layer.activity
      ? placedLoads(matrix, hardware, design, layer.activity)
      : placedAssumedLoads(matrix, design, { ...layer, activity: share });
    const { columns, encoding } = matrix;
    return { matrix: matrix.matrix, columns, encoding, counts, loads, outputBits: layer.outputBits };
  });
  const network = networkShape(placed.model);
  return report(hardware, models, layers, {
    capacity_bit: traffic.largestMap_bit,
    poolingOperations: network.poolingOperations,
    measured: activity !== undefined,
  });
}

/**
 * The same for a network's shapes alone: dense, no weights, every level equally often, the stated share of rows driven.
 * @throws InputError where the hardware's circuits cannot be built
 */
export function estimateNetwork(network: NetworkShape, hardware: AnalyticHardware): CostReport {
  const models = new Models(hardware);
  let capacity_bit = 0;
  const { chip } = hardware.cost;
  const copies = speedUpTargets(network.layers, chip.timing === "pipelined" ? chip.speedUp : 1);
  const layers = network.layers.map((shape, i): AnalyticLayer => {
    const output_bit = shape.columns * shape.positions * shape.outputBits;
    capacity_bit = Math.max(capacity_bit, shape.inputValues * shape.inputBits, output_bit);
    return shapedLayer(shape, copies[i]!, hardware, models);
  });
  const { poolingOperations } = network;
  return report(hardware, models, layers, { capacity_bit, poolingOperations, measured: false });
}

function shapedLayer(
  shape: LayerShape,
  copies: number,
  hardware: AnalyticHardware,
  models: Models,
): AnalyticLayer {
  const { array, cost } = hardware;
  const encoding = encodingOf(shape.weightBits, hardware.encoding);
  const { design } = models.for(encoding, shape.inputBits);
  const unpadded = cost.rules.includes("unpaddedOutputs");
  const positions = unpadded ? shape.unpaddedPositions : shape.positions;
  const parts = cost.rules.includes("kernelPositionReads") ? shape.kernelPositions : 1;
  const blocks = rowBlocks(shape.rows / parts, array, parts);
  const counts = denseCounts(shape, encoding, array, blocks);
  const loads = assumedLoads(design, encoding, {
    groups: blocks.groups,
    columns: shape.columns,
    arraysAcross: Math.ceil(shape.columns / weightsAcross(encoding, array.columns)),
    activity: cost.inputActivity,
    inputBits: shape.inputBits,
    positions,
  });
  const traffic = { activity: null, positions, inputBits: shape.inputBits, outputBits: shape.outputBits };
  return {
    matrix: shape.matrix,
    columns: shape.columns,
    encoding,
    counts: countsOf(counts, copies, traffic),
    loads,
    outputBits: shape.outputBits,
  };
}

const countsOf = (
  counts: MatrixCounts,
  copies: number,
  { positions, inputBits }: LayerTraffic,
): LayerCounts => ({
  ...counts,
  copies,
  positions,
  inputBits,
  readsPerProduct: counts.rowGroups * inputBits,
  reads: positions * counts.rowGroups * inputBits,
  sequentialReads: counts.maxRowGroups * inputBits,
  conversions: positions * counts.conversionsPerBit * inputBits,
});

function report(
  hardware: AnalyticHardware,
  models: Models,
  work: readonly AnalyticLayer[],
  use: { readonly capacity_bit: number; readonly poolingOperations: number; readonly measured: boolean },
): CostReport {
  const { cost: spec } = hardware;
  const modelOf = ({ encoding, counts }: AnalyticLayer): ReadModel => models.for(encoding, counts.inputBits);
  const { technology } = modelOf(work[0]!).design;
  const arrays = work.reduce((sum, { counts }) => sum + counts.copies * counts.arrays, 0);
  const arrays_m2 = work.reduce(
    (sum, layer) => sum + layer.counts.copies * layer.counts.arrays * modelOf(layer).area_m2,
    0,
  );
  const fabric = fabricOf(technology, spec, {
    arrays,
    arrays_m2,
    capacity_bit: use.capacity_bit,
    units: treeUnits,
  });
  const results = work.map((layer) => analyticLayer(hardware, spec, modelOf(layer), layer, fabric));
  const layers = results.map(({ cost }) => cost);
  const deepest = work.reduce((a, b) => (stagesOf(b.counts) > stagesOf(a.counts) ? b : a));
  const bank = treeBank(modelOf(deepest), stagesOf(deepest.counts));
  const outputBits = work.reduce((most, layer) => Math.max(most, layer.outputBits), 1);
  const pool = poolingUnit(technology, outputBits, spec.calibration.adderActivity);
  const unit = activationUnit(technology, outputBits, spec.calibration.registerActivity);
  const leakage_W =
    results.reduce((sum, layer) => sum + layer.leakage_W, 0) +
    fabric.memory.leakage_W +
    fabric.network.leakage_W +
    treeUnits * (bank.leakage_W + unit.leakage_W) +
    (use.poolingOperations > 0 ? treeUnits * pool.leakage_W : 0);
  const shared = sharedCosts(fabric, bank.area_m2, { ...use, pool, unit_m2: unit.area_m2 });
  const timed = sumCosts([...layers, total(breakdownOf(shared))]);
  const slowest_s = layers.reduce((most, layer) => Math.max(most, layer.latency_s), 0);
  const interval_s = spec.chip.timing === "pipelined" ? slowest_s : timed.latency_s;
  shared.leakage = { energy_J: leakage_W * interval_s, latency_s: 0, area_m2: 0 };
  const sharedBreakdown = breakdownOf(shared);
  const breakdown = sumBreakdowns([...layers.map((layer) => layer.breakdown), sharedBreakdown]);
  return {
    hardware: hardware.name,
    ...total(breakdown),
    adcLoad: use.measured ? "measured" : "table",
    breakdown,
    layers,
    shared: sharedBreakdown,
    counts: totalsOf(layers),
    indexMemory_bit: {
      bitmap: layers.reduce((sum, { counts }) => sum + counts.index_bit.bitmap, 0),
      explicit: layers.reduce((sum, { counts }) => sum + counts.index_bit.explicit, 0),
    },
    alternatives: [],
    leakage_W,
    interval_s,
    programming: programmingOf(work, modelOf, hardware),
    notes: analyticNotes(hardware, use.measured),
  };
}

function sharedCosts(
  fabric: Fabric,
  bank_m2: number,
  use: { readonly poolingOperations: number; readonly pool: Cost; readonly unit_m2: number },
): Partial<Record<AnyComponent, Cost>> {
  const area = (area_m2: number): Cost => ({ energy_J: 0, latency_s: 0, area_m2 });
  const costs: Partial<Record<AnyComponent, Cost>> = {
    adderTree: area(fabric.units * bank_m2),
    relu: area(fabric.units * use.unit_m2),
    buffer: area(fabric.memory.area_m2),
    interconnect: area(fabric.network.area_m2),
  };
  if (use.poolingOperations > 0) {
    costs.pooling = {
      energy_J: use.poolingOperations * use.pool.energy_J,
      latency_s: Math.ceil(use.poolingOperations / fabric.units) * use.pool.latency_s,
      area_m2: fabric.units * use.pool.area_m2,
    };
  }
  return costs;
}

function programmingOf(
  work: readonly AnalyticLayer[],
  modelOf: (layer: AnalyticLayer) => ReadModel,
  { array }: HardwareSpec,
): NonNullable<CostReport["programming"]> {
  let cells = 0;
  let energy_J = 0;
  let latency_s = 0;
  for (const layer of work) {
    const { copies } = layer.counts;
    const { used, reference } = layer.counts.cells;
    const cost = programming(modelOf(layer).design, copies * (used + reference), array.rows);
    cells += cost.cells;
    energy_J += cost.energy_J;
    latency_s = Math.max(latency_s, cost.latency_s);
  }
  return { counts: { cells }, energy_J, latency_s };
}

function totalsOf(layers: readonly LayerCost[]): Totals {
  const sum = (value: (counts: LayerCounts) => number): number =>
    layers.reduce((all, { counts }) => all + value(counts), 0);
  const copied = (value: (counts: LayerCounts) => number): number => sum((c) => c.copies * value(c));
  return {
    arrays: copied((c) => c.arrays),
    arraysOfOneCopy: sum((c) => c.arrays),
    rowGroups: copied((c) => c.rowGroups),
    reads: sum((c) => c.reads),
    conversions: sum((c) => c.conversions),
    demuxes: copied((c) => c.demuxes),
    cells: {
      used: copied((c) => c.cells.used),
      reference: copied((c) => c.cells.reference),
      wasted: copied((c) => c.cells.wasted),
      empty: copied((c) => c.cells.empty),
    },
    mismatchBitLines: {
      layer: copied((c) => c.mismatchBitLines.layer),
      chunks: copied((c) => c.mismatchBitLines.chunks),
    },
    unusedBitLines: copied((c) => c.unusedBitLines),
  };
}
