import type { CrossbarPruningReport } from "../../src/compress/prune/crossbar/index.js";
import type { EqualAreaVariant } from "../../src/cost/index.js";
import type { FigureRun, Result } from "../../src/index.js";
import { knownNetworks } from "../../src/report/publications/networks.js";
import type { EqualAreaData, StageAccuracy } from "../../src/report/types.js";
import { sampleResult } from "./sample-result.js";

export interface SparseRunOptions {
  readonly network?: string;
  readonly seed?: number;
  /** Share of zero weights behind irregular pruning. */
  readonly sparsity?: number;
  readonly weightBits?: number;
  /** Word lines. */
  readonly size?: number;
  /** Bit lines; four for each of `size` weights if not given. */
  readonly columns?: number;
  readonly compose?: "analog" | "digital";
  readonly baseline?: string;
  readonly exchanged?: boolean;
  /** Weights and arrays of 1,000 each: dense, at the start and at the end of crossbar-grained pruning. */
  readonly crossbars?: {
    readonly start: readonly [weights: number, arrays: number];
    readonly end: readonly [weights: number, arrays: number];
  };
  /** Test accuracies: trained, pruned irregularly, behind all training, quantised. */
  readonly accuracies?: readonly [number, number, number, number];
  readonly gains?: {
    readonly energy: number;
    readonly pipelined: number | null;
    readonly serial: number | null;
  };
  /** Arrays in the first bins. */
  readonly dense?: readonly number[];
  readonly after?: readonly number[];
  readonly pruned?: readonly number[];
}

const bins = (first: readonly number[]): number[] => Array.from({ length: 20 }, (_, i) => first[i] ?? 0);

/** A finished run of irregular pruning and exchanged columns: made up, but in the form of result.json. */
export function sparseRun(directory: string, options: SparseRunOptions = {}): FigureRun {
  const { network = "lenet5", seed = 1, sparsity = 0.92, weightBits = 8, size = 32 } = options;
  const { columns = 4 * size, compose = "analog", exchanged = true, crossbars } = options;
  const base = sampleResult([{ name: "fc", inputs: 4, outputs: 4, positions: 1, window: 9, sparsity: null }]);
  const { title: _, dataset, weights: all } = knownNetworks[network]!;
  const [original, irregular, last, placed] = options.accuracies ?? [0.99, 0.98, 0.97, 0.96];
  const stages = [
    { stage: "train" },
    { stage: "irregular-pruning", sparsity },
    ...(crossbars ? [{ stage: "crossbar-pruning" }] : []),
    { stage: "fine-tuning" },
    { stage: "post-training-quantization", weights: { bits: weightBits } },
  ];
  const measured = [original, irregular, ...(crossbars ? [irregular - 0.01] : []), last, placed];
  const total = all[0]!;
  const zeros = Math.round(sparsity * total);
  const result: Result = {
    ...base,
    seed,
    recipe: {
      ...{ name: directory, seed, model: network, data: { name: dataset }, stages },
      hardware: { base: "lin2019", rows: size, columns, compose },
    },
    accuracy: { fp32: original, quantized: null, pruned: placed, hardware: placed },
    groupSparsity: null,
    data: {
      ...base.data,
      model: { ...base.data.model, name: network },
      hardware: {
        ...{ name: "lin2019", source: "lin2019", adcBits: 8, adcRange: "percentile" },
        array: { rows: size, columns, activeRows: size, inputSliceBits: 1 },
        encoding: { cellBits: 2, sign: "splitArrays", compose, offsetBy: "digital" },
      },
      pruning: null,
      sparsity: { weights: total, zerosBefore: 0, zeros, zeroCodes: zeros, layers: [] },
      stages: stages.map(
        ({ stage }, i): StageAccuracy => ({
          ...{ name: stage, kind: stage, validation: null },
          test: { accuracy: measured[i]!, images: 10_000 },
        }),
      ),
      ...(crossbars ? { crossbarPruning: [pruningReport(options)] } : {}),
      layers: base.data.layers.map((layer) => ({
        ...layer,
        ...{ rows: total, columns: 1, weightBits },
        ...(exchanged
          ? {
              exchange: {
                ...{ index_bit: 10, inputSchedule_bit: 20 },
                utilization: {
                  dense: bins(options.dense ?? [6, 3, 1]),
                  exchanged: bins(options.after ?? [1, 2, 1, 4]),
                },
              },
            }
          : {}),
      })),
      ...(exchanged ? { equalArea: equalArea(options) } : {}),
    },
  };
  return { directory, result };
}

function pruningReport(options: SparseRunOptions): CrossbarPruningReport {
  const { start, end } = options.crossbars!;
  const of = ([weights, arrays]: readonly [number, number]) => ({ weights, arrays });
  return {
    ...{ stage: "crossbar-pruning", mode: "remainder-aware", share: 0.1, budget_points: 1, images: 1000 },
    dense: of([1000, 1000]),
    start: { ...of(start), accuracy: 0.98 },
    end: { ...of(end), accuracy: 0.97 },
    ended: "rounds",
    rounds: [{ ...of(end), round: 1, accuracy: 0.97, kept: true, newOrders: 0 }],
    layers: [{ matrix: "fc", dense: of([1000, 1000]), start: of(start), end: of(end) }],
    utilization: {
      dense: bins(options.dense ?? [6, 3, 1]),
      exchanged: bins(options.after ?? [1, 2, 1, 4]),
      pruned: bins(options.pruned ?? [0, 1, 0, 3]),
    },
  };
}

/** PRIME takes 1 µJ, 1 µs between images, 4 µs for one, and 1 mm². */
function equalArea(options: SparseRunOptions): EqualAreaData {
  const gains = options.gains ?? { energy: 2, pipelined: 3, serial: 4 };
  const prime = { energy_J: 1e-6, latency_s: 4e-6, area_m2: 1e-6, interval_s: 1e-6 };
  const chip = {
    ...{ hardware: "lin2019", rows: 32, columns: 128, cellBits: 2, compose: "analog", arrays: 10 },
    ...{ converter_bits: 8, lossless_bits: 13, losslessAlone_bits: 14, breakdown: {} },
  };
  const own = {
    ...chip,
    name: "exchanged",
    ...{ energy_J: 1e-6 / gains.energy, latency_s: 2e-6, area_m2: 1.5e-6, interval_s: 8e-7 },
    pipelined:
      gains.pipelined === null ? null : { copies: [1], interval_s: 1e-6 / gains.pipelined, area_m2: 1e-6 },
    serial: gains.serial === null ? null : { copies: [1], latency_s: 4e-6 / gains.serial, area_m2: 1e-6 },
  };
  const dense = (name: string) => ({
    ...{ ...chip, name, ...prime },
    pipelined: { copies: [1], interval_s: 1e-6, area_m2: 1e-6 },
    serial: { copies: [1], latency_s: 4e-6, area_m2: 1e-6 },
  });
  const variant = (name: EqualAreaVariant["name"], factor: number): EqualAreaVariant => {
    const changed = { ...gains, energy: gains.energy * factor };
    return {
      ...{ name, assumption: name, chosen: factor === 1, budget_m2: 1e-6 },
      gains: { baseline: changed, dense: changed, denseDigital: changed },
    };
  };
  return {
    ...{ node_m: 32e-9, baseline: options.baseline ?? "prime", budget_m2: 1e-6, budgetFrom: "baseline" },
    designs: [own, dense("baseline"), dense("dense"), dense("denseDigital")],
    variants: [variant("asConfigured", 1), variant("noIndex", 1.5), variant("losslessConverters", 0.5)],
    notes: [],
  };
}
