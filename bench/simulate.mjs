// Bit-true simulation of 4-bit ResNet-20 with 5-bit converters on one thread: the table path over FP32 inference in
// ONNX Runtime, and over the slow reference.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  batches,
  calibrate,
  exportOnnx,
  hardwarePresets,
  importOnnx,
  normalizations,
  openRuntime,
  place,
  quantizePostTraining,
  referenceKernel,
  Simulator,
  simplify,
  subset,
  tableKernel,
} from "../dist/index.js";
import { readDataset } from "../dist/node/index.js";
import { best, digits, modelsFolder, report } from "./_measure.mjs";

const graph = simplify(importOnnx(readFileSync(join(modelsFolder(), "resnet20-cifar10.onnx"))));
const runtime = await openRuntime({ threads: 1 });
const normalization = { ...normalizations.imagenet, layout: /** @type {const} */ ("NCHW") };
/** @param {"train" | "test"} part @param {number} count */
const images = async (part, count) => [
  ...batches(subset(await readDataset("cifar10", part, { limit: count }), { end: count }), normalization, {
    size: count,
  }),
];
const training = await images("train", 64);
const model = await quantizePostTraining(
  graph,
  training,
  async (evaluated, use) => {
    const session = await runtime.load(exportOnnx(evaluated));
    return use(
      async ({ shape, data }) =>
        new Map(Object.entries(await session.run({ image: { dtype: "f32", shape, data } }))),
    );
  },
  {
    weightBits: 4,
    activationBits: 4,
    inputBits: 8,
    weightRange: "mse",
    activationRange: "mse",
    groupRows: null,
  },
);

const [batch] = await images("test", 8);
/** @type {import("../dist/index.js").Tensor} */
const input = { dtype: "f32", shape: batch.shape, data: batch.data };
const session = await runtime.load(exportOnnx(graph));
const fp32_s = await best(20, () => session.run({ image: input }));
for (const activeRows of [144, 72]) {
  const hardware = hardwarePresets["meng2021"];
  const placed = place(model, { ...hardware, array: { ...hardware.array, activeRows } });
  const ranges = await calibrate(
    placed,
    training.map((b) => ({
      ...b,
      shape: [8, ...b.shape.slice(1)],
      data: b.data.subarray(0, (8 * b.data.length) / b.shape[0]),
    })),
  );
  const fast = new Simulator(placed, ranges, tableKernel);
  const fast_s = await best(3, () => fast.run(input));
  report({
    name: `simulate-resnet20-tables-${activeRows}rows`,
    ratio: digits(fp32_s / fast_s),
    of: "simulated images/s over FP32 images/s in ONNX Runtime, one thread each, batches of 8",
    imagesPerSecond: digits(8 / fast_s),
  });
  if (activeRows !== 144) continue;
  const slow = new Simulator(placed, ranges, referenceKernel);
  const one = {
    ...input,
    shape: [1, ...input.shape.slice(1)],
    data: input.data.slice(0, input.data.length / 8),
  };
  const slow_s = await best(1, () => slow.run(one));
  report({
    name: "simulate-resnet20-reference",
    ratio: digits((8 * slow_s) / fast_s),
    of: "time per image of the slow reference over the table path",
    imagesPerSecond: digits(1 / slow_s),
  });
}
await runtime.close();
