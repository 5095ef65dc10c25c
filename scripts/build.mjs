// Compiles src/ to dist/. Plain Node, so that it runs alike in every shell.
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { buildKernels } from "./kernels.mjs";

const root = join(import.meta.dirname, "..");
const dist = join(root, "dist");

await buildKernels();

const tsc = join(root, "node_modules/typescript/bin/tsc");
const { status } = spawnSync(process.execPath, [tsc, "-p", join(root, "tsconfig.json")], {
  stdio: "inherit",
});
if (status !== 0) process.exit(status ?? 1);

// What an earlier build made of a source that is gone would still be found by an import, and be published.
for (const name of readdirSync(dist, { recursive: true, encoding: "utf8" })) {
  const source = /^(.*)(?:\.d\.ts|\.js)$/.exec(name)?.[1];
  if (source !== undefined && !existsSync(join(root, "src", `${source}.ts`))) rmSync(join(dist, name));
}

const main = join(dist, "cli/main.js");
if (existsSync(main)) chmodSync(main, 0o755);
