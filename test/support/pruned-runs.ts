import type { FigureRun, Result } from "../../src/index.js";
import { resnet20Layers, type SampleLayer, sampleResult } from "./sample-result.js";

export interface PrunedRunOptions {
  readonly groupRows?: number;
  readonly method?: "multi-group" | "plain" | "magnitude" | "filters";
  readonly lambda?: number;
  /** Magnitude pruning takes the weakest groups behind the penalty. */
  readonly thenMagnitude?: boolean;
  readonly seed?: number;
  /** Share of zero groups that the result tells. */
  readonly sparsity?: number;
  readonly software?: number;
  /** Accuracy by converter width. */
  readonly adc?: Readonly<Record<number, number>>;
  /** Physical columns of every layer with groups. */
  readonly mismatch?: number;
  /** Energy, latency and area over the baseline. */
  readonly ratio?: number;
  readonly layers?: readonly SampleLayer[];
  readonly dataset?: string;
}

function stagesOf(options: PrunedRunOptions): Record<string, unknown>[] {
  const { method = "multi-group", lambda = 2e-3, thenMagnitude = false } = options;
  const magnitude = { stage: "magnitude-pruning", structure: "groups" };
  if (method === "magnitude") return [magnitude];
  if (method === "filters") return [{ ...magnitude, structure: "filters" }];
  return [{ stage: "group-lasso", method, lambda }, ...(thenMagnitude ? [magnitude] : [])];
}

/** A finished run of a pruned ResNet-20: made up, but in the form of result.json. */
export function prunedRun(directory: string, options: PrunedRunOptions = {}): FigureRun {
  const { groupRows = 72, seed = 1, sparsity = 0.4, software = 0.9, mismatch = 4, ratio = 0.7 } = options;
  const base = sampleResult(options.layers ?? resnet20Layers());
  const adc = options.adc ?? { 5: software - 0.02, 6: software - 0.01 };
  const scaled = (cost: Result["baseline"], factor: number) => ({
    ...cost,
    energy_J: cost.energy_J * factor,
    latency_s: cost.latency_s * factor,
    area_m2: cost.area_m2 * factor,
  });
  const result: Result = {
    ...base,
    seed,
    recipe: {
      name: directory,
      seed,
      data: { name: options.dataset ?? "cifar10" },
      stages: [{ stage: "quantization-aware-training" }, ...stagesOf(options), { stage: "fine-tuning" }],
      groups: { rows: groupRows },
    },
    accuracy: { ...base.accuracy, fp32: 0.92, pruned: software, hardware: adc[5] ?? null },
    groupSparsity: sparsity,
    cost: { ...base.cost, ...scaled(base.baseline, ratio), breakdown: {} },
    data: {
      ...base.data,
      hardware: {
        ...base.data.hardware,
        array: { ...base.data.hardware.array, activeRows: groupRows },
      },
      adcSweep: Object.entries(adc).map(([bits, accuracy]) => ({
        bits: Number(bits),
        accuracy,
        images: 500,
      })),
      pruning: base.data.pruning && {
        ...base.data.pruning,
        layers: base.data.pruning.layers.map((layer) => ({
          ...layer,
          groupRows,
          mismatchColumns: { layer: mismatch, chunks: mismatch + 2 },
        })),
      },
      layers: base.data.layers.map((layer) => ({
        ...layer,
        inputBits: layer.groups > 0 ? 4 : 8,
        groupRows: layer.groups > 0 ? groupRows : null,
        mismatchColumns: layer.groups > 0 ? mismatch : null,
      })),
    },
  };
  return { directory, result };
}
