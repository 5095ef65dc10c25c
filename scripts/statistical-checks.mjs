// The statistical checks of the specification of Meng et al. 2021 (section 10, 12 to 15), on networks that it trains:
//   node scripts/statistical-checks.mjs lenet5 --seeds 1,2,3 [--out DIR] [--threads N] [--write DIR]
//   node scripts/statistical-checks.mjs resnet20 --model resnet20-cifar10.onnx
// Prints what every check compares for each seed, with mean and spread, and exits with 1 where one fails. Runs that are
// there are not made again; started anew after a stop it goes on. --write puts results and table into that folder.
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { evaluate, table } from "./statistical-checks/judge.mjs";
import { networks, points, recipeOf } from "./statistical-checks/recipes.mjs";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seeds: { type: "string", default: "1" },
    out: { type: "string", default: "runs/statistical-checks" },
    threads: { type: "string", default: "2" },
    model: { type: "string" },
    write: { type: "string" },
  },
});
const [name = ""] = positionals;
const network = Object.hasOwn(networks, name) ? networks[/** @type {keyof typeof networks} */ (name)] : null;
const seeds = values.seeds.split(",").map(Number);
if (
  !network ||
  seeds.some((seed) => !Number.isInteger(seed) || seed < 0) ||
  (name === "resnet20" && !values.model)
) {
  console.error(
    `statistical-checks.mjs ${Object.keys(networks).join("|")} [--seeds 1,2,3]; resnet20 needs --model FILE.onnx`,
  );
  process.exit(2);
}

const runs = seeds.map((seed) => {
  const base = runPoint(seed, "base", undefined);
  const others = points.map((point) => [point, runPoint(seed, point, directoryOf(seed, "base"))]);
  return { seed, results: { base, ...Object.fromEntries(others) } };
});
const checks = evaluate(network, runs);
const text = table(checks, { name, seeds });
console.log(text);
if (values.write) write(values.write);
process.exitCode = checks.every(({ passed }) => passed) ? 0 : 1;

/** @param {number} seed @param {string} point */
function directoryOf(seed, point) {
  return resolve(values.out, name, `seed-${seed}`, point);
}

/**
 * The result of one run; the stages that it has in common with `from` are taken from there.
 * @param {number} seed
 * @param {string} point
 * @param {string | undefined} from
 * @returns {import("../dist/index.js").Result}
 */
function runPoint(seed, point, from) {
  const directory = directoryOf(seed, point);
  const recipe = `${directory}.json`;
  mkdirSync(resolve(directory, ".."), { recursive: true });
  const model = values.model ? resolve(values.model) : name;
  const written = `${JSON.stringify(recipeOf(name, point, { seed, model }), null, 2)}\n`;
  if (!existsSync(recipe) || readFileSync(recipe, "utf8") !== written) writeFileSync(recipe, written);
  const words = ["run", recipe, "--out", directory, "--threads", values.threads];
  const taken = from && !existsSync(join(directory, "result.json")) ? ["--stages-from", from] : [];
  console.error(`\n== ${name}, seed ${seed}, ${point}`);
  const main = join(import.meta.dirname, "../dist/cli/main.js");
  const { status } = spawnSync(process.execPath, [main, ...words, ...taken], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  if (status !== 0) {
    console.error(`the run in ${directory} ended with exit code ${status}`);
    process.exit(status === 2 ? 2 : 1);
  }
  return JSON.parse(readFileSync(join(directory, "result.json"), "utf8"));
}

/** @param {string} folder */
function write(folder) {
  for (const { seed, results } of runs) {
    for (const point of Object.keys(results)) {
      const into = join(folder, `seed-${seed}`, point);
      mkdirSync(into, { recursive: true });
      copyFileSync(join(directoryOf(seed, point), "result.json"), join(into, "result.json"));
    }
  }
  writeFileSync(join(folder, "checks.md"), `${text}\n`);
  writeFileSync(
    join(folder, "checks.json"),
    `${JSON.stringify({ network: name, seeds, checks }, null, 2)}\n`,
  );
}
