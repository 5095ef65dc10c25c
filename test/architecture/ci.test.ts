import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");
const script = join(root, "scripts/ci.mjs");
let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "xbarkit-ci-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("the test command", () => {
  test("is the README's own", () => {
    const { stdout, status } = spawnSync(process.execPath, [script, "command", join(root, "README.md")]);
    expect([`${stdout}`, status]).toEqual(["npm ci && npm test\n", 0]);
  });

  test("fails where the README has none", () => {
    const readme = join(folder, "README.md");
    writeFileSync(readme, "# Nothing\n\n```sh\nnpm test\n```\n");
    const { stderr, status } = spawnSync(process.execPath, [script, "command", readme]);
    expect(status).not.toBe(0);
    expect(`${stderr}`).toContain("has no code block after <!-- ci -->");
  });

  test("builds, lints and type-checks before it tests, without pre and post scripts", () => {
    const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    for (const name of ["build", "lint", "typecheck"]) expect(scripts.test).toContain(`npm run ${name}`);
    expect(Object.keys(scripts).filter((name) => /^(pre|post)/.test(name))).toEqual([]);
  });
});

/** The last line and the exit code for a report whose one file has tests of these statuses. */
function summary(
  statuses: readonly string[],
  options: { file?: string; command?: string; data?: string } = {},
) {
  const report = join(folder, "report.json");
  const assertionResults = statuses.map((status, i) => ({ status, fullName: `test ${i}` }));
  writeFileSync(
    report,
    JSON.stringify({
      testResults: [{ name: "a.test.ts", status: options.file ?? "passed", assertionResults }],
    }),
  );
  return run(report, options.command ?? "0", options.data);
}

function run(report: string, command: string, data = "") {
  const env = { ...process.env, CI_COMMAND_STATUS: command, XBARKIT_DATA: data };
  const { stdout, status } = spawnSync(process.execPath, [script, "summary", report], { env });
  return [`${stdout}`.trimEnd().split("\n").at(-1), status];
}

describe("the closing line", () => {
  test("counts passed and failed tests", () => {
    expect(summary(["passed", "passed"])).toEqual(["2 passed, 0 failed", 0]);
    expect(summary(["passed", "failed"], { file: "failed", command: "1" })).toEqual([
      "1 passed, 1 failed",
      1,
    ]);
  });

  test("counts a file that could not be loaded as a failure", () => {
    expect(summary([], { file: "failed", command: "1" })).toEqual(["0 passed, 1 failed", 1]);
    expect(summary(["passed"], { file: "failed", command: "1" })).toEqual(["1 passed, 1 failed", 1]);
  });

  test("counts skipped tests as failures only where the data is there", () => {
    expect(summary(["passed", "skipped"])).toEqual(["1 passed, 0 failed", 0]);
    expect(summary(["passed", "skipped", "todo"], { data: "somewhere" })).toEqual(["1 passed, 2 failed", 1]);
  });

  test("never calls it a success when the command failed or no test ran", () => {
    expect(summary(["passed"], { command: "1" })).toEqual(["1 passed, 1 failed", 1]);
    expect(summary([])).toEqual(["0 passed, 1 failed", 1]);
    expect(run(join(folder, "absent.json"), "2")).toEqual(["0 passed, 1 failed", 1]);
  });
});
