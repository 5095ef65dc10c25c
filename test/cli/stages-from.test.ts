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
}, 60_000);

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
}, 60_000);

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
}, 60_000);

test.each([
  ["seeded", "whole", "no stage of whole can be taken over: seed is 1 there, 2 here"],
  ["whole", "nowhere", "the run is nowhere, which does not exist"],
])("%s from %s is refused, and leaves nothing", async (name, from, said) => {
  const { code, stderr } = await run(name, "refused", "--stages-from", from);
  expect(code).toBe(2);
  expect(stderr).toContain(said);
  expect(existsSync(join(cwd, "refused"))).toBe(false);
});
