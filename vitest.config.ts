import { defineConfig } from "vitest/config";

// Where .ci/run wants the results as JSON, it names the file here; people get the plain reporter.
const report = process.env["XBARKIT_TEST_REPORT"];

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Processes, not threads: a native library that dies takes one test file with it and no more.
    pool: "forks",
    // Most machines of CI services have two cores, and one large network takes over half a gigabyte.
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: report ? ["default", ["json", { outputFile: report }]] : ["default"],
  },
});
