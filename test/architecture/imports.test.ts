import { readdirSync, readFileSync } from "node:fs";
import { join, sep } from "node:path";
import { describe, expect, test } from "vitest";
import { blank, rowOf, rows, type SourceFile, specifiers, violations } from "./rules.js";

const root = join(import.meta.dirname, "../..");

function sources(): SourceFile[] {
  const names = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" });
  return names
    .filter((name) => /\.(ts|tsx|js|mjs)$/.test(name))
    .map((name) => ({
      path: `src/${name.split(sep).join("/")}`,
      text: readFileSync(join(root, "src", name), "utf8"),
    }));
}

function dependencies(): Set<string> {
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  return new Set(Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies }));
}

describe("src/", () => {
  test("keeps the order of the architecture", () => {
    expect(violations(sources(), dependencies())).toEqual([]);
  });

  test("has files, each in a row", () => {
    const files = sources();
    expect(files.length).toBeGreaterThan(10);
    expect(files.filter(({ path }) => rowOf(path) === null).map(({ path }) => path)).toEqual([]);
  });

  test("is read with every import that it has", () => {
    // Counted another way: each line that ends an import or export with a module's name.
    const ends = /(?:\bfrom|^import) "[^"\n]+"(?: with \{[^}]*\})?;$/gm;
    for (const { path, text } of sources()) {
      const found = specifiers(blank(text, { strings: false })).filter(({ specifier }) => specifier !== "");
      const statements = text.match(ends)?.length ?? 0;
      expect([path, found.length >= statements]).toEqual([path, true]);
    }
  });
});

/** A dollar in a plain string, which the linter would take for a forgotten template. */
const template = (text: string) => text.replaceAll("§", "$");

/** What the checker says of one made-up file beside a few others that it may import. */
function judge(path: string, text: string): string[] {
  const others = [
    "src/errors.ts",
    "src/tensor.ts",
    "src/graph/types.ts",
    "src/graph/print.ts",
    "src/runtime/session.ts",
    "src/array/assembly/kernel.ts",
    "src/array/types.ts",
    "src/mapping/types.ts",
    "src/index.ts",
    "src/node/index.ts",
    "src/node/files.ts",
    "src/sweep/plan.ts",
  ]
    .filter((other) => other !== path)
    .map((other) => ({ path: other, text: "" }));
  return violations([{ path, text }, ...others], new Set(["zod", "@scope/tool", "onnxruntime-web"]));
}

describe("the checker accepts", () => {
  test.each([
    ["a row above", "src/mapping/dense.ts", 'import type { Graph } from "../graph/types.js";'],
    ["its own folder", "src/graph/verify.ts", 'export { print } from "./print.js";'],
    ["a file of src/ itself, from another", "src/random.ts", 'import { invariant } from "./errors.js";'],
    ["a dependency", "src/recipe/schema.ts", 'import { z } from "zod";\nimport t from "@scope/tool/sub";'],
    ["node: in node", "src/node/more.ts", 'import { readFile } from "node:fs/promises";'],
    ["the clock in cli", "src/cli/main.ts", "const now = Date.now(); const e = process.env;"],
    ["the doors in a face", "src/cli/main.ts", 'import "../index.js";\nimport "../node/index.js";'],
    ["ONNX Runtime in runtime", "src/runtime/web.ts", 'const ort = await import("onnxruntime-web/wasm");'],
    ["a forbidden name in a comment", "src/graph/a.ts", "// Math.random()\n/* Date.now() */\n"],
    ["a forbidden name in a string", "src/graph/a.ts", 'const a = "Math.random" + `new Worker(`;'],
    ["an import in a comment", "src/graph/a.ts", '// import "../cli/main.js";\n/*\nimport "node:fs";\n*/'],
    ["a date that is given", "src/report/a.ts", "const d = new Date(options.time_ms);"],
    ["a generated file of any length", "src/onnx/generated/a.ts", "\n".repeat(4000)],
  ])("%s", (_, path, text) => {
    expect(judge(path, text)).toEqual([]);
  });
});

describe("the checker refuses", () => {
  test.each([
    [
      "a row below",
      "src/graph/fold.ts",
      'import { a } from "../mapping/types.js";',
      "src/graph/fold.ts:1: graph imports src/mapping/types.ts, a row below its own",
    ],
    [
      "a row below, for a type only",
      "src/graph/fold.ts",
      '\nimport type { A } from "../mapping/types.js";',
      "src/graph/fold.ts:2: graph imports src/mapping/types.ts, a row below its own",
    ],
    [
      "a row below, through export ... from over several lines",
      "src/graph/fold.ts",
      'export {\n  a,\n  type B,\n} from "../mapping/types.js";',
      "src/graph/fold.ts:1: graph imports src/mapping/types.ts, a row below its own",
    ],
    [
      "a row below, through export *",
      "src/graph/fold.ts",
      'export * as m from "../mapping/types.js";',
      "src/graph/fold.ts:1: graph imports src/mapping/types.ts, a row below its own",
    ],
    [
      "a row below, when the code runs",
      "src/graph/fold.ts",
      'const m = await import("../mapping/types.js");',
      "src/graph/fold.ts:1: graph imports src/mapping/types.ts, a row below its own",
    ],
    [
      "a row below, in the place of a type",
      "src/graph/fold.ts",
      'let m: import("../mapping/types.js").Placement;',
      "src/graph/fold.ts:1: graph imports src/mapping/types.ts, a row below its own",
    ],
    [
      "a row below, from a file of src/ itself",
      "src/units.ts",
      'import "./graph/types.js";',
      "src/units.ts:1: . imports src/graph/types.ts, a row below its own",
    ],
    [
      "the public door from inside",
      "src/report/html.ts",
      'import { compress } from "../index.js";',
      "src/report/html.ts:1: report imports src/index.ts, a row below its own",
    ],
    [
      "a face behind the doors",
      "src/cli/main.ts",
      'import { a } from "../graph/types.js";',
      "src/cli/main.ts:1: cli imports src/graph/types.ts; it uses the two public doors only",
    ],
    [
      "a face behind the second door",
      "src/cli/main.ts",
      'import { a } from "../node/files.js";',
      "src/cli/main.ts:1: cli imports src/node/files.ts; it uses the two public doors only",
    ],
    [
      "the command line behind the sweeps' door",
      "src/cli/main.ts",
      'import { a } from "../sweep/plan.js";',
      "src/cli/main.ts:1: cli imports src/sweep/plan.ts; it uses the two public doors only",
    ],
    [
      "ONNX Runtime outside runtime",
      "src/graph/run.ts",
      'import ort from "onnxruntime-web";',
      "src/graph/run.ts:1: graph imports onnxruntime-web; only runtime may",
    ],
    [
      "ONNX Runtime in node",
      "src/node/run.ts",
      'import("onnxruntime-node")',
      "src/node/run.ts:1: node imports onnxruntime-node; only runtime may",
    ],
    [
      "node: in a middle row",
      "src/runtime/host.ts",
      'import { Worker } from "node:worker_threads";',
      "src/runtime/host.ts:1: runtime imports node:worker_threads; only node, sweep and cli may",
    ],
    [
      "a built-in module without node:",
      "src/node/a.ts",
      'import fs from "fs/promises";',
      "src/node/a.ts:1: imports fs/promises without node:",
    ],
    [
      "the reference importing the fast kernel",
      "src/array/reference/multiply.ts",
      'import { a } from "../assembly/kernel.js";',
      "src/array/reference/multiply.ts:1: array/reference imports array/assembly",
    ],
    [
      "a package that is no dependency",
      "src/graph/a.ts",
      'import _ from "lodash";',
      "src/graph/a.ts:1: imports lodash, which is no dependency of the package",
    ],
    [
      "a file that is not there",
      "src/graph/a.ts",
      'import "./gone.js";',
      "src/graph/a.ts:1: imports ./gone.js, which is no source file",
    ],
    [
      "a way out of src/",
      "src/graph/a.ts",
      'import "../../test/support/data.js";',
      "src/graph/a.ts:1: imports ../../test/support/data.js, which is no source file",
    ],
    [
      "require",
      "src/graph/a.ts",
      'const fs = require("node:fs");',
      "src/graph/a.ts:1: graph imports node:fs; only node, sweep and cli may",
    ],
  ])("%s", (_, path, text, expected) => {
    expect(judge(path, text)).toEqual([expected]);
  });

  test.each([
    ["const a = Math.random();", "Math.random"],
    ["const a = `§{Math.random()}`;", "Math.random"],
    ["const a = `§{{ a: `§{1}` }.a}§{Date.now()}`;", "Date.now"],
    ["const a = new Date();", "new Date()"],
    ["const a = new Date;", "new Date()"],
    ["const a = await fetch(url);", "fetch"],
    ["const a = crypto.randomUUID();", "crypto"],
    ["const a = globalThis.process?.env;", "process"],
    ["const a = performance.now();", "performance.now"],
    ['const a = process.env["HOME"];', "process"],
    ["const a = new Worker(url);", "new Worker"],
    ["const quote = /[\"']/; const b = Date.now();", "Date.now"],
    ["const half = total / 2; const b = Date.now() / 2;", "Date.now"],
  ])("%s", (text, name) => {
    expect(judge("src/train/loop.ts", template(text))).toEqual([
      `src/train/loop.ts:1: uses ${name}; chance, time and the machine come as arguments from node/`,
    ]);
  });

  test("workers made anywhere but in node", () => {
    const text = "const worker = new Worker(url);";
    expect(judge("src/node/pool.ts", text)).toEqual([]);
    expect(judge("src/cli/main.ts", text)).toHaveLength(1);
    expect(judge("src/cli/main.ts", 'import { Piscina } from "piscina";')).toEqual([
      "src/cli/main.ts:1: cli imports piscina; only node makes workers",
    ]);
  });

  test("a file too long to read", () => {
    expect(judge("src/train/loop.ts", "\n".repeat(500))).toEqual([]);
    expect(judge("src/train/loop.ts", "\n".repeat(501))).toEqual([
      "src/train/loop.ts:501: has 501 lines; at most 500 can be read",
    ]);
  });

  test("a folder that is in no row", () => {
    expect(judge("src/helpers/a.ts", 'import "../errors.js";')).toEqual([
      "src/helpers/a.ts:1: stands in no row of the architecture",
    ]);
  });

  test("every pair of rows in one of the two directions", () => {
    for (const [i, upper] of rows.entries())
      for (const lower of rows.slice(i + 1)) {
        expect([upper, lower, importBetween(upper, lower)]).toEqual([upper, lower, 1]);
        const refused = faces.includes(lower) && !doors.includes(upper) ? 1 : 0;
        expect([lower, upper, importBetween(lower, upper)]).toEqual([lower, upper, refused]);
      }
  });
});

const faces: readonly string[] = ["sweep", "cli"];
/** The command line also shows the sweeps, by their own door. */
const doors: readonly string[] = ["index.ts", "node", "sweep"];

/** How many violations it is when the row `from` imports the row `to`. */
function importBetween(from: string, to: string): number {
  const file = (row: string) =>
    row === "." ? "src/errors.ts" : row === "index.ts" ? "src/index.ts" : `src/${row}/index.ts`;
  const up = file(from).split("/").length > 2 ? "../" : "./";
  const text = `import "${up}${file(to).slice("src/".length).replace(/ts$/, "js")}";`;
  return violations(
    [
      { path: file(from), text },
      { path: file(to), text: "" },
    ],
    new Set(),
  ).length;
}

describe("blank", () => {
  test("keeps every offset and line break", () => {
    const text = template('a; // b\n/* c\n d */ e("f // g", /h"/, `i §{j /* k */} l`);\n');
    const code = blank(text, { strings: true });
    expect(code).toHaveLength(text.length);
    expect(code.replace(/ +/g, " ")).toBe("a; \n \n e( , , j );\n");
    expect(blank(text, { strings: false })).toContain(
      template(`e("f // g", /h"/, \`i §{j${" ".repeat(8)}} l\`);`),
    );
  });
});
