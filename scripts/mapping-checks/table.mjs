// The mapping checks as Markdown.

/** @typedef {import("./judge.mjs").Check} Check */

const madeWeights =
  "No trained network: random weights with log-normal factors of rows and columns, the smallest taken away, layer by layer; " +
  "dense layers keep 4 %. Nothing is said of accuracy, and pruned without training.";

/**
 * @param {readonly Check[]} checks
 * @param {{ name: string, seeds: readonly number[] }} made
 */
export function table(checks, { name, seeds }) {
  const lines = [
    `${name}, seeds ${seeds.join(", ")}${seeds.length < 3 ? " (fewer than three: no spread to speak of)" : ""}`,
    ...(name === "vgg16" ? ["", madeWeights] : []),
  ];
  for (const { number, claim, judged, seeds: found, means, verdict } of checks) {
    lines.push("", `## ${number}: ${claim}`, "", `${verdict}, judged by ${judged}`);
    const marks = found.map((one) => `seed ${one.seed}${one.verdict === "FAILS" ? " (no)" : ""}`);
    if (means.length > 0)
      lines.push(
        ...markdown(
          ["", ...marks, "mean", "spread"],
          means.map(({ name: value, mean, spread }) => [
            value,
            ...[...found.map(({ values }) => values[value] ?? Number.NaN), mean, spread].map((cell) =>
              shown(value, cell),
            ),
          ]),
        ),
      );
    for (const { seed, details } of found)
      for (const { title, header, rows } of details)
        lines.push("", `Seed ${seed}: ${title}`, ...markdown(header, rows));
  }
  return lines.join("\n");
}

/** @param {readonly string[]} header @param {readonly (readonly (string | number)[])[]} rows */
const markdown = (header, rows) => [
  "",
  `| ${header.join(" | ")} |`,
  `|${"---|".repeat(header.length)}`,
  ...rows.map((row) => `| ${row.join(" | ")} |`),
];

/** @param {string} name @param {number} value */
function shown(name, value) {
  if (name.endsWith("_J")) return `${(value * 1e6).toPrecision(4)} µJ`;
  if (name.endsWith("arrays") || name.endsWith("count"))
    return Number.isInteger(value) ? `${value}` : value.toFixed(1);
  return `${(100 * value).toFixed(2)} %`;
}
