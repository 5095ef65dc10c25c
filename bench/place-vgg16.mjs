// Full-size VGG-16 (ImageNet, 138 million random weights) placed on 144 × 32 arrays, dense and packed with half of
// its groups pruned.
import { createRandom, hardwarePresets, models, place, verifyPlacement } from "../dist/index.js";
import { best, digits, peakMemory_bytes, report } from "./_measure.mjs";

const hardware = hardwarePresets["meng2021"];
const graph = models["vgg16-imagenet"].build(createRandom(1));
const layers = graph.nodes
  .filter((node) => node.op === "Conv" || node.op === "Gemm")
  .map((node) => ({ node, weight: node.inputs[1] }));

/** @param {string} name */
const tensorOf = (name) => {
  const found = graph.initializers.get(name);
  if (!found) throw new Error(`the network has no weight ${name}`);
  return found;
};

/** Every weight becomes a 4-bit code by the mean rule, in place; half of all groups of 72 rows becomes zero. */
const scales = new Map();
for (const { weight } of layers) {
  const { data, shape } = tensorOf(weight);
  const rows = data.length / shape[0];
  let sum = 0;
  for (let i = 0; i < data.length; i++) sum += Math.abs(data[i]);
  const scale = Math.fround((2 * sum) / data.length / 7);
  for (let i = 0; i < data.length; i++) {
    const group = Math.floor((i % rows) / 72) + Math.floor(i / rows);
    const code = Math.max(-7, Math.min(7, Math.round(data[i] / scale)));
    data[i] = group % 2 === 0 ? 0 : code * scale;
  }
  scales.set(weight, scale);
}
const model = {
  graph,
  layers: layers.map(({ node, weight }) => ({
    node: node.name,
    weightBits: 4,
    weightScale: scales.get(weight),
    input: { bits: 4, scale: 1, zeroPoint: 0 },
    groupRows: 72,
  })),
};

let total = 0;
const pass_s = await best(3, () => {
  for (const { weight } of layers) {
    const { data } = tensorOf(weight);
    for (let i = 0; i < data.length; i++) total += data[i];
  }
});
for (const scheme of /** @type {const} */ (["dense", "packed"])) {
  const start = performance.now();
  const placed = place(model, hardware, { scheme });
  const seconds = (performance.now() - start) / 1000;
  const arrays = placed.matrices.reduce((sum, matrix) => sum + matrix.arrays.polarity.length, 0);
  report({
    name: `place-vgg16-${scheme}`,
    ratio: digits(seconds / pass_s),
    of: "placing 138 million weights over adding them up once",
    seconds: digits(seconds),
    arrays,
    peakMemory_bytes: peakMemory_bytes(),
  });
  verifyPlacement({ ...placed, matrices: placed.matrices.slice(0, 4) });
}
if (!Number.isFinite(total)) throw new Error("the weights do not add up");
