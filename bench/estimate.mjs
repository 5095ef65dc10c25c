// Cost of a network whose circuits are computed: ResNet-18 on one chip, and 1,000 chips for ResNet-20, on one core.
import { createRandom, estimateNetwork, hardwarePresets, models, networkShape } from "../dist/index.js";
import { best, digits, report } from "./_measure.mjs";

const preset = hardwarePresets["analytic-32nm"];
if (preset?.cost.style !== "analytic") throw new Error("the preset is not analytic");

/** @param {string} name */
function modelOf(name) {
  const graph = models[name].build(createRandom(1));
  const crossbar = graph.nodes.filter((node) => node.op === "Conv" || node.op === "Gemm");
  const layers = crossbar.map((node) => ({
    node: node.name,
    weightBits: 4,
    weightScale: 1,
    input: { bits: 4, scale: 1, zeroPoint: 0 },
    groupRows: null,
  }));
  return { graph, layers };
}

/** @param {NodeJS.CpuUsage} since */
function processorTime(since) {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1000;
}

const hardware = { ...preset, cost: preset.cost };
const resnet18 = modelOf("resnet18-imagenet");
// Its sizes are taken from the network once, when it is loaded.
const start = performance.now();
const shape18 = networkShape(resnet18);
const shape_ms = performance.now() - start;
const first = performance.now();
const before = process.cpuUsage();
const cost = estimateNetwork(shape18, hardware);
const first_ms = performance.now() - first;
const firstProcessor_ms = processorTime(before);
const again_s = await best(10, () => estimateNetwork(shape18, hardware));
report({
  name: "estimate-resnet18",
  ratio: digits(first_ms / (1000 * again_s)),
  of: "the first estimate of ResNet-18 after load over a later one",
  milliseconds: digits(first_ms),
  processorMilliseconds: digits(firstProcessor_ms),
  shapeMilliseconds: digits(shape_ms),
  arrays: cost.counts.arrays,
});

const network = networkShape(modelOf("resnet20-b"));
const points = Array.from({ length: 1000 }, (_, i) => ({
  ...hardware,
  array: {
    ...hardware.array,
    rows: 32 + (i % 25) * 8,
    columns: 32 + (i % 8) * 16,
    activeRows: 32 + (i % 25) * 8,
  },
  adc: { ...hardware.adc, bits: 4 + (i % 5) },
  cost: {
    ...hardware.cost,
    technology: { ...hardware.cost.technology, node_m: [65e-9, 45e-9, 32e-9, 22e-9][i % 4] ?? 32e-9 },
    columnsPerConverter: 2 ** (i % 4),
  },
}));
let total_J = 0;
let all_ms = Number.POSITIVE_INFINITY;
const all_s = await best(2, () => {
  const start = process.cpuUsage();
  for (const point of points) total_J += estimateNetwork(network, point).energy_J;
  all_ms = Math.min(all_ms, processorTime(start));
});
if (!Number.isFinite(total_J)) throw new Error("an estimate is not finite");
const one_s = await best(20, () => estimateNetwork(network, hardware));
report({
  name: "estimate-1000-chips",
  ratio: digits(all_s / one_s),
  of: "1,000 chips for ResNet-20 over one chip",
  seconds: digits(all_s),
  processorSeconds: digits(all_ms / 1000),
});
// Of processor time, so that other work on the machine does not decide.
if (firstProcessor_ms > 20 || all_ms > 10_000) {
  console.error("too slow: ResNet-18 has 20 ms, 1,000 chips have 10 s");
  process.exit(1);
}
