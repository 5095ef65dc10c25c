import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { temporaryFolder, writeDigits, xbarkit } from "./support.js";

const cwd = temporaryFolder();
writeDigits(join(cwd, "digits"), 40);
const read = (...names: string[]) => readFileSync(join(cwd, ...names));

/** Two stages of three steps each; the second with this rate. */
function recipe(
  name: string,
  more: { readonly rate?: number; readonly seed?: number; readonly rest?: string },
) {
  const { rate = 0.01, seed = 1, rest = "" } = more;
  const training = (value: number) =>
    `steps: 3, batch: 8, learningRate: { schedule: constant, rate: ${value} }`;
  writeFileSync(
    join(cwd, `${name}.yaml`),
    `name: tiny\nseed: ${seed}\nmodel: lenet5\ndata: { name: ./digits, validation: 8 }\ngroups: { rows: 36 }\n` +
      `stages:\n  - { stage: quantization-aware-training, name: first, images: 8, ${training(0.01)} }\n` +
      `  - { stage: group-lasso, name: second, ${training(rate)} }\n` +
      `calibrate: { images: 2 }\nsimulate: { images: 2, adcBits: [] }\nevaluate: { images: 4 }\n${rest}`,
  );
}

const run = (name: string, out: string, ...more: string[]) =>
  xbarkit(["run", `${name}.yaml`, "--out", out, "--quiet", "--threads", "1", ...more], { cwd });

beforeAll(async () => {
  recipe("whole", {});
  recipe("placed", { rest: "place: { activeRows: { conv1: 5 } }\n" });
  recipe("slower", { rate: 0.001 });
  recipe("seeded", { seed: 2 });
  expect(await run("whole", "whole")).toMatchObject({ code: 0, stderr: "" });
}, 180_000);

test("a recipe that differs behind the stages trains none, and ends in the bytes of a whole run", async () => {
  const quick = await xbarkit(
    ["run", "placed.yaml", "--out", "quick", "--threads", "1", "--stages-from", "whole"],
    { cwd },
  );
  expect(quick.code).toBe(0);
  expect(quick.stderr).toContain("first, second: taken over from whole");
  expect(quick.stderr).not.toContain("train,");
  expect((await run("placed", "slow")).code).toBe(0);
  for (const file of ["result.json", "model.onnx", "placement.bin", "stages/02-second.graph"])
    expect(read("quick", file).equals(read("slow", file)), file).toBe(true);
}, 180_000);

test("only the stages up to the first difference are taken", async () => {
  const { code, stderr } = await xbarkit(
    ["run", "slower.yaml", "--out", "slower", "--threads", "1", "--stages-from", "whole"],
    { cwd },
  );
  expect(code).toBe(0);
  expect(stderr).toContain("first: taken over from whole");
  expect(stderr).toContain("train, second");
  const network = "stages/02-second.graph";
  expect(read("slower", network).equals(read("whole", network))).toBe(false);
}, 180_000);

test("of a folder of runs the one with most in common serves, or none", async () => {
  recipe("again", { rest: "place: { scheme: dense }\n" });
  const words = ["--threads", "1", "--stages-from", "."];
  const { code, stderr } = await xbarkit(["run", "again.yaml", "--out", "again", ...words], { cwd });
  expect(code).toBe(0);
  expect(stderr).toMatch(/^first, second: taken over from (quick|slow|whole)$/m);
  const other = await xbarkit(["run", "seeded.yaml", "--out", "seeded", ...words], { cwd });
  expect(other.code).toBe(0);
  expect(other.stderr).not.toContain("taken over");
}, 180_000);

test("other arrays cut other groups; where there are none, they change nothing", async () => {
  const other = "hardware: { base: meng2021, rows: 72, activeRows: 72 }\n";
  recipe("low", { rest: other });
  const words = ["--threads", "1", "--stages-from"];
  const grouped = await xbarkit(["run", "low.yaml", "--out", "low", ...words, "whole"], { cwd });
  expect(grouped).toMatchObject({
    code: 0,
    stderr: expect.stringMatching(/^first: taken over from whole$/m),
  });
  const sparse = (name: string, rest: string) => {
    const training = "steps: 3, batch: 8, learningRate: { schedule: constant, rate: 0.01 }";
    const pruning = "sparsity: 0.5, schedule: { kind: linear, begin: 0, end: 2, every: 1 }";
    writeFileSync(
      join(cwd, `${name}.yaml`),
      `name: sparse\nmodel: lenet5\ndata: { name: ./digits, validation: 8 }\ngroups: { rows: none }\nstages:\n` +
        `  - { stage: train, ${training} }\n  - { stage: irregular-pruning, ${training}, ${pruning} }\n` +
        `  - { stage: post-training-quantization, images: 8 }\n` +
        `calibrate: { images: 2 }\nsimulate: { images: 2, adcBits: [] }\nevaluate: { images: 4 }\n${rest}`,
    );
  };
  sparse("sparse", "");
  sparse("sparse-low", other);
  expect(await run("sparse", "sparse")).toMatchObject({ code: 0, stderr: "" });
  const taken = await xbarkit(["run", "sparse-low.yaml", "--out", "sparse-low", ...words, "sparse"], { cwd });
  expect(taken).toMatchObject({
    code: 0,
    stderr: expect.stringMatching(/^train, irregular-pruning: taken over from sparse$/m),
  });
}, 180_000);

test.each([
  ["seeded", "whole", "no stage of whole can be taken over: seed is 1 there, 2 here"],
  ["whole", "nowhere", "the run is nowhere, which does not exist"],
])("%s from %s is refused, and leaves nothing", async (name, from, said) => {
  const { code, stderr } = await run(name, "refused", "--stages-from", from);
  expect(code).toBe(2);
  expect(stderr).toContain(said);
  expect(existsSync(join(cwd, "refused"))).toBe(false);
});
