// Bit-true simulation of 4-bit ResNet-20 (trained weights, CIFAR-10 test images, 2-bit cells, 5-bit converters) over
// plain FP32 inference of the same network in ONNX Runtime at its best batch, both on two cores.
import { setTimeout as pause } from "node:timers/promises";
import {
  calibrate,
  chunksOf,
  exportOnnx,
  hardwarePresets,
  openRuntime,
  place,
  roundingErrors,
  Simulator,
  simdKernel,
  supportedVariants,
  tensor,
} from "../dist/index.js";
import { withSimulationThreads } from "../dist/node/index.js";
import { digits, report } from "./_measure.mjs";
import { images, loadResnet20, quantizeW4A4 } from "./_resnet20.mjs";

const threads = 2;
const rounds = 20;
/** ONNX Runtime's threads keep looking for work for a while, on the cores that the simulation is to have. */
const settling_ms = 100;
const graph = loadResnet20();
const runtime = await openRuntime({ threads });
const training = await images("train", 64);
const model = await quantizeW4A4(graph, runtime, training);
const test = await images("test", 1024, 256);

const fp32 = await runtime.load(exportOnnx(graph));
/** @type {(import("../dist/index.js").Tensor)[]} */
const fp32Inputs = [];
for (const size of [8, 16, 32, 64, 128, 256]) {
  const [batch] = await images("test", size);
  if (batch) fp32Inputs.push(tensor("f32", batch.shape, batch.data));
}
/**
 * Throughput of FP32 inference over at least `time_ms`: the best of several short spells would be luck that a longer
 * simulation cannot have.
 * @param {import("../dist/index.js").Tensor} image
 * @param {number} time_ms
 */
async function fp32Throughput(image, time_ms) {
  let done = 0;
  const start = performance.now();
  let elapsed_ms = 0;
  while (elapsed_ms < time_ms) {
    await fp32.run({ image });
    done += Number(image.shape[0]);
    elapsed_ms = performance.now() - start;
  }
  return (1000 * done) / elapsed_ms;
}
/** The batch at which FP32 inference is fastest, all of them tried in turn. */
async function bestFp32Input() {
  const fastest = fp32Inputs.map(() => 0);
  for (let round = 0; round < 5; round++) {
    for (const [i, image] of fp32Inputs.entries()) {
      fastest[i] = Math.max(fastest[i] ?? 0, await fp32Throughput(image, 250));
    }
  }
  return /** @type {import("../dist/index.js").Tensor} */ (fp32Inputs[fastest.indexOf(Math.max(...fastest))]);
}
const fp32Input = await bestFp32Input();
const bestBatch = Number(fp32Input.shape[0]);

const { meng2021 } = hardwarePresets;
if (!meng2021) throw new Error("the preset of Meng et al. is gone");

/**
 * @typedef {{ activeRows: number, inputSliceBits?: number, threads?: number, cellModel?: "ideal" | "conductance", skipSilent?: boolean, conductanceBits?: number }} Variant
 * @param {Variant} variant
 */
async function simulationOf({ activeRows, inputSliceBits = 1, cellModel = "ideal" }) {
  const { array, device } = meng2021;
  const hardware = {
    ...meng2021,
    array: { ...array, activeRows, inputSliceBits },
    device: { ...device, cellModel },
  };
  const placed = place(model, hardware);
  const [few] = await images("train", 16);
  const ranges = await calibrate(placed, few ? [few] : []);
  return { placed, ranges };
}

/**
 * Best images/s of the simulation and of FP32 inference, in rounds of both, equally long.
 * @param {Variant} variant
 */
async function throughput(variant) {
  const { placed, ranges } = await simulationOf(variant);
  const { skipSilent = true, conductanceBits } = variant;
  const fast = { skipSilent, ...(conductanceBits === undefined ? {} : { conductanceBits }) };
  const best = { perSecond: 0, fp32PerSecond: 0 };
  await withSimulationThreads(
    { placed, ranges, fast },
    { threads: variant.threads ?? threads },
    async (map) => {
      const run = async () => {
        let done = 0;
        for await (const result of map(chunksOf(test))) done += result.images;
        return done;
      };
      await run();
      for (let round = 0; round < rounds; round++) {
        const start = performance.now();
        const done = await run();
        const time_ms = performance.now() - start;
        best.perSecond = Math.max(best.perSecond, (1000 * done) / time_ms);
        best.fp32PerSecond = Math.max(best.fp32PerSecond, await fp32Throughput(fp32Input, time_ms));
        await pause(settling_ms);
      }
    },
  );
  return best;
}

const engine = `Node ${process.versions.node}, ${supportedVariants()[0]} kernels`;
const of = "simulated images/s over FP32 images/s in ONNX Runtime at its best batch, two cores each";

for (const activeRows of [144, 72]) {
  const { perSecond, fp32PerSecond } = await throughput({ activeRows });
  report({
    name: `simulate-resnet20-${activeRows}rows`,
    ratio: digits(perSecond / fp32PerSecond),
    of,
    imagesPerSecond: digits(perSecond),
    fp32ImagesPerSecond: digits(fp32PerSecond),
    fp32Batch: bestBatch,
    engine,
  });
}

for (const conductanceBits of [undefined, 8]) {
  const variant = /** @type {const} */ ({ activeRows: 144, cellModel: "conductance" });
  const { perSecond, fp32PerSecond } = await throughput(
    conductanceBits ? { ...variant, conductanceBits } : variant,
  );
  const { placed } = await simulationOf(variant);
  const rounding = conductanceBits
    ? roundingErrors(placed, conductanceBits)
    : { largestError: 0, rmsError: 0 };
  report({
    name: `simulate-resnet20-uneven-conductances${conductanceBits ? `-${conductanceBits}bits` : ""}`,
    ratio: digits(perSecond / fp32PerSecond),
    of,
    imagesPerSecond: digits(perSecond),
    roundingErrorOfLevelStep: { largest: digits(rounding.largestError), rms: digits(rounding.rmsError) },
  });
}
const { perSecond: one } = await throughput({ activeRows: 144, threads: 1 });
const { perSecond: two, fp32PerSecond } = await throughput({ activeRows: 144 });
report({
  name: "simulate-resnet20-two-threads",
  ratio: digits(two / one),
  of: "images/s of two threads over one",
  imagesPerSecond: [digits(one), digits(two)],
});
const { perSecond: all } = await throughput({ activeRows: 144, skipSilent: false });
report({
  name: "simulate-resnet20-skipping",
  ratio: digits(all / two),
  of: "images/s with every look-up over those without the look-ups of silent lines",
  imagesPerSecond: [digits(all), digits(two)],
});

for (const inputSliceBits of [2, 4]) {
  const { perSecond } = await throughput({ activeRows: 144, inputSliceBits });
  report({
    name: `simulate-resnet20-input-slices-${inputSliceBits}bits`,
    ratio: digits(perSecond / two),
    of: `images/s with inputs ${inputSliceBits} bits at a time over bit by bit`,
    imagesPerSecond: [digits(perSecond), digits(two)],
  });
}

// On this thread alone: where the time goes.
const { placed, ranges } = await simulationOf({ activeRows: 144 });
const clock = () => performance.now();
const simulator = new Simulator(placed, ranges, undefined, { clock });
const [eight] = await images("test", 8);
const network = simulator.fastNetwork();
if (!eight || !network) throw new Error("there are no images, or no fast network");
let share = { total: Number.POSITIVE_INFINITY, arrays: 0 };
for (let i = 0; i < 40; i++) {
  Object.assign(network.time_ms, { total: 0, arrays: 0 });
  simulator.run(tensor("f32", eight.shape, eight.data));
  if (network.time_ms.total < share.total) share = { ...network.time_ms };
}
report({
  name: "simulate-resnet20-share-in-arrays",
  ratio: digits(share.arrays / share.total),
  of: "time inside the array kernels over the time of an inference, one thread",
  msPerImage: digits(share.total / 8),
});
const calibrationStart = performance.now();
const [calibrationImages] = await images("train", 16);
if (calibrationImages) await calibrate(placed, [calibrationImages], { kernel: simdKernel() });
report({
  name: "calibrate-resnet20",
  ratio: digits(16000 / (performance.now() - calibrationStart) / fp32PerSecond),
  of: "calibration images/s of one thread over FP32 images/s of two",
});
await runtime.close();
