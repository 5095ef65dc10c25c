import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { recipeFlags } from "../../src/cli/recipe-flags.js";
import { datasetNames, defaultRecipe, hardwarePresets, models, normalizations } from "../../src/index.js";
import { temporaryFolder, xbarkit } from "./support.js";

const cwd = temporaryFolder();
const commands = [
  "run",
  "compress",
  "map",
  "simulate",
  "estimate",
  "report",
  "compare",
  "sweep",
  "figure",
  "export",
  "list",
  "doctor",
  "data",
  "complete",
];

describe("help", () => {
  test("lists every command, with examples", async () => {
    const { code, stdout, stderr } = await xbarkit(["--help"], { cwd });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const listed = /\nCommands:\n([\s\S]*?)\n\n/.exec(stdout)?.[1]?.match(/^ {2}\w+/gm);
    expect(listed?.map((name) => name.trim())).toEqual(commands);
    expect(stdout).toContain("\nExamples:\n");
  });

  test.concurrent.each(commands)(
    "%s has examples of itself, and the options of every command",
    async (name) => {
      const { code, stdout } = await xbarkit([name, "--help"], { cwd });
      expect(code).toBe(0);
      const examples = stdout.split("\nExamples:\n")[1] ?? "";
      expect(examples).toMatch(new RegExp(`^ {2}\\$ .*xbarkit ${name}\\b`, "m"));
      for (const flag of ["--json", "--seed <n>", "--threads <n>", "--quiet", "--debug"])
        expect(stdout).toContain(`  ${flag} `);
      expect(
        Math.max(
          ...stdout
            .split("\nExamples:")[0]!
            .split("\n")
            .map(({ length }) => length),
        ),
      ).toBeLessThanOrEqual(100);
    },
  );

  test("no command at all is wrong usage, and shows the help", async () => {
    const { code, stdout, stderr } = await xbarkit([], { cwd });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/^Usage: xbarkit COMMAND/);
  });

  test("--version", async () => {
    const { code, stdout } = await xbarkit(["--version"], { cwd });
    expect({ code, stdout }).toEqual({ code: 0, stdout: "0.1.0\n" });
  });
});

describe("the options of compress", () => {
  const valued = recipeFlags.filter(({ choices }) => choices !== undefined);
  test.each(valued)("every choice that is offered for $flag is one", ({ flag, path, choices, read }) => {
    for (const choice of choices!) {
      const draft: Record<string, unknown> = { model: "resnet20-a", data: { name: "cifar10" } };
      const put = (at: Record<string | number, unknown>, [key, ...rest]: typeof path): void => {
        if (rest.length === 0) at[key!] = read(choice);
        else {
          at[key!] ??= typeof rest[0] === "number" ? [{ stage: "post-training-quantization" }] : {};
          put(at[key!] as Record<string, unknown>, rest);
        }
      };
      put(draft, path);
      if (choice === "mnist" || choice === "drawn-digits")
        (draft["data"] as Record<string, unknown>)["name"] = choice;
      if (flag.startsWith("--exchange-"))
        draft["place"] = { ...(draft["place"] as object), scheme: "column-exchange" };
      // Its arrays are lower than the groups that are pruned by default.
      if (choice === "lin2019") draft["groups"] = { rows: "none" };
      if (choice === "dummyColumn") draft["hardware"] = { sign: "offset", offsetBy: choice };
      expect(() => defaultRecipe(draft), `${flag} ${choice}`).not.toThrow();
    }
  });

  test("data sets, normalisations and presets are all offered", () => {
    const offered = (flag: string) => recipeFlags.find((f) => f.flag === flag)?.choices?.toSorted();
    expect(offered("--data")).toEqual(datasetNames.toSorted());
    expect(offered("--normalization")).toEqual(Object.keys(normalizations).sort());
    expect(offered("--hardware")).toEqual(Object.keys(hardwarePresets).sort());
  });
});

describe("list and doctor", () => {
  test("list models", async () => {
    const { code, stdout } = await xbarkit(["list", "models", "--json"], { cwd });
    expect(code).toBe(0);
    const listed = JSON.parse(stdout) as { name: string; parameters: number }[];
    expect(listed.map(({ name }) => name)).toEqual(Object.keys(models));
    expect(listed.find(({ name }) => name === "resnet20-a")?.parameters).toBe(269_722);
  });

  test("list hardware gives whole presets", async () => {
    const { stdout } = await xbarkit(["list", "hardware", "--json"], { cwd });
    expect(JSON.parse(stdout)).toEqual(Object.values(hardwarePresets));
  });

  test("list operators", async () => {
    const { stdout } = await xbarkit(["list", "operators"], { cwd });
    expect(stdout).toMatch(/^ONNX operator +becomes +restrictions\n/);
    expect(stdout).toMatch(/^Conv +Conv/m);
  });

  test("doctor says what there is, and what is not", async () => {
    const { code, stdout } = await xbarkit(["doctor", "--json", "--quiet"], { cwd });
    expect(code).toBe(0);
    const found = JSON.parse(stdout);
    expect(found.node).toBe(process.version);
    expect(found.runtimes.map(({ kind }: { kind: string }) => kind)).toEqual(["native", "web"]);
    expect(found.runtimes.some(({ works }: { works: boolean }) => works)).toBe(true);
    expect(found.dataSets).toContainEqual({ name: "cifar10", test: null, train: null });
  });
});

describe("shell completion", () => {
  test.concurrent.each(["bash", "zsh", "fish", "powershell"])("a script for %s", async (shell) => {
    const { code, stdout } = await xbarkit(["complete", shell], { cwd });
    expect(code).toBe(0);
    expect(stdout).toMatch(/xbarkit complete \W?--/);
    if (shell !== "bash") return;
    writeFileSync(join(cwd, "completion.bash"), stdout);
    const check = spawnSync("bash", ["-n", join(cwd, "completion.bash")], { encoding: "utf8" });
    if (check.error === undefined)
      expect({ status: check.status, stderr: check.stderr }).toEqual({ status: 0, stderr: "" });
  });

  const cases: readonly (readonly [
    words: readonly string[],
    candidates: readonly string[],
    directive: number,
  ])[] = [
    [["comp"], ["compare", "complete", "compress"], 4],
    [[""], commands.toSorted(), 4],
    [["compress", "net.onnx", "--weight-r"], ["--weight-range", "--weight-range-factor"], 4],
    [["compress", "net.onnx", "--weight-range", ""], ["max", "mean", "mse", "sawb"], 4],
    [["compress", "net.onnx", "--sign=p"], ["--sign=pairedColumns"], 4],
    [["compress", "net.onnx", "--weight-bits", ""], [], 4],
    // Files, which the shell offers.
    [["compress", ""], [], 0],
    [["compress", "net.onnx", "--out", ""], [], 0],
    [["list", "m"], ["models"], 4],
    [["data", "get", ""], ["cifar10", "drawn-digits", "imagenet", "mnist"], 4],
    [["report", "run", "another"], [], 4],
    [["compare", "run", "another", ""], [], 0],
  ];
  test.concurrent.each(cases)("%j", async (words, candidates, directive) => {
    const { code, stdout } = await xbarkit(["complete", "--", ...words], { cwd });
    expect(code).toBe(0);
    const lines = stdout.trimEnd().split("\n");
    expect(lines.at(-1)).toBe(`:${directive}`);
    expect(
      lines
        .slice(0, -1)
        .map((line) => line.split("\t")[0]!)
        .sort(),
    ).toEqual(candidates);
  });
});
