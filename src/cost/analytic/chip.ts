import { inputSliceCount } from "../../hardware/input-slices.js";
import type { AnalyticCost, HardwareSpec } from "../../hardware/types.js";
import { encodingOf, weightsAcross } from "../../mapping/encoding.js";
import type { Activity, Placement, WeightEncoding } from "../../mapping/types.js";
import { programming } from "../circuits/programming.js";
import { countPlacement, type MatrixCounts } from "../counts.js";
import { denseCounts, rowBlocks } from "../network/dense-counts.js";
import { type LayerShape, type NetworkShape, networkShape } from "../network/shapes.js";
import { speedUpTargets } from "../network/speed-up.js";
import { breakdownOf, sumBreakdowns, sumCosts, total } from "../sum.js";
import { type LayerTraffic, trafficOf } from "../traffic.js";
import type { CostReport, LayerCost, LayerCounts, Totals } from "../types.js";
import { fabricOf } from "./fabric.js";
import { type AnalyticLayer, analyticLayer, stagesOf, treeUnits } from "./layer.js";
import { assumedLoads, placedAssumedLoads, placedLoads } from "./loads.js";
import { analyticNotes } from "./notes.js";
import { designFor, type ReadModel, readModel } from "./read-model.js";
import { type NetworkUse, sharedCircuits } from "./shared.js";

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
    ...network,
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
  return report(hardware, models, layers, { ...network, capacity_bit, measured: false });
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
  const inputSlices = inputSliceCount(shape.inputBits, array.inputSliceBits);
  const loads = assumedLoads(design, encoding, {
    groups: blocks.groups,
    columns: shape.columns,
    arraysAcross: Math.ceil(shape.columns / weightsAcross(encoding, array.columns)),
    activity: cost.inputActivity,
    inputSlices,
    positions,
  });
  const { inputBits, outputBits } = shape;
  const traffic = { activity: null, positions, inputBits, inputSlices, outputBits };
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
  { positions, inputBits, inputSlices }: LayerTraffic,
): LayerCounts => ({
  ...counts,
  copies,
  positions,
  inputBits,
  inputSlices,
  readsPerProduct: counts.rowGroups * inputSlices,
  reads: positions * counts.rowGroups * inputSlices,
  sequentialReads: counts.maxRowGroups * inputSlices,
  conversions: positions * counts.conversionsPerBit * inputSlices,
});

function report(
  hardware: AnalyticHardware,
  models: Models,
  work: readonly AnalyticLayer[],
  use: NetworkUse & { readonly capacity_bit: number; readonly measured: boolean },
): CostReport {
  const { cost: spec } = hardware;
  const modelOf = ({ encoding, counts }: AnalyticLayer): ReadModel => models.for(encoding, counts.inputBits);
  const sumOf = (value: (layer: AnalyticLayer) => number): number =>
    work.reduce((sum, layer) => sum + value(layer), 0);
  const fabric = fabricOf(modelOf(work[0]!).design.technology, spec, {
    arrays: sumOf(({ counts }) => counts.copies * counts.arrays),
    arrays_m2: sumOf((layer) => layer.counts.copies * layer.counts.arrays * modelOf(layer).area_m2),
    capacity_bit: use.capacity_bit,
    index_bit: sumOf(({ counts }) => counts.copies * counts.index_bit.explicit),
    units: treeUnits,
  });
  const results = work.map((layer) => analyticLayer(hardware, spec, modelOf(layer), layer, fabric));
  const layers = results.map(({ cost }) => cost);
  const deepest = work.reduce((a, b) => (stagesOf(b.counts) > stagesOf(a.counts) ? b : a));
  const outputBits = work.reduce((most, layer) => Math.max(most, layer.outputBits), 1);
  const common = sharedCircuits(modelOf(deepest), fabric, {
    ...use,
    stages: stagesOf(deepest.counts),
    outputBits,
  });
  const leakage_W = results.reduce((sum, layer) => sum + layer.leakage_W, common.leakage_W);
  const timed = sumCosts([...layers, total(breakdownOf(common.costs))]);
  const slowest_s = layers.reduce((most, layer) => Math.max(most, layer.latency_s), 0);
  const interval_s = spec.chip.timing === "pipelined" ? slowest_s : timed.latency_s;
  const shared = breakdownOf({
    ...common.costs,
    leakage: { energy_J: leakage_W * interval_s, latency_s: 0, area_m2: 0 },
  });
  const breakdown = sumBreakdowns([...layers.map((layer) => layer.breakdown), shared]);
  return {
    hardware: hardware.name,
    ...total(breakdown),
    adcLoad: use.measured ? "measured" : "table",
    breakdown,
    layers,
    shared,
    counts: totalsOf(layers),
    indexMemory_bit: {
      bitmap: sumOf(({ counts }) => counts.index_bit.bitmap),
      explicit: sumOf(({ counts }) => counts.index_bit.explicit),
    },
    alternatives: [],
    leakage_W,
    interval_s,
    programming: programmingOf(work, modelOf, hardware),
    notes: analyticNotes(hardware, use.measured),
  };
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
