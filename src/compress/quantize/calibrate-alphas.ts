import type { Batch } from "../../data/types.js";
import { InputError } from "../../errors.js";
import type { Graph, InputQuantizer } from "../../graph/types.js";
import { ActivationHistogram, type ActivationRangeRule, activationQuantizer } from "./activations.js";
import type { GraphRunner } from "./post-training.js";
import { type QuantizerSite, quantizerSites, type SiteOptions } from "./sites.js";

export interface CalibrateAlphasOptions extends SiteOptions {
  /** Default: "mse". The image always keeps its whole range. */
  readonly rule?: ActivationRangeRule;
  readonly onProgress?: (done: number, total: number) => void;
}

/** Ranges taken from images, in the form that `quantizationAware` takes. */
export interface AlphaCalibration {
  /** By the Pact's node. */
  readonly alpha: Readonly<Record<string, number>>;
  /** Quantisers of values that may be negative, by the value. */
  readonly signed: Readonly<Record<string, InputQuantizer>>;
  readonly input: InputQuantizer;
}

/**
 * Where the ranges of quantisation-aware training may start: for each Pact the alpha of least squared error on
 * training images, as the network in floating point sees them. The published code starts every alpha at 10, far above
 * most activations, and lets hundreds of epochs bring them down; in a short training this start is worth more than the
 * steps.
 * @param graph the network in floating point, as it is given to `quantizationAware`
 */
export async function calibrateAlphas(
  graph: Graph,
  trainingImages: Iterable<Batch>,
  run: GraphRunner,
  options: CalibrateAlphasOptions,
): Promise<AlphaCalibration> {
  const sites = quantizerSites(graph, options);
  const batches = [...trainingImages];
  if (batches.length === 0)
    throw new InputError("the calibration of alphas got no images", {
      hint: "give at least one training image",
    });
  const histograms = await observe(graph, sites, batches, run, options.onProgress);
  const alpha: Record<string, number> = {};
  const signed: Record<string, InputQuantizer> = {};
  let input: InputQuantizer | undefined;
  for (const site of sites) {
    const rule = site.kind === "image" ? "max" : (options.rule ?? "mse");
    const quantizer = activationQuantizer(histograms.get(site.value)!, site.bits, rule);
    if (site.kind === "image") input = quantizer;
    else if (site.kind === "signed") signed[site.value] = quantizer;
    else alpha[site.node] = Math.fround(quantizer.scale * (2 ** site.bits - 1));
  }
  // A network whose image meets no crossbar layer first has no use for it.
  return { alpha, signed, input: input ?? { bits: options.inputBits, scale: 1, zeroPoint: 0 } };
}

async function observe(
  graph: Graph,
  sites: readonly QuantizerSite[],
  batches: readonly Batch[],
  run: GraphRunner,
  onProgress?: (done: number, total: number) => void,
): Promise<ReadonlyMap<string, ActivationHistogram>> {
  const histograms = new Map(sites.map(({ value }) => [value, new ActivationHistogram()]));
  const outputs = sites.filter(({ kind }) => kind !== "image").map(({ value }) => value);
  await run({ ...graph, outputs: outputs.length > 0 ? outputs : graph.outputs }, async (evaluate) => {
    let done = 0;
    for (const pass of ["observe", "count"] as const)
      for (const batch of batches) {
        const made = await evaluate(batch);
        for (const { value, kind } of sites) {
          const data = kind === "image" ? batch.data : (made.get(value)!.data as Float32Array);
          histograms.get(value)![pass](kind === "unsigned" ? positivePart(data) : data);
        }
        onProgress?.(++done, 2 * batches.length);
      }
  });
  return histograms;
}

/** What a Pact behind this value can pass on. */
const positivePart = (values: Float32Array): Float32Array => values.map((x) => (x > 0 ? x : 0));
