// VGG-16 for ImageNet with random weights: its sizes are the network's, its weights no one's. Magnitudes have log-normal
// factors for every row and column, and what is left after pruning each layer by magnitude is unevenly spread, as it is in
// trained layers; correlations beyond that it has none.
import { randomFor } from "../../dist/index.js";

/** Normal deviation of the logarithm of a factor. At 4 % the weights left in a row or column then deviate by 0.8 of their mean. */
const spread = 0.2;
/** Share of the weights that dense layers keep where the network has the published sparsity. */
const denseKeep = 0.04;
export const publishedSparsity = 92.5;
/** In percent; savings are compared over them. */
export const sparsities = [85, 92.5, 97];

/** @typedef {import("../../dist/index.js").LayerShape} LayerShape */

/** Convolutions as [input channels, output channels, side of the map], then dense layers as [inputs, outputs]. */
const convolutions = /** @type {const} */ ([
  [3, 64, 224],
  [64, 64, 224],
  [64, 128, 112],
  [128, 128, 112],
  [128, 256, 56],
  [256, 256, 56],
  [256, 256, 56],
  [256, 512, 28],
  [512, 512, 28],
  [512, 512, 28],
  [512, 512, 14],
  [512, 512, 14],
  [512, 512, 14],
]);
const dense = /** @type {const} */ ([
  [25_088, 4096],
  [4096, 4096],
  [4096, 1000],
]);

/** The layers of Simonyan and Zisserman 2015, table 1, column D, at 8 bits. @type {readonly LayerShape[]} */
export const layers = [
  ...convolutions.map(([channels, columns, side], i) => ({
    matrix: `conv${i + 1}`,
    rows: 9 * channels,
    columns,
    positions: side ** 2,
    unpaddedPositions: (side - 2) ** 2,
    kernelPositions: 9,
    channels,
    side,
    inputValues: channels * side ** 2,
  })),
  ...dense.map(([rows, columns], i) => ({
    matrix: `fc${i + 1}`,
    rows,
    columns,
    positions: 1,
    unpaddedPositions: 1,
    kernelPositions: 1,
    channels: rows,
    side: 1,
    inputValues: rows,
  })),
].map((layer) => ({ ...layer, weightBits: 8, inputBits: 8, outputBits: 8 }));

/** @param {readonly LayerShape[]} list */
const weightsIn = (list) => list.reduce((sum, { rows, columns }) => sum + rows * columns, 0);
export const isDense = (/** @type {string} */ matrix) => matrix.startsWith("fc");

/**
 * The share of a layer's weights that is kept. At 92.5 % zeros dense layers keep 4 %, convolutions the rest, all the same
 * share; at other sparsities both keep in proportion.
 * @param {LayerShape} layer
 * @param {number} sparsity in percent
 */
export function keepOf({ matrix }, sparsity) {
  const inDense = weightsIn(layers.filter((layer) => isDense(layer.matrix)));
  const all = weightsIn(layers);
  const keptInAll = (1 - publishedSparsity / 100) * all;
  const keep = isDense(matrix) ? denseKeep : (keptInAll - denseKeep * inDense) / (all - inDense);
  return (keep * (100 - sparsity)) / (100 - publishedSparsity);
}

/**
 * Codes of 8 bits of a layer, the share `keep` of them not zero.
 * @param {{ readonly matrix: string, readonly rows: number, readonly columns: number }} layer
 * @param {number} keep
 * @param {number} seed
 */
export function madeCodes({ matrix, rows, columns }, keep, seed) {
  const random = randomFor(seed, "made weights", matrix);
  const factors = (/** @type {number} */ n) =>
    Float64Array.from({ length: n }, () => Math.exp(spread * random.normal()));
  const ofRow = factors(rows);
  const ofColumn = factors(columns);
  const weights = new Float32Array(rows * columns);
  for (let r = 0, at = 0; r < rows; r++)
    for (let c = 0; c < columns; c++, at++)
      weights[at] = /** @type {number} */ (ofRow[r]) * /** @type {number} */ (ofColumn[c]) * random.normal();
  return prunedCodes(weights, Math.round(keep * weights.length));
}

/**
 * The given number of weights of largest magnitude as codes of 8 bits, of which none is 0; of equals the first ones.
 * @param {Float32Array} weights
 * @param {number} kept
 */
export function prunedCodes(weights, kept) {
  const codes = new Int16Array(weights.length);
  if (kept <= 0) return codes;
  const { threshold, equals } = thresholdFor(weights, kept);
  let largest = 0;
  for (let i = 0; i < weights.length; i++)
    largest = Math.max(largest, Math.abs(/** @type {number} */ (weights[i])));
  let left = equals;
  for (let i = 0; i < weights.length; i++) {
    const weight = /** @type {number} */ (weights[i]);
    const size = Math.abs(weight);
    if (size < threshold || (size === threshold && left-- <= 0)) continue;
    codes[i] = Math.sign(weight) * Math.max(1, Math.round((127 * size) / largest));
  }
  return codes;
}

/**
 * The magnitude of the smallest weight that is kept, and how many of that magnitude are. Magnitudes in order are their
 * bits in order: upper halves are counted first, then the lower ones of the weights whose upper half it is.
 * @param {Float32Array} weights
 * @param {number} kept
 */
function thresholdFor(weights, kept) {
  const bits = new Uint32Array(weights.buffer, weights.byteOffset, weights.length);
  const upper = new Uint32Array(1 << 15);
  const bitsAt = (/** @type {number} */ i) => /** @type {number} */ (bits[i]) & 0x7fff_ffff;
  for (let i = 0; i < bits.length; i++) upper[bitsAt(i) >>> 16]++;
  const [half, above] = descend(upper, kept);
  const lower = new Uint32Array(1 << 16);
  for (let i = 0; i < bits.length; i++) if (bitsAt(i) >>> 16 === half) lower[bitsAt(i) & 0xffff]++;
  const [rest, more] = descend(lower, kept - above);
  const word = new Uint32Array([(half << 16) | rest]);
  return {
    threshold: /** @type {number} */ (new Float32Array(word.buffer)[0]),
    equals: kept - above - more,
  };
}

/**
 * The bin from the top in which the n-th lies, and how many lie above it.
 * @param {Uint32Array} bins
 * @param {number} n
 * @returns {[number, number]}
 */
function descend(bins, n) {
  let above = 0;
  for (let bin = bins.length - 1; bin > 0; bin--) {
    const count = /** @type {number} */ (bins[bin]);
    if (above + count >= n) return [bin, above];
    above += count;
  }
  return [0, above];
}
