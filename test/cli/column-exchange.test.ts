import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder, writeDigits, xbarkit } from "./support.js";

const cwd = temporaryFolder();
writeDigits(join(cwd, "digits"), 16);
const chip = [
  "--hardware",
  "prime",
  "--rows",
  "32",
  "--columns",
  "64",
  "--group-rows",
  "none",
  "--place",
  "column-exchange",
];

test("map: the same file from any number of threads, and how full the arrays are", async () => {
  const map = (file: string, threads: string) =>
    xbarkit(["map", "lenet5", ...chip, "--threads", threads, "--json", "--quiet", "--out", file], { cwd });
  const [one, two] = [await map("one.bin", "1"), await map("two.bin", "2")];
  expect([one.code, two.code]).toEqual([0, 0]);
  expect(two.stdout).toBe(one.stdout);
  expect(readFileSync(join(cwd, "two.bin")).equals(readFileSync(join(cwd, "one.bin")))).toBe(true);
  const { layers } = JSON.parse(one.stdout);
  for (const { routing, arrays, exchange, index_bit } of layers) {
    const { dense, exchanged } = exchange.utilization;
    const sum = (counts: number[]) => counts.reduce((a, b) => a + b, 0);
    expect(routing).toBe("explicit");
    expect(sum(exchanged)).toBe(arrays);
    expect(arrays).toBeLessThanOrEqual(sum(dense));
    expect(index_bit.explicit).toBeGreaterThan(0);
    expect(exchange.inputSchedule_bit).toBeGreaterThan(0);
  }
});

test("a recipe runs to the end; with ideal converters the chip is right where the network is", async () => {
  mkdirSync(join(cwd, "recipes"));
  writeFileSync(
    join(cwd, "recipes/exchanged.yaml"),
    "model: lenet5\ndata: { name: ../digits }\n" +
      "hardware: { base: prime, rows: 64, columns: 128, adcBits: ideal }\n" +
      "stages: [{ stage: post-training-quantization, images: 8 }]\n" +
      "groups: { rows: none }\nplace: { scheme: column-exchange, exchange: { strategy: k-means, split: { rows: 256, columns: 64 } } }\n" +
      "calibrate: { images: 8 }\nsimulate: { images: 8, adcBits: [] }\nevaluate: { images: 8 }\n",
  );
  const ran = await xbarkit(["run", "recipes/exchanged.yaml", "--out", "out", "--json", "--quiet"], { cwd });
  expect(ran.stderr).toBe("");
  expect(ran.code).toBe(0);
  const read = (file: string) => JSON.parse(readFileSync(join(cwd, "out", file), "utf8"));
  expect(read("recipe.json").place.exchange).toEqual({
    strategy: "k-means",
    split: { rows: 256, columns: 64 },
    signs: "shared",
    restarts: 4,
    runs: 1,
    searchPasses: 8,
  });
  const { data, indexMemory } = read("result.json");
  const steps = data.ladder.slice(-2);
  expect(steps[0].accuracy).toBe(steps[1].accuracy);
  expect(data.layers[2].exchange.utilization.exchanged).toHaveLength(20);
  expect(indexMemory.explicit_bit).toBe(
    data.layers.reduce(
      (sum: number, layer: { exchange: { index_bit: number } }) => sum + layer.exchange.index_bit,
      0,
    ),
  );
  expect(readFileSync(join(cwd, "out/report.html"), "utf8")).toContain('id="utilization"');
});

test.each([
  [
    ["--exchange-strategy", "best"],
    "--exchange-strategy is best\n  choose identity, density-sort, greedy-union, k-means or auto",
  ],
  [
    ["--exchange-split", "0x9"],
    "--exchange-split is 0x9\n  choose fitted, default, or rows and columns such as { rows: 1024, columns: 256 }",
  ],
  [["--exchange-restarts", "0"], "--exchange-restarts is 0\n  choose a whole number from 1 to 1000"],
  [
    ["--place", "dense", "--exchange-runs", "2"],
    "--exchange-runs is 2\n  that is for --place column-exchange, and it is dense",
  ],
])("map with %o is refused", async (flags, message) => {
  const { code, stderr } = await xbarkit(["map", "lenet5", ...chip, ...flags], { cwd });
  expect(code).toBe(2);
  expect(stderr).toContain(message);
});
