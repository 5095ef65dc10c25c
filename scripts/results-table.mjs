// Prints the results below a folder of docs/results as the table of its README:
//   results-table.mjs docs/results/resnet20-ptq [--write]
// With --write it replaces what stands between <!-- table --> and <!-- end --> in the folder's README.md.
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const [folder = "", write] = process.argv.slice(2);
const names = readdirSync(folder)
  .filter((name) => existsSync(join(folder, name, "result.json")))
  .sort();
const table = `${resultsTable(names.map((name) => ({ name, result: readResult(name) })))}\n`;
const readme = join(folder, "README.md");
if (write === "--write") {
  const text = readFileSync(readme, "utf8");
  writeFileSync(
    readme,
    text.replace(/(<!-- table -->\n)[\s\S]*?(<!-- end -->)/, (_, start, end) => `${start}${table}${end}`),
  );
} else {
  process.stdout.write(table);
}

/**
 * @param {string} name
 * @returns {import("../dist/index.js").Result}
 */
function readResult(name) {
  return JSON.parse(readFileSync(join(folder, name, "result.json"), "utf8"));
}

/** @typedef {import("../dist/index.js").Result} Result */
/** @typedef {readonly [title: string, cell: (result: Result) => string]} Column */

/** @param {{ name: string, result: Result }[]} runs */
function resultsTable(runs) {
  const columns = columnsOf(runs.map(({ result }) => result));
  const line = (/** @type {readonly string[]} */ cells) => `| ${cells.join(" | ")} |`;
  return [
    line(["run", ...columns.map(([title]) => title)]),
    line(["run", ...columns].map(() => "---")),
    ...runs.map(({ name, result }) => line([name, ...columns.map(([, cell]) => cell(result))])),
  ].join("\n");
}

/**
 * Those that any of the results has something for.
 * @param {readonly Result[]} results
 * @returns {Column[]}
 */
function columnsOf(results) {
  const has = (/** @type {(result: Result) => unknown} */ value) =>
    results.some((one) => (value(one) ?? null) !== null);
  const pruned = has(({ accuracy }) => accuracy.pruned);
  const widths = [...new Set(results.flatMap(({ data }) => data.adcSweep.map(({ bits }) => bits)))].sort(
    (a, b) => (a ?? 99) - (b ?? 99),
  );
  return [
    ["FP32", ({ accuracy }) => percent(accuracy.fp32)],
    ...when(
      has(({ accuracy }) => accuracy.quantized),
      [["quantised", ({ accuracy }) => percent(accuracy.quantized)]],
    ),
    ...when(pruned, [["pruned", ({ accuracy }) => percent(accuracy.pruned)]]),
    [
      `${pruned ? "software" : "quantised"}, simulated images`,
      ({ data }) =>
        percent(data.ladder.find((step) => step.name.endsWith(", simulated images"))?.accuracy ?? null),
    ],
    ...widths.map(
      /** @returns {Column} */ (bits) => [
        bits === null ? "ideal ADC" : `${bits}-bit ADC`,
        ({ data }) => percent(data.adcSweep.find((entry) => entry.bits === bits)?.accuracy ?? null),
      ],
    ),
    ...when(
      has(({ data }) => data.sparsity),
      [
        [
          "zero weights",
          ({ data }) => percent(data.sparsity ? data.sparsity.zeros / data.sparsity.weights : null),
        ],
        ["arrays", ({ arrays }) => String(arrays)],
      ],
    ),
    ...when(
      has(({ data }) => data.pruning),
      [
        ["zero groups", ({ groupSparsity }) => percent(groupSparsity)],
        ["by reads", ({ readWeightedSparsity }) => percent(readWeightedSparsity)],
        ["mismatch columns", ({ data }) => String(data.pruning?.mismatchColumns.layer ?? "–")],
      ],
    ),
    ...when(pruned, [
      ["paper's rate", ({ compression }) => `${compression.paper.toFixed(2)} ×`],
      ["honest rate", ({ compression }) => `${compression.honest.toFixed(2)} ×`],
    ]),
    ["energy", ({ cost }) => `${(cost.energy_J * 1e9).toFixed(1)} nJ`],
    ...when(pruned, [
      ["of full columns", ({ cost, baseline }) => times(cost.energy_J / baseline.energy_J)],
      [
        "of same row groups",
        ({ cost, baselineSameBands }) => times(cost.energy_J / baselineSameBands.energy_J),
      ],
    ]),
    ["latency", ({ cost }) => `${(cost.latency_s * 1e6).toFixed(1)} µs`],
    ["area", ({ cost }) => `${(cost.area_m2 * 1e6).toFixed(3)} mm²`],
  ];
}

/** @param {boolean} some @param {Column[]} columns */
function when(some, columns) {
  return some ? columns : [];
}

/** @param {number | null} value */
function percent(value) {
  return value === null ? "–" : `${(100 * value).toFixed(2)} %`;
}

/** @param {number} value */
function times(value) {
  return `${value.toFixed(3)} ×`;
}
