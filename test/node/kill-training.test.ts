import { expect, test } from "vitest";
import { killTraining } from "../../scripts/kill-training.mjs";
import { compiledWorker } from "../../src/node/files.js";
import { createRandom } from "../../src/random.js";

const built = compiledWorker(
  "batch-worker",
  new URL("../../src/node/training/batches.ts", import.meta.url).href,
);

// `node scripts/kill-training.mjs` does it twenty times and more.
test.skipIf(!built)(
  "a training of two stages that is killed comes to the same bytes (skipped where dist is missing or older than src)",
  async () => {
    const { kills, compared, differing } = await killTraining(4, createRandom(2));
    expect([kills, differing]).toEqual([4, []]);
    expect(compared).toBeGreaterThan(0);
  },
);
