import type { ArrayKernel, Saturation, SumHistogram } from "../array/types.js";
import type { Batch } from "../data/types.js";
import { InputError, invariant } from "../errors.js";
import { widestConverter } from "../hardware/types.js";
import { positionsOf } from "../lower/gather.js";
import { layerMatrices } from "../lower/matrices.js";
import type { Activity, Placement } from "../mapping/types.js";
import { tensor } from "../tensor.js";
import { type AdcRanges, emptyHistograms, fullScaleRanges, rangeOf } from "./ranges.js";
import { type ChunkOptions, type ChunkResult, Simulator } from "./simulator.js";

export { type BranchGains, branchGains } from "./branch-gains.js";
export { FastNetwork, type FastOptions } from "./fast/network.js";
export type { SharedTables } from "./fast/tables.js";
export { roundingErrors, sharedTables } from "./layers.js";
export { cellLevels, fullScale, losslessBits } from "./program.js";
export { type AdcRanges, losslessBitsOf, type MatrixRange } from "./ranges.js";
export { type ChunkOptions, type ChunkResult, type MatrixTrace, Simulator } from "./simulator.js";
export { type IntegerVersusFloat, integerVersusFloat } from "./versus-float.js";

/** Numbers of a chunk's images: 32 of CIFAR-10. More leave the second-level cache, fewer cost more calls. */
const chunkNumbers = 32 * 3 * 32 * 32;

/** Images of one chunk, by the image's size alone, so that no result depends on how chunks are spread over threads. */
export const chunkImages = (imageNumbers: number): number =>
  Math.min(32, Math.max(8, Math.floor(chunkNumbers / imageNumbers)));

export interface SimulationResult {
  readonly images: number;
  readonly classes: number;
  /** [images × classes] */
  readonly logits: Float32Array;
  readonly predictions: Int32Array;
  readonly correct: number;
  /** Fraction of images whose largest logit is the label's. */
  readonly accuracy: number;
  readonly activity: Activity;
  /** By matrix, in the placement's order, where it was asked for. */
  readonly saturation?: readonly Saturation[];
}

/** A chunk of images on its way to a simulator, here or on another thread. */
export interface Chunk {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Runs chunks elsewhere (on worker threads) and gives their results in order. */
export type ChunkMapper = (chunks: Iterable<Chunk>) => AsyncIterable<ChunkResult>;

export interface CalibrateOptions {
  readonly kernel?: ArrayKernel;
  readonly onProgress?: (images: number) => void;
  /** Sees each matrix's histogram of column sums, for a plot. */
  readonly onHistogram?: (matrix: string, histogram: SumHistogram) => void;
  /** Must return histograms with each result. */
  readonly mapChunks?: ChunkMapper;
}

/**
 * Fixes the converter ranges from training images (spec section 5): every column sum of every read is counted with
 * ideal converters, and the hardware's rule picks one range per matrix. "fullscale" looks at no image.
 */
export async function calibrate(
  placed: Placement,
  trainingImages: Iterable<Batch>,
  options: CalibrateOptions = {},
): Promise<AdcRanges> {
  const { adc, encoding } = placed.hardware;
  if (adc.range === "fullscale") return fullScaleRanges(placed);
  const histograms = emptyHistograms(placed);
  const chunks = chunksOf(trainingImages);
  const results =
    options.mapChunks?.(chunks) ??
    runHere(new Simulator(placed, null, options.kernel), chunks, { histograms: true });
  let images = 0;
  for await (const result of results) {
    invariant(result.histograms, "a calibration chunk came back without histograms");
    for (const [m, counts] of result.histograms.entries()) addInto(histograms[m]!.counts, counts);
    images += result.images;
    options.onProgress?.(images);
  }
  if (images === 0)
    throw new InputError("calibration got no images", { hint: "give at least one training image" });
  const matrices = placed.matrices.map(({ matrix }, m) => {
    options.onHistogram?.(matrix, histograms[m]!);
    return { matrix, ...rangeOf(histograms[m]!, adc, widestConverter(encoding.compose)) };
  });
  return { rule: adc.range, images, matrices };
}

export interface SimulateOptions {
  /** Counts the conversions that saturate; chunks from `mapChunks` must then have counts. */
  readonly saturation?: boolean;
  /** From `calibrate`; null only where every converter is ideal. */
  readonly ranges: AdcRanges | null;
  readonly kernel?: ArrayKernel;
  readonly onProgress?: (images: number, correct: number) => void;
  readonly mapChunks?: ChunkMapper;
}

/** Runs test images through the arrays, bit by bit. The result depends on neither threads nor chunking. */
export async function simulate(
  placed: Placement,
  testImages: Iterable<Batch>,
  options: SimulateOptions,
): Promise<SimulationResult> {
  if (placed.hardware.adc.bits !== null && options.ranges === null) {
    throw new InputError(`the converters have ${placed.hardware.adc.bits} bits but no ranges were given`, {
      hint: "calibrate the placement on training images first",
    });
  }
  const labels: number[] = [];
  const chunks = chunksOf(testImages, labels);
  const results =
    options.mapChunks?.(chunks) ??
    runHere(new Simulator(placed, options.ranges, options.kernel), chunks, {
      saturation: options.saturation === true,
    });
  const collected = new Collector(placed);
  for await (const result of results) {
    collected.add(result, labels);
    options.onProgress?.(collected.images, collected.correct);
  }
  return collected.finish();
}

async function* runHere(simulator: Simulator, chunks: Iterable<Chunk>, options: ChunkOptions) {
  for (const { shape, data } of chunks) {
    yield simulator.run(tensor("f32", shape, data), options);
    // Lets timers and signals in between chunks.
    await new Promise((resolve) => setTimeout(resolve));
  }
}

/** Cuts batches into chunks ({@link chunkImages}), across batch borders; labels are appended as chunks are made. */
export function* chunksOf(batches: Iterable<Batch>, labels: number[] = []): Generator<Chunk> {
  let pending: { data: Float32Array; label: number; shape: readonly number[] }[] = [];
  const flush = (): Chunk => {
    const size = pending[0]!.data.length;
    const data = new Float32Array(pending.length * size);
    pending.forEach((image, i) => {
      data.set(image.data, i * size);
      labels.push(image.label);
    });
    const shape = [pending.length, ...pending[0]!.shape];
    pending = [];
    return { shape, data };
  };
  for (const batch of batches) {
    const [count, ...shape] = batch.shape;
    const size = batch.data.length / count!;
    const most = chunkImages(size);
    for (let i = 0; i < count!; i++) {
      pending.push({ data: batch.data.subarray(i * size, (i + 1) * size), label: batch.labels[i]!, shape });
      if (pending.length === most) yield flush();
    }
  }
  if (pending.length > 0) yield flush();
}

class Collector {
  images = 0;
  correct = 0;
  private readonly logits: Float32Array[] = [];
  private readonly predictions: number[] = [];
  private ones: Float64Array[] | null = null;
  private saturation: Saturation[] | null = null;

  constructor(private readonly placed: Placement) {}

  add(result: ChunkResult, labels: readonly number[]): void {
    const classes = result.logits.length / result.images;
    for (let i = 0; i < result.images; i++) {
      const prediction = argmax(result.logits.subarray(i * classes, (i + 1) * classes));
      if (prediction === labels[this.images + i]) this.correct++;
      this.predictions.push(prediction);
    }
    this.logits.push(result.logits);
    this.images += result.images;
    if (!this.ones) this.ones = result.ones.map((ones) => ones.slice());
    else for (const [m, ones] of result.ones.entries()) addInto(this.ones[m]!, ones);
    if (result.saturation) this.addSaturation(result.saturation);
  }

  private addSaturation(found: readonly Saturation[]): void {
    this.saturation ??= found.map(() => ({ below: 0, above: 0, conversions: 0 }));
    for (const [m, { below, above, conversions }] of found.entries()) {
      const sum = this.saturation[m]!;
      sum.below += below;
      sum.above += above;
      sum.conversions += conversions;
    }
  }

  finish(): SimulationResult {
    if (this.images === 0) {
      throw new InputError("the simulation got no images", { hint: "give at least one test image" });
    }
    const logits = concat(this.logits);
    return {
      images: this.images,
      classes: logits.length / this.images,
      logits,
      predictions: Int32Array.from(this.predictions),
      correct: this.correct,
      accuracy: this.correct / this.images,
      activity: activityOf(this.placed, this.ones!, this.images),
      ...(this.saturation ? { saturation: this.saturation } : {}),
    };
  }
}

/** Turns counts of driven rows into shares of products. */
function activityOf(placed: Placement, ones: readonly Float64Array[], images: number): Activity {
  const matrices = new Map(layerMatrices(placed.model).map((m) => [m.name, m]));
  return {
    images,
    matrices: placed.matrices.map((placement, i) => {
      const matrix = matrices.get(placement.matrix)!;
      const positions = positionsOf(matrix.geometry);
      return {
        matrix: placement.matrix,
        positions,
        inputBits: matrix.layer.input.bits,
        ones: ones[i]!.map((count) => count / (images * positions)),
      };
    }),
  };
}

function addInto(target: Float64Array, values: Float64Array): void {
  for (let i = 0; i < values.length; i++) target[i]! += values[i]!;
}

function concat(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((n, part) => n + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function argmax(values: Float32Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
}
