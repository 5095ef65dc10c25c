// Fits the table of src/mapping/column-exchange/split-table.ts anew and writes it; run after a build, then format. With
// --check it fits nothing, but compares the table's choice with the best, the default and the worst on sizes between
// and beyond those of the table, or on some of them (--check 150x16 576x64), and exits with 1 where it costs more than
// 5 % over the best, or 10 % where more weights are zero than in any entry of the table.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fitSplitTable, randomFor, shippedFit, splitCandidates, splitCosts, splitOf } from "../dist/index.js";

const nameOf = (
  /** @type {import("../dist/index.js").SplitProblem} */ { arraySize, rows, columns, sparsity },
) => `L ${arraySize}, ${rows} × ${columns}, ${100 * sparsity} % zero`;

/** Sizes that the table was not fitted on. */
const checkedSizes = [
  [150, 16],
  [576, 64],
  [800, 500],
  [2304, 256],
  [6000, 512],
];
/** What its choice may cost over the best. */
const mostOver = { within: 0.05, beyond: 0.1 };

const [mode, ...rest] = process.argv.slice(2);
if (mode === "--check") process.exitCode = check(rest) ? 0 : 1;
else if (mode === undefined) writeTable();
else throw new Error(`${mode} is not --check`);

/**
 * @param {readonly string[]} wanted sizes of matrices, such as 150x16; all where there are none
 * @returns whether the table's choice is good enough on each
 */
function check(wanted) {
  const unknown = wanted.find((size) => !checkedSizes.some((known) => known.join("x") === size));
  if (unknown !== undefined) throw new Error(`--check knows no size ${unknown}`);
  const sizes = checkedSizes.filter((size) => wanted.length === 0 || wanted.includes(size.join("x")));
  const most = Math.max(...shippedFit.sparsities);
  const worst = { within: 0, beyond: 0 };
  for (const arraySize of [24, 32, 96]) {
    for (const [rows, columns] of sizes) {
      for (const sparsity of [0.8, 0.925, 0.96, 0.99]) {
        // A matrix is the same whichever others are checked.
        const random = randomFor(2, "split check", arraySize, rows, columns, String(sparsity));
        const problem = { arraySize, rows, columns, sparsity };
        const room = { rows: arraySize, columns: arraySize };
        const splits = [
          splitOf("fitted", problem, room),
          splitOf("default", problem, room),
          ...splitCandidates(problem),
        ];
        const [fitted = 0, byDefault = 0, ...others] = splitCosts(
          problem,
          splits,
          shippedFit.indexWeight,
          random,
        );
        const best = Math.min(...others);
        const where = sparsity > most ? "beyond" : "within";
        worst[where] = Math.max(worst[where], fitted / best - 1);
        const over = (/** @type {number} */ cost) => `${(100 * (cost / best - 1)).toFixed(1)} %`;
        console.log(
          `${nameOf(problem)}: blocks of ${splits[0]?.rows} × ${splits[0]?.columns} cost ${over(fitted)} over the best; the default ${over(byDefault)}, the worst ${over(Math.max(...others))}`,
        );
      }
    }
  }
  console.log(
    `at most ${(100 * worst.within).toFixed(1)} % over the best, ${(100 * worst.beyond).toFixed(1)} % beyond the table's sparsities`,
  );
  return worst.within <= mostOver.within && worst.beyond <= mostOver.beyond;
}

function writeTable() {
  const table = fitSplitTable(
    shippedFit,
    ({ arraySize, rows, columns, sparsity }) =>
      randomFor(shippedFit.seed, "split", arraySize, rows, columns, String(sparsity)),
    (problem, best) => console.error(`${nameOf(problem)}: blocks of ${best.rows} × ${best.columns}`),
  );
  const path = join(import.meta.dirname, "../src/mapping/column-exchange/split-table.ts");
  writeFileSync(
    path,
    `import type { SplitTable } from "./types.js";

/** What \`fitSplitTable\` finds; written by scripts/split-table.mjs. */
// biome-ignore format: one line per number of rows and columns
export const splitTable: SplitTable = {
  arraySizes: ${JSON.stringify(table.arraySizes)},
  rows: ${JSON.stringify(table.rows)},
  columns: ${JSON.stringify(table.columns)},
  sparsities: ${JSON.stringify(table.sparsities)},
  best: [
${lines(table.best, 2 * table.sparsities.length)}
  ],
};
`,
  );
}

/** @param {readonly number[]} values @param {number} perLine */
function lines(values, perLine) {
  const list = [];
  for (let i = 0; i < values.length; i += perLine)
    list.push(`    ${values.slice(i, i + perLine).join(", ")},`);
  return list.join("\n");
}
