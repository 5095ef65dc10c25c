import { expect, test } from "vitest";
import { simdKernel } from "../../src/array/simd/kernel.js";
import { supportedVariants } from "../../src/array/simd/module.js";
import { tableKernel } from "../../src/array/tables.js";
import { cases, compareKernels } from "./agreement.js";

const problems = 10_000;

test(`every kernel gives the reference's values on ${problems} random problems`, { timeout: 300_000 }, () => {
  const variants = supportedVariants();
  expect(variants).toContain("plain");
  const fast = variants.flatMap((variant) => [
    simdKernel({ variant }),
    simdKernel({ variant, skipSilent: false }),
  ]);
  const { counts, values, difference } = compareKernels([tableKernel, ...fast], problems, 4);
  expect(difference).toBeNull();
  expect(counts.size).toBe(cases.length);
  expect(Math.min(...counts.values())).toBeGreaterThanOrEqual(50);
  expect(values).toBeGreaterThan(10 * problems);
  const table = [...counts].map(([name, count]) => `${String(count).padStart(5)}  ${name}`);
  console.log(`problems by encoding, composition, placement, converter\n${table.join("\n")}`);
});
