// The claims of the mapping checks, and whether they hold for each seed.
import { meanAndSpread, reader } from "../statistical-checks/judge.mjs";
import {
  bySize,
  bySparsity,
  denseLayers,
  energy,
  freedOver,
  leastGain,
  pruningAccuracy,
  quantised,
  shift,
  strategies,
} from "./looks.mjs";
import { chosenSize } from "./recipes.mjs";

/** @typedef {import("./looks.mjs").SeedFigures} SeedFigures */
/** @typedef {import("./looks.mjs").Others} Others */
/** @typedef {import("./looks.mjs").Verdict} Verdict */
/** @typedef {import("./looks.mjs").Detail} Detail */
/** @typedef {import("./looks.mjs").Look} Look */

/** From best to worst. */
const verdicts = /** @type {const} */ (["holds", "reported", "not judged", "FAILS"]);

/**
 * @typedef {object} Check
 * @property {string} number of the specification's list
 * @property {string} claim
 * @property {"every seed" | "mean"} judged
 * @property {readonly { readonly seed: number, readonly values: Readonly<Record<string, number>>, readonly verdict: Verdict, readonly details: readonly Detail[] }[]} seeds
 * @property {readonly { readonly name: string, readonly mean: number, readonly spread: number }[]} means
 * @property {Verdict} verdict
 */

/** What 8 bits may lose, and what 4 bits have to lose more than to be clearly worse (check 14). */
const quantisationNoise = 0.003;

/**
 * @param {string} name
 * @param {readonly SeedFigures[]} figures
 * @param {Others} [others] figures of other networks, by name
 * @returns {readonly Check[]}
 */
export const evaluate = (name, figures, others = {}) =>
  claims.map((claim) => check(claim, figures, { name, others }));

/**
 * @param {Claim} claim
 * @param {readonly SeedFigures[]} figures
 * @param {{ readonly name: string, readonly others: Others }} context
 * @returns {Check}
 */
function check({ number, judged, claim, look }, figures, context) {
  const looked = figures.map((one) => look(one, context));
  const seeds = looked.map(({ values, judge, details = [] }, i) => ({
    seed: /** @type {SeedFigures} */ (figures[i]).seed,
    values,
    verdict: judge(reader(values)),
    details,
  }));
  const means = Object.keys(seeds[0]?.values ?? {}).map((name) => ({
    name,
    ...meanAndSpread(seeds.map(({ values }) => values[name] ?? Number.NaN)),
  }));
  const averages = reader(Object.fromEntries(means.map(({ name, mean }) => [name, mean])));
  const verdict =
    judged === "mean" ? (looked[0]?.judge(averages) ?? "not judged") : worst(seeds.map((one) => one.verdict));
  return { number, claim, judged, seeds, means, verdict };
}

/** @param {readonly Verdict[]} list @returns {Verdict} */
const worst = (list) => verdicts.findLast((verdict) => list.includes(verdict)) ?? "not judged";

/** @typedef {Pick<Check, "number" | "judged" | "claim"> & { readonly look: Look }} Claim */
const everySeed = /** @type {const} */ ({ judged: "every seed" });
const byMean = /** @type {const} */ ({ judged: "mean" });
/** @type {readonly Claim[]} */
const claims = [
  {
    ...{ number: "11", ...everySeed, look: strategies },
    claim: "on every layer auto takes no more arrays than any other strategy",
  },
  {
    ...{ number: "11", ...everySeed, look: denseLayers },
    claim: "auto takes fewer than identity on dense layers with 85 % zeros or more, wider than an array",
  },
  {
    ...{ number: "12", ...everySeed, look: bySparsity },
    claim: `the share of arrays saved grows with sparsity (auto, L = ${chosenSize})`,
  },
  {
    ...{ number: "12", ...everySeed, look: bySize },
    claim: "the share of arrays saved falls with L (auto, published sparsity)",
  },
  {
    ...{ number: "12", ...everySeed, look: leastGain },
    claim: "convolutions of ResNet-20 at 75 % zeros save least of all networks that were measured",
  },
  {
    ...{ number: "13", ...everySeed, look: freedOver("dense") },
    claim: "crossbar pruning frees a larger share of all arrays than it removes of all weights",
  },
  {
    ...{ number: "13", ...everySeed, look: freedOver("start") },
    claim: "and a larger share of the arrays that there were than of the weights that were not zero",
  },
  {
    ...{ number: "13", ...byMean, look: pruningAccuracy },
    claim: "crossbar pruning changes accuracy by at most 1 point",
  },
  {
    number: "14",
    ...byMean,
    claim: "8 bits lose at most 0.3 points to float up to 90 % zeros",
    look: quantised(
      8,
      (sparsity) => sparsity <= 90,
      (lost) => lost <= quantisationNoise,
    ),
  },
  {
    number: "14",
    ...byMean,
    claim: "4 bits are clearly worse (more than 0.3 points) above 90 % zeros",
    look: quantised(
      4,
      (sparsity) => sparsity > 90,
      (lost) => lost > quantisationNoise,
    ),
  },
  {
    ...{ number: "15", ...everySeed, look: energy },
    claim:
      "energy over L has a minimum inside 16 to 128 (VGG-16); a curve that only falls or rises is reported",
  },
  {
    ...{ number: "16", ...everySeed, look: shift("dense", "exchanged") },
    claim: "arrays are fuller behind the exchange of columns than dense",
  },
  {
    ...{ number: "16", ...everySeed, look: shift("exchanged", "pruned") },
    claim: "arrays are fuller again behind crossbar pruning",
  },
];
