import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { parseResult } from "../../src/report/schema.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const results = join(root, "docs/results");
const folders = readdirSync(results).filter((name) => existsSync(join(results, name, "README.md")));

describe.each(folders)("docs/results/%s", (folder) => {
  const runs = readdirSync(join(results, folder)).filter((name) =>
    existsSync(join(results, folder, name, "result.json")),
  );

  test("holds results that this version reads", () => {
    expect(runs.length).toBeGreaterThan(0);
    for (const run of runs) {
      const file = join(results, folder, run, "result.json");
      expect(parseResult(readFileSync(file, "utf8"), file).version).toBe(1);
    }
  });

  test("the README's table is what its result.json files say", () => {
    const script = join(root, "scripts/results-table.mjs");
    const table = execFileSync(process.execPath, [script, join(results, folder)], { encoding: "utf8" });
    const readme = readFileSync(join(results, folder, "README.md"), "utf8");
    expect(/<!-- table -->\n([\s\S]*?)<!-- end -->/.exec(readme)?.[1]).toBe(table);
  });
});
