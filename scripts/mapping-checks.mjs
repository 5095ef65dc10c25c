// Checks 11 to 16 of the specification of Lin et al. 2019: on networks that it trains, and on VGG-16 at full size with
// random weights.
//   node scripts/mapping-checks.mjs lenet5 [--seeds 1,2,3] [--out DIR] [--threads N] [--write DIR]
//   node scripts/mapping-checks.mjs resnet20 --model resnet20-cifar10.onnx
//   node scripts/mapping-checks.mjs vgg16
// Prints what every check compares for each seed, and exits with 1 where one fails. Runs and measurements that are there
// are not made again; started anew after a stop it goes on. --write puts results and tables into that folder. ResNet-20 is
// compared with whichever of the others the folder of --out has.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { InputError, InterruptedError } from "../dist/index.js";
import { evaluate } from "./mapping-checks/judge.mjs";
import { mapVgg16 } from "./mapping-checks/map-vgg16.mjs";
import { networks } from "./mapping-checks/recipes.mjs";
import { table } from "./mapping-checks/table.mjs";
import { RunFailed, trainAndMap } from "./mapping-checks/train-and-map.mjs";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seeds: { type: "string", default: "1" },
    out: { type: "string", default: "runs/mapping-checks" },
    threads: { type: "string", default: "2" },
    model: { type: "string" },
    write: { type: "string" },
  },
});
const names = [...Object.keys(networks), "vgg16"];
const [name = ""] = positionals;
const seeds = values.seeds.split(",").map(Number);
const threads = Number(values.threads);
if (
  !names.includes(name) ||
  positionals.length > 1 ||
  seeds.some((seed) => !Number.isInteger(seed) || seed < 0) ||
  !(Number.isInteger(threads) && threads >= 1) ||
  (name === "resnet20" && !values.model)
) {
  console.error(
    `mapping-checks.mjs ${names.join("|")} [--seeds 1,2,3] [--threads 2]; resnet20 needs --model FILE.onnx`,
  );
  process.exit(2);
}

const stop = new AbortController();
const interrupt = () => stop.abort(new InterruptedError("stopped; started again it goes on"));
process.once("SIGINT", interrupt).once("SIGTERM", interrupt);
const folder = resolve(values.out, name);
const options = { folder, threads, model: values.model ? resolve(values.model) : name, signal: stop.signal };
try {
  /** @type {import("./mapping-checks/looks.mjs").SeedFigures[]} */
  const figures = [];
  for (const seed of seeds) {
    figures.push(name === "vgg16" ? await mapVgg16(seed, options) : await trainAndMap(name, seed, options));
  }
  const checks = evaluate(name, figures, others());
  const text = table(checks, { name, seeds });
  console.log(text);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "figures.json"), `${JSON.stringify(figures)}\n`);
  if (values.write) write(values.write, { checks, text, figures });
  process.exitCode = checks.some(({ verdict }) => verdict === "FAILS") ? 1 : 0;
} catch (error) {
  if (error instanceof InterruptedError) process.exitCode = 130;
  else if (error instanceof InputError) process.exitCode = 2;
  else if (error instanceof RunFailed) process.exitCode = error.exitCode;
  else throw error;
  console.error(error.message);
}

/** What other networks have left in the folder, by name. */
function others() {
  return Object.fromEntries(
    names
      .filter((other) => other !== name)
      .map((other) => [other, resolve(values.out, other, "figures.json")])
      .filter(([, file]) => existsSync(/** @type {string} */ (file)))
      .map(([other, file]) => [other, JSON.parse(readFileSync(/** @type {string} */ (file), "utf8"))]),
  );
}

/**
 * @param {string} into
 * @param {{ checks: ReturnType<typeof evaluate>, text: string, figures: readonly object[] }} found
 */
function write(into, { checks, text, figures }) {
  mkdirSync(into, { recursive: true });
  writeFileSync(join(into, "checks.md"), `${text}\n`);
  writeFileSync(join(into, "checks.json"), `${JSON.stringify({ network: name, seeds, checks }, null, 2)}\n`);
  writeFileSync(join(into, "figures.json"), `${JSON.stringify(figures)}\n`);
}
