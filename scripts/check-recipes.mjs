// Every shipped recipe for three steps a stage, at the full size of its network: it trains, is placed, simulates two
// images and is costed. For a nightly run; the tests take the small ones. Where there is no ImageNet, images of noise
// take its place.
//   node scripts/check-recipes.mjs [NAME...]      needs the data sets (XBARKIT_DATA) and a build
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { basename, join } from "node:path";
import { trains } from "../dist/index.js";
import { locateDataset, quietProgress, readRecipe, runPipeline } from "../dist/node/index.js";
import { makeImagenet } from "./made-imagenet.mjs";

const folder = join(import.meta.dirname, "../recipes");

export const recipeNames = () =>
  readdirSync(folder)
    .filter((name) => name.endsWith(".yaml"))
    .map((name) => basename(name, ".yaml"))
    .sort();

/** Steps on larger batches of images of 224 × 224 would take tens of gigabytes. */
const imagenetBatch = 8;

function hasImagenet() {
  try {
    locateDataset("imagenet", "train");
    locateDataset("imagenet", "test");
    return true;
  } catch {
    return false;
  }
}

/**
 * The network of a recipe. One that is the user's to bring is looked for beside the data. Where it is not there a
 * reference network takes its place; a recipe that names its network's layers, as resnet20-multigroup does, then fails.
 * @param {string} model
 */
function networkFor(model) {
  if (!model.endsWith(".onnx") || existsSync(model)) return model;
  const supplied = join(process.env["XBARKIT_DATA"] ?? ".", "../models", basename(model));
  return existsSync(supplied) ? supplied : "resnet20-a";
}

/**
 * A recipe's pipeline, cut to three steps a stage and two simulated images.
 * @param {string} name
 * @param {{ threads?: number }} [options]
 */
export async function threeSteps(name, { threads = availableParallelism() } = {}) {
  const recipe = await readRecipe(join(folder, `${name}.yaml`));
  const directory = mkdtempSync(join(tmpdir(), "xbarkit-"));
  const imagenet = recipe.data.name === "imagenet";
  try {
    const dataDir = imagenet && !hasImagenet() ? join(directory, "data") : undefined;
    if (dataDir) makeImagenet(dataDir);
    return await runPipeline({
      recipe: {
        ...recipe,
        model: networkFor(recipe.model),
        data: { ...recipe.data, validation: 20 },
        stages: recipe.stages.map((stage) => ({
          ...stage,
          ...(trains(stage) ? { epochs: null, steps: 3, interval: 3 } : {}),
          ...(stage.stage === "irregular-pruning"
            ? { schedule: { ...stage.schedule, begin: 0, end: 2, every: 1 } }
            : {}),
          ...(trains(stage) && imagenet ? { batch: imagenetBatch } : {}),
          ...("images" in stage ? { images: 8 } : {}),
        })),
        calibrate: { images: 2 },
        simulate: { images: 2, adcBits: [] },
        evaluate: { images: 20 },
      },
      directory,
      dataDir,
      threads,
      progress: quietProgress,
    });
  } finally {
    rmSync(directory, { recursive: true });
  }
}

if (import.meta.filename === process.argv[1]) {
  const names = process.argv.length > 2 ? process.argv.slice(2) : recipeNames();
  let failed = 0;
  for (const name of names) {
    const start = performance.now();
    const took = () => `${((performance.now() - start) / 1000).toFixed(0)} s`;
    try {
      const { arrays, cost, data } = await threeSteps(name);
      const energy = `${(1e6 * cost.energy_J).toPrecision(3)} uJ`;
      console.log(`${name}: ${data.layers.length} layers on ${arrays} arrays, ${energy} an image, ${took()}`);
    } catch (error) {
      failed++;
      console.log(`${name}: FAILED after ${took()}: ${error instanceof Error ? error.message : error}`);
    }
  }
  const memory = process.resourceUsage().maxRSS / 2 ** 20;
  console.log(
    `${names.length - failed} of ${names.length} recipes ran; at most ${memory.toFixed(1)} GB of memory`,
  );
  process.exitCode = failed > 0 ? 1 : 0;
}
