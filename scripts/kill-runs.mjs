// Kills whole runs at random times, in checkpoint writing and between stages too, and compares what they come to with one
// that was left alone: every stage of training, placement, simulation, report.
//   kill-runs.mjs [--kills 20] [--seed 1] [--pruning groups|irregular]
// Ends with 1 where a byte of model.onnx or result.json differs.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { killed } from "./kill-training.mjs";

const program = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));

const steps = { steps: 12, interval: 4, batch: 16 };
const groups = {
  groups: { rows: 72 },
  stages: [
    { stage: "train", ...steps, augment: { crop: 1 } },
    { stage: "quantization-aware-training", ...steps, images: 32, select: "best" },
    { stage: "group-lasso", ...steps, lambda: 1, clip: 1.3 },
    { stage: "fine-tuning", ...steps },
  ],
};
const irregular = {
  hardware: { base: "prime", rows: 32, columns: 128, cellBits: 2 },
  groups: { rows: "none" },
  stages: [
    {
      stage: "irregular-pruning",
      ...steps,
      sparsity: 0.8,
      schedule: { begin: 1, end: 10, every: 2 },
      select: "best",
    },
    { stage: "fine-tuning", ...steps },
    { stage: "post-training-quantization", weights: { bits: 8 }, images: 32 },
  ],
  place: { scheme: "column-exchange" },
};
const prunings = { groups, irregular };

const recipe = (/** @type {keyof typeof prunings} */ pruning) => ({
  name: "killed",
  model: "digits-cnn",
  data: { name: "drawn-digits", validation: 100 },
  ...prunings[pruning],
  calibrate: { images: 4 },
  simulate: { images: 8, adcBits: [4, "ideal"] },
  evaluate: { images: 50 },
});

/**
 * @param {keyof typeof prunings} pruning
 * @param {number} kills
 * @param {import("../dist/index.js").Random} random
 * @param {(message: string) => void} [say]
 */
export async function killRuns(pruning, kills, random, say) {
  const root = mkdtempSync(join(tmpdir(), "xbarkit-kill-"));
  const file = join(root, "recipe.json");
  writeFileSync(file, JSON.stringify(recipe(pruning)));
  try {
    return await killed({
      argumentsFor: (folder) => [
        program,
        "run",
        file,
        "--out",
        join(folder, "run"),
        "--threads",
        "1",
        "--quiet",
      ],
      results: ["run/model.onnx", "run/result.json", "run/placement.bin"],
      kills,
      random,
      ...(say ? { say } : {}),
    });
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: {
      kills: { type: "string", default: "20" },
      seed: { type: "string", default: "1" },
      pruning: { type: "string", default: "groups" },
    },
  });
  const { kills, seed, pruning } = values;
  if (pruning !== "groups" && pruning !== "irregular") throw new Error(`--pruning is ${pruning}`);
  const { createRandom } = await import("../dist/index.js");
  const found = await killRuns(pruning, Number(kills), createRandom(Number(seed)), console.error);
  console.log(JSON.stringify(found));
  if (found.differing.length > 0) process.exitCode = 1;
}
