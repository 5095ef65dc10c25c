// What one matrix takes on arrays of L × L weights, and what a network of such matrices costs.
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { parametricReport } from "../../dist/cost/parametric/report.js";
import { denseWork, matrixWork } from "../../dist/cost/parametric/work.js";
import { lin2019 } from "../../dist/hardware/presets/lin2019.js";
import { prime } from "../../dist/hardware/presets/prime.js";
import {
  countExchange,
  denseUtilization,
  encodingOf,
  exchangeMemory,
  keptWeights,
  placeExchanged,
  planesOf,
  pruneSegments,
  roomOf,
  utilization,
} from "../../dist/index.js";
import { solveOnThreads } from "../../dist/node/exchange.js";
import { writeAtomic } from "../../dist/node/files.js";
import { starts } from "./recipes.mjs";

/** @typedef {import("../../dist/index.js").LayerShape} LayerShape */
/** @typedef {import("../../dist/index.js").ColumnExchange} ColumnExchange */
/** @typedef {ReturnType<typeof matrixWork>} MatrixWork */
/** @typedef {{ readonly weights: number, readonly arrays: number }} WeightsAndArrays */

/**
 * One matrix at one array size; plain data.
 * @typedef {object} Mapped
 * @property {string} matrix
 * @property {boolean} dense a dense layer, no convolution
 * @property {number} columns
 * @property {number} size
 * @property {number} weights
 * @property {number} nonZero
 * @property {{ readonly rows: number, readonly columns: number }} spread standard deviation over mean of the weights that are not zero in a row, in a column
 * @property {number} denseArrays
 * @property {Readonly<Record<string, number>>} arrays by strategy, with "+" behind it where local search follows
 * @property {{ readonly index_bit: number, readonly inputSchedule_bit: number }} memory
 * @property {{ readonly dense: readonly number[], readonly exchanged: readonly number[], readonly pruned?: readonly number[] }} utilization
 * @property {{ readonly before: WeightsAndArrays, readonly after: WeightsAndArrays }} [pruned] a tenth of the arrays freed, without training
 * @property {LayerShape} shape
 * @property {MatrixWork} work
 */

/**
 * @typedef {object} Asked
 * @property {LayerShape} shape
 * @property {number} size
 * @property {boolean} strategies every strategy, with local search and without; else "auto" alone
 * @property {number} prune share of the arrays to free without training, 0 for none
 * @property {boolean} dense
 * @property {number} seed
 */

/** As the bench has it. */
const searchPasses = 8;

/** @param {boolean} strategies */
const settingsOf = (strategies) => [
  { name: "identity", strategy: /** @type {const} */ ("identity"), searchPasses: 0 },
  ...(strategies
    ? starts.flatMap((strategy) => [
        ...(strategy === "identity" ? [] : [{ name: strategy, strategy, searchPasses: 0 }]),
        { name: `${strategy}+`, strategy, searchPasses },
      ])
    : []),
  { name: "auto+", strategy: /** @type {const} */ ("auto"), searchPasses },
];

/** Orders of columns that one measurement finds, for progress. @param {Pick<Asked, "strategies">} asked */
export const ordersOf = ({ strategies }) => settingsOf(strategies).length;

/** The chip with arrays of L × L weights of 8 bits. @param {number} size */
export function hardwareOf(size) {
  const encoding = encodingOf(8, lin2019.encoding);
  const columns = (size * lin2019.array.columns) / lin2019.array.rows;
  const array = { ...lin2019.array, rows: size, columns, activeRows: size };
  return { hardware: { ...lin2019, array }, encoding, array, room: roomOf(array, encoding) };
}

/**
 * @param {Int16Array} codes
 * @param {Asked} asked
 * @param {{ threads: number, signal?: AbortSignal, onProgress: (weights: number, note: string) => void }} run
 * @returns {Promise<Mapped>}
 */
export async function measure(codes, asked, { threads, signal, onProgress }) {
  const { shape, size, strategies, seed, prune, dense } = asked;
  const { matrix, rows, columns } = shape;
  const { hardware, encoding, array, room } = hardwareOf(size);
  const planes = planesOf(encoding);
  const settings = settingsOf(strategies);
  const problems = settings.map(({ strategy, searchPasses }) => ({
    ...{ name: matrix, weights: codes, rows, columns, room, planes, seed },
    settings: { strategy, searchPasses },
  }));
  /** @type {ColumnExchange[]} */
  const found = [];
  const options = { threads, ...(signal && { signal }) };
  await solveOnThreads(problems, options, {
    onProgress: (done) => onProgress(done, `${matrix}, L = ${size}`),
    solved: (_, exchange) => found.push(exchange),
  });
  const arrays = Object.fromEntries(
    settings.map(({ name }, i) => [
      name,
      countExchange(codes, /** @type {ColumnExchange} */ (found[i]), room, planes).tiles,
    ]),
  );
  const exchange = /** @type {ColumnExchange} */ (found.at(-1));
  const placedWith = (/** @type {Int16Array} */ stored) =>
    placeExchanged(matrix, stored, { rows, columns }, encoding, hardware, {
      exchanged: new Map([[matrix, exchange]]),
    });
  const placed = placedWith(codes);
  const { index_bit, inputSchedule_bit } = exchangeMemory(placed);
  const { inputBits, outputBits, positions } = shape;
  const traffic = { activity: null, positions, inputBits, inputSlices: inputBits, outputBits };
  const pruned =
    prune > 0
      ? prunedBy(prune, {
          name: matrix,
          layer: matrix,
          weights: codes,
          rows,
          columns,
          room,
          planes,
          exchange,
        })
      : null;
  return {
    ...{ matrix, dense, columns, size, shape },
    weights: codes.length,
    ...spreadOf(codes, columns),
    denseArrays: planes * Math.ceil(rows / room.rows) * Math.ceil(columns / room.columns),
    arrays,
    memory: { index_bit, inputSchedule_bit },
    utilization: {
      dense: [...denseUtilization(placed, array)],
      exchanged: [...utilization(placed, array)],
      ...(pruned && { pruned: [...utilization(placedWith(pruned.codes), array)] }),
    },
    ...(pruned && { pruned: pruned.counts }),
    work: matrixWork(placed, array, traffic),
  };
}

/** @param {number} share @param {import("../../dist/index.js").OrderedMatrix} matrix */
function prunedBy(share, matrix) {
  const { kept, before, after } = pruneSegments([matrix], {
    mode: "remainder-aware",
    share,
    normalize: "none",
  });
  const codes = keptWeights(matrix.weights, /** @type {Uint8Array} */ (kept[0]));
  return { codes: /** @type {Int16Array} */ (codes), counts: { before, after } };
}

/** @param {Int16Array} codes @param {number} columns */
function spreadOf(codes, columns) {
  const inRow = new Float64Array(codes.length / columns);
  const inColumn = new Float64Array(columns);
  let nonZero = 0;
  for (let r = 0, at = 0; r < inRow.length; r++)
    for (let c = 0; c < columns; c++, at++) {
      if (codes[at] === 0) continue;
      inRow[r]++;
      inColumn[c]++;
      nonZero++;
    }
  return { nonZero, spread: { rows: variation(inRow), columns: variation(inColumn) } };
}

/** @param {Float64Array} counts */
function variation(counts) {
  const mean = counts.reduce((a, b) => a + b, 0) / counts.length;
  const square = counts.reduce((sum, count) => sum + (count - mean) ** 2, 0) / counts.length;
  return mean === 0 ? 0 : Math.sqrt(square) / mean;
}

/**
 * The measurement that the file has, or a new one, which it has then. A file is written whole or not at all; it says what
 * was asked, and one of another question counts for nothing.
 * @param {string} file
 * @param {object} key what the measurement hangs on
 * @param {() => Promise<Mapped>} make
 * @returns {Promise<Mapped>}
 */
export async function stored(file, key, make) {
  const known = storedIn(file, key);
  if (known) return known;
  const mapped = await make();
  mkdirSync(dirname(file), { recursive: true });
  await writeAtomic(file, `${JSON.stringify({ key, mapped })}\n`);
  return mapped;
}

/** @param {string} file @param {object} key @returns {Mapped | null} */
export function storedIn(file, key) {
  if (!existsSync(file)) return null;
  const found = JSON.parse(readFileSync(file, "utf8"));
  return JSON.stringify(found.key) === JSON.stringify(key) ? found.mapped : null;
}

/**
 * Energies of an image on one copy of every layer, all of the same components; widths of converters are the chips' own.
 * @typedef {object} Energies
 * @property {number} size
 * @property {number} exchanged_J with index and input schedule
 * @property {number} withoutIndex_J
 * @property {number} lossless_J with converters that lose nothing
 * @property {number} dense_J every weight stored, on the same arrays
 * @property {number} prime_J every weight stored, on PRIME's arrays
 */

/** @param {readonly Mapped[]} layers of one size @returns {Energies} */
export function energiesOf(layers) {
  const size = /** @type {Mapped} */ (layers[0]).size;
  const { hardware } = hardwareOf(size);
  const work = layers.map((layer) => layer.work);
  const shapes = layers.map(({ shape }) => shape);
  const { cost, adc } = hardware;
  const onPrime = { ...prime, cost };
  return {
    size,
    exchanged_J: parametricReport(hardware, work).energy_J,
    withoutIndex_J: parametricReport({ ...hardware, cost: { ...cost, indexMemory: "none" } }, work).energy_J,
    lossless_J: parametricReport({ ...hardware, adc: { ...adc, bits: null } }, work).energy_J,
    dense_J: parametricReport(hardware, denseWork(shapes, hardware)).energy_J,
    prime_J: parametricReport(onPrime, denseWork(shapes, onPrime)).energy_J,
  };
}
