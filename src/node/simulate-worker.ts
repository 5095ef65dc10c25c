import type { Placement } from "../mapping/types.js";
import type { AdcRanges, Chunk, ChunkResult, FastOptions } from "../simulate/index.js";
import { Simulator } from "../simulate/index.js";
import { tensor } from "../tensor.js";
import { handOver, poolData } from "./pool.js";

/** What each worker is given once: the placed network and its converters' ranges (null: calibrate). */
export interface SimulationJob {
  readonly placed: Placement;
  readonly ranges: AdcRanges | null;
  readonly histograms: boolean;
  readonly saturation: boolean;
  readonly fast: Omit<FastOptions, "clock">;
}

let simulator: Simulator | undefined;

/** Simulates one chunk of images on the worker's own simulator. */
export function runChunk({ shape, data }: Chunk): ChunkResult {
  const job = poolData<SimulationJob>();
  simulator ??= new Simulator(job.placed, job.ranges, undefined, job.fast);
  const result = simulator.run(tensor("f32", shape, data), {
    histograms: job.histograms,
    saturation: job.saturation,
  });
  const buffers = [result.logits, ...result.ones, ...(result.histograms ?? [])].map(
    (a) => a.buffer as ArrayBuffer,
  );
  return handOver(result, [...new Set(buffers)]);
}
