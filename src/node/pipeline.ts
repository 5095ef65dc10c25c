import { existsSync } from "node:fs";
import { join } from "node:path";
import { exchangeOf } from "../compress/prune/crossbar/orders.js";
import { checkPruning, weightZeros } from "../compress/prune/index.js";
import { compareWithBaselines } from "../cost/index.js";
import type { Graph } from "../graph/types.js";
import type { HardwareSpec } from "../hardware/types.js";
import { checkLayerNames } from "../lower/layer-names.js";
import { encodePlacement } from "../mapping/binary.js";
import { placeBaselines } from "../mapping/place.js";
import type { Activity, Placement } from "../mapping/types.js";
import { verifyPlacement } from "../mapping/verify.js";
import { exportOnnx } from "../onnx/index.js";
import { type Compressed, compressInStages } from "../recipe/compress.js";
import { hardwareFor } from "../recipe/index.js";
import { prunesWeights } from "../recipe/stage-types.js";
import { irregularOptions } from "../recipe/training.js";
import type { Recipe, Stage } from "../recipe/types.js";
import { htmlReport } from "../report/html.js";
import { pairedInterval } from "../report/paired.js";
import { buildResult, type RunFindings } from "../report/result.js";
import type { Result, StageAccuracy } from "../report/types.js";
import { type AdcRanges, calibrate, integerVersusFloat, type SimulationResult } from "../simulate/index.js";
import { placeOnThreads } from "./exchange.js";
import { readFileOrExplain, stableJson, writeAtomic } from "./files.js";
import { readHardwareFile } from "./hardware.js";
import { loadModel } from "./models.js";
import { encodePredictions, rightOnes } from "./predictions.js";
import type { Progress, StageProgress } from "./progress.js";
import { Metrics, recordTime, runFiles, stagesFolder } from "./run-files.js";
import { checkInput, WorkSession } from "./session.js";
import { simulateOnThreads, withSimulationThreads } from "./simulation.js";
import { StageTraining } from "./training/stages.js";
import { packageVersion } from "./version.js";

export interface PipelineOptions {
  readonly recipe: Recipe;
  /** The run directory, open and locked. */
  readonly directory: string;
  readonly threads: number;
  readonly dataDir?: string | undefined;
  readonly progress: Progress;
  readonly signal?: AbortSignal | undefined;
}

/** Simulated images on which the integer network is compared with the float one, at most. */
const comparedImages = 1000;

/**
 * compress → place → calibrate → simulate → estimate → report. Everything that is finished is in the run directory
 * and is not computed again when the run is started anew.
 */
export async function runPipeline(options: PipelineOptions): Promise<Result> {
  const session = new WorkSession(options.recipe.data, options);
  try {
    return await new Pipeline(options, session, await Metrics.open(options.directory)).run();
  } finally {
    await session.close();
  }
}

class Pipeline {
  private readonly recipe: Recipe;
  private readonly training: StageTraining;

  constructor(
    private readonly options: PipelineOptions,
    private readonly session: WorkSession,
    private readonly metrics: Metrics,
  ) {
    this.recipe = options.recipe;
    this.training = new StageTraining({
      ...options,
      session,
      directory: join(options.directory, stagesFolder),
      clock: () => performance.now() / 1000,
    });
  }

  async run(): Promise<Result> {
    const { recipe } = this;
    const hardware = hardwareFor(recipe.hardware, readHardwareFile);
    const original = await this.timed("import", () => loadModel(recipe.model, recipe.seed));
    checkInput(original, await this.session.dataset("test"), recipe.data.normalization.layout);
    this.checkLayers(original);
    await this.checkImages();
    const compressed = await this.timed("compress", () => this.compress(original, hardware));
    const { model } = compressed;
    await this.write(runFiles.model, exportOnnx(model.graph));
    const placed = await this.timed("place", () => this.place(compressed, hardware));
    await this.write(runFiles.placement, encodePlacement(placed));
    const ranges = await this.timed("calibrate", () => this.calibrate(placed));
    const { main, activity } = await this.timed("simulate", () => this.simulateMain(placed, ranges));
    const adcSweep = await this.timed("sweep", () => this.sweep(placed, ranges));
    // The test images decide nothing: they are looked at when every choice is made.
    const { fp32, quantized, pruned, stageAccuracies } = await this.softwareAccuracies(original, compressed);
    const comparison = compareWithBaselines(
      { placed, ...placeBaselines(model, hardware, recipe.place.activeRows) },
      activity,
    );
    const software = await this.softwareOnSimulatedImages(model.graph);
    const result = buildResult({
      recipe: { ...recipe },
      modelName: original.name,
      original,
      placed,
      comparison,
      activity,
      ranges,
      fp32: fp32.accuracy,
      quantized,
      pruned,
      crossbarPruning: compressed.stages.flatMap(({ crossbars }) => (crossbars ? [crossbars.report] : [])),
      curves: compressed.stages.flatMap(({ curve }) => (curve ? [curve] : [])),
      stageAccuracies,
      ...zerosOf(original, compressed),
      outsideGroupSparsity: new Set(recipe.groups.dense === "neuron" ? recipe.groups.denseLayers : []),
      softwareImages: fp32.count,
      hardware: main.accuracy,
      hardwareImages: main.images,
      softwareOnHardwareImages: software.accuracy,
      paired: await this.paired(software.predictions, adcSweep),
      adcSweep: adcSweep.map(({ bits, accuracy }) => ({ bits, accuracy })),
      integerVersusFloat: await this.timed("compare", () => this.compareWithFloat(placed)),
    });
    await this.write(runFiles.report, htmlReport(result, { title: recipe.name, version: packageVersion() }));
    // Last, because its presence says that the run is complete.
    await this.write(runFiles.result, stableJson(result));
    return result;
  }

  /** A mistyped layer is found out before anything long starts. */
  private checkLayers(graph: Graph): void {
    const layers = graph.nodes
      .filter(({ op }) => op === "Conv" || op === "Gemm" || op === "MatMul")
      .map(({ name }) => name);
    const { place, stages } = this.recipe;
    checkLayerNames("place.activeRows", Object.keys(place.activeRows), layers);
    for (const stage of stages)
      if (stage.stage === "group-lasso")
        checkLayerNames(`clipLayers of "${stage.name}"`, Object.keys(stage.clipLayers), layers);
      else if (stage.stage === "irregular-pruning") checkPruning(weightZeros(graph), irregularOptions(stage));
  }

  /** Too few images are found out before anything long starts. */
  private async checkImages(): Promise<void> {
    const { stages, calibrate, simulate, evaluate } = this.recipe;
    for (const stage of stages)
      if ("images" in stage) await this.session.images("train", stage.images, `images of "${stage.name}"`);
    await this.training.check();
    await this.session.images("train", calibrate.images, "calibrate.images");
    await this.session.images("test", simulate.images, "simulate.images");
    await this.session.images("test", evaluate.images, "evaluate.images");
  }

  private async write(file: string, data: string | Uint8Array): Promise<void> {
    await writeAtomic(join(this.options.directory, file), data);
  }

  private async timed<R>(stage: string, work: () => Promise<R>): Promise<R> {
    this.options.signal?.throwIfAborted();
    const start = performance.now();
    const result = await work();
    await recordTime(this.options.directory, stage, (performance.now() - start) / 1000);
    return result;
  }

  private softwareAccuracy(name: string, graph: Graph) {
    return this.metrics.get(`accuracy.${name}`, async () => {
      const { accuracy, count } = await this.classify(name, graph, this.recipe.evaluate.images);
      return { accuracy, count };
    });
  }

  private softwareOnSimulatedImages(graph: Graph) {
    return this.metrics.get("accuracy.software.simulated", async () => {
      const found = await this.classify("placed", graph, this.recipe.simulate.images);
      return { ...found, predictions: encodePredictions(found.predictions) };
    });
  }

  private classify(name: string, graph: Graph, images: number | null) {
    return this.timed(`accuracy ${name}`, async () => {
      const batches = await this.session.images("test", images, "evaluate.images");
      const total = images ?? (await this.session.dataset("test")).count;
      const stage = this.options.progress.stage(`accuracy of the ${name} network`, total);
      const found = await this.session.accuracy(graph, batches, (done) => stage.update(done));
      stage.done(`${(100 * found.accuracy).toFixed(2)} %`);
      return found;
    });
  }

  /** What each converter width changes on the simulated images, image by image. */
  private async paired(software: string, widths: readonly { bits: number | null; predictions: string }[]) {
    const { labels } = await this.session.dataset("test");
    const simulated = labels.subarray(0, this.recipe.simulate.images);
    const inSoftware = rightOnes(software, simulated);
    return widths.map(({ bits, predictions }) => ({
      bits,
      ...pairedInterval(inSoftware, rightOnes(predictions, simulated)),
    }));
  }

  private async compress(original: Graph, { array, encoding }: HardwareSpec): Promise<Compressed> {
    const { recipe, session, training } = this;
    const { progress } = this.options;
    const ranges = new Map<string, StageProgress>();
    return compressInStages(original, {
      stages: recipe.stages,
      groups: recipe.groups,
      arrayRows: array.rows,
      trainingImages: (images) => session.images("train", images, "stages.images"),
      run: session.run,
      train: training.train,
      keep: training.keep,
      crossbars: {
        ...{ array, encoding, seed: recipe.seed, exchange: recipe.place.exchange ?? {} },
        ...{ validate: training.validate, remap: training.remap, keepRound: training.keepRound },
      },
      onProgress: (name, done, total) => {
        if (done === 1) ranges.set(name, progress.stage(`ranges, ${name}`, total));
        ranges.get(name)?.update(done);
        if (done === total) ranges.get(name)?.done();
      },
    });
  }

  /**
   * Accuracies in software on test images: of the network in floating point, of the last quantised one before anything
   * was pruned, of the pruned one, and behind every stage.
   */
  private async softwareAccuracies(original: Graph, { model, stages }: Compressed) {
    const start = await this.softwareAccuracy("fp32", original);
    const stageAccuracies: StageAccuracy[] = [];
    const found = { fp32: start, quantized: null as number | null, pruned: null as number | null };
    for (const [i, { stage, graph, curve, crossbars }] of stages.entries()) {
      // The last stage's network is evaluated in the form that is placed; it gives the same logits.
      const evaluated = i === stages.length - 1 ? model.graph : graph;
      const test = await this.softwareAccuracy(stage.name, evaluated);
      const last = crossbars?.report.end ?? curve?.points.at(-1)?.validation;
      stageAccuracies.push({
        name: stage.name,
        kind: stage.stage,
        validation: last ? { accuracy: last.accuracy, images: await this.training.validationImages() } : null,
        test: { accuracy: test.accuracy, images: test.count },
      });
      const sparse = stages.slice(0, i).some((earlier) => prunesWeights(earlier.stage));
      const becomes = sparse ? "pruned" : outcomeOf(stage.stage);
      if (becomes === "fp32") found.fp32 = test;
      else found[becomes] = test.accuracy;
    }
    return { ...found, stageAccuracies };
  }

  private async place({ model, stages }: Compressed, hardware: HardwareSpec): Promise<Placement> {
    const known = stages.findLast(({ crossbars }) => crossbars)?.crossbars?.orders ?? {};
    const orders = Object.entries(known).map(([matrix, order]) => [matrix, exchangeOf(order)] as const);
    const options = { ...this.recipe.place, seed: this.recipe.seed, known: new Map(orders) };
    return verifyPlacement(await placeOnThreads(model, hardware, options, this.options));
  }

  private async calibrate(placed: Placement): Promise<AdcRanges> {
    const path = join(this.options.directory, runFiles.calibration);
    if (existsSync(path)) return readJson<AdcRanges>(path, "calibration");
    const images = await this.session.images("train", this.recipe.calibrate.images, "calibrate.images");
    const stage = this.options.progress.stage("calibrate converters", this.recipe.calibrate.images);
    const job = { placed, ranges: null, histograms: true };
    const ranges = await withSimulationThreads(job, this.options, (mapChunks) =>
      calibrate(placed, images, { mapChunks, onProgress: (done) => stage.update(done) }),
    );
    stage.done();
    await this.write(runFiles.calibration, stableJson(ranges));
    return ranges;
  }

  private async simulateMain(placed: Placement, ranges: AdcRanges) {
    const path = join(this.options.directory, runFiles.activity);
    const name = adcMetric(placed.hardware.adc.bits);
    // The activity is written before the metric, so a known metric has its activity.
    const main = await this.metrics.get(name, async () => {
      const result = await this.simulate(placed, ranges);
      await this.write(runFiles.activity, stableJson(result.activity));
      return widthMetric(result);
    });
    return { main, activity: await readJson<Activity>(path, "activity") };
  }

  private async sweep(placed: Placement, ranges: AdcRanges) {
    const found: { bits: number | null; accuracy: number; predictions: string }[] = [];
    for (const bits of new Set([...this.recipe.simulate.adcBits, placed.hardware.adc.bits])) {
      const { hardware } = placed;
      const variant = { ...placed, hardware: { ...hardware, adc: { ...hardware.adc, bits } } };
      const { accuracy, predictions } = await this.metrics.get(adcMetric(bits), async () =>
        widthMetric(await this.simulate(variant, ranges)),
      );
      found.push({ bits, accuracy, predictions });
    }
    return found;
  }

  private async simulate(placed: Placement, ranges: AdcRanges): Promise<SimulationResult> {
    const { images } = this.recipe.simulate;
    const { bits } = placed.hardware.adc;
    const batches = await this.session.images("test", images, "simulate.images");
    const name = bits === null ? "ideal converters" : `${bits}-bit converters`;
    const stage = this.options.progress.stage(`simulate, ${name}`, images);
    return simulateOnThreads({ placed, ranges }, batches, this.options, stage);
  }

  private compareWithFloat(placed: Placement) {
    return this.metrics.get("integerVersusFloat", async () => {
      const count = Math.min(comparedImages, this.recipe.simulate.images);
      const images = await this.session.images("test", count, "simulate.images");
      const stage = this.options.progress.stage("compare with the float network", count);
      const found = await integerVersusFloat(placed, images, this.session.run);
      stage.done();
      return found;
    });
  }
}

/** Zero weights in float of a network that a stage has pruned by single weights, as given and behind all training. */
function zerosOf(original: Graph, { stages }: Compressed): Pick<RunFindings, "weightZeros"> {
  if (!stages.some(({ stage }) => prunesWeights(stage))) return {};
  const trained = stages.findLast(({ stage }) => stage.stage !== "post-training-quantization")!;
  return { weightZeros: { before: weightZeros(original), after: weightZeros(trained.graph) } };
}

/** Which accuracy of a result a stage's network has, where no stage before it has pruned single weights. */
function outcomeOf(stage: Stage["stage"]): "fp32" | "quantized" | "pruned" {
  switch (stage) {
    case "train":
      return "fp32";
    case "quantization-aware-training":
    case "post-training-quantization":
      return "quantized";
    default:
      return "pruned";
  }
}

const adcMetric = (bits: number | null): string => `accuracy.hardware.${bits ?? "ideal"}`;

const widthMetric = ({ accuracy, images, predictions }: SimulationResult) => ({
  accuracy,
  images,
  predictions: encodePredictions(predictions),
});

async function readJson<V>(path: string, what: string): Promise<V> {
  return JSON.parse(new TextDecoder().decode(await readFileOrExplain(path, what))) as V;
}
