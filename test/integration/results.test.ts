import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { evaluate as evaluateMapping } from "../../scripts/mapping-checks/judge.mjs";
import { table as mappingTable } from "../../scripts/mapping-checks/table.mjs";
import { evaluate, table } from "../../scripts/statistical-checks/judge.mjs";
import { networks, points } from "../../scripts/statistical-checks/recipes.mjs";
import { parseResult } from "../../src/report/schema.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const results = join(root, "docs/results");
/** Folders of checks hold what a script printed, below the name of each network. */
const isChecks = (name: string) => name.endsWith("-checks");
const folders = readdirSync(results).filter((name) => existsSync(join(results, name, "README.md")));

describe.each(folders.filter((name) => !isChecks(name)))("docs/results/%s", (folder) => {
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

describe.each(
  folders
    .filter(isChecks)
    .flatMap((name) =>
      readdirSync(join(results, name), { withFileTypes: true }).flatMap((entry) =>
        entry.isDirectory() ? [[name, entry.name] as const] : [],
      ),
    ),
)("docs/results/%s/%s", (checksName, network) => {
  const folder = join(results, checksName, network);
  const read = (...names: string[]) => readFileSync(join(folder, ...names), "utf8");
  const written = JSON.parse(read("checks.json"));

  /** A run of each point for each seed, judged anew. */
  function statistical() {
    const runs = written.seeds.map((seed: number) => ({
      seed,
      results: Object.fromEntries(
        ["base", ...points].map((point) => {
          const file = join(`seed-${seed}`, point, "result.json");
          return [point, parseResult(read(file), join(folder, file))];
        }),
      ),
    }));
    const checks = evaluate(networks[network as keyof typeof networks], runs);
    return { checks, text: table(checks, { name: network, seeds: written.seeds }) };
  }

  function mapping() {
    const figures = (name: string) =>
      JSON.parse(readFileSync(join(results, checksName, name, "figures.json"), "utf8"));
    const others = readdirSync(join(results, checksName), { withFileTypes: true }).filter(
      (entry) => entry.isDirectory() && entry.name !== network,
    );
    const checks = evaluateMapping(
      network,
      figures(network),
      Object.fromEntries(others.map(({ name }) => [name, figures(name)])),
    );
    return { checks, text: mappingTable(checks, { name: network, seeds: written.seeds }) };
  }

  test("the verdicts are those of its figures, judged anew", () => {
    expect(written.checks.length).toBeGreaterThan(4);
    const { checks, text } = checksName === "statistical-checks" ? statistical() : mapping();
    expect(read("checks.md")).toBe(`${text}\n`);
    expect(JSON.parse(JSON.stringify(checks))).toEqual(written.checks);
  });
});
