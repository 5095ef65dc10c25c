import type { AnalyticCost, HardwareSpec } from "../../hardware/types.js";
import type { WeightEncoding } from "../../mapping/types.js";
import { adderTree } from "../circuits/adder-trees.js";
import { conversionEnergy } from "../circuits/converter.js";
import { activationUnit, demuxUnit } from "../circuits/digital-units.js";
import type { Memory } from "../circuits/memory.js";
import { stagesFor } from "../counts.js";
import { fanoutFor } from "../demux.js";
import { breakdownOf, total } from "../sum.js";
import type { AnyComponent, Cost, LayerCost, LayerCounts } from "../types.js";
import type { Fabric } from "./fabric.js";
import { printedLayer, tableFor } from "./from-table.js";
import type { LayerLoads } from "./loads.js";
import type { ReadModel } from "./read-model.js";

export interface AnalyticLayer {
  readonly matrix: string;
  readonly columns: number;
  readonly encoding: WeightEncoding;
  readonly counts: LayerCounts;
  readonly loads: LayerLoads;
  readonly outputBits: number;
}

/** A layer's cost and what its circuits leak. */
export interface LayerWithLeakage {
  readonly cost: LayerCost;
  readonly leakage_W: number;
}

/** Bits of a result as it leaves a sub-array: code, slices and input bits. */
export const resultBits = ({ design }: ReadModel): number =>
  design.adcBits +
  design.inputShift +
  1 +
  (design.conversionsPerWeight - 1) * Math.log2(design.levels_S.length) +
  1;

/** Bits that a sub-array takes and gives in one product: an input per row, and an output per weight. */
export const heldBits = ({ design }: ReadModel, outputBits: number): number =>
  design.rows * design.inputBits + Math.floor(design.columns / design.cellsPerWeight) * outputBits;

/**
 * One layer and one image. Its arrays work at the same time, each reading its row groups and input bits one after
 * another; then come de-multiplexers, adder trees, activation, buffer and the way to it. Copies share the products and
 * take the same area again.
 */
export function analyticLayer(
  hardware: HardwareSpec,
  spec: AnalyticCost,
  model: ReadModel,
  layer: AnalyticLayer,
  fabric: Fabric,
): LayerWithLeakage {
  const { counts, loads } = layer;
  const { design } = model;
  const { copies, positions, inputBits, inputSlices } = counts;
  const t = design.technology;
  const { adderActivity, registerActivity } = spec.calibration;
  const rounds = Math.ceil(positions / copies);
  const arrays = copies * counts.arrays;
  const converting = copies * counts.convertingArrays;
  const convertedReads = positions * counts.convertedRowGroups * inputSlices;
  const reads_S = loads.loads.reduce((sum, l) => sum + l.conversions * l.column_S, 0);
  const costs: Partial<Record<AnyComponent, Cost>> = {};
  let leakage_W = 0;
  for (const [name, part] of model.parts) {
    const behind = ["adc", "shiftAddInput", "shiftAddWeight"].includes(name);
    const fixed_J = part.fixed_J * (behind ? convertedReads : counts.reads);
    costs[name] = {
      energy_J: fixed_J + part.perRow_J * loads.drivenRows + part.perSiemens_J * reads_S,
      latency_s:
        rounds *
        counts.sequentialReads *
        part.latency_s *
        (name === "adc" ? spec.calibration.sensingTime : 1),
      area_m2: (behind ? converting : arrays) * part.area_m2,
    };
    if (!tableFor(spec, name)) leakage_W += (behind ? converting : arrays) * part.leakage_W;
  }
  const conversions_J = loads.loads.reduce(
    (sum, l) => sum + l.conversions * conversionEnergy(design, l.column_S),
    0,
  );
  costs.adc = { ...costs.adc!, energy_J: costs.adc!.energy_J + conversions_J };
  const bits = resultBits(model);
  if (counts.demuxes > 0) {
    const unit = demuxUnit(t, fanoutFor(layer.columns), bits, registerActivity);
    costs.demux = {
      energy_J: positions * counts.results * unit.energy_J,
      latency_s: rounds * counts.maxRowGroups * unit.latency_s,
      area_m2: copies * counts.demuxes * unit.area_m2,
    };
    if (!tableFor(spec, "demux")) leakage_W += copies * counts.demuxes * unit.leakage_W;
  }
  if (fabric.index) costs.indexMemory = indexCost(fabric.index, counts, rounds);
  costs.adderTree = treeCost(model, counts, bits, adderActivity, rounds, layer.columns);
  const unit = activationUnit(t, layer.outputBits, registerActivity);
  costs.relu = {
    energy_J: positions * layer.columns * unit.energy_J,
    latency_s:
      rounds * Math.ceil((layer.columns * Math.min(copies, positions)) / fabric.units) * unit.latency_s,
    area_m2: 0,
  };
  const { inputs } = counts;
  const moved = {
    products: positions,
    inputs,
    inputBits,
    outputs: layer.columns,
    outputBits: layer.outputBits,
  };
  costs.buffer = fabric.buffer(moved, rounds);
  costs.tileBuffer = fabric.tileBuffer(moved, counts.arrays, rounds);
  costs.interconnect = fabric.wires(moved, rounds);
  Object.assign(costs, printedLayer(hardware, spec, layer, { arrays, converting, convertedReads, rounds }));
  const breakdown = breakdownOf(costs);
  return { cost: { matrix: layer.matrix, counts, breakdown, ...total(breakdown) }, leakage_W };
}

/**
 * A product reads the output of every stored group once, for all its input bits: the lines of a row group before its
 * first read, those of other arrays at the same time.
 */
function indexCost(
  index: Memory,
  { index_bit, positions, rowGroups, maxRowGroups }: LayerCounts,
  rounds: number,
): Cost {
  const lines = Math.ceil(index_bit.explicit / Math.max(1, rowGroups) / index.line_bit);
  return {
    energy_J: (positions * index_bit.explicit * index.energy_J) / index.line_bit,
    latency_s: rounds * maxRowGroups * lines * index.latency_s,
    area_m2: 0,
  };
}

/** Each output sums its own results; a bank serves as many outputs at a time as it has trees. */
function treeCost(
  { design }: ReadModel,
  counts: LayerCounts,
  bits: number,
  activity: number,
  rounds: number,
  outputs: number,
): Cost {
  let energy_J = 0;
  let latency_s = 0;
  counts.outputsByStages.forEach((count, stages) => {
    const tree = adderTree(design.technology, 2 ** stages, bits, activity);
    energy_J += counts.positions * count * tree.energy_J;
    if (count > 0) latency_s = rounds * Math.ceil(outputs / treeUnits) * tree.latency_s;
  });
  return { energy_J, latency_s, area_m2: 0 };
}

/** Trees of a bank, and activation units. */
export const treeUnits = 128;

/** The trees of a bank for that many operands. */
export const treeBank = (model: ReadModel, stages: number) =>
  adderTree(
    model.design.technology,
    2 ** stages,
    resultBits(model),
    model.design.spec.calibration.adderActivity,
  );

export const stagesOf = (counts: LayerCounts): number => Math.max(0, stagesFor(counts.partialSums.max));
