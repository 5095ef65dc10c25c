import { inputSliceCount } from "../../hardware/input-slices.js";
import type { AnalyticCost, HardwareSpec } from "../../hardware/types.js";
import { bitLinesPerWeight, encodingOf, weightsAcross } from "../../mapping/encoding.js";
import type { Activity, Placement, WeightEncoding } from "../../mapping/types.js";
import { programming } from "../circuits/programming.js";
import { countPlacement } from "../counts.js";
import { layerCounts, totalsOf } from "../layer.js";
import { denseCounts, rowBlocks } from "../network/dense-counts.js";
import { type LayerShape, type NetworkShape, networkShape } from "../network/shapes.js";
import { speedUpTargets } from "../network/speed-up.js";
import { type ReferenceAreas, referenceAreas } from "../reference/chip-area.js";
import { breakdownOf, sumBreakdowns, sumCosts, total } from "../sum.js";
import { trafficOf } from "../traffic.js";
import type { CostReport } from "../types.js";
import { fabricOf } from "./fabric.js";
import { type AnalyticLayer, analyticLayer, heldBits, stagesOf, treeUnits } from "./layer.js";
import { assumedLoads, placedAssumedLoads, placedLoads } from "./loads.js";
import { analyticNotes } from "./notes.js";
import { designFor, type ReadModel, readModel } from "./read-model.js";
import { sharedCircuits } from "./shared.js";

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
  const network = networkShape(placed.model);
  const copies = copiesFor(network, hardware);
  const layers = placed.matrices.map((matrix, i): AnalyticLayer => {
    const layer = traffic.layers[i]!;
    const wanted = matrix.role === "forward" ? (copies.get(matrix.matrix) ?? 1) : 1;
    const counts = layerCounts(
      countPlacement(matrix, hardware.array),
      Math.max(matrix.copies, wanted),
      layer,
    );
    const { design } = models.for(matrix.encoding, layer.inputBits);
    const loads = layer.activity
      ? placedLoads(matrix, hardware, design, layer.activity)
      : placedAssumedLoads(matrix, design, { ...layer, activity: share });
    const { columns, encoding } = matrix;
    return { matrix: matrix.matrix, columns, encoding, counts, loads, outputBits: layer.outputBits };
  });
  return report(hardware, models, layers, network, {
    capacity_bit: traffic.largestMap_bit,
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
  const copies = copiesFor(network, hardware);
  const layers = network.layers.map((shape): AnalyticLayer => {
    const output_bit = shape.columns * shape.positions * shape.outputBits;
    capacity_bit = Math.max(capacity_bit, shape.inputValues * shape.inputBits, output_bit);
    return shapedLayer(shape, copies.get(shape.matrix)!, hardware, models);
  });
  return report(hardware, models, layers, network, { capacity_bit, measured: false });
}

/** Copies of each matrix: of a pipeline, as many as let its layers keep pace, up to `chip.speedUp`. */
function copiesFor({ layers }: NetworkShape, { cost: { chip } }: AnalyticHardware) {
  const targets = speedUpTargets(layers, chip.timing === "pipelined" ? chip.speedUp : 1);
  return new Map(layers.map(({ matrix }, i) => [matrix, targets[i]!]));
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
    counts: layerCounts(counts, copies, traffic),
    loads,
    outputBits: shape.outputBits,
  };
}

function report(
  hardware: AnalyticHardware,
  models: Models,
  work: readonly AnalyticLayer[],
  network: NetworkShape,
  use: { readonly capacity_bit: number; readonly measured: boolean },
): CostReport {
  const { cost: spec } = hardware;
  const modelOf = ({ encoding, counts }: AnalyticLayer): ReadModel => models.for(encoding, counts.inputBits);
  const sumOf = (value: (layer: AnalyticLayer) => number): number =>
    work.reduce((sum, layer) => sum + value(layer), 0);
  const arrays = sumOf(({ counts }) => counts.copies * counts.arrays);
  const arrays_m2 = sumOf((layer) => layer.counts.copies * layer.counts.arrays * modelOf(layer).area_m2);
  const held_bit = work.reduce(
    (most, layer) => Math.max(most, heldBits(modelOf(layer), layer.outputBits)),
    0,
  );
  const fabric = fabricOf(modelOf(work[0]!).design.technology, spec, {
    arrays,
    capacity_bit: use.capacity_bit,
    index_bit: sumOf(({ counts }) => counts.copies * counts.index_bit.explicit),
    units: treeUnits,
    tile: { array_m2: arrays_m2 / arrays, rows: hardware.array.rows, held_bit },
  });
  const results = work.map((layer) => analyticLayer(hardware, spec, modelOf(layer), layer, fabric));
  const layers = results.map(({ cost }) => cost);
  const deepest = work.reduce((a, b) => (stagesOf(b.counts) > stagesOf(a.counts) ? b : a));
  const outputBits = work.reduce((most, layer) => Math.max(most, layer.outputBits), 1);
  const common = sharedCircuits(modelOf(deepest), fabric, {
    poolingOperations: network.poolingOperations,
    residualAdditions: network.residualAdditions,
    stages: stagesOf(deepest.counts),
    depths: work.map(({ counts }) => stagesOf(counts)),
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
    counts: totalsOf(layers.map(({ counts }) => counts)),
    indexMemory_bit: {
      bitmap: sumOf(({ counts }) => counts.index_bit.bitmap),
      explicit: sumOf(({ counts }) => counts.index_bit.explicit),
    },
    alternatives: [],
    leakage_W,
    interval_s,
    programming: programmingOf(work, modelOf, hardware),
    ...((spec.chip.floorPlan === "kernel" || spec.rules.includes("squareParts")) && {
      referenceChip: referenceChip(network, hardware, models),
    }),
    notes: analyticNotes(hardware, use.measured),
  };
}

/** What the reference estimator lays out for the network; the report's own areas are those of `fabricOf`. */
function referenceChip({ layers }: NetworkShape, hardware: AnalyticHardware, models: Models): ReferenceAreas {
  const encodingFor = ({ weightBits }: LayerShape): WeightEncoding =>
    encodingOf(weightBits, hardware.encoding);
  const first = layers[0]!;
  const model = models.for(encodingFor(first), first.inputBits);
  return referenceAreas(layers, hardware.array, model, (layer) => bitLinesPerWeight(encodingFor(layer)));
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
