// What the benchmarks share. Times are the best of several rounds, because other work on the machine only ever adds;
// figures to compare are ratios of two times of the same run.
import { existsSync } from "node:fs";
import { join } from "node:path";

/**
 * Best wall-clock seconds of `rounds` calls.
 * @param {number} rounds
 * @param {() => unknown} work
 */
export async function best(rounds, work) {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < rounds; i++) {
    const start = performance.now();
    await work();
    least = Math.min(least, (performance.now() - start) / 1000);
  }
  return least;
}

/** @param {Record<string, unknown>} measurement */
export const report = (measurement) => console.log(JSON.stringify(measurement));

/** @param {number} value */
export const digits = (value) => Number(value.toPrecision(4));

export const peakMemory_bytes = () => process.resourceUsage().maxRSS * 1024;

/** The models beside the data that XBARKIT_DATA names; a benchmark that needs them ends with a word where they are missing. */
export function modelsFolder() {
  const folder = process.env["XBARKIT_DATA"] ? join(process.env["XBARKIT_DATA"], "../models") : undefined;
  if (folder && existsSync(folder)) return folder;
  console.error("this benchmark needs XBARKIT_DATA, with the exported models beside it");
  process.exit(2);
}
