// The columns of one 25,088 × 4,096 layer (VGG-16's first dense one) exchanged for arrays of 32 × 32 weights: random
// weights, independent ones at 4 % and heavy-tailed ones, where rows and columns differ in density as in trained
// networks; four restarts. Before it a quarter of the layer, for the time per weight. XBARKIT_THREADS names the threads, two
// by default. Fails where "auto" takes more crossbars than any other strategy. How far it is goes to standard error; an
// interrupt ends it, since nothing is written.
import { randomFor } from "../dist/index.js";
import { countExchange, exchangeColumns, planExchange } from "../dist/mapping/column-exchange/index.js";
import { openPool } from "../dist/node/pool.js";
import { progressFor } from "../dist/node/progress.js";
import { digits, peakMemory_bytes, report } from "./_measure.mjs";

const room = { rows: 32, columns: 32 };
const threads = Number(process.env["XBARKIT_THREADS"] ?? 2);
const worker = new URL("../dist/node/exchange-worker.js", import.meta.url);
const kinds = /** @type {const} */ (["bernoulli", "heavy-tailed"]);
const density = 0.04;
const progress = progressFor(process.stderr, () => performance.now() / 1000);

/** @param {typeof kinds[number]} kind @param {number} rows @param {number} columns */
function made(kind, rows, columns) {
  const random = randomFor(1, kind, rows, columns);
  const factors = (/** @type {number} */ n) =>
    Float64Array.from({ length: n }, () => (kind === "bernoulli" ? 1 : Math.exp(random.normal() - 0.5)));
  const ofRow = factors(rows);
  const ofColumn = factors(columns);
  const weights = new Int16Array(rows * columns);
  for (let r = 0, at = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++, at++) {
      const chance = density * /** @type {number} */ (ofRow[r]) * /** @type {number} */ (ofColumn[c]);
      const u = random.uniform();
      if (u < chance) weights[at] = u < chance / 2 ? 1 : -1;
    }
  }
  return weights;
}

/**
 * @param {Int16Array} weights @param {number} rows @param {number} columns
 * @param {Partial<import("../dist/index.js").ExchangeSettings>} settings
 */
const problemOf = (weights, rows, columns, settings) =>
  /** @type {const} */ ({ name: "layer", weights, rows, columns, room, planes: 2, settings, seed: 1 });

/** @param {ReturnType<typeof problemOf>} problem @param {string} name */
async function onThreads(problem, name) {
  const pool = openPool({ threads, worker });
  try {
    const start = performance.now();
    const cpu = process.cpuUsage();
    const { blocks, tasks, assemble } = planExchange(problem);
    const stage = progress.stage(`${name}, auto`, blocks);
    const results = await pool.map(tasks(), "solveBlock", {
      onProgress: (done) => stage.update(done),
      transfer: ({ bits }) => [/** @type {ArrayBuffer} */ (bits.words.buffer)],
    });
    const exchange = assemble(results);
    const { user, system } = process.cpuUsage(cpu);
    stage.done();
    return { exchange, wall_s: (performance.now() - start) / 1000, cpu_s: (user + system) / 1e6 };
  } finally {
    await pool.close();
  }
}

for (const kind of kinds) {
  /** @type {number[]} */
  const perWeight_s = [];
  for (const [rows, columns] of /** @type {const} */ ([
    [12_544, 2048],
    [25_088, 4096],
  ])) {
    const weights = made(kind, rows, columns);
    let nonZero = 0;
    for (let i = 0; i < weights.length; i++) if (weights[i] !== 0) nonZero++;
    const auto = problemOf(weights, rows, columns, { strategy: "auto", restarts: 4 });
    const name = `${kind} ${rows} × ${columns}`;
    const { exchange, wall_s, cpu_s } = await onThreads(auto, name);
    const memory_bytes = peakMemory_bytes();
    perWeight_s.push(cpu_s / weights.length);
    const { tiles, denseTiles, index_bit } = countExchange(weights, exchange, room, 2);
    /** @type {Record<string, number>} */
    const others = {};
    for (const strategy of /** @type {const} */ (["identity", "density-sort", "greedy-union", "k-means"])) {
      for (const searchPasses of [0, 8]) {
        const settings = { strategy, searchPasses, restarts: 4 };
        const label = searchPasses === 0 ? strategy : `${strategy} and search`;
        const stage = progress.stage(`${name}, ${label}`);
        const other = exchangeColumns(problemOf(weights, rows, columns, settings), (done) =>
          stage.update(done),
        );
        stage.done();
        const count = countExchange(weights, other, room, 2).tiles;
        others[label] = count;
        if (count < tiles) throw new Error(`auto takes ${tiles} crossbars, ${strategy} ${count}`);
      }
    }
    report({
      name: `column-exchange-${kind}-${rows}x${columns}`,
      ratio: digits(tiles / denseTiles),
      of: "crossbars with columns exchanged over crossbars of the dense map, both signs",
      crossbars: tiles,
      denseCrossbars: denseTiles,
      others,
      density: digits(nonZero / weights.length),
      blocks: `${exchange.split.rows} × ${exchange.split.columns}`,
      indexInCrossbars: digits(index_bit / (room.rows * room.columns)),
      threads,
      wallSeconds: digits(wall_s),
      processorSeconds: digits(cpu_s),
      peakMemory_bytes: memory_bytes,
    });
  }
  const [quarter = 1, whole = 1] = perWeight_s;
  report({
    name: `column-exchange-${kind}-linear`,
    ratio: digits(whole / quarter),
    of: "processor time per weight of the whole layer over that of a quarter of it",
  });
}
