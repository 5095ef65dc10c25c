import type { ChildProcess } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { parquetReadObjects } from "hyparquet";
import { describe, expect, test } from "vitest";
import { temporaryFolder, writeDigits, xbarkit } from "./support.js";

const cwd = temporaryFolder();
writeDigits(join(cwd, "digits"), 20);
writeFileSync(
  join(cwd, "base.yaml"),
  "model: lenet5\ndata: { name: ./digits }\ngroups: { rows: 36 }\n" +
    "stages: [{ stage: post-training-quantization, images: 2 }]\ncalibrate: { images: 1 }\n" +
    "simulate: { images: 1, adcBits: [] }\nevaluate: { images: 2 }\n",
);
const path = (...names: string[]) => join(cwd, ...names);
const read = (...names: string[]) => readFileSync(path(...names), "utf8");
const write = (name: string, text: string) => writeFileSync(path(name), text);

/** Seven seconds of work; a machine that does much else needs more. */
const slow = { timeout: 180_000 };

interface Listed {
  readonly points: readonly { readonly point: string; readonly state: string }[];
}

/** The points of a plan, as a dry run lists them. */
async function listed(plan: string, ...more: string[]): Promise<Listed["points"]> {
  const { stdout } = await xbarkit(["sweep", plan, "--dry-run", "--json", ...more], { cwd });
  return (JSON.parse(stdout) as Listed).points;
}

describe("a sweep of two points", () => {
  write(
    "small.yaml",
    "recipe: base.yaml\ngrid: { simulate.images: [1, 2] }\nthreads: 1\nlabels: { simulate.images: images }\n",
  );

  test("a dry run lists them and writes nothing", async () => {
    const { code, stdout, stderr } = await xbarkit(["sweep", "small.yaml", "--dry-run"], { cwd });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(
      /^point +state +threads +values\n[0-9a-f]{12} +open +1 +images 1, seed 1\n[0-9a-f]{12} +open +1 +images 2, seed 1\n$/,
    );
    expect(existsSync(path("runs"))).toBe(false);
  });

  test("is killed, goes on, and ends in the same bytes as one that was not", slow, async () => {
    const [first, second] = (await listed("small.yaml")).map(({ point }) => point) as [string, string];
    // Killed without warning in the second point, when the first is finished.
    const killed = await xbarkit(["sweep", "small.yaml", "--jobs", "1", "--out", "killed"], {
      cwd,
      onStderr: (text, child) => {
        if (text.includes(`${second} (`)) killWhen(() => existsSync(path("killed", second)), child);
      },
    });
    expect(killed.code).toBeNull();
    expect(existsSync(path("killed", second, "result.json"))).toBe(false);
    const firstRun = read("killed", first, "timing.jsonl");
    expect(read("killed/results.csv").split("\r\n")[2]).toMatch(/^[0-9a-f]{12},unfinished,2,1,1,,/);
    // The point's own process notices that it is alone, and gives its directory back.
    await until(() => !existsSync(path("killed", second, ".lock")));

    const again = await xbarkit(["sweep", "small.yaml", "--jobs", "1", "--out", "killed", "--json"], { cwd });
    expect({ code: again.code, start: again.stderr.split("\n")[0] }).toEqual({
      code: 0,
      start: "killed: 1 of 2 points to run, 1 at a time, 1 thread each",
    });
    const whole = await xbarkit(["sweep", "small.yaml", "--jobs", "2", "--out", "whole", "--quiet"], { cwd });
    expect({ code: whole.code, stderr: whole.stderr }).toEqual({ code: 0, stderr: "" });
    for (const file of ["results.csv", "results.parquet", "sweep.json"])
      expect(readFileSync(path("killed", file)).equals(readFileSync(path("whole", file)))).toBe(true);
    for (const point of [first, second])
      expect(read("killed", point, "result.json")).toBe(read("whole", point, "result.json"));
    expect(read("killed", first, "timing.jsonl")).toBe(firstRun);

    const { points } = JSON.parse(again.stdout) as { points: Record<string, unknown>[] };
    const result = JSON.parse(read("whole", second, "result.json"));
    expect(points[1]).toMatchObject({
      point: second,
      state: "finished",
      images: 2,
      seed: 1,
      threads: 1,
      hardwareImages: 2,
      accuracy_hardware: result.accuracy.hardware,
      energy_J: result.cost.energy_J,
      energyOverBaseline: result.cost.energy_J / result.baseline.energy_J,
    });
    const bytes = readFileSync(path("whole/results.parquet"));
    const rows = await parquetReadObjects({ file: new Uint8Array(bytes).slice().buffer });
    expect(rows.map(({ point, energy_J }) => [point, energy_J])).toEqual(
      points.map(({ point, energy_J }) => [point, energy_J]),
    );
  });

  test("once finished, the command prints the table; a point is a run like any other", async () => {
    const again = await xbarkit(["sweep", "small.yaml", "--out", "whole"], { cwd });
    expect({ code: again.code, stderr: again.stderr }).toEqual({
      code: 0,
      stderr: "all 2 points of whole are finished\n",
    });
    expect(again.stdout).toMatch(
      /\nThe whole table is in whole.results\.csv and whole.results\.parquet\.\n$/,
    );
    const { point } = (await listed("small.yaml"))[0]!;
    const report = await xbarkit(["report", join("whole", point), "--json", "--html", "r.html"], { cwd });
    expect(JSON.parse(report.stdout)).toMatchObject({ recipe: { name: "small" }, hardwareImages: 1 });
    const alone = join("whole", "points", `${point}.json`);
    const run = await xbarkit(["run", alone, "--out", join("whole", point), "--threads", "1"], { cwd });
    expect(run.stderr).toBe(`${join("whole", point)} is finished; --force runs it again\n`);
  });

  test("a plan that has grown keeps its points; another number of threads is another point", async () => {
    write(
      "grown.yaml",
      read("small.yaml").replace("[1, 2]", "[3, 1, 2]").replace("recipe", "name: small\nrecipe"),
    );
    const [before, after, threads] = await Promise.all([
      listed("small.yaml", "--out", "whole"),
      listed("grown.yaml", "--out", "whole"),
      listed("small.yaml", "--out", "whole", "--threads", "2"),
    ]);
    expect(after.map(({ state }) => state)).toEqual(["open", "finished", "finished"]);
    expect(after.slice(1)).toEqual(before);
    expect(threads.map(({ state }) => state)).toEqual(["open", "open"]);
  });
});

test("a point that fails is reported and does not stop the others", slow, async () => {
  // That the folder has only 20 images shows when they are read.
  write("failing.yaml", "recipe: base.yaml\ngrid: { simulate.images: [21, 1] }\nthreads: 1\n");
  const { code, stdout, stderr } = await xbarkit(["sweep", "failing.yaml", "--json"], { cwd });
  const [bad, good] = await listed("failing.yaml");
  expect(code).toBe(1);
  expect([bad!.state, good!.state]).toEqual(["open", "finished"]);
  const { points, failures } = JSON.parse(stdout) as { points: unknown[]; failures: { message: string }[] };
  expect(points).toMatchObject([{ state: "unfinished" }, { state: "finished", "simulate.images": 1 }]);
  expect(failures).toMatchObject([{ point: bad!.point, title: "simulate.images 21, seed 1" }]);
  expect(failures[0]!.message).toContain("21");
  expect(stderr).toContain(`failed: 1 of 2 points\n  ${bad!.point} (simulate.images 21, seed 1): `);
  expect(stderr).toContain(`xbarkit run ${join("runs/failing/points", `${bad!.point}.json`)} --out `);
  const table = await xbarkit(["sweep", "failing.yaml", "--table-only", "--json"], { cwd });
  expect({ code: table.code, ...JSON.parse(table.stdout) }).toMatchObject({ code: 0, points, failures: [] });
});

test("Ctrl-C stops every point cleanly", async () => {
  write("stopped.yaml", "recipe: base.yaml\nseeds: [1, 2, 3]\nthreads: 1\n");
  let sent = false;
  const { code, stdout, stderr } = await xbarkit(["sweep", "stopped.yaml", "--jobs", "2"], {
    cwd,
    onStderr: (text, child) => {
      if (sent || text.match(/seed/g)?.length !== 2) return;
      sent = true;
      killWhen(() => readdirSync(path("runs/stopped")).length > 4, child, "SIGINT");
    },
  });
  expect({ code, stdout }).toEqual({ code: 130, stdout: "" });
  expect(stderr).toMatch(
    /interrupted: runs.stopped keeps what is done; the same command goes on from there\n$/,
  );
  const points = await listed("stopped.yaml");
  expect(points.map(({ state }) => state)).toEqual(["open", "open", "open"]);
  for (const { point } of points) expect(existsSync(path("runs/stopped", point, ".lock"))).toBe(false);
  expect(existsSync(path("runs/stopped/.lock"))).toBe(false);
});

test("wrong input stops before anything runs", async () => {
  write("wrong.yaml", "recipe: base.yaml\ngrid:\n  simulate.images: [1, 0]\n");
  const outcomes = [
    ["sweep", "wrong.yaml"],
    ["sweep", "no.yaml"],
    ["sweep", "small.yaml", "--jobs", "0"],
    ["sweep", "small.yaml", "--seed", "3"],
    ["sweep", "small.yaml", "--table-only", "--out", "nowhere"],
  ].map((words) => xbarkit(words, { cwd }));
  expect((await Promise.all(outcomes)).map(({ code, stderr }) => [code, stderr])).toEqual([
    [2, "error: wrong.yaml:3:24: simulate.images is 0\n  choose a whole number from 1 to 10000000\n"],
    [2, "error: the plan no.yaml cannot be read: there is no such file\n  check the path\n"],
    [2, "error: --jobs is 0\n  choose a whole number from 1 to 1024\n"],
    [2, "error: --seed is 3, but a sweep's seeds are those of its plan\n  write seeds into the plan\n"],
    [
      2,
      "error: the sweep's folder is nowhere, which does not exist\n  run the plan first, or name its folder with --out\n",
    ],
  ]);
  expect(existsSync(path("runs/wrong"))).toBe(false);
});

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 400 && !condition(); i++) await setTimeout(25);
  expect(condition()).toBe(true);
}

function killWhen(condition: () => boolean, child: ChildProcess, signal: NodeJS.Signals = "SIGKILL"): void {
  void until(condition).then(() => child.kill(signal));
}
