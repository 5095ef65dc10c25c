// What the training loop costs beside the steps themselves: a step of 4-bit ResNet-20 at batch 128 in `train`, with ONNX
// Runtime and the making of augmented batches on their workers, over a bare `session.run` of the same step in this
// thread; and the parts of it that are this thread's own.
import {
  createRandom,
  encodeGraph,
  exportOnnx,
  normalizations,
  openRuntime,
  resnet20,
  train,
  trainingStep,
} from "../dist/index.js";
import { openBatches, openWorkerRuntime } from "../dist/node/index.js";
import { best, digits, peakMemory_bytes, report } from "./_measure.mjs";
import { quantizationAware } from "./_quantized.mjs";

const batch = 128;
const stepsPerRound = 4;
const threads = 2;
const random = createRandom(1);
const graph = quantizationAware(resnet20({ shortcut: "A" }, random), 4);
const count = 45_000;
/** @type {import("../dist/index.js").Dataset} */
const dataset = {
  name: "noise",
  channels: 3,
  height: 32,
  width: 32,
  classes: 10,
  count,
  pixels: Uint8Array.from({ length: count * 3072 }, (_, i) => (i * 2654435761) >>> 24),
  labels: Uint8Array.from({ length: count }, (_, i) => i % 10),
};
const normalization = { ...normalizations.cifar10, layout: /** @type {const} */ ("NCHW") };
const optimizer = /** @type {const} */ ({ kind: "sgd", momentum: 0.9, nesterov: true });
const weightDecay = { rate: 5e-4 };

const inThread = await openRuntime({ threads });
const step = trainingStep(graph, { batch, optimizer, weightDecay });
const session = await inThread.load(exportOnnx(step.graph), { keepQuantizers: true });
const feeds = Object.fromEntries([
  ...step.state.map(({ input, initial }) => [input, initial]),
  [
    step.inputs.images,
    {
      dtype: "f32",
      shape: [batch, 3, 32, 32],
      data: Float32Array.from({ length: batch * 3072 }, () => random.normal()),
    },
  ],
  [step.inputs.labels, { dtype: "i32", shape: [batch], data: new Int32Array(batch) }],
  [step.inputs.rate, { dtype: "f32", shape: [], data: Float32Array.of(0.01) }],
]);

/** Seconds of this thread's own work in a step: all but waiting for the runtime and for batches. */
const own_s = await ownTime();

const runtime = await openWorkerRuntime({ threads });
const batches = openBatches({
  dataset,
  normalization,
  batch,
  augmentation: { flip: 0.5, crop: 4 },
  seed: 1,
  stage: "bench",
});
/** @typedef {{ wall_s: number, cpu_s: number }} Times of one step */
/** @type {{ loop: Times, bare: Times }[]} */
const rounds = [];
// Turn by turn, so that other work on the machine slows both alike; the first steps of both are warm-ups.
await train({
  ...options(),
  batches,
  steps: 6 * (stepsPerRound + 1),
  runtime: { ...runtime, load: async (model, load) => withRounds(await runtime.load(model, load)) },
});
await batches.close();
await runtime.close();
await inThread.close();
const ratiosOf = (/** @type {keyof Times} */ what) =>
  rounds.map(({ loop, bare }) => digits(loop[what] / bare[what])).sort((a, b) => a - b);
const wall = ratiosOf("wall_s");
const cpu = ratiosOf("cpu_s");
report({
  name: "train-loop",
  ratio: wall[wall.length >> 1],
  of: "time of a step of 4-bit ResNet-20 at batch 128 in the loop over a bare session.run of it, median of rounds",
  spread: [wall[0], wall.at(-1)],
  cpuRatio: cpu[cpu.length >> 1],
  cpuSpread: [cpu[0], cpu.at(-1)],
  own_s: digits(own_s),
  step_s: digits(Math.min(...rounds.map(({ bare }) => bare.wall_s))),
  graphFile_s: digits(await best(5, () => encodeGraph(graph))),
  peakMemory_bytes: peakMemory_bytes(),
});

function options() {
  return {
    graph,
    stage: "bench",
    validation: null,
    schedule: /** @type {const} */ ({ kind: "constant", rate: 0.01 }),
    optimizer,
    weightDecay,
  };
}

/**
 * Between the rounds the loop's runs wait until the same number of bare steps has been timed.
 * @param {import("../dist/index.js").Session} inner
 */
function withRounds(inner) {
  let runs = 0;
  let stop = clock();
  return {
    ...inner,
    run: async (/** @type {import("../dist/index.js").TensorMap} */ given) => {
      if (runs % (stepsPerRound + 1) === 0 && runs > 0) {
        const loop = stop();
        const stopBare = clock();
        for (let i = 0; i < stepsPerRound; i++) await session.run(feeds);
        const bare = stopBare();
        if (runs > stepsPerRound + 1) rounds.push({ loop, bare });
      }
      const made = await inner.run(given);
      if (runs++ % (stepsPerRound + 1) === 0) stop = clock();
      return made;
    },
  };
}

/** Starts counting the seconds of a round; all threads of the process count for the processor's. */
function clock() {
  const [start, startCpu] = [performance.now(), process.cpuUsage()];
  return () => {
    const { user, system } = process.cpuUsage(startCpu);
    return {
      wall_s: (performance.now() - start) / 1e3 / stepsPerRound,
      cpu_s: (user + system) / 1e6 / stepsPerRound,
    };
  };
}

async function ownTime() {
  // A runtime that has the answer ready, and batches that are there.
  const answer = await session.run(feeds);
  const made = {
    shape: [batch, 3, 32, 32],
    data: new Float32Array(batch * 3072),
    labels: new Uint8Array(batch),
  };
  const steps = 200;
  const run = () =>
    train({
      ...options(),
      steps,
      batches: {
        batch,
        stepsPerPass: 1000,
        classes: 10,
        identity: () => ({}),
        stream: async function* () {
          for (let i = 0; i < steps; i++) yield made;
        },
      },
      runtime: {
        ...inThread,
        load: async () => ({ inputs: [], outputs: [], run: async () => answer, dispose: async () => {} }),
      },
    });
  const none_s = await best(3, () => trainingStep(graph, { batch, optimizer, weightDecay }));
  return ((await best(3, run)) - none_s) / steps;
}
