// What the mapping checks look at in the figures of a seed, one by one.
import { pairs } from "../statistical-checks/judge.mjs";
import { chosenSize, sizes, strategyNames } from "./recipes.mjs";

/** @typedef {import("./measure.mjs").Mapped} Mapped */
/** @typedef {import("./measure.mjs").Energies} Energies */
/** @typedef {import("./measure.mjs").WeightsAndArrays} WeightsAndArrays */

/**
 * Test accuracies of a run: in float behind all training, as stored, and in float before crossbar pruning.
 * @typedef {object} Trained
 * @property {number} float
 * @property {number} quantised
 * @property {number} [fineTuned]
 * @property {number} sparsity
 * @property {number} zeroCodes share of the codes that are 0
 */

/**
 * @typedef {object} CrossbarPruned
 * @property {WeightsAndArrays} dense
 * @property {WeightsAndArrays} start
 * @property {WeightsAndArrays} end
 * @property {{ readonly dense: readonly number[], readonly exchanged: readonly number[], readonly pruned: readonly number[] }} utilization
 * @property {number} rounds that were kept
 * @property {string} ended
 */

/**
 * @typedef {object} SeedFigures
 * @property {number} seed
 * @property {number} published sparsity of Table I, in percent
 * @property {Readonly<Record<string, Trained>>} trained by point; none where nothing was trained
 * @property {CrossbarPruned | null} crossbar
 * @property {Readonly<Record<string, readonly Mapped[]>>} atSparsity the layers at the chosen array size, by sparsity in percent
 * @property {Readonly<Record<string, readonly Mapped[]>>} atSize the layers at the published sparsity, by array size
 * @property {readonly Energies[]} energies by array size
 */

/** "reported": it may be so or not, and is said; "not judged": the network has nothing that the claim is about. */
/** @typedef {"holds" | "reported" | "not judged" | "FAILS"} Verdict */
/** @typedef {(name: string) => number} At */
/** @typedef {{ readonly title: string, readonly header: readonly string[], readonly rows: readonly (readonly (string | number)[])[] }} Detail */
/**
 * @typedef {object} Looked
 * @property {Readonly<Record<string, number>>} values
 * @property {(at: At) => Verdict} judge for values of such names: those of a seed, or means
 * @property {readonly Detail[]} [details]
 */
/** @typedef {(figures: SeedFigures, context: { readonly name: string, readonly others: Others }) => Looked} Look */
/** @typedef {Readonly<Record<string, readonly SeedFigures[]>>} Others */

/** What crossbar pruning may cost (check 13). */
const pruningCost = 0.01;
/** Share of zeros from which a dense layer has to gain by its order (check 11). */
const sparseLayer = 0.85;

/** @param {boolean} holds @returns {Verdict} */
const held = (holds) => (holds ? "holds" : "FAILS");

/** @type {() => Verdict} */
const notJudged = () => "not judged";

/** @param {readonly Mapped[]} layers @param {(layer: Mapped) => number} value */
const sum = (layers, value) => layers.reduce((all, layer) => all + value(layer), 0);

/** @param {Mapped} layer @param {string} strategy */
function arraysOf({ arrays, matrix }, strategy) {
  const count = arrays[strategy];
  if (count === undefined) throw new Error(`"${matrix}" was not mapped by ${strategy}`);
  return count;
}

/** Arrays that the best order spares, over those of the dense map. @param {readonly Mapped[]} layers */
const saved = (layers) =>
  1 - sum(layers, (layer) => arraysOf(layer, "auto+")) / sum(layers, (layer) => layer.denseArrays);

/** @template V @param {Readonly<Record<string, V>>} record @param {string | number} key @returns {V} */
function at(record, key) {
  const value = record[key];
  if (value === undefined) throw new Error(`nothing was measured at ${key}`);
  return value;
}

/** @param {Readonly<Record<string, unknown>>} record */
const numbersOf = (record) =>
  Object.keys(record)
    .map(Number)
    .sort((a, b) => a - b);

/** @param {SeedFigures} figures */
const chosenLayers = ({ atSize }) => at(atSize, chosenSize);

/** @type {Look} */
export const strategies = (figures) => {
  const layers = chosenLayers(figures);
  const total = (/** @type {string} */ name) => sum(layers, (layer) => arraysOf(layer, name));
  const perLayer = (/** @type {Mapped} */ layer) => strategyNames.map((name) => arraysOf(layer, name));
  return {
    values: Object.fromEntries([
      ["dense: arrays", sum(layers, ({ denseArrays }) => denseArrays)],
      ...strategyNames.map((name) => [`${name}: arrays`, total(name)]),
    ]),
    judge: () =>
      held(layers.every((layer) => perLayer(layer).every((count) => arraysOf(layer, "auto+") <= count))),
    details: [
      {
        title: `arrays of ${chosenSize} × ${chosenSize} weights, both signs; + with local search`,
        header: ["layer", "zeros", "dense", ...strategyNames],
        rows: layers.map((layer) => [
          layer.matrix,
          `${(100 * zerosOf(layer)).toFixed(1)} %`,
          layer.denseArrays,
          ...perLayer(layer),
        ]),
      },
      {
        title:
          "the spread of weights over rows and columns (deviation over mean), and the memory of the order",
        header: ["layer", "rows", "columns", "index (bit)", "input schedule (bit)"],
        rows: layers.map(({ matrix, spread, memory }) => [
          matrix,
          spread.rows.toFixed(2),
          spread.columns.toFixed(2),
          memory.index_bit,
          memory.inputSchedule_bit,
        ]),
      },
    ],
  };
};

/** @param {Mapped} layer */
const zerosOf = ({ nonZero, weights }) => 1 - nonZero / weights;

/** @type {Look} */
export const denseLayers = (figures) => {
  // Columns that one array holds have no other order.
  const layers = chosenLayers(figures).filter(
    (layer) => layer.dense && zerosOf(layer) >= sparseLayer && layer.columns > layer.size,
  );
  return {
    values: Object.fromEntries(
      layers.flatMap((layer) =>
        ["identity", "identity+", "auto+"].map((name) => [
          `${layer.matrix}, ${name}: arrays`,
          arraysOf(layer, name),
        ]),
      ),
    ),
    judge: () =>
      layers.length === 0
        ? "not judged"
        : held(layers.every((layer) => arraysOf(layer, "auto+") < arraysOf(layer, "identity"))),
  };
};

/** @type {Look} */
export const bySparsity = ({ atSparsity }) => {
  const shares = numbersOf(atSparsity);
  return {
    values: Object.fromEntries(shares.map((share) => [`${share} %: saved`, saved(at(atSparsity, share))])),
    judge: (at) =>
      held(pairs(shares).every(([less, more]) => at(`${more} %: saved`) > at(`${less} %: saved`))),
  };
};

/** @type {Look} */
export const bySize = ({ atSize }) => ({
  values: Object.fromEntries(sizes.map((size) => [`L = ${size}: saved`, saved(at(atSize, size))])),
  judge: (at) =>
    held(pairs(sizes).every(([small, large]) => at(`L = ${large}: saved`) < at(`L = ${small}: saved`))),
});

/** @type {Look} */
export const leastGain = (figures, { name, others }) => {
  const known = Object.entries(others).filter(([, list]) => list.length > 0);
  const conv = chosenLayers(figures).filter(({ dense }) => !dense);
  if (name !== "resnet20" || known.length === 0) return { values: {}, judge: notJudged };
  const values = known.map(([other, list]) => {
    const mean = list.reduce((all, one) => all + saved(chosenLayers(one)), 0) / list.length;
    return /** @type {const} */ ([`${other}: saved`, mean]);
  });
  return {
    values: { "convolutions: saved": saved(conv), ...Object.fromEntries(values) },
    judge: (at) => held(values.every(([other]) => at("convolutions: saved") < at(other))),
  };
};

/** @param {"dense" | "start"} of @returns {Look} */
export const freedOver =
  (of) =>
  ({ crossbar }) => {
    if (!crossbar) return { values: {}, judge: notJudged };
    const { start, end } = crossbar;
    const all = crossbar[of];
    return {
      values: {
        "arrays freed": (start.arrays - end.arrays) / all.arrays,
        "weights removed": (start.weights - end.weights) / all.weights,
        "all: arrays": crossbar.dense.arrays,
        "exchanged: arrays": start.arrays,
        "pruned: arrays": end.arrays,
        "rounds kept: count": crossbar.rounds,
      },
      judge: (at) => held(at("arrays freed") > at("weights removed")),
    };
  };

/** @type {Look} */
export const pruningAccuracy = ({ crossbar, trained }) => {
  if (!crossbar) return { values: {}, judge: notJudged };
  const { float, fineTuned } = at(trained, "crossbar");
  if (fineTuned === undefined) throw new Error("no accuracy before crossbar pruning");
  return {
    values: { before: fineTuned, after: float },
    judge: (at) => held(Math.abs(at("after") - at("before")) <= pruningCost),
  };
};

/** @param {8 | 4} bits @param {(sparsity: number) => boolean} asked @param {(lost: number) => boolean} allowed @returns {Look} */
export const quantised =
  (bits, asked, allowed) =>
  ({ trained }) => {
    const shares = [...new Set(Object.keys(trained).map((point) => Number.parseInt(point, 10)))].filter(
      Number.isFinite,
    );
    const judged = shares.filter(asked);
    return {
      values: Object.fromEntries(
        shares.flatMap((share) => {
          const run = at(trained, `${share}-${bits}bit`);
          return [
            [`${share} %: float`, run.float],
            [`${share} %: ${bits} bits`, run.quantised],
            [`${share} %: codes that are 0`, run.zeroCodes],
          ];
        }),
      ),
      judge: (at) =>
        judged.length === 0
          ? "not judged"
          : held(judged.every((share) => allowed(at(`${share} %: float`) - at(`${share} %: ${bits} bits`)))),
    };
  };

/** @type {Look} */
export const energy = ({ energies }, { name }) => ({
  values: Object.fromEntries(
    energies.flatMap((one) => [
      [`L = ${one.size}: exchanged_J`, one.exchanged_J],
      [`L = ${one.size}, no index: exchanged_J`, one.withoutIndex_J],
      [`L = ${one.size}, lossless converters: exchanged_J`, one.lossless_J],
      [`L = ${one.size}: dense_J`, one.dense_J],
      ["PRIME: dense_J", one.prime_J],
    ]),
  ),
  judge: (at) =>
    name === "vgg16" ? curve(sizes.map((size) => at(`L = ${size}: exchanged_J`))) : "not judged",
});

/** An interior minimum holds; a curve that only falls or rises is reported; any other fails. @param {readonly number[]} values @returns {Verdict} */
export function curve(values) {
  const steps = pairs(values).map(([a, b]) => Math.sign(b - a));
  if (steps.every((step) => step >= 0) || steps.every((step) => step <= 0)) return "reported";
  const lowest = values.indexOf(Math.min(...values));
  return held(lowest > 0 && lowest < values.length - 1);
}

/** @typedef {{ readonly dense: readonly number[], readonly exchanged: readonly number[], readonly pruned: readonly number[] | null }} Histograms */

/** Of the runs of crossbar pruning, or of what was pruned without training. @param {SeedFigures} figures @returns {Histograms} */
function histogramsOf(figures) {
  if (figures.crossbar) return figures.crossbar.utilization;
  const layers = chosenLayers(figures);
  const all = (/** @type {(layer: Mapped) => readonly number[]} */ of) =>
    (layers[0] ? of(layers[0]) : []).map((_, bin) => sum(layers, (layer) => of(layer)[bin] ?? 0));
  return {
    dense: all(({ utilization }) => utilization.dense),
    exchanged: all(({ utilization }) => utilization.exchanged),
    pruned: layers.every(({ utilization }) => utilization.pruned)
      ? all(({ utilization }) => utilization.pruned ?? [])
      : null,
  };
}

/** Share of an array's places in use, by the middles of the bins. @param {readonly number[]} bins */
export function meanUse(bins) {
  const arrays = bins.reduce((a, b) => a + b, 0);
  return bins.reduce((all, count, bin) => all + count * (bin + 0.5), 0) / (arrays * bins.length);
}

/** The paper's point of reference: arrays that are at most 15 % full. @param {readonly number[]} bins */
const nearlyEmpty = (bins) =>
  bins.slice(0, (3 * bins.length) / 20).reduce((a, b) => a + b, 0) / bins.reduce((a, b) => a + b, 0);

/** @param {"dense" | "exchanged"} before @param {"exchanged" | "pruned"} after @returns {Look} */
export const shift = (before, after) => (figures) => {
  const histograms = histogramsOf(figures);
  const from = histograms[before];
  const to = histograms[after];
  if (!to) return { values: {}, judge: notJudged };
  return {
    values: {
      [`${before}: mean use`]: meanUse(from),
      [`${after}: mean use`]: meanUse(to),
      [`${before}: at most 15 % full`]: nearlyEmpty(from),
      [`${after}: at most 15 % full`]: nearlyEmpty(to),
    },
    judge: (at) => held(at(`${after}: mean use`) > at(`${before}: mean use`)),
    details: [
      {
        title: "arrays by the share of their places in use",
        header: ["at most", before, after],
        rows: from
          .map((count, bin) => [`${(100 * (bin + 1)) / from.length} %`, count, to[bin] ?? 0])
          .slice(0, 1 + Math.max(...[from, to].map((bins) => bins.findLastIndex((count) => count > 0)))),
      },
    ],
  };
};
