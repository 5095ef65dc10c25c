import { pairedInterval } from "../../src/report/paired.js";
import type {
  ArrayDrawing,
  CostSummary,
  CostTriple,
  LayerData,
  PrunedLayer,
  PruningData,
  Result,
} from "../../src/report/types.js";
import { sampleTraining } from "./sample-training.js";

const [rows, columns, bandRows, weightsAcross] = [144, 32, 72, 16];
const components = [
  "array",
  "switchMatrix",
  "adc",
  "shiftAddInput",
  "shiftAddWeight",
  "demux",
  "adderTree",
  "buffer",
  "relu",
] as const;

const shares: Readonly<Record<(typeof components)[number], readonly [number, number, number]>> = {
  array: [0, 0, 0.005],
  switchMatrix: [0.02, 0.1, 0.03],
  adc: [0.66, 0.6, 0.62],
  shiftAddInput: [0.12, 0.05, 0.1],
  shiftAddWeight: [0.03, 0.05, 0.06],
  demux: [0.02, 0.01, 0.015],
  adderTree: [0.07, 0.04, 0.05],
  buffer: [0.06, 0.14, 0.11],
  relu: [0.02, 0.01, 0.01],
};

export interface SampleLayer {
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
  readonly positions: number;
  /** Rows of the layer's weight matrix per input channel: 9 for 3 × 3. */
  readonly window: number;
  /** Share of groups that are zero; null for a layer without groups. */
  readonly sparsity: number | null;
}

/** The layers of ResNet-20 for CIFAR-10 under the names of an exporter. */
export function resnet20Layers(): SampleLayer[] {
  const layers: SampleLayer[] = [
    { name: "/conv1/Conv", inputs: 3, outputs: 16, positions: 1024, window: 9, sparsity: null },
  ];
  for (let stage = 0; stage < 3; stage++) {
    for (let block = 0; block < 3; block++) {
      for (let conv = 0; conv < 2; conv++) {
        const outputs = 16 << stage;
        const inputs = stage > 0 && block === 0 && conv === 0 ? outputs / 2 : outputs;
        const sparsity = 0.2 + 0.15 * stage + 0.04 * block + 0.03 * conv;
        const name = `/layer${stage + 1}/layer${stage + 1}.${block}/conv${conv + 1}/Conv`;
        layers.push({ name, inputs, outputs, positions: 1024 >> (2 * stage), window: 9, sparsity });
      }
    }
  }
  layers.push({ name: "/linear/Gemm", inputs: 64, outputs: 10, positions: 1, window: 1, sparsity: null });
  return layers;
}

/** A result as a run would write it: made up, but consistent in its counts. */
export function sampleResult(layers: readonly SampleLayer[] = resnet20Layers()): Result {
  const data = layers.map(sampleLayer);
  const sum = (value: (layer: LayerData) => number) => data.reduce((total, layer) => total + value(layer), 0);
  const own = {
    energy_J: sum((layer) => layer.cost.energy_J),
    latency_s: sum((layer) => layer.cost.latency_s),
    area_m2: sum((layer) => layer.cost.area_m2) + 1.9e-7,
  };
  const groups = sum((layer) => layer.groups);
  const pruning = samplePruning(layers, data);
  return {
    version: 1,
    recipe: {
      model: "resnet20-cifar10.onnx",
      quantize: { weightBits: 4, inputBits: 4 },
      hardware: "meng2021",
    },
    seed: 1,
    accuracy: { fp32: 0.9172, quantized: 0.9034, pruned: 0.8996, hardware: 0.818 },
    softwareImages: 10_000,
    hardwareImages: 500,
    groupSparsity: groups === 0 ? null : sum((layer) => layer.zeroGroups) / groups,
    readWeightedSparsity: pruning?.readWeightedSparsity ?? null,
    compression: { paper: 16.51, parameters: 16.08, honest: 14.9 },
    arrays: sum((layer) => layer.arrays),
    cells: {
      used: sum((layer) => layer.cells.used),
      wasted: sum((layer) => layer.cells.wasted),
      empty: sum((layer) => layer.cells.empty),
      reference: 0,
    },
    indexMemory: { bitmap_bit: 3712, explicit_bit: 9874 },
    cost: {
      ...costOf(own),
      alternatives: [
        { name: "tableIEnergyScope bit", energy_J: own.energy_J * 3.1, latency_s: own.latency_s },
        { name: "buffer latency serial", energy_J: own.energy_J, latency_s: own.latency_s * 7.4 },
      ],
      notes: [
        "Not in the table of meng2021, so not priced: index memory, pooling, residual additions, control and wires.",
        "Adder trees of 4 stages are extrapolated; the table ends at 3.",
      ],
    },
    baseline: costOf({
      energy_J: own.energy_J * 1.58,
      latency_s: own.latency_s * 0.71,
      area_m2: own.area_m2 * 1.5,
    }),
    baselineSameBands: costOf({
      energy_J: own.energy_J * 2.03,
      latency_s: own.latency_s * 1.12,
      area_m2: own.area_m2 * 1.52,
    }),
    data: {
      model: { name: "resnet20-cifar10", parameters: 269_722, macs: 40_551_424 },
      hardware: {
        name: "meng2021",
        source: "meng2021",
        array: { rows, columns, activeRows: bandRows, inputSliceBits: 1 },
        adcBits: 5,
        adcRange: "percentile",
        encoding: { cellBits: 2, sign: "offset", compose: "digital", offsetBy: "digital" },
      },
      ladder: [
        { name: "FP32", accuracy: 0.9172, images: 10_000 },
        { name: "quantise", accuracy: 0.9034, images: 10_000 },
        { name: "prune", accuracy: 0.8921, images: 10_000 },
        { name: "fine-tune", accuracy: 0.8996, images: 10_000 },
        { name: "fine-tune, simulated images", accuracy: 0.9, images: 500 },
        { name: "ideal ADC", accuracy: 0.898, images: 500 },
        { name: "6-bit ADC", accuracy: 0.876, images: 500 },
        { name: "5-bit ADC", accuracy: 0.818, images: 500 },
        { name: "4-bit ADC", accuracy: 0.724, images: 500 },
      ],
      adcSweep: [
        { bits: 4, accuracy: 0.724, images: 500 },
        { bits: 5, accuracy: 0.818, images: 500 },
        { bits: 6, accuracy: 0.876, images: 500 },
        { bits: null, accuracy: 0.898, images: 500 },
      ],
      integerVersusFloat: { images: 500, predictionsThatDiffer: 1, codesThatDiffer: 2311, codes: 93_900_000 },
      training: sampleTraining(),
      pruning,
      stages: [
        stageOf("start", "train", 0.9214, 0.9172),
        stageOf("quantise", "quantization-aware", 0.9098, 0.9034),
        stageOf("prune", "multi-group-lasso", 0.8952, 0.8921),
        stageOf("fine-tune", "fine-tuning", 0.9012, 0.8996),
      ],
      paired: [null, 6, 5, 4].map((bits, i) => ({
        bits,
        ...pairedInterval(rightIn(450), rightIn(449 - i * (2 + 9 * i))),
      })),
      layers: data,
    },
  };
}

const stageOf = (name: string, kind: string, validation: number, test: number) => ({
  name,
  kind,
  validation: { accuracy: validation, images: 5000 },
  test: { accuracy: test, images: 10_000 },
});

/** 500 images of which so many are classified correctly, spread evenly. */
const rightIn = (right: number): Uint8Array =>
  Uint8Array.from({ length: 500 }, (_, i) =>
    Math.floor(((i + 1) * right) / 500) > Math.floor((i * right) / 500) ? 1 : 0,
  );

/** Zero groups of a layer with the given sparsity at position 0 or 1. */
const prunedAt = ({ outputs, sparsity }: SampleLayer, position: number): number =>
  Math.round(outputs * (sparsity ?? 0) * (position === 0 ? 0.9 : 1.1));

function samplePruning(layers: readonly SampleLayer[], data: readonly LayerData[]): PruningData | null {
  const pruned = layers.flatMap((layer, i) =>
    layer.sparsity === null ? [] : [prunedLayer(layer, data[i]!)],
  );
  if (pruned.length === 0) return null;
  const total = (value: (layer: PrunedLayer) => number) =>
    pruned.reduce((sum, layer) => sum + value(layer), 0);
  const inAll = (key: "groups" | "zeroGroups") =>
    total(({ positions }) => positions.reduce((sum, position) => sum + position[key], 0));
  return {
    layers: pruned,
    groupSparsity: inAll("zeroGroups") / inAll("groups"),
    readWeightedSparsity: total(({ reads }) => reads.spared) / total(({ reads }) => reads.all),
    wastedFraction: total(({ wastedCells }) => wastedCells) / total(({ usedColumnCells }) => usedColumnCells),
    mismatchColumns: {
      layer: total(({ mismatchColumns }) => mismatchColumns.layer),
      chunks: total(({ mismatchColumns }) => mismatchColumns.chunks),
    },
  };
}

function prunedLayer(
  layer: SampleLayer,
  { matrix, rows: matrixRows, cells, groups, zeroGroups, inputBits, ...data }: LayerData,
): PrunedLayer {
  const bandCount = Math.ceil(matrixRows / bandRows);
  const positions = Array.from({ length: Math.min(2, bandCount) }, (_, position) => {
    const bands = Math.ceil((bandCount - position) / 2);
    return { groups: bands * layer.outputs, zeroGroups: bands * prunedAt(layer, position) };
  });
  const alive = positions.map(({ groups, zeroGroups }) => groups - zeroGroups);
  const reads = data.positions * inputBits;
  return {
    matrix,
    groupRows: bandRows,
    inGroupSparsity: true,
    positions,
    mismatchColumns: {
      layer: 2 * (Math.max(...alive) - Math.min(...alive)),
      chunks: 2 * Math.ceil(bandCount / 2) * (prunedAt(layer, 1) - prunedAt(layer, 0)),
    },
    wastedCells: cells.wasted,
    usedColumnCells: cells.used + cells.wasted,
    reads: { all: groups * reads, spared: zeroGroups * reads },
  };
}

function sampleLayer(layer: SampleLayer, index: number): LayerData {
  const matrixRows = layer.inputs * layer.window;
  const arrays: (readonly [number, number, number])[][] = [];
  let zeroGroups = 0;
  for (let first = 0; first < matrixRows; first += rows) {
    const chunkRows = Math.min(rows, matrixRows - first);
    const bands = Array.from({ length: Math.ceil(chunkRows / bandRows) }, (_, band) => {
      const pruned = prunedAt(layer, band);
      zeroGroups += pruned;
      return {
        word: band * bandRows,
        lines: Math.min(bandRows, chunkRows - band * bandRows),
        alive: layer.outputs - pruned,
      };
    });
    const widest = Math.max(...bands.map(({ alive }) => alive));
    for (let from = 0; from < widest; from += weightsAcross) {
      arrays.push(
        bands.map(({ word, lines, alive }) => [
          word,
          lines,
          2 * Math.max(0, Math.min(weightsAcross, alive - from)),
        ]),
      );
    }
  }
  const cells = cellsOf(arrays);
  const reads = arrays.flat().filter(([, , bits]) => bits > 0).length;
  const energy_J = reads * 4 * layer.positions * 6.2e-12;
  const cost = costOf({
    energy_J,
    latency_s: 8 * layer.positions * 7.8e-9,
    area_m2: arrays.length * 1.118e-8,
  });
  const baselineArrays = Math.ceil(matrixRows / rows) * Math.ceil(layer.outputs / weightsAcross);
  return {
    matrix: layer.name,
    rows: matrixRows,
    columns: layer.outputs,
    positions: layer.positions,
    weightBits: 4,
    inputBits: index === 0 ? 8 : 4,
    groupRows: layer.sparsity === null ? null : bandRows,
    groups: layer.sparsity === null ? 0 : Math.ceil(matrixRows / bandRows) * layer.outputs,
    zeroGroups,
    arrays: arrays.length,
    rowGroups: reads,
    cells,
    activity: 0.34 * 0.95 ** index,
    adcRange: index % 7 === 6 ? null : { low: 0, high: 61.5 + index },
    cost: { ...cost },
    mismatchColumns: layer.sparsity === null ? null : 2 * (index % 5),
    baseline: {
      arrays: baselineArrays,
      energy_J: baselineArrays * 8 * layer.positions * 5.1e-12,
      latency_s: cost.latency_s * 0.71,
      area_m2: baselineArrays * 1.118e-8,
    },
    drawing: drawingOf(arrays),
  };
}

function cellsOf(arrays: ArrayDrawing["arrays"]): LayerData["cells"] {
  let [used, wasted] = [0, 0];
  for (const groups of arrays) {
    const widest = Math.max(...groups.map(([, , bits]) => bits));
    for (const [, lines, bits] of groups) {
      used += lines * bits;
      wasted += lines * (widest - bits);
    }
  }
  return { used, wasted, empty: arrays.length * rows * columns - used - wasted, reference: 0 };
}

const drawingOf = (arrays: ArrayDrawing["arrays"]): ArrayDrawing => ({
  arraysShown: Math.min(24, arrays.length),
  arraysTotal: arrays.length,
  rows,
  columns,
  arrays: arrays.slice(0, 24),
});

function costOf(total: CostTriple): CostSummary {
  const breakdown = Object.fromEntries(
    components.map((name) => {
      const [energy, latency, area] = shares[name];
      const part = {
        energy_J: total.energy_J * energy,
        latency_s: total.latency_s * latency,
        area_m2: total.area_m2 * area,
      };
      return [name, part];
    }),
  );
  return { ...total, breakdown, alternatives: [], notes: [] };
}
