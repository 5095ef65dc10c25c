// Simulation of the other reference networks with random weights, by threads; and time against array reads.
import { spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";
import {
  calibrate,
  chunksOf,
  createRandom,
  exportOnnx,
  hardwarePresets,
  layerMatrices,
  models,
  openRuntime,
  place,
  Simulator,
  sharedTables,
  tensor,
} from "../dist/index.js";
import { withSimulationThreads } from "../dist/node/index.js";
import { best, digits, peakMemory_bytes, report } from "./_measure.mjs";
import { images, loadResnet20, quantizeW4A4 } from "./_resnet20.mjs";

const meng2021 = /** @type {import("../dist/index.js").HardwareSpec} */ (hardwarePresets["meng2021"]);
const runtime = await openRuntime({ threads: 2 });
const random = createRandom(1);

/** @param {readonly number[]} shape @param {number} count */
function noise(shape, count) {
  const size = shape.reduce((a, b) => a * b, 1);
  const data = Float32Array.from({ length: count * size }, () => random.normal());
  return { shape: [count, ...shape], data, labels: new Uint8Array(count) };
}

/** @param {import("../dist/index.js").Placement} placed */
const arrayCount = (placed) => placed.matrices.reduce((sum, m) => sum + m.arrays.polarity.length, 0);

/**
 * One network on so many threads; in a process of its own, so that its memory is known.
 * @param {string} name @param {number} threads
 */
async function measure(name, threads) {
  const { build, input } = /** @type {import("../dist/index.js").ReferenceModel} */ (models[name]);
  const graph = build(random);
  const training = noise(input, 16);
  const placed = place(await quantizeW4A4(graph, runtime, [training]), meng2021);
  const ranges = await calibrate(placed, [noise(input, 8)]);
  const test = noise(input, 64);
  const before_MB = Math.round(peakMemory_bytes() / 1e6);
  const seconds = await withSimulationThreads({ placed, ranges }, { threads }, (map) =>
    best(3, async () => {
      for await (const _ of map(chunksOf([test])));
    }),
  );
  const peakMemory_MB = Math.round(peakMemory_bytes() / 1e6);
  // Afterwards, so that its memory is not counted.
  const session = await runtime.load(exportOnnx(graph));
  const [first] = graph.inputs;
  const image = tensor("f32", test.shape, test.data);
  const fp32_s = await best(4, () => session.run({ [first?.name ?? ""]: image }));
  report({
    name: `simulate-${name}-${threads}thread${threads > 1 ? "s" : ""}`,
    ratio: digits(fp32_s / seconds),
    of: "simulated images/s over FP32 images/s in ONNX Runtime with two threads and batches of 64",
    msPerImage: digits((1000 * seconds) / 64),
    arrays: arrayCount(placed),
    usPerImageAndArray: digits((1e6 * seconds) / 64 / arrayCount(placed)),
    tables_MB: digits((sharedTables(placed, ranges)?.bytes ?? 0) / 1e6),
    peakMemory_MB,
    ofItBefore_MB: before_MB,
    cores: availableParallelism(),
  });
}

const [, , only, onThreads] = process.argv;
if (only && onThreads) {
  await measure(only, Number(onThreads));
  await runtime.close();
  process.exit();
}
for (const name of ["lenet5", "vgg8", "resnet18-cifar"]) {
  for (const threads of [1, 2]) {
    const own = [import.meta.filename, name, String(threads)];
    const { status } = spawnSync(process.execPath, own, { stdio: "inherit" });
    if (status !== 0) process.exit(status ?? 1);
  }
}

// Every second group of 72 rows pruned away: half the array reads. The rest of an inference stays.
const model = await quantizeW4A4(loadResnet20(), runtime, await images("train", 32));
const [eight] = await images("test", 8);
if (!eight) throw new Error("there are no test images");
const input = tensor("f32", eight.shape, eight.data);

/** @param {(group: number) => boolean} prunes */
function pruned(prunes) {
  const initializers = new Map(model.graph.initializers);
  const layers = model.layers.map((layer) => ({ ...layer, groupRows: 72 }));
  for (const { weight, rows } of layerMatrices(model)) {
    const tensorOf = initializers.get(weight);
    if (!tensorOf) continue;
    const data = Float32Array.from(/** @type {Float32Array} */ (tensorOf.data), (w, i) => {
      const band = Math.floor((i % rows) / 72);
      const column = Math.floor(i / rows);
      return prunes(band + column) ? 0 : w;
    });
    initializers.set(weight, tensor("f32", tensorOf.shape, data));
  }
  return { layers, graph: { ...model.graph, initializers } };
}

/** @param {import("../dist/index.js").CompressedModel} small */
async function timed(small) {
  const placed = place(small, meng2021, { scheme: "packed" });
  const ranges = await calibrate(placed, [eight]);
  const simulator = new Simulator(placed, ranges);
  const conversions = placed.matrices.reduce((sum, m) => sum + m.arrays.output.length, 0);
  return { conversions, seconds: await best(20, () => simulator.run(input)) };
}
const whole = await timed(pruned(() => false));
const half = await timed(pruned((group) => group % 2 === 0));
report({
  name: "simulate-resnet20-half-the-reads",
  ratio: digits(half.seconds / whole.seconds),
  of: "time with every second group pruned over time with all groups, one thread",
  readsLeft: digits(half.conversions / whole.conversions),
});
await runtime.close();
