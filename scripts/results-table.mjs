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

/** @param {{ name: string, result: import("../dist/index.js").Result }[]} runs */
function resultsTable(runs) {
  /** @param {number | null} value */
  const percent = (value) => (value === null ? "–" : `${(100 * value).toFixed(2)} %`);
  const widths = [
    ...new Set(runs.flatMap(({ result }) => result.data.adcSweep.map(({ bits }) => bits))),
  ].sort((a, b) => (a ?? 99) - (b ?? 99));
  const pruned = runs.some(({ result }) => result.accuracy.pruned !== null);
  const same = `${pruned ? "software" : "quantised"}, simulated images`;
  const head = ["run", "FP32", "quantised", ...(pruned ? ["pruned"] : []), same];
  for (const bits of widths) head.push(bits === null ? "ideal ADC" : `${bits}-bit ADC`);
  if (pruned) head.push("zero groups", "by reads", "mismatch columns", "paper's rate", "honest rate");
  head.push("energy", ...(pruned ? ["of full columns", "of same row groups"] : []), "latency", "area");
  const rows = runs.map(({ name, result }) => {
    const { accuracy, cost, data, compression } = result;
    const energyOf = (/** @type {{ energy_J: number }} */ other) =>
      `${(cost.energy_J / other.energy_J).toFixed(3)} ×`;
    const same = data.ladder.find((step) => step.name.endsWith(", simulated images"));
    const sweep = widths.map((bits) => data.adcSweep.find((entry) => entry.bits === bits)?.accuracy ?? null);
    return [
      name,
      ...[accuracy.fp32, accuracy.quantized, ...(pruned ? [accuracy.pruned] : [])].map(percent),
      ...[same?.accuracy ?? null, ...sweep].map(percent),
      ...(pruned
        ? [
            ...[result.groupSparsity, result.readWeightedSparsity].map(percent),
            String(data.pruning?.mismatchColumns.layer ?? "–"),
            ...[compression.paper, compression.honest].map((rate) => `${rate.toFixed(2)} ×`),
          ]
        : []),
      `${(cost.energy_J * 1e9).toFixed(1)} nJ`,
      ...(pruned ? [result.baseline, result.baselineSameBands].map(energyOf) : []),
      `${(cost.latency_s * 1e6).toFixed(1)} µs`,
      `${(cost.area_m2 * 1e6).toFixed(3)} mm²`,
    ];
  });
  const line = (/** @type {string[]} */ cells) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
