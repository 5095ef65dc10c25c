import type { CrossbarPruningReport } from "../compress/prune/crossbar/index.js";
import type { WeightZeros } from "../compress/prune/index.js";
import type { Comparison, CompressionRates, CostReport, LayerCost } from "../cost/index.js";
import { compareEqualArea, compressionRates, layerCompression } from "../cost/index.js";
import { macs, parameterCount } from "../graph/count.js";
import type { Graph } from "../graph/types.js";
import { exchangeMemory } from "../mapping/column-exchange/index.js";
import type { Activity, MatrixPlacement, Placement } from "../mapping/types.js";
import { denseUtilization, utilization } from "../mapping/utilization.js";
import { type AdcRanges, type IntegerVersusFloat, losslessBitsOf } from "../simulate/index.js";
import type { TrainingCurve } from "../train/stage.js";
import { drawArrays } from "./drawing.js";
import { equalAreaData } from "./equal-area.js";
import { pruningOf } from "./pruning.js";
import { sparsityData } from "./sparsity.js";
import type {
  CellUse,
  CostSummary,
  CostTriple,
  ExchangeData,
  LayerData,
  PairedDifference,
  Result,
  StageAccuracy,
} from "./types.js";

/** What a run found out, before it is put in the form of result.json. */
export interface RunFindings {
  readonly recipe: { readonly seed: number; readonly [key: string]: unknown };
  readonly modelName: string;
  /** The network as it was given, folded constants aside. */
  readonly original: Graph;
  readonly placed: Placement;
  readonly comparison: Comparison;
  readonly activity: Activity;
  readonly ranges: AdcRanges | null;
  /** Test accuracies in software: as given, quantised without pruning, and pruned; null where there is no such. */
  readonly fp32: number | null;
  readonly quantized: number | null;
  readonly pruned: number | null;
  readonly softwareImages: number;
  /** What every stage that trained left, in order. */
  readonly curves: readonly TrainingCurve[];
  /** What stages of crossbar-grained pruning did, in order. */
  readonly crossbarPruning?: readonly CrossbarPruningReport[];
  readonly stageAccuracies: readonly StageAccuracy[];
  /** Zero weights of the layers in float, where single weights were pruned: as given, and behind all training. */
  readonly weightZeros?: { readonly before: readonly WeightZeros[]; readonly after: readonly WeightZeros[] };
  /** Matrices whose groups do not count in the group sparsity (spec section 1: dense layers pruned by neurons). */
  readonly outsideGroupSparsity: ReadonlySet<string>;
  /** Hardware accuracy at the chip's own converters, and at every width that was compared. */
  readonly hardware: number;
  readonly hardwareImages: number;
  /** The placed network in software on the very images that were simulated. */
  readonly softwareOnHardwareImages: number;
  readonly paired: readonly PairedDifference[];
  readonly adcSweep: readonly { readonly bits: number | null; readonly accuracy: number }[];
  readonly integerVersusFloat: IntegerVersusFloat | null;
}

export function buildResult(run: RunFindings): Result {
  const { placed, comparison, activity } = run;
  const { cost } = comparison;
  const pruning = pruningOf(placed, cost.layers, run.outsideGroupSparsity);
  return {
    version: 1,
    recipe: run.recipe,
    seed: run.recipe.seed,
    accuracy: { fp32: run.fp32, quantized: run.quantized, pruned: run.pruned, hardware: run.hardware },
    softwareImages: run.softwareImages,
    hardwareImages: run.hardwareImages,
    groupSparsity: pruning?.groupSparsity ?? null,
    readWeightedSparsity: pruning?.readWeightedSparsity ?? null,
    compression: rates(run.original, placed, run.outsideGroupSparsity),
    arrays: cost.counts.arrays,
    cells: cellsOf(cost.counts.cells),
    indexMemory: {
      bitmap_bit: cost.indexMemory_bit.bitmap,
      explicit_bit: cost.indexMemory_bit.explicit,
    },
    cost: summary(cost),
    baseline: summary(comparison.fullColumn),
    baselineSameBands: summary(comparison.sameBands),
    data: {
      model: { name: run.modelName, parameters: parameterCount(run.original), macs: macs(run.original) },
      hardware: hardwareData(placed),
      ladder: ladder(run),
      adcSweep: run.adcSweep.map((entry) => ({ ...entry, images: run.hardwareImages })),
      integerVersusFloat: run.integerVersusFloat,
      training: run.curves,
      pruning,
      ...(run.crossbarPruning?.length ? { crossbarPruning: run.crossbarPruning } : {}),
      ...(run.weightZeros ? { sparsity: sparsityData(placed, run.weightZeros) } : {}),
      stages: run.stageAccuracies,
      ...(run.paired.length > 0 ? { paired: run.paired } : {}),
      layers: placed.matrices.map((matrix, i) =>
        layerData(
          matrix,
          placed,
          cost.layers[i]!,
          activity.matrices[i]!,
          run.ranges,
          comparison.fullColumn.layers[i]!,
        ),
      ),
      ...(placed.matrices.some(({ exchange }) => exchange)
        ? { equalArea: equalAreaData(compareEqualArea(placed)) }
        : {}),
    },
  };
}

const adcName = (bits: number | null): string => (bits === null ? "ideal ADC" : `${bits}-bit ADC`);

/** From the trained network to the chip. The last steps share their images, so that they can be compared. */
function ladder(run: RunFindings): Result["data"]["ladder"] {
  const software = softwareSteps(run);
  const last = software.at(-1)?.name ?? "software";
  const same = {
    name: `${last}${simulatedImages}`,
    accuracy: run.softwareOnHardwareImages,
    images: run.hardwareImages,
  };
  const widest = [...run.adcSweep].sort((a, b) => (b.bits ?? 99) - (a.bits ?? 99));
  const hardware = widest.map(({ bits, accuracy }) => ({
    name: adcName(bits),
    accuracy,
    images: run.hardwareImages,
  }));
  return [...software, same, ...hardware];
}

/** Behind the name of a step of the ladder: the placed network in software, on the images that were simulated. */
export const simulatedImages = ", simulated images";

function softwareSteps(run: RunFindings): Result["data"]["ladder"] {
  const stages = run.stageAccuracies.flatMap(({ name, kind, test }) =>
    test === null || kind === "train" ? [] : [{ name, ...test }],
  );
  const step = (name: string, accuracy: number | null) =>
    accuracy === null ? [] : [{ name, accuracy, images: run.softwareImages }];
  const without = [...step("quantised", run.quantized), ...step("pruned", run.pruned)];
  return [...step("FP32", run.fp32), ...(stages.length > 0 ? stages : without)];
}

function rates(original: Graph, placed: Placement, outside: ReadonlySet<string>): CompressionRates {
  const layers = layerCompression(placed, outside);
  const weights = layers.reduce((sum, layer) => sum + layer.weights, 0);
  const totalParameters = parameterCount(original);
  return compressionRates({
    layers,
    totalParameters,
    floatParameters: Math.max(0, totalParameters - weights),
  });
}

const cellsOf = ({ used, wasted, empty, reference }: CellUse): CellUse => ({
  used,
  wasted,
  empty,
  reference,
});

const triple = ({ energy_J, latency_s, area_m2 }: CostTriple): CostTriple => ({
  energy_J,
  latency_s,
  area_m2,
});

const triples = (breakdown: Readonly<Record<string, CostTriple>>): Record<string, CostTriple> =>
  Object.fromEntries(Object.entries(breakdown).map(([name, cost]) => [name, triple(cost)]));

const summary = (report: CostReport): CostSummary => ({
  ...triple(report),
  breakdown: triples(report.breakdown),
  alternatives: report.alternatives,
  notes: report.notes,
});

function hardwareData({ hardware }: Placement): Result["data"]["hardware"] {
  const { name, source, array, adc, encoding } = hardware;
  return {
    name,
    source,
    array: { ...array },
    adcBits: adc.bits,
    adcRange: adc.range,
    encoding: { ...encoding },
  };
}

function layerData(
  placement: MatrixPlacement,
  placed: Placement,
  cost: LayerCost,
  activity: Activity["matrices"][number],
  ranges: AdcRanges | null,
  baseline: LayerCost,
): LayerData {
  const { counts } = cost;
  const range = ranges?.matrices.find((r) => r.matrix === placement.matrix);
  const driven = activity.ones.reduce((sum, share) => sum + share, 0);
  return {
    matrix: placement.matrix,
    rows: placement.rows,
    columns: placement.columns,
    positions: counts.positions,
    weightBits: placement.encoding.bits,
    inputBits: counts.inputBits,
    groupRows: placement.groupRows,
    groups: counts.groups,
    zeroGroups: counts.groups - counts.survivingGroups,
    arrays: counts.arrays,
    rowGroups: counts.rowGroups,
    cells: cellsOf(counts.cells),
    activity: driven / activity.ones.length,
    adcRange: range ? { low: range.low, high: range.high } : null,
    ...(placement.encoding.compose === "analog"
      ? { losslessBits: losslessBitsOf(placement, placed.hardware, counts.inputBits) }
      : {}),
    cost: { ...triple(cost), breakdown: triples(cost.breakdown) },
    baseline: { ...triple(baseline), arrays: baseline.counts.arrays },
    ...(placement.exchange ? { exchange: exchangeData(placement, placed.hardware.array) } : {}),
    mismatchColumns: placement.groupRows === null ? null : counts.mismatchBitLines.layer,
    drawing: drawArrays(placement, placed.hardware.array),
  };
}

function exchangeData(
  placement: MatrixPlacement,
  array: { readonly rows: number; readonly columns: number },
): ExchangeData {
  const { index_bit, inputSchedule_bit } = exchangeMemory(placement);
  const utilizations = {
    dense: [...denseUtilization(placement, array)],
    exchanged: [...utilization(placement, array)],
  };
  return { index_bit, inputSchedule_bit, utilization: utilizations };
}
