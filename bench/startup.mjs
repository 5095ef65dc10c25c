// The command line's start: `--help` over an empty Node program.
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { best, digits, report } from "./_measure.mjs";

const main = join(import.meta.dirname, "../dist/cli/main.js");
const help_s = await best(10, () => execFileSync(process.execPath, [main, "--help"]));
const node_s = await best(10, () => execFileSync(process.execPath, ["-e", "0"]));
report({
  name: "startup-help",
  ratio: digits(help_s / node_s),
  of: "`xbarkit --help` over an empty program on the same Node",
  milliseconds: Math.round(1000 * help_s),
});
