import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { prunedRun } from "../support/pruned-runs.js";
import { temporaryFolder, xbarkit } from "./support.js";

const cwd = temporaryFolder();
const folder = (name: string) => {
  mkdirSync(join(cwd, name), { recursive: true });
  return join(cwd, name, "result.json");
};
for (const [name, options] of [
  ["runs/sweep/aa", { sparsity: 0.3, lambda: 1e-3 }],
  ["runs/sweep/bb", { sparsity: 0.5 }],
  ["other/deep/er/cc", { groupRows: 36 }],
] as const)
  writeFileSync(folder(name), JSON.stringify(prunedRun(name, options).result));
writeFileSync(folder("runs/damaged"), "{");
writeFileSync(folder("runs/.hidden"), "{");

test("runs are found at any depth, and it is said which were used and what is missing", async () => {
  const { code, stdout, stderr } = await xbarkit(["figure", "meng2021", "2"], { cwd });
  const damaged = join("runs", "damaged", "result.json");
  expect({ code, stderr }).toEqual({ code: 0, stderr: `passed over: ${damaged} is no valid JSON\n` });
  expect(stdout).toBe(
    `Group sparsity and accuracy of ResNet-20, CIFAR-10, by group size

runs in it:
  ${join("runs", "sweep", "aa")}
  ${join("runs", "sweep", "bb")}
missing for the full figure:
  runs with 144 × 1 groups
  runs with 36 × 1 groups

The figure is in meng2021-figure2.svg.
`,
  );
  expect(readFileSync(join(cwd, "meng2021-figure2.svg"), "utf8")).toMatch(/^<\?xml .*\n<svg xmlns=/);
});

test("several folders, as HTML, CSV and JSON", async () => {
  const words = [
    "figure",
    "meng2021",
    "2",
    "--runs",
    "runs",
    "other",
    "--out",
    "out/f.html",
    "--csv",
    "out/f.csv",
  ];
  const { code, stdout } = await xbarkit([...words, "--json", "--quiet"], { cwd });
  expect(code).toBe(0);
  const data = JSON.parse(stdout);
  expect(data).toMatchObject({ paper: "meng2021", figure: "2", file: "out/f.html" });
  expect(data.used).toHaveLength(3);
  expect(data.rows).toHaveLength(3 + 3);
  expect(readFileSync(join(cwd, "out/f.html"), "utf8")).toMatch(/^<!DOCTYPE html>/);
  expect(readFileSync(join(cwd, "out/f.csv"), "utf8").split("\r\n")[0]).toBe(
    Object.keys(data.rows[0]).join(","),
  );
});

test("what cannot be drawn ends with 2, and nothing is written", async () => {
  const outcomes = await Promise.all(
    [
      ["figure", "meng2021", "5"],
      ["figure", "meng2021", "7", "--model", "vgg8"],
      ["figure", "meng2021", "4"],
      ["figure", "meng2021", "2", "--out", "f.png"],
      ["figure", "meng2021", "2", "--runs", "nowhere"],
    ].map((words) => xbarkit([...words, "--quiet"], { cwd })),
  );
  expect(outcomes.map(({ code, stderr }) => [code, stderr])).toEqual([
    [
      2,
      "error: figure 5 compares two methods, and there are runs of multi-group Lasso only\n  run the same recipe with method: plain as well\n",
    ],
    [
      2,
      "error: no run fits figure 7: 2 of another network (resnet20-cifar10)\n  docs/sweeps.md says which runs each figure needs\n",
    ],
    [2, "error: FIGURE is 4\n  choose 2, 5, 6, 7\n"],
    [2, "error: --out is f.png\n  name a file that ends in .svg or .html\n"],
    [
      2,
      "error: the folder of runs is nowhere, which is no folder\n  name one that holds run directories, such as runs\n",
    ],
  ]);
  expect(existsSync(join(cwd, "meng2021-figure5.svg"))).toBe(false);
});
