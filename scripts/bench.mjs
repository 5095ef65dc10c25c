// Runs benchmarks of bench/ and passes on what they print: one JSON line per measurement.
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";

const folder = join(import.meta.dirname, "../bench");
const names = readdirSync(folder)
  .filter((file) => file.endsWith(".mjs"))
  .map((file) => file.replace(/\.mjs$/, ""))
  .filter((name) => !name.startsWith("_"));

const wanted = process.argv.slice(2);
const unknown = wanted.find((name) => !names.includes(name));
if (unknown !== undefined) {
  console.error(`there is no benchmark "${unknown}"\n  choose among: ${names.join(", ")}`);
  process.exit(2);
}
for (const name of wanted.length > 0 ? wanted : names) {
  const { status } = spawnSync(process.execPath, [join(folder, `${name}.mjs`)], { stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}
