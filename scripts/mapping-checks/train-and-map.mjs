// Trains and prunes a network for one seed, by runs of the command line, and maps what they leave.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { digest } from "../../dist/digest.js";
import { layerMatrices, matrixCodes, networkShape } from "../../dist/index.js";
import { loadRun } from "../../dist/node/index.js";
import { progressFor } from "../../dist/node/progress.js";
import { energiesOf, measure, ordersOf, stored } from "./measure.mjs";
import { chosenSize, networks, pointsOf, recipeOf, sizes } from "./recipes.mjs";

/** @typedef {import("../../dist/index.js").Result} Result */
/** @typedef {import("./measure.mjs").Mapped} Mapped */
/** @typedef {{ folder: string, threads: number, model: string, signal: AbortSignal }} Options */

const progress = progressFor(process.stderr, () => performance.now() / 1000);

/** A run of the command line ended with an error, which it has explained. */
export class RunFailed extends Error {
  /** @param {string} directory @param {number | null} status */
  constructor(directory, status) {
    super(`the run in ${directory} ended with exit code ${status}`);
    this.exitCode = status === 2 ? 2 : 1;
  }
}

/**
 * @param {string} name
 * @param {number} seed
 * @param {Options} options
 * @returns {Promise<import("./looks.mjs").SeedFigures>}
 */
export async function trainAndMap(name, seed, options) {
  const network = networks[/** @type {keyof typeof networks} */ (name)];
  /** @type {Record<string, import("./looks.mjs").Trained>} */
  const trained = {};
  /** @type {import("./looks.mjs").CrossbarPruned | null} */
  let crossbar = null;
  for (const point of pointsOf(network)) {
    const result = await runPoint(name, seed, point, options);
    trained[point] = accuraciesOf(result);
    if (point === "crossbar") crossbar = crossbarOf(result);
  }
  /** @type {Record<string, readonly Mapped[]>} */
  const atSparsity = {};
  for (const sparsity of network.sparsities.filter((each) => each > 0))
    atSparsity[sparsity] = await mapPoint(`${sparsity}-8bit`, chosenSize, seed, options);
  /** @type {Record<string, readonly Mapped[]>} */
  const atSize = {};
  for (const size of sizes) {
    atSize[size] = await mapPoint(`${network.published}-8bit`, size, seed, options);
  }
  const energies = sizes.map((size) => energiesOf(/** @type {readonly Mapped[]} */ (atSize[size])));
  return { seed, published: network.published, trained, crossbar, atSparsity, atSize, energies };
}

/** @param {Options} options @param {number} seed @param {string} point */
const directoryOf = ({ folder }, seed, point) => join(folder, `seed-${seed}`, point);

/**
 * The result of one run; the first stages that it has in common with another of the seed are taken from there.
 * @param {string} name
 * @param {number} seed
 * @param {string} point
 * @param {Options} options
 * @returns {Promise<Result>}
 */
async function runPoint(name, seed, point, options) {
  const directory = directoryOf(options, seed, point);
  const recipe = `${directory}.json`;
  mkdirSync(join(directory, ".."), { recursive: true });
  const written = `${JSON.stringify(recipeOf(name, point, { seed, model: options.model }), null, 2)}\n`;
  if (!existsSync(recipe) || readFileSync(recipe, "utf8") !== written) writeFileSync(recipe, written);
  const words = ["run", recipe, "--out", directory, "--threads", `${options.threads}`];
  const taken = existsSync(join(directory, "result.json"))
    ? []
    : ["--stages-from", join(options.folder, `seed-${seed}`)];
  console.error(`\n== ${name}, seed ${seed}, ${point}`);
  const main = join(import.meta.dirname, "../../dist/cli/main.js");
  const status = await exitCode([main, ...words, ...taken], options.signal);
  options.signal.throwIfAborted();
  if (status !== 0) throw new RunFailed(directory, status);
  return JSON.parse(readFileSync(join(directory, "result.json"), "utf8"));
}

/** @param {readonly string[]} words @param {AbortSignal} signal @returns {Promise<number | null>} */
function exitCode(words, signal) {
  return new Promise((settle, fail) => {
    // A group of its own: an interrupt at the terminal reaches it once, from here, and it ends at a place from which it
    // can go on. It also ends when the channel closes because this process is gone.
    const child = spawn(process.execPath, words, {
      stdio: ["ignore", "ignore", "inherit", "ipc"],
      detached: true,
    });
    const end = () => child.kill("SIGINT");
    signal.addEventListener("abort", end, { once: true });
    child.once("error", fail);
    child.once("exit", (code) => {
      signal.removeEventListener("abort", end);
      settle(code);
    });
  });
}

/** @param {Result} result @returns {import("./looks.mjs").Trained} */
function accuraciesOf({ data }) {
  const tested = data.stages.flatMap(({ kind, test }) => (test ? [{ kind, accuracy: test.accuracy }] : []));
  const quantised = tested.at(-1);
  const float = tested.at(-2)?.accuracy ?? data.ladder.find(({ name }) => name === "FP32")?.accuracy;
  if (!quantised || float === undefined) throw new Error("a result has no accuracy of its stages");
  // Behind crossbar pruning: what the weights came to before it.
  const before = tested.findLast(({ kind }) => kind === "fine-tuning");
  return {
    float,
    quantised: quantised.accuracy,
    ...(before && { fineTuned: before.accuracy }),
    sparsity: data.sparsity ? data.sparsity.zeros / data.sparsity.weights : 0,
    zeroCodes: data.sparsity ? data.sparsity.zeroCodes / data.sparsity.weights : 0,
  };
}

/** @param {Result} result @returns {import("./looks.mjs").CrossbarPruned} */
function crossbarOf({ data }) {
  const report = data.crossbarPruning?.[0];
  if (!report) throw new Error("a result has no crossbar pruning");
  const { dense, start, end, utilization, rounds, ended } = report;
  return { dense, start, end, utilization, rounds: rounds.filter(({ kept }) => kept).length, ended };
}

/**
 * @param {string} point
 * @param {number} size
 * @param {number} seed
 * @param {Options} options
 */
async function mapPoint(point, size, seed, { folder, threads, signal }) {
  const { placed } = await loadRun(directoryOf({ folder, threads, signal, model: "" }, seed, point));
  const { model } = placed;
  const shapes = networkShape(model).layers;
  const strategies = size === chosenSize;
  const matrices = layerMatrices(model);
  const total = ordersOf({ strategies }) * shapes.reduce((sum, s) => sum + s.rows * s.columns, 0);
  const stage = progress.stage(`map ${point}, L = ${size}`, total);
  let before = 0;
  /** @type {Mapped[]} */
  const layers = [];
  for (const [i, matrix] of matrices.entries()) {
    const codes = matrixCodes(model, matrix);
    const shape = /** @type {typeof shapes[number]} */ (shapes[i]);
    const asked = { shape, size, strategies, seed, prune: 0, dense: matrix.geometry.kind === "dense" };
    const bytes = new Uint8Array(codes.buffer, codes.byteOffset, codes.byteLength);
    const file = join(folder, `seed-${seed}`, "mapped", `${point}-L${size}-${i}.json`);
    layers.push(
      await stored(file, { ...asked, codes: digest(bytes) }, () =>
        measure(codes, asked, {
          threads,
          signal,
          onProgress: (done, note) => stage.update(before + done, note),
        }),
      ),
    );
    before += ordersOf(asked) * codes.length;
    stage.update(before);
  }
  stage.done();
  return layers;
}
