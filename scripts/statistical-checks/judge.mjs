// What the statistical checks compare in the runs of each seed, and whether it holds.
import { groupRows, steps } from "./recipes.mjs";

/** @typedef {import("../../dist/index.js").Result} Result */
/** @typedef {{ readonly seed: number, readonly results: Readonly<Record<string, Result>> }} SeedRuns */
/** @typedef {{ readonly seed: number, readonly values: Readonly<Record<string, number>>, readonly holds: boolean }} SeedFinding */

/**
 * @typedef {object} Check
 * @property {string} number of the specification's list
 * @property {string} claim
 * @property {"every seed" | "mean"} judged
 * @property {readonly SeedFinding[]} seeds
 * @property {readonly { readonly name: string, readonly mean: number, readonly spread: number }[]} means
 * @property {boolean} passed
 */

/** @typedef {(name: string) => number} At */
/**
 * The values that a check compares, and whether it holds for values of such names: those of a seed, or means.
 * @typedef {(results: Readonly<Record<string, Result>>) => readonly [Record<string, number>, (at: At) => boolean]} Look
 */

/** Sparsities count as equal within this, accuracies within half a point. */
const equalSparsity = 0.01;
const equalAccuracy = 0.005;
/** What a 6-bit converter may lose to one of 5 bits, and any to the ideal one (check 14). */
const converterNoise = 0.003;

/** @param {Result} result */
const accuracyOf = ({ accuracy }) => present(accuracy.pruned, "accuracy of the pruned network");
/** @param {Result} result */
const sparsityOf = ({ groupSparsity }) => present(groupSparsity, "group sparsity");
/**
 * Over whole layers, as the publication counts, or chunk by chunk, as the arrays see it.
 * @param {Result} result
 * @param {"layer" | "chunks"} [by]
 */
const mismatchOf = ({ data }, by = "layer") =>
  present(data.pruning?.mismatchColumns[by], "number of mismatched bit lines");

/** @param {Readonly<Record<string, Result>>} results @param {string} point */
const runOf = (results, point) => {
  const run = results[point];
  if (!run) throw new Error(`no run ${point}`);
  return run;
};

/** @param {number | null | undefined} value @param {string} what */
function present(value, what) {
  if (value === null || value === undefined) throw new Error(`a result has no ${what}`);
  return value;
}

/** @param {Result} result @param {number | null} bits */
function withConverters(result, bits) {
  const found = result.data.adcSweep.find((entry) => entry.bits === bits);
  if (!found) throw new Error(`no accuracy with ${bits ?? "ideal"} converters`);
  return found.accuracy;
}

/**
 * @param {{ readonly ordersSizes: boolean }} network
 * @param {readonly SeedRuns[]} runs
 * @returns {readonly Check[]}
 */
export const evaluate = ({ ordersSizes }, runs) =>
  claims.filter(({ number }) => ordersSizes || number !== "13").map((claim) => check(claim, runs));

/**
 * @param {Claim} claim
 * @param {readonly SeedRuns[]} runs
 * @returns {Check}
 */
function check({ number, judged, claim, look }, runs) {
  const seeds = runs.map(({ seed, results }) => {
    const [values, holds] = look(results);
    return { seed, values, holds: holds(reader(values)) };
  });
  const names = Object.keys(seeds[0]?.values ?? {});
  const means = names.map((name) => ({
    name,
    ...meanAndSpread(seeds.map(({ values }) => values[name] ?? Number.NaN)),
  }));
  const averages = reader(Object.fromEntries(means.map(({ name, mean }) => [name, mean])));
  const passed =
    judged === "mean"
      ? runs.some(({ results }) => look(results)[1](averages))
      : seeds.every(({ holds }) => holds);
  return { number, claim, judged, seeds, means, passed };
}

/** @param {Readonly<Record<string, number>>} values @returns {At} */
export const reader = (values) => (name) => {
  const value = values[name];
  if (value === undefined) throw new Error(`no value of the name "${name}"`);
  return value;
};

/** The mean, and the standard deviation of one seed (0 for a single one).
 * @param {readonly number[]} values */
export function meanAndSpread(values) {
  const [first = Number.NaN] = values;
  // A sum of equal values over their number may miss the value by a rounding.
  if (values.every((value) => value === first)) return { mean: first, spread: 0 };
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const square = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, spread: values.length > 1 ? Math.sqrt(square / (values.length - 1)) : 0 };
}

/** @type {Look} */
const mismatch = (results) => {
  const multi = runOf(results, "multi-72");
  const plain = runOf(results, "plain-72");
  return [
    {
      "multi: bit lines": mismatchOf(multi),
      "plain: bit lines": mismatchOf(plain),
      "multi, by chunk: bit lines": mismatchOf(multi, "chunks"),
      "plain, by chunk: bit lines": mismatchOf(plain, "chunks"),
      "multi: sparsity": sparsityOf(multi),
      "plain: sparsity": sparsityOf(plain),
      "multi: accuracy": accuracyOf(multi),
      "plain: accuracy": accuracyOf(plain),
    },
    (at) =>
      at("multi: bit lines") < at("plain: bit lines") &&
      Math.abs(at("multi: sparsity") - at("plain: sparsity")) <= equalSparsity &&
      Math.abs(at("multi: accuracy") - at("plain: accuracy")) <= equalAccuracy,
  ];
};

/** @type {Look} */
const sizes = (results) => {
  const values = groupRows.flatMap((rows) => {
    const run = runOf(results, `multi-${rows}`);
    return [
      [`${rows} rows: accuracy`, accuracyOf(run)],
      [`${rows} rows: sparsity`, sparsityOf(run)],
    ];
  });
  return [
    Object.fromEntries(values),
    (at) =>
      pairs(groupRows).every(
        ([larger, smaller]) =>
          at(`${smaller} rows: accuracy`) >= at(`${larger} rows: accuracy`) - equalAccuracy &&
          at(`${smaller} rows: sparsity`) >= at(`${larger} rows: sparsity`) - equalSparsity,
      ),
  ];
};

/** @type {Look} */
const converters = (results) => {
  const run = runOf(results, "multi-72");
  return [
    Object.fromEntries(
      [4, 5, 6, null].map((bits) => [bits === null ? "ideal" : `${bits} bits`, withConverters(run, bits)]),
    ),
    (at) =>
      at("6 bits") >= at("5 bits") - converterNoise &&
      at("5 bits") <= at("ideal") + converterNoise &&
      at("6 bits") <= at("ideal") + converterNoise,
  ];
};

/** @type {Look} */
const bands = (results) => {
  const lost = [36, 144].map((rows) => {
    const run = runOf(results, `multi-${rows}`);
    return [`${rows} rows: lost with 4 bits`, withConverters(run, null) - withConverters(run, 4)];
  });
  return [
    Object.fromEntries(lost),
    (at) => at("36 rows: lost with 4 bits") < at("144 rows: lost with 4 bits"),
  ];
};

/** @type {Look} */
const falling = (results) => {
  const shares = [0, ...steps];
  const energy = (/** @type {number} */ share) =>
    runOf(results, share === 0 ? "base" : `magnitude-${share}`).cost.energy_J;
  return [
    Object.fromEntries(shares.map((share) => [`${share} %: energy_J`, energy(share)])),
    (at) => pairs(shares).every(([less, more]) => at(`${more} %: energy_J`) < at(`${less} %: energy_J`)),
  ];
};

/** @type {Look} */
const energies = (results) => {
  const values = groupRows.flatMap((rows) => {
    const run = runOf(results, `multi-${rows}`);
    return [
      [`${rows} rows: energy_J`, run.cost.energy_J],
      [`${rows} rows: area_m2`, run.cost.area_m2],
      [`${rows} rows: sparsity`, sparsityOf(run)],
    ];
  });
  return [
    Object.fromEntries(values),
    (at) =>
      at("36 rows: energy_J") > at("72 rows: energy_J") &&
      at("72 rows: energy_J") > at("144 rows: energy_J") &&
      at("144 rows: area_m2") >= at("72 rows: area_m2") &&
      pairs(groupRows).every(
        ([a, b]) => Math.abs(at(`${a} rows: sparsity`) - at(`${b} rows: sparsity`)) <= equalSparsity,
      ),
  ];
};

/** @typedef {Pick<Check, "number" | "judged" | "claim"> & { readonly look: Look }} Claim */
/** @type {readonly Claim[]} */
const claims = [
  {
    number: "12",
    judged: "every seed",
    claim: "the multi-group penalty leaves fewer mismatched bit lines than plain group Lasso",
    look: mismatch,
  },
  {
    number: "13",
    judged: "mean",
    claim: "at equal sparsity, smaller groups are not less accurate",
    look: sizes,
  },
  {
    number: "14",
    judged: "mean",
    claim: "6-bit converters are not worse than 5-bit ones, nor either better than ideal ones",
    look: converters,
  },
  {
    number: "14",
    judged: "mean",
    claim: "4-bit converters cost less where 36 rows are read at once than where 144 are",
    look: bands,
  },
  {
    number: "15",
    judged: "every seed",
    claim: "energy falls with sparsity (one-shot pruning, 72 rows)",
    look: falling,
  },
  {
    number: "15",
    judged: "every seed",
    claim: "at equal sparsity E(36) > E(72) > E(144), and area(144) is not below area(72)",
    look: energies,
  },
];

/**
 * Neighbours in a list.
 * @template V
 * @param {readonly V[]} list
 * @returns {(readonly [V, V])[]}
 */
export const pairs = (list) => list.slice(1).map((value, i) => [/** @type {V} */ (list[i]), value]);

/**
 * @param {readonly Check[]} checks
 * @param {{ name: string, seeds: readonly number[] }} made
 */
export function table(checks, { name, seeds }) {
  const lines = [
    `${name}, seeds ${seeds.join(", ")}${seeds.length < 3 ? " (fewer than three: no spread to speak of)" : ""}`,
  ];
  for (const { number, claim, judged, seeds: found, means, passed } of checks) {
    lines.push("", `## ${number}: ${claim}`, "", `${passed ? "holds" : "FAILS"}, judged by ${judged}`, "");
    lines.push(
      `| | ${found.map(({ seed, holds }) => `seed ${seed}${holds ? "" : " (no)"}`).join(" | ")} | mean | spread |`,
    );
    lines.push(`|---|${"---|".repeat(found.length + 2)}`);
    for (const { name: value, mean, spread } of means) {
      const cells = [...found.map(({ values }) => values[value] ?? Number.NaN), mean, spread];
      lines.push(`| ${value} | ${cells.map((cell) => shown(value, cell)).join(" | ")} |`);
    }
  }
  return lines.join("\n");
}

/** @param {string} name @param {number} value */
function shown(name, value) {
  if (name.endsWith("energy_J")) return `${(value * 1e9).toPrecision(4)} nJ`;
  if (name.endsWith("area_m2")) return `${(value * 1e6).toPrecision(4)} mm²`;
  if (name.endsWith("bit lines")) return value.toFixed(1);
  return `${(100 * value).toFixed(2)} %`;
}
