// Kills a training at random times, again and again, and compares what it comes to with one that was left alone:
//   kill-training.mjs [--kills 20] [--seed 1]
//   kill-training.mjs train FOLDER        the training itself: two stages of a small network
// Ends with 1 where a byte differs. `killed` does the same to any program that can go on in its folder.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, watch } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

/**
 * @typedef {object} KilledOptions
 * @property {(folder: string) => string[]} argumentsFor what Node is started with to work, or to go on, in a folder
 * @property {readonly string[]} results files in that folder, or below it, that must come out the same
 * @property {number} kills
 * @property {import("../dist/index.js").Random} random
 * @property {(message: string) => void} [say]
 */

/**
 * Every second kill comes at any time from half the time that the program takes to write its first file; the others
 * within the writing of a file, that is when a temporary one appears in the folder. A program that ends before it is
 * killed is compared and begins anew.
 * @param {KilledOptions} options
 * @returns {Promise<{ kills: number, torn: number, compared: number, differing: string[] }>} `torn`: kills that left
 *   a temporary file behind
 */
export async function killed({ argumentsFor, results, kills, random, say = () => {} }) {
  const root = mkdtempSync(join(tmpdir(), "xbarkit-kill-"));
  let folders = 0;
  const newFolder = () => {
    const folder = join(root, `${folders++}`);
    mkdirSync(folder);
    return folder;
  };
  try {
    const straight = newFolder();
    const { first_s, end_s } = await run(argumentsFor(straight), straight, async () => {});
    const contents = (/** @type {string} */ folder) =>
      results.map((name) => readFileSync(join(folder, name)));
    const wanted = contents(straight);
    say(`left alone: first file after ${first_s.toFixed(2)} s, end after ${end_s.toFixed(2)} s`);
    const found = { kills: 0, torn: 0, compared: 0, differing: /** @type {string[]} */ ([]) };
    const compare = (/** @type {string} */ folder) => {
      found.compared++;
      for (const [i, bytes] of contents(folder).entries())
        if (!bytes.equals(/** @type {Buffer} */ (wanted[i])))
          found.differing.push(`${results[i]} after kill ${found.kills}`);
    };
    let folder = newFolder();
    while (found.kills < kills) {
      const writing = found.kills % 2 === 1;
      const wait_s = writing
        ? random.uniform() * 0.02
        : first_s / 2 + random.uniform() * (end_s - first_s / 2);
      const nth = random.integer(1, 4);
      const until = async (/** @type {() => number} */ temporaries, /** @type {() => boolean} */ ended) => {
        while (writing && temporaries() < nth && !ended()) await sleep(1);
        await sleep(1000 * wait_s);
        return true;
      };
      const { alive } = await run(argumentsFor(folder), folder, until);
      if (alive) {
        found.kills++;
        const torn = temporaries(folder);
        if (torn.length > 0) found.torn++;
        say(
          `kill ${found.kills} ${writing ? `at file ${nth}` : `after ${wait_s.toFixed(2)} s`}${torn.length > 0 ? ": torn" : ""}`,
        );
      } else {
        compare(folder);
        folder = newFolder();
      }
    }
    await run(argumentsFor(folder), folder, async () => {});
    compare(folder);
    return found;
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

const temporaries = (/** @type {string} */ folder) =>
  readdirSync(folder, { recursive: true }).filter((name) => String(name).endsWith(".tmp"));

/**
 * Runs Node until it ends, or until `until` gives true: then it is killed.
 * @param {string[]} args
 * @param {string} folder
 * @param {(temporaries: () => number, ended: () => boolean) => Promise<unknown>} until
 */
async function run(args, folder, until) {
  const start = performance.now();
  const seconds = () => (performance.now() - start) / 1000;
  const seen = new Set();
  let first_s = Number.POSITIVE_INFINITY;
  const watcher = watch(folder, { recursive: true }, (_event, name) => {
    if (!name?.endsWith(".tmp")) return;
    first_s = Math.min(first_s, seconds());
    seen.add(name);
  });
  const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "pipe"] });
  let errors = "";
  child.stderr.on("data", (data) => {
    errors += data;
  });
  let ended = false;
  /** @type {Promise<NodeJS.Signals | null>} */
  const end = new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      ended = true;
      if (code !== null && code !== 0) reject(new Error(`the program ended with ${code}\n${errors}`));
      else resolve(signal);
    });
  });
  const due = until(
    () => seen.size,
    () => ended,
  ).then((kill) => {
    if (kill && !ended) child.kill("SIGKILL");
  });
  try {
    const signal = await end;
    await due;
    return { first_s, end_s: seconds(), alive: signal === "SIGKILL" };
  } finally {
    watcher.close();
  }
}

/**
 * Two stages, each of which leaves its network before its checkpoint goes; validation, a controller, workers for the
 * runtime and the batches.
 * @param {string} folder
 */
async function trainIn(folder) {
  const xbarkit = await import("../dist/index.js");
  const node = await import("../dist/node/index.js");
  const random = xbarkit.randomFor(1, "images");
  const labels = Uint8Array.from({ length: 240 }, () => random.integer(0, 2));
  /** @type {import("../dist/index.js").Dataset} */
  const images = {
    name: "lamps",
    channels: 2,
    height: 9,
    width: 7,
    classes: 3,
    count: labels.length,
    pixels: Uint8Array.from({ length: labels.length * 126 }, (_, i) => {
      const lamp = labels[Math.floor(i / 126)];
      return random.integer(0, 200) + (lamp === 2 || lamp === Math.floor((i % 126) / 63) ? 50 : 0);
    }),
    labels,
  };
  const { training, validation } = xbarkit.split(images, {
    validation: 40,
    random: xbarkit.randomFor(1, "validation"),
  });
  const normalization = /** @type {const} */ ({
    mean: [0.4, 0.4],
    std: [0.25, 0.25],
    scale: 1 / 255,
    layout: "NCHW",
  });
  // A checkpoint of it has 6 MB, so that writing one takes long enough to be killed in.
  const net = new xbarkit.NetworkBuilder("large", [2, 9, 7], xbarkit.randomFor(1, "weights"));
  let x = net.relu("relu1", net.dense("dense1", net.flatten("flatten", net.image), 600));
  x = net.relu("relu2", net.dense("dense2", x, 600));
  let graph = net.build(net.dense("dense3", x, 3, "logits"));
  /** @type {import("../dist/index.js").LoopAddition} */
  const shrinking = {
    penalties: {
      lasso: ({ parameter, input }) => {
        const size = xbarkit.autodiff.total(xbarkit.autodiff.abs(parameter("dense2.weight")));
        return xbarkit.autodiff.mul(size, input("lambda", []));
      },
    },
    controller: {
      initial: 1e-6,
      feeds: (lambda) => ({ lambda: xbarkit.f32([], [Number(lambda)]) }),
      look: (lambda) => ({ state: 1.5 * Number(lambda), record: { lambda } }),
    },
  };
  const runtime = await node.openWorkerRuntime({ threads: 1 });
  for (const stage of ["first", "second"]) {
    const file = join(folder, `${stage}.bin`);
    const store = node.checkpointFile(join(folder, `${stage}-checkpoint.bin`));
    if (!existsSync(file)) {
      const plan = {
        dataset: training,
        normalization,
        batch: 16,
        augmentation: { flip: 0.5, crop: 1 },
        seed: 1,
        stage,
      };
      const batches = node.openBatches(plan);
      const trained = await xbarkit.train({
        graph,
        stage,
        steps: 20,
        batches,
        validation: xbarkit.validationSource(validation, normalization),
        schedule: { kind: "oneCycle", rate: 0.05, steps: 20 },
        optimizer: { kind: "sgd", momentum: 0.9, nesterov: true },
        weightDecay: { rate: 1e-4 },
        ...(stage === "second" ? { addition: shrinking } : {}),
        select: stage === "second" ? "best" : "last",
        runtime,
        store,
        checkpointEvery: 4,
      });
      await batches.close();
      await node.writeAtomic(join(folder, `${stage}.json`), node.stableJson(trained.curve));
      await node.writeAtomic(file, xbarkit.encodeGraph(trained.graph));
    }
    // The checkpoint of a stage that is done may still be there.
    await store.clear();
    graph = xbarkit.decodeGraph(readFileSync(file), file);
  }
  await runtime.close();
}

const self = fileURLToPath(import.meta.url);

/**
 * @param {number} kills
 * @param {import("../dist/index.js").Random} random
 * @param {(message: string) => void} [say]
 */
export const killTraining = (kills, random, say) =>
  killed({
    argumentsFor: (folder) => [self, "train", folder],
    results: ["first.bin", "first.json", "second.bin", "second.json"],
    kills,
    random,
    ...(say ? { say } : {}),
  });

if (process.argv[1] === self) {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { kills: { type: "string", default: "20" }, seed: { type: "string", default: "1" } },
  });
  const [verb, folder] = positionals;
  if (verb === "train" && folder) await trainIn(folder);
  else {
    const { createRandom } = await import("../dist/index.js");
    const found = await killTraining(Number(values.kills), createRandom(Number(values.seed)), console.error);
    console.log(JSON.stringify(found));
    if (found.differing.length > 0) process.exitCode = 1;
  }
}
