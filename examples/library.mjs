import {
  calibrate,
  compress,
  defaultStage,
  estimate,
  findHardware,
  formatSi,
  normalizations,
  place,
  simulate,
} from "xbarkit";
import { loadModel, WorkSession } from "xbarkit/node";

const [file, images = "500"] = process.argv.slice(2);
const data = { name: "cifar10", normalization: normalizations.imagenet };
const session = new WorkSession(data, { threads: 2 });

const graph = await loadModel(file, 1); // Graph
const model = await compress(graph, {
  stages: [defaultStage],
  trainingImages: (count) => session.images("train", count),
  run: session.run,
}); // CompressedModel
const placed = place(model, findHardware("meng2021")); // Placement
const ranges = await calibrate(placed, await session.images("train", 64)); // AdcRanges
const result = await simulate(placed, await session.images("test", Number(images)), { ranges }); // SimulationResult
const cost = estimate(placed, result.activity); // CostReport

console.log(`${(100 * result.accuracy).toFixed(2)} % right at ${formatSi(cost.energy_J, "J")} per image`);
await session.close();
