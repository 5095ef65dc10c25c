// A training step of ResNet-20 at batch 128, FP32, with 4-bit quantisers, and with those and the multi-group penalty, over
// the plain FP32 forward pass of the same batch in ONNX Runtime, on the threads it chooses.
import {
  alphaTraining,
  combine,
  createRandom,
  exportOnnx,
  groupedLayers,
  multiGroupLasso,
  openRuntime,
  resnet20,
  trainingStep,
} from "../dist/index.js";
import { digits, peakMemory_bytes, report } from "./_measure.mjs";
import { quantizationAware } from "./_quantized.mjs";

const batch = 128;
const random = createRandom(1);
const network = resnet20({ shortcut: "A" }, random);
const image = {
  dtype: /** @type {const} */ ("f32"),
  shape: [batch, 3, 32, 32],
  data: Float32Array.from({ length: batch * 3 * 32 * 32 }, () => random.normal()),
};
const labels = {
  dtype: /** @type {const} */ ("i32"),
  shape: [batch],
  data: Int32Array.from({ length: batch }, () => random.integer(0, 9)),
};

const runtime = await openRuntime();
const plain = await runtime.load(exportOnnx(network));
const rate = { dtype: /** @type {const} */ ("f32"), shape: [], data: Float32Array.of(0.01) };

const quantized = quantizationAware(network, 4);
// The lambdas of both positions are fed, as a controller does it.
const layers = groupedLayers(quantized, { groupRows: 72, arrayRows: 144 });
const penalty = multiGroupLasso(layers, { lambda: 2e-3, clip: 1 });

/** @type {readonly (readonly [string, import("../dist/index.js").Graph, import("../dist/index.js").LoopAddition])[]} */
const steps = [
  ["resnet20-step-fp32", network, {}],
  ["resnet20-step-4bit", quantized, alphaTraining(quantized)],
  ["resnet20-step-4bit-multi-group", quantized, combine([alphaTraining(quantized), penalty])],
];

for (const [name, graph, { controller, ...parts }] of steps) {
  const step = trainingStep(graph, {
    batch,
    optimizer: { kind: "sgd", momentum: 0.9, nesterov: true },
    weightDecay: { rate: 5e-4 },
    ...parts,
  });
  const steered = controller ? controller.feeds(controller.initial) : {};
  const session = await runtime.load(exportOnnx(step.graph), { name, keepQuantizers: true });
  let state = Object.fromEntries(step.state.map(({ input, initial }) => [input, initial]));
  const train = async () => {
    const made = await session.run({
      ...state,
      ...steered,
      [step.inputs.images]: image,
      [step.inputs.labels]: labels,
      [step.inputs.rate]: rate,
    });
    state = Object.fromEntries(step.state.map(({ input, output }) => [input, made[output]]));
    return made[step.outputs.loss].data[0];
  };
  const first = await train();
  // Turn by turn and about as long each, so that other work on the machine slows both alike.
  const rounds = [];
  for (let round = 0; round < 9; round++) {
    const forward_s = (await time(6, () => plain.run({ image }))) / 6;
    rounds.push({ forward_s, step_s: await time(1, train) });
  }
  const ratios = rounds.map(({ forward_s, step_s }) => step_s / forward_s).sort((a, b) => a - b);
  report({
    name,
    ratio: digits(ratios[4]),
    of: "time of a training step over the plain FP32 forward pass of the same 128 images, median of 9 rounds",
    spread: [digits(ratios[0]), digits(ratios[8])],
    imagesPerSecond: digits(batch / Math.min(...rounds.map(({ step_s }) => step_s))),
    forwardImagesPerSecond: digits(batch / Math.min(...rounds.map(({ forward_s }) => forward_s))),
    losses: [digits(first), digits(await train())],
    peakMemory_bytes: peakMemory_bytes(),
  });
  await session.dispose();
}
await runtime.close();

/** @param {number} times @param {() => unknown} work */
async function time(times, work) {
  const start = performance.now();
  for (let i = 0; i < times; i++) await work();
  return (performance.now() - start) / 1000;
}
