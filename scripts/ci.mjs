// The part of .ci/run that reads files:
//   ci.mjs command README.md   prints the README's own test command, the block that follows <!-- ci -->
//   ci.mjs summary REPORT      closes with "N passed, N failed" from the test runner's JSON report
import { existsSync, readFileSync } from "node:fs";

/** @typedef {{ status: string, fullName: string }} Assertion */
/** @typedef {{ name: string, status: string, message?: string, assertionResults: Assertion[] }} TestFile */

const [, , verb, file = ""] = process.argv;
if (verb === "command") printCommand(file);
else if (verb === "summary") summarize(file);
else throw new Error(`unknown verb ${verb}`);

/** @param {string} readme */
function printCommand(readme) {
  const block = /<!-- ci -->\s*```\w*\n([\s\S]*?)```/.exec(readFileSync(readme, "utf8"));
  if (!block?.[1]?.trim()) throw new Error(`${readme} has no code block after <!-- ci -->`);
  console.log(block[1].trim());
}

/** @param {string} report */
function summarize(report) {
  // No report: the build, the linter or the type checker stopped the command before any test.
  const files = existsSync(report) ? readReport(report) : [];
  const tests = files.flatMap((testFile) => testFile.assertionResults);
  /** @param {string[]} statuses */
  const count = (...statuses) => tests.filter((test) => statuses.includes(test.status)).length;
  const passed = count("passed");
  // A file that fails outside of any test (it cannot be loaded, a hook throws) counts as one failure.
  const broken = files.filter(
    (testFile) =>
      testFile.status === "failed" && !testFile.assertionResults.some((test) => test.status === "failed"),
  );
  let failed = count("failed") + broken.length;
  for (const testFile of broken) console.log(`failed outside of any test: ${testFile.name}`);

  const skipped = tests.filter((test) => !["passed", "failed"].includes(test.status));
  for (const test of skipped) console.log(`skipped: ${test.fullName}`);
  // A machine without a browser is no machine without data.
  const forData = skipped.filter((test) => !test.fullName.includes("(skipped: no Chromium)"));
  if (forData.length > 0 && process.env["XBARKIT_DATA"]) {
    const which =
      forData.length === skipped.length ? "each of these" : "each of these but those for a browser";
    console.log(`XBARKIT_DATA is set, so that no test may be skipped; ${which} counts as failed`);
    failed += forData.length;
  }
  const commandFailed = process.env["CI_COMMAND_STATUS"] !== "0";
  if (failed === 0 && (commandFailed || passed === 0)) failed = 1;
  process.exitCode = failed > 0 ? 1 : 0;
  console.log(`${passed} passed, ${failed} failed`);
}

/**
 * @param {string} report
 * @returns {TestFile[]}
 */
function readReport(report) {
  const text = readFileSync(report, "utf8");
  return text === "" ? [] : JSON.parse(text).testResults;
}
